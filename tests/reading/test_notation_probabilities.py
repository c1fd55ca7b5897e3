"""Probabilities: quantities known by their events, tied by what the sheet states."""

from __future__ import annotations

from typing import Final

import pytest

from derivations.check import check_sheet
from derivations.reading.parser import parse_expression
from derivations.reading.places import Source
from derivations.reading.surface import Symbol
from derivations.report import StatementReport, Verdict

DEFINED: Final = r"""
$$P(A=1 | P, F) = \frac{P(A=1, P, F)}{P(P, F)} \quad
\begin{array}{l} \leftarrow \text{this is known} \\ \leftarrow \text{this is unknown} \end{array} \quad (1)$$
$$P(A=0 | P, F) = \frac{P(A=0, P, F)}{P(P, F)} \quad (2)$$
"""
BINARY: Final = DEFINED + "We also know that $P(A=1 | P, F) + P(A=0 | P, F) = 1$ (3)\n"
JOINT: Final = r"""
$$p(x \mid y) = \frac{p(x, y)}{p(y)}$$
$$p(y \mid x) = \frac{p(x, y)}{p(x)}$$
"""

RIGHT: Final = [
    (DEFINED, r"P(A=0 | P, F) P(P, F) = P(F, A=0, P)"),
    (BINARY, r"P(A=0 \mid F, P) = \frac{P(A=0, P, F)}{P(A=0, P, F) + P(A=1, P, F)}"),
    (BINARY, r"\frac{P(A=1, P, F)}{P(A=1 | P, F)} = \frac{P(A=0, P, F)}{P(A=0 | P, F)} \quad \text{by the equation}"),
    (BINARY, r"P(A=1, P, F) P(A=0 | P, F) = P(A=0, P, F) (1 - P(A=0 | P, F))"),
    (BINARY, r"\frac{1 - P(A=0 | P, F)}{P(A=0 | P, F)} = \frac{P(A=1, P, F)}{P(A=0, P, F)}"),
    (JOINT, r"p(x \mid y) p(y) = p(y \mid x) p(x)"),
    (JOINT, r"p(x | y) = \frac{p(y | x) p(x)}{p(y)}"),
]
WRONG: Final = [
    (BINARY, r"P(A=0 | P, F) = \frac{P(A=1, P, F)}{P(A=0, P, F) + P(A=1, P, F)}"),
    (BINARY, r"\frac{P(A=1, P, F)}{P(A=0 | P, F)} = \frac{P(A=0, P, F)}{P(A=1 | P, F)}"),
    (BINARY, r"P(A=1, P, F) P(A=0 | P, F) = P(A=0, P, F) (1 - P(A=1 | P, F))"),
    (BINARY, r"\frac{1 - P(A=0 | P, F)}{P(A=0 | P, F)} = \frac{P(A=0, P, F)}{P(A=1, P, F)}"),
    (BINARY, r"P(A=1 | P, F) + P(A=1 | F) = 1"),
    (JOINT, r"p(x \mid y) p(x) = p(y \mid x) p(y)"),
    (JOINT, r"p(x \mid y) = p(y \mid x)"),
    (JOINT, r"p(x, y) = p(x) p(y)"),
]
OPEN: Final = [
    (DEFINED, r"P(A=0 | P, F) = \frac{P(A=0, P, F)}{P(A=0, P, F) + P(A=1, P, F)}"),
    (JOINT + "The two are independent.\n", r"p(x, y) = p(x) p(y)"),
]


def last(sheet: str, line: str) -> StatementReport:
    return check_sheet(Source("sheet.md", f"{sheet}\n$${line}$$\n")).statements[-1]


@pytest.mark.parametrize(("sheet", "line"), RIGHT)
def test_follows_from_the_sheet(sheet: str, line: str) -> None:
    found = last(sheet, line)
    assert (found.kind, found.verdict) == ("claim", Verdict.PROVED)


@pytest.mark.parametrize(("sheet", "line"), WRONG)
def test_contradicts_the_sheet(sheet: str, line: str) -> None:
    assert last(sheet, line).verdict is Verdict.WRONG


@pytest.mark.parametrize(("sheet", "line"), OPEN)
def test_is_left_open(sheet: str, line: str) -> None:
    """What the sheet says is too little to tell."""
    assert last(sheet, line).verdict in (Verdict.UNDECIDED, Verdict.UNCLEAR)


def test_a_law_is_proved_and_what_only_the_sheet_says_is_given() -> None:
    found = check_sheet(Source("sheet.md", BINARY)).statements
    assert [x.verdict for x in found] == [Verdict.PROVED, Verdict.PROVED, Verdict.GIVEN]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("P(A, B | C)", r"P(B, A \mid C)", True),
        ("P(A | B, C)", r"P(A | C, B)", True),
        ("P(A | B)", "P(B | A)", False),
        ("P(A=1, B)", "P(A=0, B)", False),
        ("P(A, B)", "p(A, B)", False),
    ],
)
def test_names(one: str, other: str, same: bool) -> None:
    first, second = (parse_expression(text) for text in (one, other))
    assert isinstance(first, Symbol)
    assert isinstance(second, Symbol)
    assert (first.name == second.name) is same


@pytest.mark.parametrize("text", [r"P(A | B | C)", r"P(A, \ldots, B)", "P(A, | B)", "P( | B)"])
def test_refused(text: str) -> None:
    found = check_sheet(Source("sheet.md", f"$${text} = 1$$\n")).statements[-1]
    assert found.verdict is Verdict.UNCLEAR


def test_an_array_that_is_no_note_is_not_left_out() -> None:
    line = r"a = b \quad \begin{array}{l} \leftarrow \text{known} \\ 3 \end{array}"
    assert check_sheet(Source("sheet.md", f"$${line}$$\n")).statements[-1].verdict is Verdict.UNCLEAR
