"""Which cells are special cases of others, against steps that are computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy

from derivations.cell_differences import growth
from derivations.cells import CELLS
from derivations.errors import UsageError
from derivations.lowering import column
from derivations.special_cases import LINEAR, compare, with_linear_output

LINKS = {
    ("gru", "lstm"): (True, {"r_t": 1}, {"i_t": ("z_t", True), "f_t": ("z_t", False), "o_t": ("1", False)}),
    ("gru-before", "lstm"): (True, {"r_t": 1}, {"i_t": ("z_t", True), "f_t": ("z_t", False), "o_t": ("1", False)}),
    ("gru-before-z", "lstm"): (True, {"r_t": 1}, {"i_t": ("z_t", False), "f_t": ("z_t", True), "o_t": ("1", False)}),
    ("gru", "coupled-lstm"): (True, {"r_t": 1}, {"f_t": ("z_t", False), "o_t": ("1", False)}),
    ("coupled-lstm", "lstm"): (False, {}, {"i_t": ("f_t", True), "f_t": ("f_t", False), "o_t": ("o_t", False)}),
    ("mgu", "gru-before"): (False, {}, {"r_t": ("f_t", False), "z_t": ("f_t", True)}),
    ("ugrnn", "gru"): (False, {}, {"r_t": ("1", False), "z_t": ("u_t", False)}),
    ("rnn", "gru"): (False, {}, {"r_t": ("1", False), "z_t": ("0", False)}),
    ("rnn", "lstm"): (True, {}, {"i_t": ("1", False), "f_t": ("0", False), "o_t": ("1", False)}),
    ("lstm", "lstm-concat"): (False, {}, {"i_t": ("i_t", False), "f_t": ("f_t", False), "o_t": ("o_t", False)}),
}


@pytest.mark.parametrize(("special", "general"), LINKS)
def test_reductions(special: str, general: str) -> None:
    found = compare(CELLS[special], CELLS[general])
    first = found.reductions[0]
    assert (first.linear, dict(first.held), first.links) == LINKS[special, general]
    assert first.rules
    assert found.is_case == (not first.linear and not first.held)
    assert not (found.is_case and found.refuted)


@pytest.mark.parametrize(("special", "general"), [("lstm", "gru"), ("gru", "mgu"), ("lstm", "coupled-lstm")])
def test_the_other_way_round_there_is_none_without_conditions(special: str, general: str) -> None:
    assert not compare(CELLS[special], CELLS[general]).is_case


def test_all_conditions_of_a_gru_as_an_lstm_are_needed() -> None:
    needed = compare(CELLS["gru"], CELLS["lstm"]).reductions[0].needed
    assert [x.condition for x in needed] == ["r_t = 1", "o_t = 1", LINEAR]
    assert all(x.counterexample is not None for x in needed)


def test_the_point_out_of_reach_by_hand() -> None:
    """No gates of an LSTM between 0 and 1 give the state of the GRU there."""
    found = compare(CELLS["gru-before"], CELLS["lstm"]).unreachable
    assert found is not None
    v = {name: float(value) for name, value in found.values.items()}
    h = v["h_{t-1}"]
    inner = v["W_{xg}"] * v["x_t"] + v["b_g"]
    state = v["z_t"] * h + (1 - v["z_t"]) * np.tanh(inner + v["W_{hg}"] * v["r_t"] * h)
    reached = [f * h + i * np.tanh(inner + v["W_{hg}"] * h) for f in np.linspace(0, 1, 9) for i in np.linspace(0, 1, 9)]
    assert state < min(reached) or state > max(reached)
    assert f"{state:.6f}" == found.state
    assert (f"{min(reached):.6f}", f"{max(reached):.6f}") == (found.lowest, found.highest)


def test_values_out_of_reach_are_not_claimed_where_a_gate_acts_inside_the_candidate() -> None:
    assert compare(CELLS["gru"], CELLS["gru-before"]).unreachable is None


def test_a_gru_stays_within_one_and_an_lstm_does_not() -> None:
    found = compare(CELLS["lstm"], CELLS["gru"])
    assert found.bounded == ("gru", "z_t")
    assert found.growth is not None
    sigma = 1 / (1 + np.exp(-2.0))  # the first step: x = 1, every weight and bias 1, h = 0
    c = sigma * np.tanh(2.0)
    h = sigma * np.tanh(c)
    gate = 1 / (1 + np.exp(-(2 + h)))
    assert (found.growth.value, found.growth.steps) == (1, 2)
    assert found.growth.state == f"{gate * c + gate * np.tanh(2 + h):.6f}"
    assert growth(CELLS["gru"]) is None
    assert found.hidden == ("lstm", "c_{t-1}")


def test_gates_that_do_not_see_the_cell_are_no_case() -> None:
    found = compare(CELLS["peephole-lstm"], CELLS["lstm"])
    assert not found.is_case
    assert found.reductions[0].beyond == ("i_t", "f_t", "o_t")
    assert compare(CELLS["lstm"], CELLS["peephole-lstm"]).is_case


def test_a_planted_error_ends_the_reduction() -> None:
    cell, f, i = CELLS["coupled-lstm"], column("f_t", "n"), column("g_t", "n")
    wrong = {"c_t": sympy.MatAdd(sympy.HadamardProduct(f, column("c_{t-1}", "n")), sympy.HadamardProduct(f, f, i))}
    planted = replace(cell, equations=tuple((name, wrong.get(name, right)) for name, right in cell.equations))
    assert all(x.held for x in compare(planted, CELLS["lstm"]).reductions)


def test_a_linear_output() -> None:
    linear = with_linear_output(CELLS["lstm"])
    assert linear is not None
    assert "tanh" not in str(dict(linear.equations)["h_t"])
    assert with_linear_output(CELLS["gru"]) is None


def test_a_general_cell_without_gates_is_refused() -> None:
    with pytest.raises(UsageError, match="has no gates"):
        compare(CELLS["gru"], CELLS["rnn"])
