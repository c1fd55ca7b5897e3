"""Claims under gate values: what is supposed where, and which value is missing."""

from __future__ import annotations

import pytest

from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.report import Report, Step, Verdict

LSTM = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$$

$$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)$$

$$g_t = \tanh(W x_t + U h_{t-1} + b)$$

$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$

"""
CLASS = r"""
$$c_t = \sigma(f_t) \odot c_{t-1} + \sigma(i_t) \odot \tanh(g_t)$$

"""
FREE = r"""
$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$

"""


def report(text: str) -> Report:
    return check_sheet(Source("a.md", text), Options())


def last(text: str) -> Step:
    return report(text).statements[-1].steps[-1]


@pytest.mark.parametrize(
    ("sheet", "claim", "hint"),
    [
        (LSTM, r"When $f_t = 0$ we get $$c_t = g_t$$", "it also needs i_t = 1"),
        (LSTM, r"When $i_t = 0$ we get $$c_t = c_{t-1}$$", "it also needs f_t = 1"),
        (LSTM, r"When $f_t = 1$ and $i_t = 0$ we get $$c_t = g_t$$", "it holds with f_t = 0 and i_t = 1 instead"),
        (LSTM, r"When $f_t = 0$ we get $$c_t = 2 g_t$$", ""),
        (FREE, r"When $f_t = 0$ we get $$c_t = g_t$$", "it also needs i_t = 1"),
        (CLASS, r"When $\sigma(f_t) = 0$ we get $$c_t = \tanh(g_t)$$", r"it also needs \sigma(i_t) = 1"),
        (CLASS, r"When $\sigma(f_t) = 1$ we get $$c_t = c_{t-1}$$", r"it also needs \sigma(i_t) = 0"),
    ],
)
def test_what_is_missing(sheet: str, claim: str, hint: str) -> None:
    step = last(sheet + claim)
    assert step.verdict is Verdict.WRONG
    assert step.counterexample is not None
    assert step.why == hint


@pytest.mark.parametrize(
    ("sheet", "claim"),
    [
        (LSTM, r"When $f_t = 0$ and $i_t = 1$ we get $$c_t = g_t$$"),
        (LSTM, r"When $f_t = 0$ we get $$c_t = i_t \odot g_t$$"),
        (LSTM, r"With $i_t = 1 - f_t$ we have $$c_t = g_t + f_t \odot (c_{t-1} - g_t)$$"),
        (
            LSTM,
            r"If the forget gate is open and the input gate is shut, for $f_t = 1$ and $i_t = 0$, $$c_t = c_{t-1}$$",
        ),
        (CLASS, r"When $\sigma(f_t) = 0$ and $\sigma(i_t) = 1$ we get $$c_t = \tanh(g_t)$$"),
        (CLASS, r"When $\sigma(f_t) = 0$ we get $$c_t = \sigma(i_t) \odot \tanh(g_t)$$"),
        (CLASS, r"If $\sigma(i_t) = 0$ then $c_t = \sigma(f_t) \odot c_{t-1}$."),
    ],
)
def test_right_under_the_values(sheet: str, claim: str) -> None:
    assert last(sheet + claim).verdict is Verdict.PROVED


def test_a_supposition_ends_where_the_next_paragraph_supposes_another() -> None:
    """The display has no full stop, so that the sentence seems to go on."""
    claims = "When $f_t = 0$ and $i_t = 1$:\n\n$$c_t = g_t$$\n\nWhen $f_t = 0$ we have $$c_t = g_t$$"
    verdicts = [x.verdict for x in report(LSTM + claims).statements if x.kind == "claim"]
    assert verdicts == [Verdict.PROVED, Verdict.WRONG]


@pytest.mark.parametrize(
    "claim",
    [
        r"If $\sigma(i_t) = 0$ we get $$\sigma(-i_t) \odot c_{t-1} = 0$$",  # σ(−a) is 1 there
        r"If $\sigma(i_t) = 0$ we get $$c_t + i_t = \sigma(f_t) \odot c_{t-1}$$",
    ],
)
def test_an_argument_apart_from_its_function_is_left_open(claim: str) -> None:
    assert last(CLASS + claim).verdict is Verdict.UNDECIDED


def test_names_that_stand_for_each_other_have_no_value() -> None:
    text = r"With $i_t = f_t$ and $f_t = i_t$ we have $$c_t = i_t \odot (c_{t-1} + g_t)$$"
    assert last(LSTM + text).verdict not in (Verdict.PROVED, Verdict.WRONG)


def test_with_defines_a_name_that_has_no_definition() -> None:
    sheet = FREE + "with $i_t = 1 - f_t$.\n\n"
    assert last(sheet + r"$$c_t = g_t + f_t \odot (c_{t-1} - g_t)$$").verdict is Verdict.PROVED


def test_a_claimed_equality_is_no_supposition() -> None:
    assert last(LSTM + r"Then $$i_t = 1 - f_t$$").verdict is Verdict.WRONG
    assert last(LSTM + r"When $f_t = 0$, $c_t = c_{t-1}$.").verdict is Verdict.WRONG


def test_a_letter_of_a_size_may_be_a_gate() -> None:
    """k is a habitual letter of sizes, k_t is a gate."""
    text = r"$$s_t = \sigma(a_t) \odot s_{t-1} + \sigma(k_t) \odot \tanh(W q_t)$$ where $W$ is $m \times k$."
    assert (
        last(text + "\n\n" + r"If $\sigma(k_t) = 0$ then $s_t = \sigma(a_t) \odot s_{t-1}$.").verdict is Verdict.PROVED
    )
