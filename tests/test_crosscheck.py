"""Derived gradients agree with autograd, finite differences and torch.nn; every oracle objects to a planted error."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from derivations import cells, functions
from derivations.calculus import gradient
from derivations.cells import CELLS
from derivations.errors import InternalError, UsageError
from derivations.reading.places import Source
from derivations.tensors import hadamard, matmul, total
from derivations.terms import Dim, Term, apply, number, power, scale, subtract, var
from gradproof.commands.crosscheck import WIDTH
from gradproof.commands.crosscheck import crosscheck as command
from numeric import derived, modules
from numeric.agreement import CrossCheck, Error, Outcome
from numeric.crosscheck import crosscheck
from numeric.differences import Setting, converge, limit
from numeric.networks import Network

ROOT = Path(__file__).parent.parent
TORCH_CELLS = ("rnn", "lstm", "gru")
SHEET = r"""
$$h = \sigma(W x), \qquad L = v^\top h$$

$$\frac{\partial L}{\partial x} = W^\top (v \odot h \odot (1 - h))$$
"""
WRONG_SHEET = SHEET.replace("(1 - h)", "(1 - h^2)")


def worst(found: CrossCheck, reference: str) -> float:
    return max(row.errors[reference].relative for row in found.rows if reference in row.errors)


# Cells


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_agrees_in_double_precision(cell: str) -> None:
    found = crosscheck(cell, points=3, steps=2)
    assert found.ok, str(found)
    assert worst(found, "autograd") < 1e-13
    assert all(row.differences is not None for row in found.rows)


@pytest.mark.parametrize("layer", ["dense", "embedding", "softmax-output"])
def test_layers_without_memory_agree(layer: str) -> None:
    found = crosscheck(layer, points=2)
    assert found.ok, str(found)
    assert {row.kind for row in found.rows} == {"parameter", "input"}
    with pytest.raises(UsageError, match="has no state"):
        crosscheck(layer, layers=2)


def test_a_layer_in_both_directions_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="crosscheck rnn --bidirectional"):
        crosscheck("bidirectional-rnn")


@pytest.mark.parametrize("cell", ["lstm", "gru", "phased-lstm"])
@pytest.mark.parametrize("seed", range(3))
def test_other_seeds_sizes_and_single_precision(cell: str, seed: int) -> None:
    found = crosscheck(
        cell, n=2 + seed, d=4 - seed, batch=1 + seed, steps=1 + seed, seed=seed, dtype="float32", points=2
    )
    assert found.ok, str(found)
    assert 1e-9 < worst(found, "autograd") < 1e-4


@pytest.mark.parametrize("cell", TORCH_CELLS)
@pytest.mark.parametrize(("layers", "bidirectional"), [(2, False), (1, True), (2, True)])
def test_the_modules_of_torch_agree(cell: str, layers: int, bidirectional: bool) -> None:
    found = crosscheck(cell, layers=layers, bidirectional=bidirectional, points=1, steps=2)
    assert found.ok, str(found)
    assert found.columns == ("autograd", f"torch.nn.{cell.upper()}")
    assert worst(found, found.columns[1]) < 1e-13


def test_rows_are_parameters_states_and_inputs() -> None:
    found = crosscheck("lstm", steps=2, points=1)
    kinds = [row.kind for row in found.rows]
    assert kinds == ["parameter"] * 12 + ["state"] * 2 + ["input"] * 2
    assert {row.name: row.shape for row in found.rows}["W_{xi}"] == (4, 3)


def test_central_differences_have_the_second_order() -> None:
    orders = [row.differences.order for row in crosscheck("gru").rows if row.differences is not None]
    assert orders
    assert all(order is not None and abs(order - 2) < 0.2 for order in orders)


def _wrong_sigma(a: Term) -> Term:
    return hadamard(apply("sigma", a), subtract(number(1, a.shape), power(apply("sigma", a), 2)))


def test_a_wrong_slope_is_caught_by_every_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "gradient", partial(gradient, rules={"sigma": _wrong_sigma}))
    found = crosscheck("lstm", points=1)
    assert found.exit_code == 1
    row = next(row for row in found.rows if row.name == "W_{xi}")
    assert row.outcome is Outcome.WRONG
    assert all(error.relative > 1e-3 for error in row.errors.values())
    assert len(row.errors) == 2
    assert row.differences is not None
    assert row.differences.outcome is Outcome.WRONG
    assert row.differences.order is not None
    assert abs(row.differences.order) < 0.1


def test_finite_differences_alone_catch_a_wrong_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "gradient", partial(gradient, rules={"sigma": _wrong_sigma}))
    plan = derived.Plan(points=1, tolerance=0.999999)
    assert "difference quotients" in str(derived.check_cell("gru", plan=plan))


def test_a_wrong_equation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autograd runs the printed equations, so that a fault in our terms or in the printing shows."""
    step = cells.step

    def planted(cell: cells.Cell, values: dict[str, Term], batch: Dim) -> dict[str, Term]:
        known = step(cell, values, batch)
        return known | {"h_t": scale(2, known["h_t"])}

    monkeypatch.setattr(cells, "step", planted)
    found = crosscheck("gru", points=1)
    assert found.exit_code == 1
    assert all(row.differences is not None and row.differences.outcome is Outcome.AGREES for row in found.rows)


def test_a_wrong_order_of_gates_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = modules.LAYOUTS["lstm"]
    swapped = modules.Layout(layout.module, layout.name, ("f", "i", "g", "o"))
    monkeypatch.setitem(modules.LAYOUTS, "lstm", swapped)
    found = crosscheck("lstm", points=1)
    assert found.exit_code == 1
    assert worst(found, "autograd") < 1e-13
    assert "torch.nn.LSTM differ" in str(found)


def test_a_wrong_function_of_torch_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    row = functions.FUNCTIONS["tanh"]
    planted = functions.Function(
        row.name, row.latex, row.derivative, row.real, row.ball, "sin", row.reflection, row.at_zero
    )
    monkeypatch.setitem(functions.FUNCTIONS, "tanh", planted)
    assert crosscheck("mgu", points=1).exit_code == 1


def test_same_seed_same_figures() -> None:
    assert crosscheck("gru", seed=3).to_json() == crosscheck("gru", seed=3).to_json()
    assert crosscheck("gru", seed=3).to_json() != crosscheck("gru", seed=4).to_json()


def test_the_random_numbers_of_torch_are_left_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    crosscheck("lstm", points=1)
    assert torch.equal(before, torch.get_rng_state())


def test_a_network_needs_a_step() -> None:
    with pytest.raises(UsageError, match="steps"):
        Network(cells.cell("rnn"), 0)


# Terms

X, W = var("x", "d"), var("W", "n", "d")


@pytest.mark.parametrize("function", functions.FUNCTIONS)
def test_terms_agree(function: str) -> None:
    found = crosscheck(apply(function, matmul(W, X)), sizes={"n": 3})
    assert found.ok, str(found)
    assert [row.name for row in found.rows] == ["W", "x"]


def test_only_wanted_variables() -> None:
    assert [row.name for row in crosscheck(total(hadamard(X, X)), by=[X]).rows] == ["x"]


def test_a_wrong_derivative_of_a_term_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "gradient", partial(gradient, rules={"sigma": _wrong_sigma}))
    assert crosscheck(apply("sigma", X)).exit_code == 1


def test_a_term_without_values_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="no point"):
        crosscheck(apply("log", subtract(number(-1, X.shape), hadamard(X, X))))


# Sheets


def test_a_right_sheet() -> None:
    found = crosscheck(Source("right.md", SHEET))
    assert found.ok, str(found)
    assert [row.line for row in found.rows] == [4]
    assert found.rows[0].errors["autograd"].relative < 1e-14
    assert found.rows[0].differences is not None
    assert found.rows[0].differences.outcome is Outcome.AGREES


def test_a_wrong_claim_is_a_disagreement() -> None:
    found = crosscheck(WRONG_SHEET)
    assert found.exit_code == 1
    assert found.rows[0].outcome is Outcome.WRONG
    assert "1 - h" in found.rows[0].message or "h" in found.rows[0].message


def test_a_sheet_without_derivatives() -> None:
    with pytest.raises(UsageError, match="no derivative is claimed"):
        crosscheck("# Title\n\n$$a = b + b$$\n")


# Difference quotients


def test_a_right_slope_has_order_two() -> None:
    found = converge(np.sin, 1.0, 1e-8)
    assert found.outcome is Outcome.AGREES
    assert found.order == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("slope", [-1.0, 1 + 1e-6, 0.0, 1.5, float("nan"), float("inf")])
def test_a_wrong_slope_is_told(slope: float) -> None:
    assert converge(np.sin, slope, 1e-8).outcome is Outcome.WRONG


def test_a_linear_function_has_no_order() -> None:
    found = converge(lambda h: 3.0 * h + 1.0, 3.0, 1e-8)
    assert found.outcome is Outcome.AGREES
    assert found.order is None


def test_a_kink_is_told_from_a_slope() -> None:
    found = limit(lambda h: max(h, 0.0) + h)
    assert found is not None
    assert found.sides == pytest.approx((1.0, 2.0))
    assert converge(lambda h: max(h, 0.0) + h, 1.7, 1e-8).outcome is Outcome.AGREES
    assert converge(lambda h: max(h, 0.0) + h, 2.7, 1e-8).outcome is Outcome.WRONG


def test_a_kink_nearby_is_no_kink() -> None:
    found = limit(lambda h: max(h - 1e-3, 0.0) + h * h + h)
    assert found is not None
    assert found.sides is None
    assert found.value == pytest.approx(1.0)


def test_noise_is_not_a_wrong_slope() -> None:
    rough = np.random.default_rng(0)
    assert converge(lambda h: h + rough.normal(), 1.0, 1e-8).outcome is Outcome.UNDECIDED


def test_a_jump_has_no_slope() -> None:
    assert converge(lambda h: float(h > 0), 0.0, 1e-8).outcome is not Outcome.AGREES


def test_single_precision_is_not_a_wrong_slope() -> None:
    def single(h: float) -> float:
        return float(np.exp(np.float32(h)) * np.float32(3))

    assert converge(single, 3.0, 1e-3, Setting(epsilon=2.0**-23)).outcome is Outcome.AGREES
    assert converge(single, 3.3, 1e-3, Setting(epsilon=2.0**-23)).outcome is Outcome.WRONG


def test_errors_are_relative_to_the_largest_entry() -> None:
    assert Error.between(np.array([1.0, 4.0]), np.array([1.0, 2.0])) == Error(2.0, 0.5)
    assert Error.between(np.array([np.nan]), np.array([1.0])).absolute == np.inf
    assert Error.between(np.zeros(2), np.zeros(2)) == Error(0.0, 0.0)


# The command


def call(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_the_table() -> None:
    found = call("gru")
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1].startswith("gru: 14 gradients, all agree (autograd ")
    assert sum(line.endswith(" agrees") for line in lines) == 14
    assert any(line.startswith("W_hn ") and " 2.00 " in line for line in lines)


def test_json_has_the_same_figures() -> None:
    found = json.loads(call("gru", "--format", "json").output)
    assert found == json.loads(json.dumps(crosscheck("gru").to_json()))
    assert found["ok"] is True
    assert found["summary"] == {"agrees": 14, "undecided": 0, "wrong": 0}


def test_options_reach_the_check() -> None:
    arguments = "--n 2 --d 5 --batch 1 --steps 2 --layers 2 --bidirectional --points 1 --seed 7".split()
    found = json.loads(call("lstm", *arguments, "--dtype", "float32", "--tolerance", "0.01", "--format", "json").output)
    assert found["settings"] == {
        "n": 2,
        "d": 5,
        "batch": 1,
        "steps": 2,
        "layers": 2,
        "bidirectional": True,
        "dtype": "float32",
        "points": 1,
        "seed": 7,
        "tolerance": 0.01,
    }


def test_a_disagreement_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "gradient", partial(gradient, rules={"sigma": _wrong_sigma}))
    found = call("gru")
    assert found.exit_code == 1
    assert "wrong" in found.output.splitlines()[-1]


def test_the_command_on_a_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.md"
    sheet.write_text(WRONG_SHEET)
    found = call(str(sheet))
    assert found.exit_code == 1
    assert max(map(len, found.output.splitlines())) <= WIDTH
    assert "line 4" in found.output


@pytest.mark.parametrize("subject", ["gruu", "missing.md", str(ROOT)])
def test_bad_subjects(subject: str) -> None:
    found = call(subject)
    assert isinstance(found.exception, UsageError)


@pytest.mark.parametrize("arguments", ["gru --n 0", "gru --tolerance 2", "gru --dtype half", "gru --nonsense", ""])
def test_bad_options_end_with_two(arguments: str) -> None:
    assert call(*arguments.split()).exit_code == 2


def test_a_contradiction_on_a_sheet_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    row = functions.FUNCTIONS["sigma"]
    planted = functions.Function(
        row.name, row.latex, row.derivative, row.real, row.ball, "tanh", row.reflection, row.at_zero
    )
    monkeypatch.setitem(functions.FUNCTIONS, "sigma", planted)
    with pytest.raises(InternalError):
        crosscheck(SHEET)
