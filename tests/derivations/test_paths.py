"""What is said of gradients that cover one path of several."""

from __future__ import annotations

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import Step, Verdict

LSTM = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$$
$$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)$$
$$g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$$
$$o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$$
$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$
$$h_t = o_t \odot \tanh(c_t)$$
"""
OPEN = LSTM + r"Let $\delta c_t = \frac{\partial E}{\partial c_t}$."
DEFINED = LSTM + r"Let $E = \frac{1}{2}\|h_T - y\|^2$ and $\delta c_t = \frac{\partial E}{\partial c_t}$."


def last(sheet: str, line: str) -> tuple[Verdict, Step]:
    found = check_sheet(Source("sheet.md", f"{sheet}\n\n$${line}$$\n")).statements[-1]
    return found.verdict, found.steps[-1]


def test_a_share_of_an_open_loss_is_right_and_says_what_it_leaves_out() -> None:
    verdict, step = last(OPEN, r"\delta c_{t-2} = \delta c_t \odot f_t \odot f_{t-1}")
    assert verdict is Verdict.PROVED
    assert "along one path alone; in full there is also the one through h_{t-2}" in step.reading


def test_a_share_of_a_defined_loss_is_wrong_and_says_what_is_missing() -> None:
    verdict, step = last(DEFINED, r"\delta c_{t-1} = \delta c_t \odot f_t")
    assert verdict is Verdict.WRONG
    assert "it is right along one path alone; the one through h_{t-1} is missing" in step.why


def test_a_slip_on_the_path_itself_is_not_excused() -> None:
    for sheet in (OPEN, DEFINED):
        verdict, step = last(sheet, r"\delta c_{t-1} = \delta c_t \odot i_t")
        assert verdict is Verdict.WRONG
        assert "one path" not in step.why


def test_nothing_is_left_out_where_there_is_one_path() -> None:
    sheet = LSTM.replace(r"U_o h_{t-1} + ", "").replace(r"= o_t \odot \tanh(c_t)", r"= o_t")
    verdict, step = last(
        sheet + r"Let $\delta c_t = \frac{\partial E}{\partial c_t}$.", r"\delta c_{t-1} = \delta c_t \odot f_t"
    )
    assert verdict is Verdict.PROVED
    assert not any("one path" in reading for reading in step.reading)
