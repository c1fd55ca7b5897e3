"""The index of a sum or product over times leaves gate names alone, and binds the subscripts inside."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

STATE = r"$$s_t = W_r \tanh(s_{t-1}) + W_i x_t$$"
JACOBIANS = r"$$\frac{\partial s_t}{\partial s_k} = \prod_{i=k+1}^{t} \frac{\partial s_i}{\partial s_{i-1}}$$"


def last(*lines: str) -> str:
    report = check_sheet(Source("sheet.md", "\n\n".join(lines)))
    return report.statements[-1].verdict.value


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"$$\frac{\partial s_t}{\partial x_t} = W_i$$", "proved"),
        (r"$$\frac{\partial s_t}{\partial x_t} = W_r$$", "wrong"),
        (r"$$\frac{\partial s_t}{\partial s_{t-1}} = W_r \mathrm{diag}(1 - \tanh^2(s_{t-1}))$$", "proved"),
        (r"$$\frac{\partial s_t}{\partial s_{t-1}} = W_i \mathrm{diag}(1 - \tanh^2(s_{t-1}))$$", "wrong"),
    ],
)
def test_gate_names_beside_a_product_over_times(line: str, verdict: str) -> None:
    assert last(STATE, JACOBIANS, line) == verdict


@pytest.mark.parametrize(
    "line",
    [
        r"$$\sum_{i=1}^{T} \alpha_i s_i = \alpha_i \sum_{i=1}^{T} s_i$$",
        r"$$\sum_{i=1}^{T} W_i s_i = W_i \sum_{i=1}^{T} s_i$$",
    ],
)
def test_a_subscript_inside_the_sum_is_no_constant(line: str) -> None:
    assert last(STATE, line) not in ("proved", "holds", "given")


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"$$\epsilon_t = s_t - y_t$$", "proved"),
        (r"$$\frac{\partial J_t}{\partial W_i} = \epsilon_t x_t^T$$", "proved"),
        (r"$$\frac{\partial J_t}{\partial W_i} = \epsilon_t s_t^T$$", "wrong"),
        (r"$$\epsilon_t = y_t - s_t$$", "wrong"),
    ],
)
def test_a_letter_of_losses_that_stands_for_a_gradient(line: str, verdict: str) -> None:
    loss = r"$$J_t = \frac{1}{2} \|s_t - y_t\|^2$$"
    assert last(STATE, loss, r"$$\epsilon_t = \frac{\partial J_t}{\partial s_t}$$", line) == verdict
