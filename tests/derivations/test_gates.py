"""What the gates of a cell can do, against values computed apart from the library."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy

from derivations.budget import Budget
from derivations.cells import CELLS, Cell
from derivations.errors import UsageError
from derivations.gate_goals import GOALS, behaviour
from derivations.gates import Gated, all_settings, smallest_settings
from derivations.lowering import column
from derivations.normal_form import prove_equal
from derivations.tensors import hadamard
from derivations.terms import add, apply, number, subtract, var
from derivations.traverse import substitute

EXPECTED = {
    ("lstm", "store"): [],
    ("lstm", "renew"): [{"i_t": 1, "f_t": 0}],
    ("lstm", "keep"): [{"i_t": 0, "f_t": 1}],
    ("lstm", "add"): [{"i_t": 1, "f_t": 1}],
    ("lstm", "reset"): [{"i_t": 0, "f_t": 0}],
    ("lstm", "ignore-input"): [{"i_t": 0, "f_t": 0}, {"i_t": 0, "f_t": 1}],
    ("lstm", "output-off"): [{"o_t": 0}, {"i_t": 0, "f_t": 0}],
    ("peephole-lstm", "keep"): [{"i_t": 0, "f_t": 1}],
    ("coupled-lstm", "keep"): [{"f_t": 1}],
    ("coupled-lstm", "add"): [],
    ("gru", "store"): [{"r_t": 0, "z_t": 0}],
    ("gru", "keep"): [{"z_t": 1}],
    ("gru", "add"): [],
    ("gru", "reset"): [],
    ("gru-before", "store"): [{"r_t": 0, "z_t": 0}],
    ("gru-before-z", "store"): [{"r_t": 0, "z_t": 1}],
    ("gru-before-z", "keep"): [{"z_t": 0}],
    ("mgu", "store"): [],
    ("mgu", "keep"): [{"f_t": 0}],
    ("ugrnn", "renew"): [{"u_t": 0}],
    ("phased-lstm", "keep"): [{"k_t": 0}, {"i_t": 0, "f_t": 1}],
    ("phased-lstm", "renew"): [{"i_t": 1, "f_t": 0, "k_t": 1}],
    ("rnn", "keep"): [],
    ("lstm-projection", "keep"): [{"i_t": 0, "f_t": 1}],
    ("lstm-projection", "output-off"): [{"o_t": 0}, {"i_t": 0, "f_t": 0}],
}


@pytest.mark.parametrize(("name", "goal"), EXPECTED)
def test_the_minimal_settings(name: str, goal: str) -> None:
    answer = behaviour(CELLS[name], [goal], detail=False).answers[0]
    assert [dict(solution.setting) for solution in answer.solutions] == EXPECTED[name, goal]
    assert answer.impossible == (not EXPECTED[name, goal])


def lstm(gates: dict[str, float], x: float, h: float, c: float, w: np.ndarray) -> tuple[float, float]:
    """One unit by hand."""
    i, f, o = (
        gates.get(k, 1 / (1 + np.exp(-(a * x + b * h)))) for k, (a, b) in zip(("i_t", "f_t", "o_t"), w, strict=False)
    )
    new = f * c + i * np.tanh(w[3, 0] * x + w[3, 1] * h)
    return new, o * np.tanh(new)


def gru(gates: dict[str, float], x: float, h: float, c: float, w: np.ndarray) -> tuple[float, float]:
    r, z = (gates.get(k, 1 / (1 + np.exp(-(a * x + b * h)))) for k, (a, b) in zip(("r_t", "z_t"), w, strict=False))
    new = z * h + (1 - z) * np.tanh(w[3, 0] * x + w[3, 1] * r * h)
    return new, new


HELD = {
    "keep": lambda x, h, c, w, step: (step[0], c),
    "reset": lambda x, h, c, w, step: (step[0], 0.0),
    "output-off": lambda x, h, c, w, step: (step[1], 0.0),
    "renew": lambda x, h, c, w, step: (step[0], np.tanh(w[3, 0] * x + w[3, 1] * h)),
    "add": lambda x, h, c, w, step: (step[0], c + np.tanh(w[3, 0] * x + w[3, 1] * h)),
}


@pytest.mark.parametrize("goal", HELD)
def test_every_setting_of_an_lstm_against_numbers(goal: str) -> None:
    """All 27 settings: exactly those that contain a minimal one reach the goal at random numbers."""
    found = [s.setting.items() for s in behaviour(CELLS["lstm"], [goal], detail=False).answers[0].solutions]
    random = np.random.default_rng(0)
    w, (x, h, c) = random.normal(size=(4, 2)), random.normal(size=3)
    for setting in all_settings(("i_t", "f_t", "o_t")):
        left, right = HELD[goal](x, h, c, w, lstm(setting, x, h, c, w))
        assert bool(np.isclose(left, right)) == any(part <= setting.items() for part in found)


def test_a_gru_stores_its_input_alone_with_both_gates_shut() -> None:
    w = np.random.default_rng(1).normal(size=(4, 2))
    for setting in all_settings(("r_t", "z_t")):
        one, other = (gru(setting, 0.7, h, h, w)[0] for h in (0.3, -0.4))
        assert bool(np.isclose(one, other)) == (setting == {"r_t": 0, "z_t": 0})


def _planted() -> Cell:
    """A GRU with z in the place of 1 − z."""
    cell, z = CELLS["ugrnn"], column("u_t", "n")
    wrong = {"h_t": sympy.MatAdd(*(sympy.HadamardProduct(z, column(x, "n")) for x in ("h_{t-1}", r"\tilde{h}_t")))}
    return replace(cell, equations=tuple((name, wrong.get(name, right)) for name, right in cell.equations))


def test_a_planted_error_in_the_equations_changes_the_answers() -> None:
    answers = {a.goal.name: a for a in behaviour(_planted(), detail=False).answers}
    assert answers["keep"].impossible
    assert answers["renew"].impossible
    assert [dict(s.setting) for s in answers["add"].solutions] == [{"u_t": 1}]
    assert [dict(s.setting) for s in answers["reset"].solutions] == [{"u_t": 0}]


@pytest.mark.parametrize("name", ["lstm", "coupled-lstm", "gru-before", "mgu", "phased-lstm"])
@pytest.mark.parametrize("goal", ["renew", "keep"])
def test_the_distance_from_a_goal_is_exact(name: str, goal: str) -> None:
    found = behaviour(CELLS[name], [goal])
    memory = found.gated.apart[found.gated.memory]
    gates = {gate.name: found.gated.apart[gate.name] for gate in found.gates}
    for solution in found.answers[0].solutions:
        corner = {gates[k]: number(v, gates[k].shape) for k, v in solution.setting.items()}
        parts = [
            hadamard(subtract(gates[d.gate], number(d.value, memory.shape)), d.factor)
            for d in solution.deviations
            if d.factor is not None
        ]
        there = substitute([memory], corner)[0]
        assert len(parts) == len(solution.setting)
        assert prove_equal(memory, add(there, *parts), Budget()) is not None
        assert prove_equal(memory, add(there, *parts[1:]), Budget()) is None


def test_what_the_candidate_still_sees() -> None:
    (lstm_sees,) = behaviour(CELLS["lstm"], ["renew"]).answers[0].solutions[0].residuals
    assert (lstm_sees.name, lstm_sees.through, lstm_sees.closed_by) == ("h_{t-1}", ("W_{hg}",), ())
    assert lstm_sees.silenced_by == ({"o_t": 0},)
    (gru_sees,) = behaviour(CELLS["gru-before"], ["renew"]).answers[0].solutions[0].residuals
    assert (gru_sees.through, gru_sees.closed_by) == (("W_{hg}",), ({"r_t": 0},))


def test_every_value_of_a_setting_is_needed() -> None:
    for answer in behaviour(CELLS["lstm"]).answers:
        for solution in answer.solutions:
            assert [x.gate for x in solution.ablations] == list(solution.setting)
            assert all(x.counterexample is not None for x in solution.ablations)


def test_a_gate_behind_a_matrix_is_no_factor() -> None:
    """h_t = P(o_t ⊙ tanh(c_t)) has other entries than o_t."""
    (solution, _) = behaviour(CELLS["lstm-projection"], ["output-off"]).answers[0].solutions
    assert [x.factor for x in solution.deviations] == [None]


def test_what_the_gates_see() -> None:
    gates = {name: Gated(CELLS[name]).gates for name in ("peephole-lstm", "lstm-no-bias", "phased-lstm")}
    assert all("c_{t-1}" in gate.sees for gate in gates["peephole-lstm"])
    assert {str(gate.at_rest) for gate in gates["lstm-no-bias"]} == {"1/2"}
    assert [gate.name for gate in gates["phased-lstm"] if gate.clock] == ["k_t"]


def test_the_rate_at_which_sigma_reaches_its_limits() -> None:
    """σ(a) = e^a σ(−a) ≤ e^a, and 1 − σ(a) = σ(−a) ≤ e^(−a)."""
    a = var("a", "n")
    minus = subtract(number(0, a.shape), a)
    right = hadamard(apply("exp", a), apply("sigma", minus))
    assert prove_equal(apply("sigma", a), right, Budget()) is not None
    assert prove_equal(subtract(number(1, a.shape), apply("sigma", a)), apply("sigma", minus), Budget()) is not None


def test_minimal_settings_contain_no_other() -> None:
    found = smallest_settings(("a", "b", "c"), lambda s: s.get("a") == 1 or (s.get("b") == 0 and s.get("c") == 0))
    assert found == [{"a": 1}, {"b": 0, "c": 0}]


def test_names_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UsageError, match="there are store, renew"):
        behaviour(CELLS["lstm"], ["forget"])
    with pytest.raises(UsageError, match="no candidate"):
        behaviour(CELLS["rnn"], ["renew"])
    assert {goal.name for goal in GOALS.values()} == set(GOALS)
