"""Lines in the notation of gradients that were once taken for something that they are not."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

LSTM = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$$

$$g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$$

$$c_t = f_t \odot c_{t-1} + g_t$$

$$h_t = \tanh(c_t)$$

"""
LOSSES = r"""
$$L_t = \frac12 \|h_t - y_t\|^2$$

$$L = \sum_{t=1}^T L_t$$

"""
RIGHT = {"given", "proved", "holds"}


def verdicts(sheet: str, *claims: str) -> list[str]:
    text = sheet + "\n\n".join(f"$${claim}$$" for claim in claims)
    return [x.verdict.value for x in check_sheet(Source("sheet.md", text + "\n")).statements[-len(claims) :]]


@pytest.mark.parametrize(
    "line",
    [
        r"dU_f = \sum_{t=1}^T (df_t \odot f_t \odot (1-f_t)) h_t^T",
        r"dU_f = \sum_t (df_t \odot f_t \odot (1-f_t)) h_{t-1}^T",
        r"db_f = \sum_t df_t",
        r"\delta U_f = \sum_t \delta f_t h_t^T",
    ],
)
def test_a_gradient_of_no_known_loss_is_no_definition(line: str) -> None:
    """A sum over time of given gradients has no loss of its own: neither that line nor the others are given."""
    other = ("d" if line[0] == "d" else r"\delta ") + "c_t = c_t"
    assert verdicts(LSTM, line)[0] == "unclear"
    assert not RIGHT & set(verdicts(LSTM, line, other))


def test_the_same_gradient_of_a_known_loss() -> None:
    right = r"dU_f = \sum_{t=1}^T (df_t \odot f_t \odot (1-f_t)) h_{t-1}^T"
    assert set(verdicts(LSTM + LOSSES, right)) <= RIGHT
    assert verdicts(LSTM + LOSSES, right.replace("{t-1}^T", "t^T")) == ["wrong"]


def test_a_gradient_of_one_of_two_losses() -> None:
    two = "$$E = \\frac12 \\|h_2 - y\\|^2$$\n\n$$J = \\frac12 \\|c_2 - y\\|^2$$\n\n"
    assert not RIGHT & set(verdicts(LSTM + two, r"dh_2 = y - h_2", r"dc_2 = h_2 - y"))


CHAIN = r"\frac{\partial L}{\partial h_1} = \underbrace{\frac{\partial L}{\partial h_2}}_{h_2-y}"
RNN = "$$z_t = W x_t + U h_{t-1}$$\n\n$$h_t = \\tanh(z_t)$$\n\n$$L = \\frac12 \\|h_2 - y\\|^2$$\n\n"


def test_a_function_named_in_letters_is_no_remark() -> None:
    """A value at a brace is checked although the name of its function is set like a word."""
    right = CHAIN + r" \underbrace{\frac{\partial h_2}{\partial h_1}}_{\mathrm{diag}(1-h_2^2) U}"
    assert verdicts(RNN, "L = L", right)[-1] == "proved"
    assert verdicts(RNN, right.replace("h_2^2)", "h_2)"))[-1] == "wrong"
    assert verdicts(RNN, CHAIN + r" \underbrace{\frac{\partial h_2}{\partial h_1}}_{\text{diagonal (slope)}}") == [
        "proved"
    ]
