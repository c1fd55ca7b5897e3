"""Declarations in a file of their own: ``--with FILE``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gradproof
from derivations.errors import UsageError
from gradproof.cli import cli

SHEET = r"""# A sheet
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$L = \sum_{t=1}^{2} v^T h_t$$
$$\frac{\partial L}{\partial h_1} = v$$
"""
RIGHT = SHEET.replace("= v$$\n", r"= v + W^T \mathrm{diag}(1 - h_2^2) v$$" + "\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.md").write_text(SHEET, encoding="utf-8")
    (tmp_path / "two.md").write_text(RIGHT, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", "--no-torch", *arguments])


def test_every_sheet_is_read_with_the_declarations(folder: Path) -> None:
    (folder / "class.txt").write_text("x_t: d # an input\npartial: total\n", encoding="utf-8")
    result = run("--format", "json", "--with", "class.txt", "one.md", "two.md")
    one, two = json.loads(result.output)
    assert result.exit_code == 1
    assert [x["statements"][-1]["verdict"] for x in (one, two)] == ["wrong", "proved"]
    assert one["grounds"]["∂"] == {"declared": True, "from": "declared on line 2 of class.txt"}
    assert {"name": "x", "shape": ["d"], "declared": True} in one["symbols"]
    assert "line 2 of class.txt declares another sense" in one["statements"][-1]["steps"][0]["why"]
    assert [s["line"] for s in one["statements"]] == [2, 3, 4]
    assert run("one.md").exit_code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x_t: d\npartial: totl\n", "class.txt:2:10: totl is no meaning of partial; expected total, step or direct"),
        ("rows\ncolumns\n", "class.txt:2:1: line 1 of class.txt declares rows; expected one of the two"),
        ("x_t: d     what\n", "class.txt:1:6:"),
        ("<!-- gradproof\nx_t: d", "class.txt:1:1: this comment is never closed"),
        ("W: n x\n", "class.txt:1:"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_name_and_line(folder: Path, text: str, message: str) -> None:
    (folder / "class.txt").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"^class\.txt:") as caught:
        gradproof.check("one.md", declarations="class.txt", torch=False)
    assert str(caught.value).startswith(message)
    result = run("--with", "class.txt", "one.md")
    assert isinstance(result.exception, UsageError)  # which the program ends with 2 for
    assert "proved" not in result.output


def test_what_does_not_fit_a_sheet_is_said_of_that_sheet(folder: Path) -> None:
    (folder / "class.txt").write_text("assume h_t is one-hot\n", encoding="utf-8")
    result = run("--with", "class.txt", "one.md")
    assert result.exit_code == 2
    assert "class.txt:1:1: h has a definition on the sheet" in result.output


def test_the_sheet_may_not_contradict_the_file(folder: Path) -> None:
    report = gradproof.check("<!-- gradproof\nrows\n-->\n$a = b$", declarations="columns\n", torch=False)
    assert (report.statements[0].line, report.statements[0].verdict.value) == (2, "unclear")


def test_a_missing_file(folder: Path) -> None:
    result = run("--with", "none.txt", "one.md")
    assert isinstance(result.exception, UsageError)


def test_a_file_may_hold_comments_and_text(folder: Path) -> None:
    (folder / "class.md").write_text("# For the class\n<!-- gradproof\npartial: total\n-->\nGood luck!\n")
    assert run("--with", "class.md", "one.md").exit_code == 1


def test_a_name_that_is_declared_there(folder: Path) -> None:
    sheet = SHEET.split("$$\\frac")[0] + "$$\\delta_1 = v$$ $$\\delta_2 = v$$\n"
    report = gradproof.check(sheet, declarations="\\delta_t := \\partial L/\\partial h_t\n#\n", torch=False)
    assert [s.verdict.value for s in report.statements[-2:]] == ["wrong", "proved"]
    from gradproof.text import render

    assert "\\delta_1" in render(report)


def test_other_commands(folder: Path) -> None:
    (folder / "class.txt").write_text("U: n x d\n", encoding="utf-8")
    (folder / "bad.txt").write_text("U: n y d\n", encoding="utf-8")
    cell = r"$$h_t = \tanh(W h_{t-1} + U x_t + b)$$"
    (folder / "cell.md").write_text(cell, encoding="utf-8")
    assert CliRunner().invoke(cli, ["derive", "cell.md", "--with", "class.txt"]).exit_code == 0
    assert isinstance(CliRunner().invoke(cli, ["derive", "cell.md", "--with", "bad.txt"]).exception, UsageError)
    (folder / "class.txt").write_text("U: n x d; W_{*}: n x m\n", encoding="utf-8")
    found = CliRunner().invoke(cli, ["read", "two.md", "--with", "class.txt"])
    assert found.exit_code == 0, found.output
    assert isinstance(CliRunner().invoke(cli, ["read", "two.md", "--with", "bad.txt"]).exception, UsageError)
    assert CliRunner().invoke(cli, ["crosscheck", "two.md", "--with", "class.txt"]).exit_code == 0
