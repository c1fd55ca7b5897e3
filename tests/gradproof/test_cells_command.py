"""``gradproof cells``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from derivations.cells import CELLS as RECURRENT
from derivations.cells import LAYERS
from gradproof.cli import cli

CELLS = {**RECURRENT, **LAYERS}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["cells", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_all_cells_are_listed_a_line_each() -> None:
    assert [line.split()[0] for line in run().splitlines()] == list(CELLS)
    assert [cell["name"] for cell in json.loads(run("--format", "json"))] == list(CELLS)


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_is_shown_with_its_shapes_and_source(name: str) -> None:
    text, record = run(name), json.loads(run(name, "--format", "json"))
    assert CELLS[name].source in text
    assert [p["name"] for p in record["parameters"]] == [parameter for parameter, _ in CELLS[name].parameters]
    assert {e["latex"].split(" = ")[0] for e in record["equations"]} >= {left for left, _ in CELLS[name].equations}
    assert all(e["shape"] for e in record["equations"])
    assert run(name, "--format", "latex").count(" &= ") == len(record["equations"])


def test_the_lines_of_an_lstm() -> None:
    text = run("lstm")
    assert "  n   c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t\n" in text
    assert "  states      h_{t-1} → h_t, c_{t-1} → c_t\n" in text
    assert "  together    4n(d + n + 1)\n" in text


def test_the_clock_of_a_phased_lstm_is_t() -> None:
    assert "φ_t = (t - s) ⊙ 1/τ - floor((t - s) ⊙ 1/τ)" in run("phased-lstm")


def test_an_unknown_cell_is_refused_with_the_names_there_are() -> None:
    result = CliRunner().invoke(cli, ["cells", "lsmt"])
    assert "did you mean lstm" in str(result.exception)
    assert "there are rnn, jordan, lstm" in str(result.exception)


def test_the_lines_of_a_projection() -> None:
    text = run("lstm-projection")
    assert "  p   h_t = W_hr m_t\n" in text
    assert "  together    n(4d + 5p + 4)\n" in text
    assert "note: the output h has p rows, the memory c has n\n" in text


def test_both_directions() -> None:
    text = run("bidirectional-rnn")
    assert "h\u20d6_{t+1} → h\u20d6_t" in text
    assert "  2n   y_t = E_1 h\u20d7_t + E_2 h\u20d6_t\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_latex_has_shapes_and_the_count() -> None:
    text = run("phased-lstm", "--format", "latex")
    assert r"$x_t \in \mathbb{R}^{d}$" in text
    assert r"$t, \alpha \in \mathbb{R}$" in text
    assert "$4dn + 4n^2 + 7n + 1$ parameters." in text
