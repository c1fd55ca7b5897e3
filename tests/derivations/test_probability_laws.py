"""Laws of probability: what they prove, what a distribution refutes, and what must stay open."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport, Verdict

RIGHT = [
    ("", r"P(A|B)^2 = P(A, B)^2/P(B)^2"),
    ("", r"P(A, B | C) = P(A | B, C) P(B | C)"),
    ("", r"\Pr(A \mid B) = \frac{\Pr(B \mid A) \Pr(A)}{\Pr(B)}"),
    ("", r"\mathbb{P}(A \cap B) = \mathbb{P}(A | B) \mathbb{P}(B)"),
    ("", r"p_\theta(x, y) = p_\theta(x | y) p_\theta(y)"),
    ("", r"P(A^c | B) = 1 - P(A | B)"),
    ("", r"p(x_1, \dots, x_T) = p(x_1) p(x_2|x_1) \cdots p(x_T | x_1, \dots, x_{T-1})"),
    ("", r"\sum_{x \in X} p(x \mid y) p(y) = p(y)"),
    ("", r"p(x_{1:T} \mid c) = \prod_{t=1}^{T} p(x_t \mid x_{1:t-1}, c)"),
    ("$$L_t = -\\log p(x_t \\mid x_{<t})$$\n", r"L_{t+1} = -\log p(x_{t+1} \mid x_{\le t})"),
    ("$$L_t = -\\log p(x_t \\mid x_{<t})$$\n", r"\sum_{t=1}^T L_t = -\log p(x_{1:T})"),
    ("The pixel is binary.\n", r"P(A=1 \mid F) = 1 - P(A=0 \mid F)"),
    ("", r"\sum_{a \in \{0,1\}} P(A=a, B) = P(B)"),
    ("$$P(A \\mid B) = 0.5$$\n", r"P(A \mid B) = P(A, B) / P(B)"),
]
WRONG = [
    ("", r"P(A|B)^2 = P(A, B)^2/P(B)"),
    ("", r"P(A, B | C) = P(A | B) P(B | C)"),
    ("", r"P(A^c | B) = 1 - P(A, B)"),
    ("", r"p(x_1, \dots, x_T) = p(x_1) p(x_2|x_1) \cdots p(x_T | x_{T-1})"),
    ("", r"p(x_{1:T} \mid c) = \prod_{t=1}^{T} p(x_t \mid x_{1:t-1})"),
    ("$$L_t = -\\log p(x_t \\mid x_{<t})$$\n", r"L_{t+1} = -\log p(x_t \mid x_{<t})"),
    ("$$L_t = -\\log p(x_t \\mid x_{<t})$$\n", r"\sum_{t=1}^T L_t = \log p(x_{1:T})"),
    ("The pixel is binary.\n", r"P(A=1 \mid F) = 1 - P(A=0)"),
    ("", r"\sum_{a \in \{0,1\}} P(A=a, B) = P(A)"),
    ("", r"P(A, B) = P(A) P(B)"),
    ("", r"\sum_{x} p(x \mid y) p(x) = p(y)"),
]
OPEN = [
    ("", r"P(A=1 \mid F) = 1 - P(A=0 \mid F)"),
    ("The pixel is not binary.\n", r"P(A=1 \mid F) = 1 - P(A=0 \mid F)"),
    ("A and B are independent.\n", r"P(A, B) = P(A) P(B)"),
    ("By the Markov property\n", r"p(x_t \mid x_{<t}) = p(x_t \mid x_{t-1})"),
    ("$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n", r"p(y_t \mid x_{\le t}) = p(y_t \mid h_t)"),
    ("$$P(A \\mid B) = 0.5$$\n", r"P(A, B) = 0.5 P(B)"),
    ("", r"P(A=a, B=a) = P(A=b, B=b)"),
    ("", r"P(A|B)_i = P(A, B)/P(B)"),
    ("", r"\frac{\partial}{\partial \theta} \log p(x \mid y) = 0"),
    ("", r"P(A \mid B) = p(A, B) / p(B)"),
    ("", r"\sum_{i} p(x_i \mid y) = 1"),
    ("", r"p(x_i, x_{1:j}) = p(x_i) p(x_{1:j} \mid x_i)"),
    ("", r"P(A \cup B) = P(A) + P(B) - P(A, B)"),
    ("", r"P(A B | C) = P(A | B, C) P(B | C)"),
    ("", r"\sum_{k \in S} p(k \mid y) = 1"),
    ("", r"P(A, A=1 \mid B) = P(A=1 \mid B)"),
]


def last(sheet: str, line: str) -> StatementReport:
    return check_sheet(Source("sheet.md", f"{sheet}\n$${line}$$\n")).statements[-1]


@pytest.mark.parametrize(("sheet", "line"), RIGHT)
def test_proved(sheet: str, line: str) -> None:
    assert last(sheet, line).verdict is Verdict.PROVED


@pytest.mark.parametrize(("sheet", "line"), WRONG)
def test_refuted_by_a_distribution(sheet: str, line: str) -> None:
    found = last(sheet, line)
    shown = found.steps[-1].counterexample
    assert found.verdict is Verdict.WRONG
    assert shown is not None
    assert sum(Fraction(str(x)) for x in shown.values.values()) == 1
    assert shown.left != shown.right


@pytest.mark.parametrize(("sheet", "line"), OPEN)
def test_stays_open(sheet: str, line: str) -> None:
    """Right only under something that the sheet does not say, or beyond what is read."""
    assert last(sheet, line).verdict in (Verdict.UNDECIDED, Verdict.UNCLEAR)
