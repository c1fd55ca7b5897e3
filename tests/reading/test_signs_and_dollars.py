"""Signs that were once taken for others: ⊗, rows side by side, inequalities, dollars that do not pair, powers of e."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.documents import read_document
from derivations.reading.places import Source
from derivations.reading.surface import Statement
from derivations.report import Report

ROWS = r"""$x \in \mathbb{R}^{1 \times d}$, $W \in \mathbb{R}^{d \times n}$

$$z = x W$$

$$L = \frac12 \|z - y\|^2$$

"""
COLUMNS = "$x, u \\in \\mathbb{R}^n$\n\n"


def report(text: str) -> Report:
    return check_sheet(Source("sheet.md", text + "\n"))


def verdicts(sheet: str, *claims: str) -> list[str]:
    found = report(sheet + "\n\n".join(f"$${claim}$$" for claim in claims)).statements
    return [x.verdict.value for x in found[-len(claims) :]]


def test_rows_side_by_side_are_no_outer_product() -> None:
    lines = (r"\frac{\partial L}{\partial W} = x^T (z-y)", r"\frac{\partial L}{\partial W} = x (z-y)")
    assert verdicts(ROWS, *lines) == ["proved", "wrong"]


def test_a_tensor_sign_is_an_outer_product_where_no_line_says_otherwise() -> None:
    lines = (r"x \otimes u = x u^T", r"x \otimes u = u \otimes x", r"(x \otimes u)^T = u \otimes x")
    assert verdicts(COLUMNS, *lines) == ["proved", "wrong", "proved"]
    assert verdicts(COLUMNS, r"M = x \otimes u", r"M = x u^T", r"M = u \otimes x") == ["given", "proved", "wrong"]


def test_a_tensor_sign_in_the_definition_of_a_vector_is_elementwise() -> None:
    assert verdicts(COLUMNS, r"c = x \otimes u", r"x \otimes u = u \otimes x", r"c = x \odot u") == [
        "given",
        "proved",
        "proved",
    ]


def test_a_tensor_sign_where_only_an_elementwise_product_fits() -> None:
    sheet = "$$c = \\tanh(x) \\odot u$$\n\n$$L = \\frac12\\|c\\|^2$$\n\n"
    line = r"\frac{\partial L}{\partial u} = c \otimes \tanh(x)"
    assert verdicts(COLUMNS + sheet, line, line.replace(r"\tanh(x)", "x")) == ["proved", "wrong"]


def test_inequalities_are_shown_by_their_own_signs() -> None:
    found = report(r"$$3 < 2$$ $$2 \geq 3$$ $$3 \ne 3$$ $$2 \le 3$$").statements
    assert [x.steps[0].relation for x in found] == ["<", "≥", "≠", "≤"]
    assert [x.verdict.value for x in found] == ["wrong", "wrong", "wrong", "proved"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("We have $a = b and then $c = d$ for all.", ["unclear", "given"]),
        (r"So $h_t = \tanh(z) and $z = x$.", ["unclear", "given"]),
        ("It costs $5 and $6, and $c = d$.", ["given"]),
        ("It costs $5 and then $c = d$.", ["given"]),
        ("Here $a = b $ ends late.", ["given"]),
    ],
)
def test_a_dollar_that_is_not_paired(text: str, verdict: list[str]) -> None:
    found = report(text).statements
    assert [x.verdict.value for x in found] == verdict


def test_the_place_of_a_dollar_that_is_not_paired() -> None:
    first = read_document(Source("sheet.md", "We have $a = b and then $c = d$.\n"))[0]
    assert not isinstance(first, Statement)
    assert first.span.start == len("We have ")


def test_powers_of_e() -> None:
    assert verdicts("", "y = e^{10} x", r"y = \exp(10) x", r"y = \exp(11) x") == ["given", "proved", "wrong"]
    assert verdicts("", "e = y - x", "L = e^2", r"\frac{\partial L}{\partial x} = -2 e") == ["given", "given", "proved"]
