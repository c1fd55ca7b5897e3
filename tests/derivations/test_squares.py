r"""Quantities defined by their square: ``\sigma^2 = …``."""

from __future__ import annotations

import pytest

from derivations.check import Options, check_sheet
from derivations.reading.places import Source

VARIANCE = r"""Let $x \in \mathbb{R}^d$.

$$m = \frac{1}{d} \mathbf{1}^\top x$$

$$\sigma^2 = \frac{1}{d} \|x - m \mathbf{1}\|^2$$

$$\hat{x} = \frac{x - m \mathbf{1}}{\sigma}$$

"""


def verdicts(text: str) -> list[str]:
    return [x.verdict.value for x in check_sheet(Source("sheet.md", text), Options()).statements]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\|\hat{x}\|^2 = d", "proved"),
        (r"\|\hat{x}\|^2 = 1", "wrong"),
        (r"\frac{\partial \sigma^2}{\partial x} = \frac{2}{d} (x - m \mathbf{1})", "proved"),
        (r"\frac{\partial \sigma^2}{\partial x} = \frac{1}{d} (x - m \mathbf{1})", "wrong"),
        (r"\frac{\partial \sigma}{\partial x} = \frac{x - m \mathbf{1}}{d \sigma}", "proved"),
        (r"\frac{\partial \sigma}{\partial x} = \frac{x - m \mathbf{1}}{d \sigma^2}", "wrong"),
        (r"\frac{\partial \hat{x}}{\partial \sigma^2} = -\frac{x - m \mathbf{1}}{2 \sigma^3}", "proved"),
        (r"\frac{\partial \hat{x}}{\partial \sigma^2} = -\frac{x - m \mathbf{1}}{\sigma^2}", "wrong"),
        (r"\frac{\partial \hat{x}}{\partial \sigma} = -\frac{\hat{x}}{\sigma}", "unclear"),
        (r"\hat{x} = \sigma(x)", "unclear"),
    ],
)
def test_a_variance(line: str, expected: str) -> None:
    assert verdicts(f"{VARIANCE}$$ {line} $$\n")[-1] == expected


@pytest.mark.parametrize(
    "text",
    [
        "$$z^2 = W^2 a^1 + b^2$$\n\n$$a^2 = z^2$$\n",
        "$$z^2 = W^2 x + b^2$$\n\n$$z^3 = W^3 z^2 + b^3$$\n\n$$z^3 - z^2 = 0$$\n",
        r"$$\frac{\partial L}{\partial x^2} = 1$$",
    ],
)
def test_a_raised_number_that_may_tell_the_layer_is_no_square(text: str) -> None:
    assert not {"given", "proved", "holds"} & {verdicts(text)[0]}


def test_the_square_of_what_was_spoken_of_is_a_claim() -> None:
    text = "Let $x \\in \\mathbb{R}$ and $s = 2 x$.\n\n$$s^2 = 4 x^2$$\n\n$$s^2 = 2 x^2$$\n"
    assert verdicts(text) == ["given", "given", "proved", "wrong"]
