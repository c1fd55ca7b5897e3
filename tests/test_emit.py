"""Emitted torch functions against autograd through the cell's terms, gradcheck and torch.nn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sympy
import torch
from torch import Tensor

from derivations.budget import Budget
from derivations.calculus import vjp
from derivations.cells import CELLS, Cell, unroll
from derivations.emit import class_name, emit_torch
from derivations.emit_plan import Flow, Plan, plan
from derivations.errors import UsageError
from derivations.evaluate import evaluate
from derivations.lowering import column, elementwise, matrix
from derivations.normal_form import prove_equal
from derivations.terms import Term, add, dimension, ones, product, var
from derivations.traverse import substitute
from numeric.torch_domain import Tensors

EMITTED = [name for name in CELLS if name not in ("jordan", "lstm-projection")]
SIZES = [(1, 1, 2, 3), (1, 3, 1, 1), (3, 2, 3, 2), (4, 3, 2, 5)]
"""T, batch, n, d."""


def loaded(source: str) -> dict[str, Any]:
    """The names of an emitted module."""
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, "emitted.py", "exec"), space)
    return space


def arguments(cell: Cell, sizes: tuple[int, int, int, int], seed: int = 0) -> tuple[list[Tensor], ...]:
    """Inputs, initial states and parameters at random, all with gradients; periods and ratios are positive."""
    T, batch, n, d = sizes
    torch.manual_seed(seed)
    count = {dimension("n"): n, dimension("d"): d}
    inputs = [torch.randn(T, batch, *(d for _ in cell.input_shape(name)), dtype=torch.float64) for name in cell.inputs]
    states = [torch.randn(batch, n, dtype=torch.float64) for _ in cell.states]
    shapes = [tuple(int(dim.xreplace(count)) for dim in shape) for _, shape in cell.parameters]
    parameters = [torch.randn(shape, dtype=torch.float64) for shape in shapes]
    for (name, _), value in zip(cell.parameters, parameters, strict=True):
        if name in (r"\tau", "r_{on}"):
            value.abs_().add_(0.3)
    groups = inputs, states, parameters
    return tuple([x.requires_grad_() for x in group] for group in groups)


def by_terms(cell: Cell, inputs: list[Tensor], states: list[Tensor], parameters: list[Tensor]) -> list[Tensor]:
    """Outputs and last states by evaluating the unrolled terms in torch."""
    T, batch, d = inputs[0].shape
    n = states[0].shape[1]
    unrolled = unroll(cell, T, dimension("batch"))
    values: dict[Term, Tensor] = dict(zip(unrolled.parameters.values(), parameters, strict=True))
    values |= dict(zip(unrolled.initial.values(), (s.T for s in states), strict=True))
    for t, step in enumerate(unrolled.inputs):
        values |= {leaf: x[t].mT if x.dim() == 3 else x[t] for leaf, x in zip(step.values(), inputs, strict=True)}
    sizes = {dimension("n"): n, dimension("d"): d, dimension("batch"): batch}
    found = evaluate([*unrolled.outputs(), *unrolled.final().values()], values, sizes, Tensors())
    return [torch.stack([h.T for h in found[:T]]), *(s.T for s in found[T:])]


def gap(source: str, cell: Cell, sizes: tuple[int, int, int, int]) -> float:
    """The greatest difference of values and gradients, each from random cotangents, to those of the terms."""
    groups = arguments(cell, sizes)
    leaves = [x for group in groups for x in group]
    got = loaded(source)[class_name(cell.name) + "Function"].apply(*leaves)
    wanted = by_terms(cell, *groups)
    cotangents = [torch.randn_like(x) for x in wanted]
    ours = torch.autograd.grad(got, leaves, cotangents, materialize_grads=True)
    theirs = torch.autograd.grad(wanted, leaves, cotangents, materialize_grads=True)
    pairs = [*zip(got, wanted, strict=True), *zip(ours, theirs, strict=True)]
    return max(float((x - y).detach().abs().max()) for x, y in pairs)


@pytest.mark.parametrize("name", EMITTED)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_values_and_gradients_are_those_of_the_terms(name: str, sizes: tuple[int, int, int, int]) -> None:
    assert gap(emit_torch(name), CELLS[name], sizes) < 1e-10


@pytest.mark.parametrize("name", EMITTED)
@pytest.mark.parametrize("sizes", SIZES[::2], ids=str)
def test_gradcheck(name: str, sizes: tuple[int, int, int, int]) -> None:
    leaves = [x for group in arguments(CELLS[name], sizes, seed=1) for x in group]
    function = loaded(emit_torch(name))[class_name(name) + "Function"]
    assert torch.autograd.gradcheck(function.apply, leaves)


PLANTED = [
    ("lstm", "torch.mul(f[t], c_prev[t], out=c[t]).addcmul_(", "torch.mul(f[t], c_prev[t], out=c[t]).addcmul_(-"),
    ("lstm", "grad_c.mul_(f[t])", "grad_c.mul_(-f[t])"),
    ("lstm", "grad_c.addcmul_(grad_h, slope_c[t])", "grad_c.addcmul_(grad_h, slope_c[t], value=-1)"),
    ("lstm", "= delta.sum(0)", "= (-delta).sum(0)"),
    ("gru", "grad_h.mul_(z[t])", "grad_h.mul_(1 - z[t])"),
    ("gru", "torch.mul(u1, r, out=delta_n_h)", "torch.mul(u1, -r, out=delta_n_h)"),
    ("gru-before", "@ h_r.reshape", "@ -h_r.reshape"),
    ("gru-before", ".addcmul_(grad_h_r[t], r[t])", ""),
    ("peephole-lstm", ".addcmul_(delta_o[t], w_co)", ""),
    ("rnn", "delta_h.copy_(1 - h.square())", "delta_h.copy_(1 + h.square())"),
]


@pytest.mark.parametrize(("name", "right", "wrong"), PLANTED)
def test_a_planted_error_is_found(name: str, right: str, wrong: str) -> None:
    source = emit_torch(name)
    assert source.count(right) == 1
    assert gap(source.replace(right, wrong), CELLS[name], (3, 2, 3, 2)) > 1e-3


# The closed form as terms


def recursion(found: Plan, steps: int) -> dict[str, Term]:
    """∂L/∂parameter by the flows of the plan alone, for given cotangents of the outputs and of the last states."""
    forward = []
    states: dict[Term, Term] = {before: var(f"{before.name} first", *before.shape) for before, _ in found.states}
    for t in range(steps):
        known = {**states, **{v: var(f"{v.name} at {t}", *v.shape) for v in found.inputs}}
        known |= {
            wide: product([(known.get(s, s), ())], "i", {"i": wide.shape[0]}) for wide, s in found.widened.items()
        }
        for slot in found.slots:
            known |= {slot.variable: slot.term}
        known = settled(found, known)
        forward.append(known)
        states = {before: substitute([after], known)[0] for before, after in found.states}
    carried = {after: var(f"last cotangent {k}", *after.shape) for k, (_, after) in enumerate(found.states)}
    total: dict[str, list[Term]] = {v.name: [] for v in found.parameters}
    for t in reversed(range(steps)):
        carried[found.states[0][1]] = add(
            carried[found.states[0][1]], var(f"cotangent at {t}", *found.states[0][1].shape)
        )
        carried = step_back(found, forward[t], carried, total)
    return {name: add(*parts) for name, parts in total.items()}


def settled(found: Plan, known: dict[Term, Term]) -> dict[Term, Term]:
    """The slots written with inputs, states and parameters only."""
    rest = {k: v for k, v in known.items() if found.slot_of(k) is None}
    ready: dict[Term, Term] = dict(rest)
    for _ in found.slots:
        for slot in found.slots:
            ready[slot.variable] = substitute([slot.term], ready)[0]
    return ready


def step_back(
    found: Plan, values: dict[Term, Term], carried: dict[Term, Term], total: dict[str, list[Term]]
) -> dict[Term, Term]:
    """One step of the recursion: the cotangents of the states before it; those of parameters are added to ``total``."""
    arrived: dict[Term, list[Term]] = {cut: [] for cut in found.cuts}
    arrived |= {before: [] for before, _ in found.states}
    for after, cotangent in carried.items():
        arrived[after].append(cotangent)
    for cut in reversed(found.cuts):
        if not arrived[cut]:
            continue
        cotangent = add(*arrived[cut])
        for flow in (f for f in found.flows if f.source is cut):
            slope = substitute([flow.slope], values)[0]
            deliver(found, flow.target, product([(slope, "i"), (cotangent, "i")], "i"), arrived, total)
        slot = found.heads.get(cut)
        for m in slot.maps if slot else ():
            by: list[Term] = [m.weight, m.operand]
            weight, operand = substitute(
                vjp(m.term, by, var("δ", *m.term.shape)), {**values, var("δ", *m.term.shape): cotangent}
            )
            total[m.weight.name].append(weight)
            deliver(found, m.operand, operand, arrived, total)
        for bias in slot.biases if slot else ():
            total[bias.name].append(cotangent)
    return {after: add(*arrived[before]) for before, after in found.states}


def deliver(
    found: Plan, target: Term, cotangent: Term, arrived: dict[Term, list[Term]], total: dict[str, list[Term]]
) -> None:
    scalar = found.widened.get(target)
    if target in arrived:
        arrived[target].append(cotangent)
    elif scalar is not None and scalar.name in total:
        total[scalar.name].append(product([(cotangent, "i")], ""))
    elif getattr(target, "name", "") in total:
        total[getattr(target, "name", "")].append(cotangent)


def direct(found: Plan, cell: Cell, steps: int) -> dict[str, Term]:
    """∂L/∂parameter as the derivative of the whole unrolled cell."""
    unrolled = unroll(cell, steps)
    renamed = {
        leaf: var(f"{name} at {t}", *leaf.shape) for t, row in enumerate(unrolled.inputs) for name, leaf in row.items()
    }
    renamed |= {leaf: var(f"{name} first", *leaf.shape) for name, leaf in unrolled.initial.items()}
    pairs = [(h, var(f"cotangent at {t}", *h.shape)) for t, h in enumerate(unrolled.outputs())]
    pairs += [(s, var(f"last cotangent {k}", *s.shape)) for k, s in enumerate(unrolled.final().values())]
    loss = add(*(product([(a, "i"), (b, "i")], "") for a, b in pairs))
    by = list(unrolled.parameters.values())
    return dict(zip(unrolled.parameters, substitute(vjp(loss, by, ones()), renamed), strict=True))


@pytest.mark.parametrize("name", [name for name in EMITTED if name != "stacked-gru"])  # two layers: minutes
def test_the_recursion_is_proved_to_be_the_derivative_of_two_steps(name: str) -> None:
    found = plan(CELLS[name])
    ours, wanted = recursion(found, 2), direct(found, CELLS[name], 2)
    unproved = [k for k in wanted if prove_equal(ours[k], wanted[k], Budget(3_000_000, 60.0)) is None]
    assert not unproved


def test_a_wrong_slope_is_not_proved() -> None:
    found = plan(CELLS["lstm"])
    first, *rest = found.flows
    found.flows = (Flow(first.source, first.target, add(first.slope, first.slope)), *rest)
    ours, wanted = recursion(found, 2), direct(found, CELLS["lstm"], 2)
    assert any(prove_equal(ours[k], wanted[k], Budget(100_000, 20.0)) is None for k in wanted)


# Beside torch.nn


GATES = {"rnn": "h", "lstm": "ifgo", "gru": "rzn"}


def cut_weights(name: str, module: torch.nn.Module) -> Mapping[str, Tensor]:
    """The stacked weights of torch.nn under our names; both its biases count where the cell has one."""
    stacked = {
        key.split("_")[0] + key.split("_")[1][0]: value.chunk(len(GATES[name]))
        for key, value in module.named_parameters()
    }
    found = {}
    for k, gate in enumerate(GATES[name]):
        found |= {f"W_x{gate}": stacked["weighti"][k], f"W_h{gate}": stacked["weighth"][k]}
        found |= {f"b_x{gate}": stacked["biasi"][k], f"b_h{gate}": stacked["biash"][k]}
        found[f"b_{gate}"] = stacked["biasi"][k] + stacked["biash"][k]
    return found


@pytest.mark.parametrize("name", GATES)
def test_values_and_gradients_are_those_of_torch_nn(name: str) -> None:
    torch.manual_seed(3)
    theirs = getattr(torch.nn, name.upper())(4, 3, dtype=torch.float64)
    ours = loaded(emit_torch(name))[class_name(name)](4, 3).double()
    weights = cut_weights(name, theirs)
    for key, value in ours.named_parameters():
        value.data = weights[key].detach().clone()
    x = torch.randn(5, 2, 4, dtype=torch.float64)
    output, wanted = ours(x)[0], theirs(x)[0]
    cotangent = torch.randn_like(output)
    output.backward(cotangent)
    wanted.backward(cotangent)
    for value in theirs.parameters():
        value.data = torch.zeros(0) if value.grad is None else value.grad
    gradients = cut_weights(name, theirs)
    torch.testing.assert_close(output, wanted)
    for key, value in ours.named_parameters():
        halves = 2 if key.startswith("b_") and len(key) == 3 else 1
        torch.testing.assert_close(value.grad, gradients[key] / halves)


# Cells that are not in the table

X, H, C = column("x_t", "d"), column("h_{t-1}", "n"), column("c_{t-1}", "n")
H_T, C_T = column("h_t", "n"), column("c_t", "n")
W, U, B = matrix("W", "n", "d"), matrix("U", "n", "n"), column("b", "n")
W_2, U_2 = matrix("V", "n", "d"), matrix("R", "n", "n")
SHAPES = {"W": "nd", "V": "nd", "U": "nn", "R": "nn", "b": "n", "w": "n", "v": "n", "K": "dn"}


def tanh(a: Any) -> Any:
    return elementwise("tanh", a)


def own(equations: Sequence[tuple[str, Any]], parameters: str, states: str = "h") -> Cell:
    """A cell of our own, its parameters by their letters in SHAPES."""
    pairs = tuple((f"{s}_{{t-1}}", f"{s}_t") for s in states)
    shapes = tuple((p, tuple(dimension(dim) for dim in SHAPES[p])) for p in parameters)
    return Cell("own", "a cell", "nobody", tuple(equations), pairs, shapes)


w, v = column("w", "n"), column("v", "n")
times = sympy.HadamardProduct
OWN = {
    "relu": own([("h_t", elementwise("relu", W * X + U * H + B))], "WUb"),
    "softplus": own([("h_t", elementwise("softplus", W * X + U * H + B))], "WUb"),
    "residual": own([("h_t", H + tanh(W * X + U * H + B))], "WUb"),
    "half": own([("h_t", sympy.Rational(1, 2) * H - 3 * tanh(W * X + U * H + B))], "WUb"),
    "decay": own([("h_t", times(w, H) + tanh(W * X + U * H) + v)], "WUwv"),
    "no input matrix but a transposed one": own([("h_t", tanh(matrix("K", "d", "n").T * X + U.T * H))], "KU"),
    "tied": own([("g_t", tanh(W * X + U * H)), ("h_t", times(column("g_t", "n"), tanh(W * X - U * H)))], "WU"),
    "swish": own([("a_t", tanh(B) + H), ("h_t", times(elementwise("sigma", W * X + U * H), W * X + U * H))], "WUb"),
    "pre-activation used twice": own([("h_t", tanh(W * X + U * H) + elementwise("sin", W * X + U * H))], "WU"),
    "two states": own([("c_t", tanh(W * X + U * H) + times(w, C)), ("h_t", tanh(W_2 * X + U_2 * C))], "WUVRw", "hc"),
    "state over state": own([("h_t", tanh(W * X + times(w, C))), ("c_t", tanh(U * H) + C)], "WUw", "hc"),
    "new state into a matrix": own([("c_t", tanh(W * X + U * H) + C), ("h_t", tanh(U_2 * C_T))], "WUR", "hc"),
    "crossed": own(
        [("h_t", tanh(W * X + U * H) + times(w, C)), ("c_t", times(v, C) + elementwise("sin", H))], "WUwv", "hc"
    ),
    "square": own([("h_t", times(tanh(W * X + U * H), tanh(W * X + U * H)) + sympy.HadamardPower(H, 2) / 9)], "WU"),
}


@pytest.mark.parametrize("key", OWN)
def test_a_cell_outside_the_table_needs_no_new_code(key: str) -> None:
    source = emit_torch(OWN[key])
    assert gap(source, OWN[key], (3, 2, 3, 2)) < 1e-9
    assert gap(source, OWN[key], (1, 1, 2, 2)) < 1e-9


# What the text promises


@pytest.mark.parametrize("name", EMITTED)
def test_the_text_is_the_same_every_time_and_fits_the_page(name: str) -> None:
    source = emit_torch(name)
    assert source == emit_torch(CELLS[name])
    assert max(map(len, source.splitlines())) <= 120
    assert source.isascii() or source.encode("utf-8").decode("utf-8") == source


def test_final_states_carry_gradients_when_the_outputs_are_not_used() -> None:
    x, h, c = torch.randn(3, 2, 4), torch.zeros(2, 5), torch.zeros(2, 5, requires_grad=True)
    module = loaded(emit_torch("lstm"))["LSTM"](4, 5)
    module(x, h, c)[2].sum().backward()
    assert c.grad is not None
    assert float(c.grad.abs().sum()) > 0


def test_what_has_no_torch_form_says_why() -> None:
    with pytest.raises(UsageError, match="of one size; there are: m, n"):
        emit_torch("jordan")
    with pytest.raises(UsageError, match="of one size; there are: n, p"):
        emit_torch("lstm-projection")
    with pytest.raises(UsageError, match="there is no cell nonsense"):
        emit_torch("nonsense")
    with pytest.raises(UsageError, match="h_t is a bare pre-activation"):
        emit_torch(own([("h_t", W * X + U * H)], "WU"))
    with pytest.raises(UsageError, match="not elementwise"):
        emit_torch(own([("h_t", tanh(U * tanh(W * X + U * H)) + tanh(U * U.T * H))], "WU"))
