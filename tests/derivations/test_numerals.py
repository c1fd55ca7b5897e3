"""Sizes that are numbers: proved at any size, refuted at small ones, put in where a constant may have come from one."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.errors import ShapeError
from derivations.numerals import numeral, pinned, valued
from derivations.reading.places import Source
from derivations.report import Report
from derivations.shapes import Dimensions
from derivations.tensors import matmul, transpose
from derivations.terms import dimension, number, ones, var

NETWORK = r"""
$x_t \in \mathbb{R}^{784}$, $W \in \mathbb{R}^{200\times 784}$, $U \in \mathbb{R}^{200 \times 200}$

$$h_t = \tanh(W x_t + U h_{t-1})$$
"""


def check(text: str) -> Report:
    return check_sheet(Source("sheet.md", text))


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial h_2}{\partial h_1} = \mathrm{diag}(1 - h_2^2) U", "proved"),
        (r"\frac{\partial h_2}{\partial h_1} = \mathrm{diag}(1 - h_2^2) U^T", "wrong"),
        (r"\frac{\partial h_2}{\partial x_2} = \mathrm{diag}(1 - h_2^2) W", "proved"),
        (r"\frac{\partial h_2}{\partial x_2} = \mathrm{diag}(1 - h_2) W", "wrong"),
        (r"\mathbf{1}^T x_2 = x_2^T \mathbf{1}", "proved"),
        (r"\mathbf 1_{784}^T \mathbf 1_{784} = 784", "proved"),
        (r"\mathbf 1_{784}^T \mathbf 1_{784} = 785", "wrong"),
    ],
)
def test_layers_of_real_size(claim: str, verdict: str) -> None:
    statement = check(f"{NETWORK}\n$${claim}$$\n").statements[-1]
    assert statement.verdict.value == verdict, statement
    found = statement.steps[-1].counterexample
    assert found is None or max(found.sizes.values(), default=0) < 10


def test_a_size_beyond_all_memory_is_no_burden() -> None:
    report = check("$$x \\in \\mathbb{R}^{1000000000}$$\n\n$$x^T x = 1$$\n\n$$1_{1000000000}^T x = 7$$\n")
    assert [s.verdict.value for s in report.statements] == ["given", "wrong", "undecided"] or [
        s.verdict.value for s in report.statements
    ] == ["given", "wrong", "unclear"]


def test_sizes_that_add_up_fit() -> None:
    dims = Dimensions()
    dims.unify((numeral(984),), (numeral(784) + numeral(200),))
    assert dims.resolve(numeral(984)) == numeral(784) + numeral(200)
    with pytest.raises(ShapeError):
        dims.unify((numeral(784),), (numeral(783),))


def test_small_numbers_stay_numbers() -> None:
    assert numeral(3) == dimension(3)
    assert valued(numeral(784) + numeral(3)) == 787


def test_sizes_are_put_in_only_where_a_constant_may_be_one() -> None:
    x = var("x", numeral(784))
    square = matmul(transpose(x), x)
    assert pinned(square, square) == (square, square)
    left, right = pinned(matmul(ones((numeral(784),)), ones((numeral(784),))), number(784))
    assert left is right
