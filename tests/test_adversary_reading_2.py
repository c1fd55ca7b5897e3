"""Lines in components that were once called right and are not."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

DECLARED = r"""
$x \in \mathbb{R}^n$, $W \in \mathbb{R}^{m \times n}$, $y \in \mathbb{R}^m$, $A \in \mathbb{R}^{n\times n}$.

$$z_i = \sum_j W_{ij} x_j, \qquad L = \sum_i (z_i - y_i)^2$$

"""
LOOSE = r"""
$$p_i = \frac{e^{z_i}}{\sum_{k=1}^{K} e^{z_k}}, \qquad s_j = \tanh(x_j)$$

"""
RIGHT = {"given", "proved", "holds"}


def verdict(text: str) -> str:
    return check_sheet(Source("sheet.md", text + "\n")).statements[-1].verdict.value


@pytest.mark.parametrize(
    "claim",
    [
        r"z_i = \sum_{j=1}^{i} W_{ij} x_j",
        r"z_i = \sum_{j=1}^{m} W_{ij} x_j",
        r"z_i = \sum_{j=1}^{K} W_{ij} x_j",
        r"L = \sum_{i=1}^{n} (z_i - y_i)^2",
        r"\frac{\partial L}{\partial x_j} = 2\sum_{i=1}^{j} W_{ij} (z_i - y_i)",
        r"\sum_{j=1}^{i} A_{ij} x_j = \sum_j A_{ij} x_j",
        r"A^2_{ij} = A_{ij} A_{ij}",
        r"A^{-1}_{ij} = \frac{1}{A_{ij}}",
        r"A_{ij}^{-1} = \frac{1}{A_{ij}}",
    ],
)
def test_not_right_in_components(claim: str) -> None:
    assert verdict(f"{DECLARED}$${claim}$$") not in RIGHT


@pytest.mark.parametrize(
    "claim",
    [
        r"z_i = \sum_{j=1}^{n} W_{ij} x_j",
        r"\frac{\partial L}{\partial x_j} = 2\sum_{i=1}^{m} W_{ij} (z_i - y_i)",
        r"A_{ij}^2 = A_{ij} A_{ij}",
        r"(A_{ij})^{-1} = \frac{1}{A_{ij}}",
    ],
)
def test_right_in_components(claim: str) -> None:
    assert verdict(f"{DECLARED}$${claim}$$") == "proved"


@pytest.mark.parametrize(
    ("claim", "right"),
    [
        (r"\sum_{i=1}^{K} p_i = 1", True),
        (r"\sum_{i=1}^{M} p_i = 1", False),
        (r"\sum_{i=1}^{j} p_i = 1", False),
        (r"\sum_{i=1}^{K} p_i + \sum_{j=1}^{M} s_j = 1 + \sum_j s_j", True),
        (r"\sum_{i=1}^{K} p_i + \sum_{j=1}^{K} s_j = 1 + \sum_j s_j", False),
    ],
)
def test_a_letter_above_a_sum_names_one_size(claim: str, right: bool) -> None:
    assert (verdict(f"{LOOSE}$${claim}$$") == "proved") == right


SAID_OF_SOME = [
    "All the losses are scalars.",
    "The losses are all scalars.",
    "All the biases are scalars.",
    "For all the gates, the loss is a scalar.",
    "Everything on this sheet is about scalar losses.",
    "All of these are gradients of a scalar.",
    "All quantities are scalar products.",
    "Consider a scalar network output.",
    "Tous les coûts sont des scalaires.",
    "Alle Fehler sind Skalare.",
    "所有损失都是标量。",
    "All quantities are scalars. Here $h_t$ is a vector.",
]
NETWORK = "\n\n$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n\n"


@pytest.mark.parametrize("words", SAID_OF_SOME)
@pytest.mark.parametrize("claim", ["U W h_t = W U h_t", r"\frac{\partial h_t}{\partial h_{t-1}} = W (1-h_t^2)"])
def test_scalars_are_said_of_some_quantities_alone(words: str, claim: str) -> None:
    assert verdict(f"{words}{NETWORK}$${claim}$$") not in RIGHT


@pytest.mark.parametrize("words", ["All quantities on this sheet are scalars.", "所有变量都是标量。"])
def test_scalars_are_said_of_everything(words: str) -> None:
    assert verdict(f"{words}{NETWORK}$$U W h_t = W U h_t$$") == "proved"


@pytest.mark.parametrize(
    "claim", [r"\mathrm{tr}(U) = \mathrm{tr}(U^T)", "h_t^T x_t = x_t^T h_t", "x_t^T U x_t = x_t^T U^T x_t"]
)
def test_the_length_of_a_state_is_not_that_of_the_input(claim: str) -> None:
    assert verdict(f"$x_t \\in \\mathbb{{R}}^n$.{NETWORK}$${claim}$$") not in RIGHT
