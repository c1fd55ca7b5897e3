"""Lines that were once called right and are not, or wrong and are not."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport

RNN = r"""
$$h_t = \tanh(a_t), \qquad a_t = W x_t + U h_{t-1} + b$$

$$E_t = \frac{1}{2}\|h_t - y_t\|^2$$

"""
RIGHT = {"given", "proved", "holds"}


def last(text: str) -> StatementReport:
    return check_sheet(Source("sheet.md", text + "\n")).statements[-1]


@pytest.mark.parametrize(
    "claim",
    [
        r"(h_2-y_2) \left(\frac{\partial E_2}{\partial a_2}\right)^T = \frac{\partial E_2}{\partial a_2} (h_2-y_2)^T",
        r"h_2 h_1^T + 0 \frac{\partial E_2}{\partial U} = h_1 h_2^T",
        r"U^T + \frac{\partial E_2}{\partial U} = U + \frac{\partial E_2}{\partial U}",
        r"\frac{\partial E_2}{\partial U} = \frac{\partial E_2}{\partial U}^T",
        r"\frac{\partial h_2}{\partial x_1} + U = U",
        r"\frac{\partial E_2}{\partial x_2} + x_2 = x_2",
        r"\frac{\partial E_2}{\partial b} + h_1 = h_1 + 2\frac{\partial E_2}{\partial b}",
        r"\frac{\partial E_2}{\partial h_2} + \frac{\partial E_2}{\partial b} = h_2-y_2",
        r"\frac{\partial E_2}{\partial b} = \mathrm{diag}((h_2-y_2)\odot(1-h_2^2))",
        r"\frac{\partial E_2}{\partial c} = 0",
        r"\frac{\partial E_2}{\partial h_0} = 0",
        r"\frac{\partial h_t}{\partial h_0} = 0",
        r"\frac{\partial h_T}{\partial h_t} = 0",
        r"\frac{\partial E_T}{\partial x_t} = 0",
        r"0 \cdot \frac{1}{h_t-h_t} = 0",
        r"\frac{h_t-h_t}{y_t-y_t} = 0",
        r"\frac{\partial E_2}{\partial h_1} = U ((h_2-y_2)\odot(1-h_2^2))",
    ],
)
def test_not_right(claim: str) -> None:
    assert last(f"{RNN}$${claim}$$").verdict.value not in RIGHT


@pytest.mark.parametrize(
    "claim",
    [
        r"\sqrt{x^2} = x",
        r"(x^6)^{1/2} = x^3",
        r"\frac{x}{0} = \frac{x}{0}",
        r"\sqrt{-1} = \sqrt{-1}",
        r"\log(-e^x) = \log(-e^x)",
    ],
)
def test_not_right_for_numbers(claim: str) -> None:
    assert last(f"$${claim}$$").verdict.value not in RIGHT


@pytest.mark.parametrize("text", ["So $2(h_2 - h_2) = 1$.", "So $E_2 = 0$.", r"$$x^2=4 \Rightarrow E_2=2$$"])
def test_not_given_in_passing(text: str) -> None:
    assert last(RNN + text).verdict.value not in RIGHT


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial E_2}{\partial b} = (1-h_2^2) \odot (h_2-y_2)",
        r"\frac{\partial h_2}{\partial a_2} = 1-h_2^2",
        r"\frac{\partial E_2}{\partial x_2} = W^T ((1-h_2^2) \odot (h_2-y_2))",
        r"\frac{\partial E_3}{\partial h_1} = U^T((1-h_2^2)\odot (U^T((h_3-y_3)\odot(1-h_3^2))))",
        r"\frac{\partial E_2}{\partial b} = \frac{\partial E_2}{\partial a_2}\frac{\partial a_2}{\partial b}",
        r"h_1 - h_1 = 0",
    ],
)
def test_not_wrong(claim: str) -> None:
    assert last(f"{RNN}$${claim}$$").verdict.value in RIGHT
