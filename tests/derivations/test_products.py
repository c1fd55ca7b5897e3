"""What a product sign means between two shapes."""

from __future__ import annotations

import pytest

from derivations.products import GRADIENT_COLUMN, GRADIENT_ROW, OUTER, Form, Meaning, choices
from derivations.terms import dimension

n, d = dimension("n"), dimension("d")
COLUMN, ROW, MATRIX = Form((n,)), Form((n,), row=True), Form((n, d))


def same(a: object, b: object) -> bool:
    return a == b


@pytest.mark.parametrize(
    ("left", "right", "operator", "meaning", "shape"),
    [
        (MATRIX, Form((d,)), "", Meaning.CONTRACT, (n,)),
        (MATRIX, Form((d,)), "cdot", Meaning.CONTRACT, (n,)),
        (ROW, MATRIX, "", Meaning.CONTRACT, (d,)),
        (ROW, COLUMN, "", Meaning.CONTRACT, ()),
        (COLUMN, Form((d,), row=True), "", Meaning.OUTER, (n, d)),
        (COLUMN, COLUMN, "", Meaning.HADAMARD, (n,)),
        (COLUMN, COLUMN, "odot", Meaning.HADAMARD, (n,)),
        (COLUMN, COLUMN, "otimes", Meaning.HADAMARD, (n,)),
        (MATRIX, MATRIX, "odot", Meaning.HADAMARD, (n, d)),
        (Form(()), MATRIX, "cdot", Meaning.SCALE, (n, d)),
    ],
)
def test_the_natural_meaning_comes_first(
    left: Form, right: Form, operator: str, meaning: Meaning, shape: tuple
) -> None:
    first = choices(left, right, operator, same)[0]
    assert (first.meaning, first.form.shape, first.reading) == (meaning, shape, "")


@pytest.mark.parametrize(
    ("left", "right", "operator"),
    [
        (MATRIX, COLUMN, ""),
        (COLUMN, MATRIX, ""),
        (COLUMN, Form((d,)), "odot"),
        (MATRIX, Form((d,)), "odot"),
        (COLUMN, ROW, "odot"),
        (MATRIX, MATRIX.__class__((d, d)), "odot"),
    ],
)
def test_what_does_not_fit_has_no_meaning(left: Form, right: Form, operator: str) -> None:
    assert choices(left, right, operator, same) == []


def test_shorthand_is_named() -> None:
    assert choices(COLUMN, Form((d,)), "", same)[0].reading == OUTER
    assert choices(Form((n,), gradient=True), MATRIX, "", same)[0].reading == GRADIENT_ROW


def test_a_matrix_before_a_row_needs_a_gradient() -> None:
    gradient = Form((d,), row=True, gradient=True)
    (choice,) = choices(MATRIX, gradient, "", same)
    assert (choice.meaning, choice.form.shape, choice.reading) == (Meaning.CONTRACT, (n,), GRADIENT_COLUMN)
    assert not choices(MATRIX, Form((d,), row=True), "", same)
    assert not choices(MATRIX, Form((n,), row=True, gradient=True), "", same)
