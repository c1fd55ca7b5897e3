"""The γ and β of ``y_i = γ x_i + β`` are numbers; a definition that cannot be used makes nothing wrong."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

NORM = r"""
$L$ is some function of $y$, and $g = \partial L/\partial y$.

$$ y_i = \gamma \hat x_i + \beta $$
"""
LINE = r"""
$$ L = \frac12 \sum_i (w x_i + b - y_i)^2 $$
"""
LAYER = r"""
$$ z_i = \sum_j W_{ij} x_j + b $$

$$ L = \frac12 \sum_i (z_i - y_i)^2 $$

$$ \delta = z - y $$
"""
UNREADABLE = r"""
$$ y = \gamma \hat x + \beta 1 $$

$$ g = \partial L/\partial y $$
"""


def verdict(sheet: str, claim: str) -> str:
    return check_sheet(Source("sheet.md", f"{sheet}\n\n$${claim}$$\n")).statements[-1].verdict.value


@pytest.mark.parametrize(
    "shapes", ["", r"$x, y, \hat x \in \mathbb{R}^n$.", r"The numbers $\gamma$, $\beta$ are learned."]
)
@pytest.mark.parametrize(
    ("right", "near_miss"),
    [
        (
            r"\frac{\partial L}{\partial \gamma} = \sum_i g_i \hat x_i",
            r"\frac{\partial L}{\partial \gamma} = \sum_i g_i",
        ),
        (r"\frac{\partial L}{\partial \beta} = \sum_i g_i", r"\frac{\partial L}{\partial \beta} = \sum_i g_i \hat x_i"),
    ],
)
def test_batch_norm_of_an_undefined_loss(shapes: str, right: str, near_miss: str) -> None:
    assert verdict(shapes + NORM, right) == "proved"
    assert verdict(shapes + NORM, near_miss) == "wrong"


def test_a_line_through_points() -> None:
    assert verdict(LINE, r"\frac{\partial L}{\partial w} = \sum_i (w x_i + b - y_i) x_i") == "proved"
    assert verdict(LINE, r"\frac{\partial L}{\partial b} = \sum_i (w x_i + b - y_i)") == "proved"
    assert verdict(LINE, r"\frac{\partial L}{\partial b} = \sum_i (w x_i + b - y_i) x_i") == "wrong"


@pytest.mark.parametrize("right", ["z - y", r"\delta"])
def test_a_bias_without_its_index_is_left_open(right: str) -> None:
    assert verdict(LAYER, rf"\frac{{\partial L}}{{\partial b}} = {right}") == "undecided"


def test_a_declared_vector_is_no_number() -> None:
    sheet = r"$b \in \mathbb{R}^n$." + NORM.replace(r"\beta", "b")
    assert verdict(sheet, r"\frac{\partial L}{\partial b} = \sum_i g_i") == "unclear"


@pytest.mark.parametrize("right", [r"\sum_i g_i \hat x_i", r"\sum_i g_i"])
def test_a_gradient_of_a_loss_that_nothing_ties_to_it_is_not_wrong(right: str) -> None:
    assert verdict(UNREADABLE, rf"\frac{{\partial L}}{{\partial \gamma}} = {right}") in {"undecided", "unclear"}
