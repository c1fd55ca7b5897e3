"""Retyped coursework: every statement has the verdict that its sheet expects and that docs/coursework.md tells."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from truth.expectations import expectations

import gradproof
from derivations.check import Options, check_sheet
from derivations.report import StatementReport, Verdict
from gradproof.sheets import read_sheet

FOLDER = Path(__file__).parent / "sheets" / "coursework"
EQUATIONS = Path(__file__).parent.parent / "examples" / "rnn-equations.txt"
PAGE = Path(__file__).parent.parent / "docs" / "coursework.md"
PIECES = sorted(path.stem for path in FOLDER.glob("*.md"))
ROW = re.compile(r"\| (\d+) \| ([^|]+) \| (\w+) \| ([^|]+) \|")
VERDICTS = ("given", "proved", "wrong", "undecided", "unclear")
Told = list[tuple[int, str]]
"""The line and the verdict of every statement."""


@cache
def statements(piece: str) -> list[StatementReport]:
    return check_sheet(read_sheet(FOLDER / f"{piece}.md"), Options()).statements


def checked(piece: str) -> Told:
    return [(statement.line, statement.verdict.value) for statement in statements(piece)]


def told(page: str, piece: str) -> Told:
    """The rows of the section of a piece."""
    (section,) = re.findall(rf"^## {piece}: .*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    rows = section.split("|---|---|---|---|\n")[1].strip().splitlines()
    found = [match.groups() for row in rows if (match := ROW.fullmatch(row))]
    assert len(found) == len(rows), "a row is not of the form line, statement, verdict, why"
    assert all(own.strip() and why.strip() for _, own, _, why in found)
    return [(int(line), verdict) for line, _, verdict, _ in found]


def test_there_are_five_pieces() -> None:
    assert "".join(PIECES) == "abcde"


@pytest.mark.parametrize("piece", PIECES)
def test_the_page_tells_every_statement(piece: str) -> None:
    assert told(PAGE.read_text(encoding="utf-8"), piece) == checked(piece)


@pytest.mark.parametrize("piece", PIECES)
def test_the_sheet_expects_what_is_found(piece: str) -> None:
    found = statements(piece)
    spoken_of = 0
    for expected in expectations((FOLDER / f"{piece}.md").read_text(encoding="utf-8")):
        here = [s for s in found if expected.first <= s.line <= expected.last]
        if expected.words:
            assert [s.verdict.value for s in here] == [word.verdict for word in expected.of(len(here))]
            spoken_of += len(here)
    assert spoken_of == len(found)


def test_the_table_of_all_pieces_counts_the_rows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for piece in PIECES:
        found = [verdict for _, verdict in checked(piece)]
        amounts = [len(found), *(found.count(verdict) for verdict in VERDICTS)]
        assert f"| {piece} | {' | '.join(map(str, amounts))} |\n" in page


@pytest.mark.parametrize("piece", PIECES)
def test_a_planted_verdict_is_noticed(piece: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    planted = page.replace("| given |", "| unclear |")
    assert told(planted, piece) != checked(piece)


def test_the_counts_of_the_coursework_come_out() -> None:
    proved = {s.latex for piece in "de" for s in statements(piece) if s.verdict is Verdict.PROVED}
    for number in ("320,800", "16,000", "6,272", "8448", "257"):
        assert any(number in latex for latex in proved), number


def test_declared_equations_decide_the_gradients_through_time() -> None:
    """Piece b speaks of gradients alone; with the equations of its network every statement is settled."""
    found = gradproof.check(FOLDER / "b.md", torch=False, declarations=EQUATIONS)
    verdicts = [statement.verdict.value for statement in found.statements]
    assert verdicts == ["given", "proved", "proved", "holds", "holds", "holds", "proved", "given"]


def test_declared_equations_of_another_network_do_not() -> None:
    other = EQUATIONS.read_text(encoding="utf-8").replace("W_{hh} h^{(t-1)} + b_h", r"W_{hh} h^{(t-1)} + U h^{(t-2)}")
    found = gradproof.check(FOLDER / "b.md", torch=False, declarations=other)
    assert "wrong" in [statement.verdict.value for statement in found.statements]
