"""Shapes that do not fit are told once, at the later place, with both places and both shapes."""

from __future__ import annotations

import pytest

import gradproof
from derivations.report import Report, StatementReport

DECLARED = r"""Let $x \in \mathbb{R}^d$ and $h, b \in \mathbb{R}^n$.
Let $W \in \mathbb{R}^{n \times d}$ and $U \in \mathbb{R}^{n \times n}$.

"""


def checked(*formulas: str) -> Report:
    text = DECLARED + "".join(f"$${formula}$$\n\n" for formula in formulas)
    return gradproof.check(text, torch=False)


def why(statement: StatementReport) -> str:
    return " ".join(f"{step.headline} {step.why}" for step in statement.steps)


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        (r"y = W h", "W is n×d (line 2), but here it multiplies h (n, line 1): it would have to be n×n"),
        (r"y = W^T x", "W^T is d×n (line 2), but here it multiplies x (d, line 1): it would have to be d×d"),
        (r"y = b + W", "W is n×d (line 2), but here it is added to b (n, line 1): it would have to be n"),
        (r"y = W x + x", "x is d (line 1), but here it is added to W x (n): it would have to be n"),
        (r"b = W^T h", "b is n (line 1), but here it is defined as W^T h (d): it would have to be d"),
        (r"y = h \odot x", "h is n (line 1), but here it multiplies x (d, line 1)"),
    ],
)
def test_a_definition_names_both_places_and_both_shapes(formula: str, told: str) -> None:
    statement = checked(formula).statements[-1]
    assert told in why(statement)
    assert statement.verdict.value == "unclear"


@pytest.mark.parametrize("formula", ["y = W x", "y = U h + b", r"y = W^T h + x", r"y = h \odot b", "y = h^T U b"])
def test_what_fits_is_no_clash(formula: str) -> None:
    assert checked(formula).statements[-1].verdict.value == "given"


@pytest.mark.parametrize("formula", ["U x = h", "W h = U h", "h + x = b", "h = x"])
def test_a_claim_that_fits_under_no_reading_is_wrong(formula: str) -> None:
    statement = checked("h = U b", formula).statements[-1]
    assert (statement.verdict.value, statement.steps[-1].code) == ("wrong", "shapes")


def test_a_clash_is_told_once_and_leads_to_no_other() -> None:
    report = checked(
        "y = W h",
        "z = U y",
        "q = W x",
        r"\frac{\partial q}{\partial x} = W",
        r"\frac{\partial z}{\partial y} = U",
        r"\frac{\partial y}{\partial h} = W",
    )
    found = [(s.latex, s.verdict.value) for s in report.statements if s.verdict.value not in ("given", "proved")]
    assert found == [("y = W h", "unclear"), (r"\frac{\partial y}{\partial h} = W", "undecided")]


def test_what_is_learnt_where_shapes_clash_is_forgotten() -> None:
    report = checked("y = W (A h) + W h", "z = A x")
    assert [s.verdict.value for s in report.statements[-2:]] == ["unclear", "given"]


def test_the_place_is_that_of_the_part() -> None:
    step = checked("y = U h + W h + b").statements[-1].steps[0]
    assert (step.column, step.end_column) == (13, 16)


def test_a_near_miss_in_what_follows_is_still_wrong() -> None:
    report = checked("y = W h", "q = W x", r"\frac{\partial q}{\partial x} = W + W")
    assert report.statements[-1].verdict.value == "wrong"
