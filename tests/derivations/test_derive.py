"""Derived δ equations: proved, readable, and as programs that agree with torch autograd."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.testing import assert_allclose

from derivations.backprop import derive
from derivations.budget import Budget
from derivations.cells import CELLS, cell, unroll
from derivations.codegen import Names, broken, python_name
from derivations.errors import InternalError, UsageError
from derivations.evaluate import evaluate
from derivations.lowering import Lowering
from derivations.normal_form import prove_equal
from derivations.plain import plain
from derivations.sheet_cells import cell_of
from derivations.tape import record
from derivations.terms import dimension, scale
from derivations.traverse import free_variables, substitute
from gradproof.commands.derive import derivation, write
from gradproof.commands.derive import derive as command
from gradproof.sheets import decode
from numeric.torch_domain import Tensors

SIZES = {dimension("n"): 3, dimension("d"): 2, dimension("m"): 2, dimension("p"): 2, dimension("batch"): 4}
STEPS = 3
NAMES = sorted(CELLS)


def run(program):
    """The names that a program defines."""
    space = {}
    exec(program, space)
    return space


def lefts(equations):
    return [e.left for e in equations]


def point(found, seed=0):
    """Parameters, inputs, first states and the gradients of the loss by every output, samples as columns."""
    random = np.random.default_rng(seed)
    sizes = [tuple(int(dim.xreplace(SIZES)) for dim in shape) for _, shape in found.parameters]
    parameters = {
        python_name(p): random.normal(size=(*size, 1)[:2] if size else ())
        for (p, _), size in zip(found.parameters, sizes, strict=True)
    }
    if found.name == "phased-lstm":
        parameters |= {"tau": np.array([[2.0], [3.0], [5.0]]), "r_on": np.full((3, 1), 0.5)}
    inputs = [random.normal(size=(2, 4)) for _ in range(STEPS)]
    if "t" in found.inputs:
        inputs = [(x, 0.4 + 1.3 * time) for time, x in enumerate(inputs)]
    states = [random.normal(size=(int(found.state_shape(b)[0].xreplace(SIZES)), 4)) for b, _ in found.states]
    losses = [random.normal(size=states[0].shape) for _ in range(STEPS)]
    return parameters, inputs, states, losses


def autograd(found, parameters, inputs, states, losses):
    """The same gradients by torch autograd through the cell's unrolled equations, evaluated term by term."""
    leaves = {p: torch.tensor(x, requires_grad=True) for p, x in parameters.items()}
    first = [torch.tensor(x, requires_grad=True) for x in states]
    xs = [torch.tensor(x[0] if isinstance(x, tuple) else x, requires_grad=True) for x in inputs]
    unrolled = unroll(found, STEPS, dimension("batch"))
    values = {unrolled.parameters[p]: leaves[python_name(p)] for p in unrolled.parameters}
    values = {v: x.reshape(-1) if v.rank == 1 else x for v, x in values.items()}
    for time, given in enumerate(unrolled.inputs):
        values[given["x_t"]] = xs[time]
        if "t" in given:
            values[given["t"]] = torch.full((4,), inputs[time][1], dtype=torch.float64)
    values |= dict(zip(unrolled.initial.values(), first, strict=True))
    outputs = evaluate(unrolled.outputs(), values, SIZES, Tensors())
    loss = sum((torch.tensor(g) * o).sum() for g, o in zip(losses, outputs, strict=True))
    loss.backward()
    return (
        {p: x.grad.numpy() for p, x in leaves.items()} | {"x": [x.grad.numpy() for x in xs]},
        [x.grad.numpy() for x in first],
        [o.detach().numpy() for o in outputs],
    )


def assert_numpy_agrees(found, layout):
    parameters, inputs, states, losses = point(found)
    program = run(write(derive(found, ["all", "x_t"], layout=layout), "numpy"))
    outputs, tape = program["forward"](parameters, inputs, *states)
    gradients, first = program["backward"](parameters, tape, losses)
    expected, expected_first, expected_outputs = autograd(found, parameters, inputs, states, losses)
    assert gradients.keys() == expected.keys()
    assert_allclose(outputs, expected_outputs, rtol=1e-11, atol=1e-13)
    turn = np.transpose if layout == "numerator" else np.asarray
    for key, value in gradients.items():
        pairs = zip(value, expected[key], strict=True) if key == "x" else [(value, expected[key])]
        for a, b in pairs:
            assert_allclose(a, turn(b), rtol=1e-9, atol=1e-12, err_msg=key)
    for a, b in zip(first, expected_first, strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("name", NAMES)
def test_the_numpy_program_agrees_with_autograd(name, layout):
    assert_numpy_agrees(cell(name), layout)


ROWS = (
    r"Shapes: $x_t \in \mathbb{R}^{d}$, $h_t, u, v \in \mathbb{R}^{n}$, $W \in \mathbb{R}^{n \times d}$, "
    r"$e_t, q \in \mathbb{R}$."
)
SHEETS = {
    "inner product": ROWS + "\n\n" + r"$$e_t = \tanh(v^T h_{t-1} + q)$$" + "\n\n" + r"$$h_t = \tanh(W x_t + e_t u)$$",
    "inner product of states": ROWS
    + "\n\n"
    + r"$$e_t = h_{t-1}^T h_{t-1}$$"
    + "\n\n"
    + r"$$h_t = \tanh(W x_t + e_t u + q v)$$",
    "two gates alike": ROWS
    + "\n\n"
    + r"$$f_t = \sigma(W x_t + v)$$"
    + "\n\n"
    + r"$$g_t = \sigma(W x_t + v)$$"
    + "\n\n"
    + r"$$h_t = f_t \odot h_{t-1} + g_t \odot \tanh(h_{t-1}) + q u$$",
    "a named quantity inside another equation": ROWS
    + "\n\n"
    + r"$$g_t = \tanh(h_{t-1} \odot v)$$"
    + "\n\n"
    + r"$$h_t = g_t \odot (W x_t) + q \tanh(h_{t-1} \odot v) \odot u$$",
    "two states, one without a loss": ROWS
    + "\n\n"
    + r"$$c_t = c_{t-1} + v$$"
    + "\n\n"
    + r"$$h_t = \tanh(W x_t + u \odot c_{t-1}) \odot h_{t-1}$$",
}


@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("name", sorted(SHEETS))
def test_a_cell_from_a_sheet_agrees_with_autograd(name, layout):
    assert_numpy_agrees(cell_of(decode("sheet.md", SHEETS[name].encode())), layout)


@pytest.mark.parametrize(
    "line",
    [r"h_t = \tanh(W x_t + (h_{t-1} h_{t-1}^T) u)", r"h_t = \tanh(W x_t + h_{t-1} (v^T u))"],
)
def test_what_would_mix_the_samples_is_refused(line):
    found = cell_of(decode("sheet.md", f"{ROWS}\n\n$${line}$$".encode()))
    with pytest.raises(UsageError, match="many samples"):
        assert_numpy_agrees(found, "denominator")


def test_a_planted_error_in_a_program_is_seen():
    text = write(derive(cell("lstm")), "numpy")
    wrong = text.replace("delta_o * o * (1 - o)", "delta_o * o")
    assert wrong != text
    parameters, inputs, states, losses = point(cell("lstm"))
    program = run(wrong)
    _, tape = program["forward"](parameters, inputs, *states)
    gradients, _ = program["backward"](parameters, tape, losses)
    expected, _, _ = autograd(cell("lstm"), parameters, inputs, states, losses)
    assert not np.allclose(gradients["W_xo"], expected["W_xo"], rtol=1e-3)


@pytest.mark.parametrize("name", ["lstm", "gru", "gru-before", "peephole-lstm", "lstm-concat"])
def test_the_torch_program_agrees_with_autograd(name):
    parameters, inputs, states, losses = point(cell(name))
    space = run(write(derive(cell(name)), "torch"))
    module = next(x for x in space.values() if isinstance(x, type) and issubclass(x, torch.nn.Module))(2, 3).double()
    assert dict(module.named_parameters()).keys() == parameters.keys()
    with torch.no_grad():
        for key, value in module.named_parameters():
            value.copy_(torch.tensor(parameters[key]).reshape(value.shape))
    outputs, *_ = module(torch.tensor(np.stack([x.T for x in inputs])), *(torch.tensor(x.T) for x in states))
    outputs.backward(torch.tensor(np.stack([g.T for g in losses])))
    expected, _, expected_outputs = autograd(cell(name), parameters, inputs, states, losses)
    assert_allclose(outputs.detach().numpy(), np.stack([o.T for o in expected_outputs]), rtol=1e-11, atol=1e-13)
    for key, value in module.named_parameters():
        assert_allclose(value.grad.numpy().reshape(expected[key].shape), expected[key], rtol=1e-9, atol=1e-12)


def test_a_cell_without_a_torch_form_says_so():
    with pytest.raises(UsageError, match="one size"):
        write(derive(cell("jordan")), "torch")


@pytest.mark.parametrize("steps", [None, 2])
@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("name", NAMES)
def test_the_sympy_script_builds_the_equations(name, layout, steps):
    found = derive(cell(name), ["all"], steps, layout)
    space = run(write(found, "sympy"))
    for block, equations in (("forward", found.forward), ("deltas", found.deltas), ("gradients", found.gradients)):
        assert len(space[block]) == len(equations)
        for (left, right), equation in zip(space[block].items(), equations, strict=True):
            values = {v.name: v for v in free_variables(equation.addends)}
            back = Lowering(values).term(right)
            assert str(left.name).removeprefix(r"\delta ") == equation.quantity.name
            assert back.shape == equation.term.shape
            assert back is equation.term or prove_equal(back, equation.term, Budget()) is not None


@pytest.mark.parametrize("name", NAMES)
def test_every_equation_is_proved_and_in_order(name):
    found = derive(cell(name), steps=2, every=True)
    known = {a.name for e in found.forward for a in free_variables([e.quantity])}
    assert known
    seen = set()
    for equation in found.deltas + found.gradients:
        assert equation.proof.log
        used = {v.name for v in free_variables(equation.addends) if v.name.startswith(r"\delta ")}
        assert used <= seen
        seen.add(equation.left)


def test_the_equations_of_an_lstm_are_those_of_the_books():
    """Greff et al. 2017, section II.B, with columns, without peepholes."""
    found = {e.left: e.right() for e in derive(cell("lstm"), ["W_{xo}", "b_o"]).equations()}
    assert found[r"\delta o_t"] == r"\delta h_t \odot \tanh(c_t)"
    assert found[r"\delta a_{o,t}"] == r"\delta o_t \odot o_t \odot (1 - o_t)"
    assert found[r"\delta c_t"] == r"\delta h_t \odot o_t \odot (1 - \tanh^2(c_t)) + \delta c_{t+1} \odot f_{t+1}"
    assert found[r"\frac{\partial L}{\partial W_{xo}}"] == r"\sum_{t=1}^{T} \delta a_{o,t} x_t^T"
    assert found[r"\frac{\partial L}{\partial b_o}"] == r"\sum_{t=1}^{T} \delta a_{o,t}"


def test_only_what_a_gradient_rests_on_is_written():
    one = derive(cell("lstm"), ["W_o"], steps=1)
    assert lefts(one.deltas) == [r"\delta h_1", r"\delta o_1", r"\delta a_{o,1}"]
    assert len(derive(cell("lstm"), ["W_o"]).deltas) == 1 + 10


def test_rows_in_numerator_layout():
    found = derive(cell("lstm"), ["W_{xf}", "b_f", "x_t", "h_0"], layout="numerator")
    gradients = {e.left: (e.right(), e.shape_text()) for e in found.gradients}
    assert gradients[r"\frac{\partial L}{\partial W_{xf}}"] == (r"\sum_{t=1}^{T} x_t \delta a_{f,t}^T", "d×n")
    assert gradients[r"\frac{\partial L}{\partial b_f}"] == (r"\sum_{t=1}^{T} \delta a_{f,t}^T", "1×n")
    assert gradients[r"\frac{\partial L}{\partial x_t}"][0].startswith(r"\delta a_{i,t}^T W_{xi} + ")
    assert gradients[r"\frac{\partial L}{\partial h_0}"][0].startswith(r"\delta a_{i,1}^T W_{hi} + ")


def test_a_wrong_equation_is_refused():
    """The proof itself: a claim that is twice the derivative, or lacks a path, is an internal error."""
    tape = record(cell("gru"), 2, beyond=True)
    state = next(e.variable for e in tape.equations if e.name == "h_t")
    right = tape.claimed(state)
    assert tape.prove(state, right, Budget()).log
    lacking = substitute([right], {right.addends[0][1]: scale(0, right)})[0]
    for wrong in (scale(2, right), lacking):
        with pytest.raises(InternalError, match="is not the derivative"):
            tape.prove(state, wrong, Budget())


def test_the_tape_is_the_unrolled_cell():
    for name in NAMES:
        tape, unrolled = record(cell(name), 2), unroll(cell(name), 2)
        for equation in tape.equations:
            if not equation.name.startswith("a_"):
                assert tape.values[equation.variable] is unrolled.steps[equation.time - 1][equation.name]


def test_families_and_bad_names():
    names = [name.quantity.name for name in derive(cell("gru"), ["b_n", "W_z"], steps=1).gradients]
    assert names == ["W_{hz}", "W_{xz}", "b_{hn}", "b_{xn}"]
    with pytest.raises(UsageError, match=r"lstm has no W_q .* W_hf, .* b_o, .*x_t"):
        derive(cell("lstm"), ["W_q"])
    with pytest.raises(UsageError, match="has no empty name"):
        derive(cell("lstm"), [""])
    with pytest.raises(UsageError, match="must be 1 to 50"):
        derive(cell("lstm"), steps=0)
    with pytest.raises(UsageError, match="there is no such"):
        derivation("lstn")


def test_formats():
    runner = CliRunner()
    for form in ("text", "latex", "markdown", "torch", "numpy", "sympy", "json"):
        result = runner.invoke(command, ["gru", "--by", "W_z,b_z", "--steps", "2", "--format", form])
        assert result.exit_code == 0, result.output
        assert result.output.endswith("\n")
        assert (
            result.output == runner.invoke(command, ["gru", "--by", "W_z,b_z", "--steps", "2", "--format", form]).output
        )
    found = json.loads(runner.invoke(command, ["gru", "--by", "W_z", "--format", "json"]).output)
    assert all(e["proved"] and e["rules"] for e in found)
    assert found[-1]["name"] == r"\frac{\partial L}{\partial W_{xz}}"
    assert found[-1]["shape"] == ["n", "d"]


def test_latex_is_balanced_and_known_to_amsmath():
    for name in NAMES:
        text = write(derive(cell(name)), "latex")
        for open_, close in ("{}", "()", "[]"):
            assert text.count(open_) == text.count(close)
        commands = set(re.findall(r"\\([A-Za-z]+)", text))
        greek = {"sigma", "delta", "phi", "tau", "alpha"}
        assert commands <= greek | set(
            "begin end odot tanh frac partial sum nabla tilde operatorname left right ne".split()
        )


def test_phased_lstm_says_where_it_has_a_derivative():
    notes = " ".join(derive(cell("phased-lstm")).notes)
    assert "is no integer" in notes
    assert r"\ne 0" in notes


def test_names_and_text():
    names = Names(["n"])
    assert [names[x] for x in ("n_t", "n_{t-1}", r"\tilde{h}_t", r"\delta a_{o,t+1}", "n_t", "t_t", r"\lambda")] == [
        "n_2",
        "n_prev",
        "tilde_h",
        "delta_a_o_next",
        "n_2",
        "time",
        "lambda_",
    ]
    assert plain(r"\frac{\partial L}{\partial W_{xi}} = \sum_{t=1}^{T} \delta a_{i,t} x_t^T") == (
        "∂L/∂W_xi = Σ_{t=1}^{T} δa_{i,t} x_tᵀ"
    )
    assert broken("a + f(b + c) - d", 10, 0) == "(\n    a\n    + f(b + c)\n    - d\n)"


def test_the_cell_of_an_example_sheet():
    found = derivation(Path(__file__).parents[2] / "examples" / "gru.md", ["W_z", "b_z"])
    equations = {e.left: e.right() for e in found.equations()}
    assert equations[r"\delta a_{z,t}"] == r"\delta z_t \odot z_t \odot (1 - z_t)"
    assert equations[r"\frac{\partial L}{\partial W_{xz}}"] == r"\sum_{t=1}^{T} x_t \delta a_{z,t}^T"
    assert "z_t" in equations[r"\delta h_t"] or "z_{t+1}" in equations[r"\delta h_t"]


def test_a_sheet_of_numbers():
    text = r"$w, u, x_t, h_t \in \mathbb{R}$" + "\n\n" + r"$$h_t = \tanh(w x_t + u h_{t-1})$$"
    found = derivation(text, steps=2)
    assert found.gradients[0].shape_text() == "scalar"
    for form in ("numpy", "sympy"):
        assert run(write(found, form))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"$$y_t = W x_t$$", "no equation at time t uses a quantity of time t-1"),
        (r"$$h_t = \tanh(U h_{t-1} + V h_{t-2})$$", "neither of time t nor a state"),
        (
            r"$$f_t = \foo(W x_t)$$" + "\n\n" + r"$$h_t = f_t \odot h_{t-1}$$",
            "line 1 cannot be read, and may define f_t",
        ),
        (r"$$h_t = g_t + h_{t-1}$$" + "\n\n" + r"$$g_t = \tanh(h_t)$$", "defined by itself"),
        (r"$$h_0 = V z$$" + "\n\n" + r"$$h_t = \tanh(V h_{t-1})$$", "line 1 gives h_0 an equation of its own"),
        (r"$$h_t = \tanh(U h_{t-1} + t v)$$", "t stands without the time"),
    ],
)
def test_sheets_without_a_cell_say_why(text, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        derivation(text + "\n")


def test_a_generic_function_keeps_its_prime():
    found = derivation(r"$$h_t = f(W x_t + U h_{t-1})$$" + "\n")
    assert {e.left: e.right() for e in found.deltas}[r"\delta a_{h,t}"] == r"\delta h_t \odot f'(a_{h,t})"
    assert "f_prime" in run(write(found, "sympy"))
    with pytest.raises(UsageError, match="has no form in NumPy"):
        write(found, "numpy")
