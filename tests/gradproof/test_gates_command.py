"""``gradproof gates``."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

import gradproof
from derivations.cells import CELLS
from gradproof.cli import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["gates", *arguments])


def test_one_cell() -> None:
    text = run("lstm").output
    assert "  yes  i_t = 1, f_t = 0   [proved for all sizes]\n" in text
    assert "still in the candidate: h_{t-1}, through W_hg; no gate shuts it out" in text
    assert "without i_t = 1 it fails, certified: d = n = 1, b_g = 1, all else 0" in text
    assert "σ(a) ≤ e^a" in text
    assert "the nearest is renew" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_exit_code_tells_whether_the_goal_is_reached() -> None:
    assert run("gru", "--goal", "store").exit_code == 0
    assert run("lstm", "--goal", "store").exit_code == 1
    assert run("lstm").exit_code == 0
    assert "there is no goal forget" in str(run("lstm", "--goal", "forget").exception)
    assert "there is no cell lsmt" in str(run("lsmt").exception)


def test_all_cells_in_short() -> None:
    lines = run("--goal", "keep").output.splitlines()
    assert lines[0] == "keep: keep the previous state"
    assert [line.split()[0] for line in lines[1:]] == list(CELLS)
    assert [line.split(maxsplit=1)[1] for line in lines if " phased-lstm " in line] == ["k_t = 0 or i_t = 0, f_t = 1"]
    assert "there is no goal forget" in str(run("--goal", "forget").exception)


def test_json() -> None:
    record = json.loads(run("gru", "--goal", "store", "--format", "json").output)
    (goal,) = record["goals"]
    assert goal["possible"]
    assert goal["settings_tried"] == 9
    assert goal["settings"][0]["values"] == {"r_t": 0, "z_t": 0}
    assert goal["settings"][0]["pre_activations"] == {"r_t": "-oo", "z_t": "-oo"}
    assert [x["gate"] for x in goal["settings"][0]["needed"]] == ["r_t", "z_t"]


def test_from_python() -> None:
    assert not gradproof.gates("lstm", ["store"]).answers[0].solutions


def test_comparing_two_cells() -> None:
    text = run("--compare", "gru", "lstm").output
    assert text.startswith("Is gru a special case of lstm?  no, only under conditions\n")
    assert "gru is lstm with i_t = 1 - z_t, f_t = z_t, o_t = 1, with an identity output" in text
    assert "Is lstm a special case of gru?  no\n" in text
    assert "b_g = b_hn + b_xn" in text
    assert max(map(len, text.splitlines())) <= 80


def test_comparing_in_json() -> None:
    forward, backward = json.loads(run("--compare", "mgu", "gru-before", "--format", "json").output)
    assert forward["special_case"]
    assert forward["reductions"][0]["gates"] == {"r_t": "f_t", "z_t": "1 - f_t"}
    assert not backward["special_case"]


def test_a_saturated_gate_is_a_limit() -> None:
    assert "gru?  yes, in the limit of saturated gates\n" in run("--compare", "ugrnn", "gru").output


def test_what_cannot_be_compared() -> None:
    assert run("lstm", "--compare", "gru", "lstm").exit_code == 2
    assert "have different shapes" in str(run("--compare", "lstm-projection", "lstm").exception)
    assert "has no gates" in str(run("--compare", "rnn", "jordan").exception)
