"""Gradients by name on sheets without a loss: what follows from those that are given, and what does not."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.composition import AT_VALUE
from derivations.given_gradients import Flow, Place
from derivations.reading import surface as s
from derivations.reading.places import Source, Span

LSTM = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$$

$$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)$$

$$o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$$

$$g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$$

$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$

$$h_t = o_t \odot \tanh(c_t)$$

"""
RNN = r"""
$$h_t = \tanh(W x_t + U h_{t-1} + b)$$

$$\hat y_t = V h_t$$

"""
SLOPE = {x: rf"{x}_t \odot (1-{x}_t)" for x in "fio"} | {"g": "(1-g_t^2)"}
WHOLE = r"dc_t = dh_t \odot o_t \odot (1-\tanh^2(c_t)) + dc_{t+1} \odot f_{t+1}"


def back(weight: str, gates: str = "fiog") -> str:
    return " + ".join(rf"{weight}_{x}^T(d{x}_t \odot {SLOPE[x]})" for x in gates)


def verdicts(sheet: str, *claims: str) -> list[str]:
    text = sheet + "\n\n".join(f"$${claim}$$" for claim in claims)
    return [x.verdict.value for x in check_sheet(Source("sheet.md", text + "\n")).statements[-len(claims) :]]


@pytest.mark.parametrize("line", [f"dh_{{t-1}} = {back('U', 'f')}", f"dx_t = {back('W', 'f')}"])
def test_a_gradient_that_has_other_ways_does_not_follow(line: str) -> None:
    """The ways through i, g and o are no part of df."""
    assert verdicts(LSTM, line) == ["unclear"]


def test_a_gradient_of_which_all_ways_are_given() -> None:
    assert verdicts(LSTM, f"dh_{{t-1}} = {back('U')}", f"dx_t = {back('W')}") == ["proved"] * 2
    assert verdicts(LSTM, f"dh_{{t-1}} = {back('U')}", f"dx_t = {back('W', 'fig')}") == ["proved", "wrong"]


def test_the_cell_behind_the_gates_is_not_given_by_them() -> None:
    assert verdicts(LSTM, f"dx_t = {back('W')}", r"dc_{t-1} = df_t \odot f_t") == ["proved", "unclear"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (WHOLE, WHOLE.replace("f_{t+1}", "f_t")),
        (WHOLE, WHOLE.replace(r"\tanh^2(c_t)", "h_t^2")),
        (r"di_t = dc_t \odot g_t", r"di_t = dc_t \odot i_t"),
        (r"df_t = dc_t \odot c_{t-1}", r"df_t = dc_t \odot c_t"),
        (r"do_t = dh_t \odot \tanh(c_t)", r"do_t = dh_t \odot c_t"),
        (r"dU_f = (df_t \odot f_t \odot (1-f_t)) h_{t-1}^T", r"dU_f = (df_t \odot f_t \odot (1-f_t)) h_t^T"),
        (r"dW_i = (di_t \odot i_t \odot (1-i_t)) x_t^T", r"dW_i = (di_t \odot i_t \odot (1+i_t)) x_t^T"),
    ],
)
def test_gradients_that_are_given_whole(right: str, wrong: str) -> None:
    others = [line for line in (WHOLE, r"di_t = dc_t \odot g_t", r"df_t = dc_t \odot c_{t-1}") if line != right]
    assert verdicts(LSTM, *others, right) == ["proved"] * (len(others) + 1)
    assert verdicts(LSTM, *others, wrong)[-1] == "wrong"


def test_gradients_that_are_given_but_for_the_ways_through_others() -> None:
    both = r"(dc_t + dh_t \odot o_t \odot (1-\tanh^2(c_t)))"
    lines = [rf"df_t = {both} \odot c_{{t-1}}", rf"di_t = {both} \odot g_t", r"do_t = dh_t \odot \tanh(c_t)"]
    assert verdicts(LSTM, *lines) == ["proved"] * 3
    assert verdicts(LSTM, *lines[:2], rf"dg_t = {both} \odot f_t") == ["proved", "proved", "wrong"]


def test_outputs_beside_the_next_state() -> None:
    right = r"dh_t = V^T d\hat y_t + U^T (dh_{t+1} \odot (1 - h_{t+1}^2))"
    assert verdicts(RNN, right, r"dV = d\hat y_t h_t^T", r"dW = (dh_t \odot (1-h_t^2)) x_t^T") == ["proved"] * 3
    assert verdicts(RNN, right.replace("(1 - h_{t+1}^2)", "(1 - h_t^2)")) == ["wrong"]
    assert verdicts(RNN, right, r"dW = (dh_t \odot (1-h_t^2)) x_t^T + dh_{t+1} x_{t+1}^T")[-1] == "unclear"


def test_given_gates_at_the_pre_activation() -> None:
    sheet = RNN.replace(r"\tanh", r"\sigma")
    assert verdicts(LSTM, "db_f = df_t", "dU_f = df_t h_{t-1}^T") == ["proved", "proved"]
    assert verdicts(LSTM, "db_f = df_t", "dU_f = df_t h_t^T") == ["proved", "wrong"]
    assert verdicts(sheet, r"db = dh_t \odot h_t \odot (1-h_t)") == ["proved"]


CELL = r"""
$$\Gamma_f^{<t>} = \sigma(W_f [a^{<t-1>}, x^{<t>}] + b_f)$$

$$\Gamma_o^{<t>} = \sigma(W_o [a^{<t-1>}, x^{<t>}] + b_o)$$

$$c^{<t>} = \Gamma_f^{<t>} * c^{<t-1>}$$

$$a^{<t>} = \Gamma_o^{<t>} * \tanh(c^{<t>})$$

"""


def test_the_part_of_a_gradient_that_comes_from_the_next_cell() -> None:
    both = r"dc^{<t>} = dc_{next} + da_{next} * \Gamma_o^{<t>} * (1-\tanh^2(c^{<t>}))"
    others = (r"d\Gamma_f^{<t>} = dc^{<t>} * c^{<t-1>}", r"dc_{prev} = dc^{<t>} * \Gamma_f^{<t>}")
    assert verdicts(CELL, both, *others) == ["proved"] * 3
    assert verdicts(CELL, both.replace("1-", "1+"), *others) == ["wrong", "proved", "proved"]


GATE = r"""
$$i_t = \sigma(W_i x_t + b_i)$$

$$L_t = \frac12\|i_t - y_t\|^2$$

"""


def test_a_slope_at_the_value_of_a_gate() -> None:
    right = r"\frac{\partial L_t}{\partial b_i} = (i_t - y_t) \odot \sigma'(i_t)"
    assert verdicts(GATE, right, right.replace("\\sigma'(i_t)", "\\sigma'(y_t)")) == ["proved", "wrong"]
    found = check_sheet(Source("sheet.md", f"{GATE}$${right}$$\n")).statements[-1]
    assert found.steps[0].reading == [AT_VALUE]


def _flow(*definitions: str) -> Flow:
    def symbol(text: str) -> s.Symbol:
        base, offset = text[0], int(text[1:] or 0)
        return s.Symbol(Span(0, 0), base, time=s.Time("t", offset))

    return Flow.of([(symbol(x.split()[0]), [symbol(y) for y in x.split()[1:]]) for x in definitions])


def _at(base: str, offset: int = 0) -> Place:
    return (base, (), ""), s.Time("t", offset)


def test_ways_through_the_definitions() -> None:
    flow = _flow("f x h-1", "i x h-1", "c f i c-1", "h c")
    assert flow.passing(_at("x"), [_at("h")]) is None
    assert flow.passing(_at("x"), [_at("f")]) == _at("h")
    assert flow.passing(_at("x"), [_at("f"), _at("i")]) is None
    assert flow.passing(_at("c", -1), [_at("f"), _at("i")]) == _at("h")
    assert flow.passing(_at("h"), [_at("c")]) == _at("h")
    assert flow.leads(_at("c"), _at("h"))
    assert not flow.leads(_at("h"), _at("c"))
