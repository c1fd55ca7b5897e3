"""Lines of the theory of recurrent cells that were once accepted although wrong, or rejected although right."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

RNN = "$$h_t = \\tanh(W h_{t-1} + U x_t + b)$$\n\n"
RIGHT = {"given", "proved", "holds"}


def verdicts(sheet: str, *lines: str) -> list[str]:
    """The verdicts of the last statements: one for each line that is a formula, all of a sentence with dollars."""
    text = sheet + "\n\n".join(line if "$" in line else f"$${line}$$" for line in lines)
    found = [x.verdict.value for x in check_sheet(Source("sheet.md", text + "\n")).statements]
    return found[-len(lines) :]


@pytest.mark.parametrize(
    "line",
    [
        r"\|W\|_F \le \|W\|_2",
        r"\|W\|_2 \ge \|W\|_F",
        r"\|W U\|_F \le \|W\| \|U\|",
        r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\|_F \le \|W\|_2",
    ],
)
def test_a_spectral_norm_bounds_no_frobenius_norm(line: str) -> None:
    assert verdicts(RNN, line) == ["undecided"]


@pytest.mark.parametrize(
    "line",
    [
        r"\|W\|_2 \le \|W\|_F",
        r"\|U x_t\| \le \|U\|_F \|x_t\|",
        r"\|U x_t\|_F \le \|U\|_F \|x_t\|_2",
        r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\|_2 \le \|W\|_F",
    ],
)
def test_a_frobenius_norm_bounds_a_spectral_one(line: str) -> None:
    assert verdicts(RNN, line) == ["proved"]


LSTM = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$$

$$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)$$

$$g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$$

$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$

$$h_t = \tanh(c_t)$$

"""


@pytest.mark.parametrize(
    "line",
    [
        r"If $f_t = 1$ and $i_t = 0$ for all $t$, then $c_t = c_0$.",
        r"If for all $t$ $f_t = 1$ and $i_t = 0$, then $c_{t+1} = c_{t-1}$.",
        r"If $f_t = 1$ and $i_t = 0$ for $t = 1, \dots, T$, then $c_T = c_0$.",
        r"If all $f_t = 1$ and all $i_t = 0$, then $c_T = c_0$.",
        r"If at every time step $f_t = 1$ and $i_t = 1$, then $c_t = c_0 + \sum_{k=1}^{t} g_k$.",
    ],
)
def test_gates_that_are_supposed_at_all_times(line: str) -> None:
    assert verdicts(LSTM, line) == ["proved"]


@pytest.mark.parametrize(
    "line",
    [
        r"If $f_t = 1$ and $i_t = 0$, then $c_t = c_0$.",
        r"If $f_t = 1$ and $i_t = 0$, then $c_{t+1} = c_{t-1}$.",
        r"If for all $t$ $f_t = 1$, then $c_t = c_0$.",
        r"If, for all $x$, $f_t = 1$ and $i_t = 0$, then $c_t = c_0$.",
        r"If at every time step $f_t = 1$ and $i_t = 1$, then $c_t = c_0 + \sum_{k=1}^{t-1} g_k$.",
    ],
)
def test_gates_that_are_supposed_at_one_time(line: str) -> None:
    assert verdicts(LSTM, line) == ["wrong"]


def test_no_unfolding_by_a_step_leads_to_the_start() -> None:
    steady = "Let $w_t \\in \\mathbb{R}^n$ and\n\n$$w_{t+1} := w_t$$\n\n"
    assert verdicts(steady, "w_t = w_0") == ["proved"]
    assert verdicts(steady, "w_t = 2 w_0") == ["wrong"]
    assert verdicts(steady.replace(":= w_t", ":= -w_t"), "w_t = w_0") == ["wrong"]


ARRAYS = r"""
$$h = \begin{bmatrix} 0.5 \\ -0.25 \end{bmatrix}$$

$$W = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$$

$$z = W h$$

"""


@pytest.mark.parametrize("line", ["h_1 = 0.7", "W_{12} = 3", "W_{1,2} = 3", "z_2 = 0.6"])
def test_a_numbered_name_may_be_an_entry(line: str) -> None:
    """What looks like an entry of an array that the sheet writes out is not taken for a new name in silence."""
    assert verdicts(ARRAYS, line) == ["undecided"]
    assert verdicts(ARRAYS, line.replace("=", ":=")) == ["given"]


def test_the_parts_of_a_whole_are_names_of_their_own() -> None:
    lines = ("L_1 = \\|x_1 - y_1\\|^2", "L_2 = \\|x_2 - y_2\\|^2", "L = L_1 + L_2")
    assert verdicts("", *lines) == ["given"] * 3


@pytest.mark.parametrize(
    "line",
    [
        r"\frac{d^2}{dx^2} \tanh(x) = -2 \tanh(x) (1 - \tanh^2(x))",
        r"\frac{d^{2}}{dx^{2}} x^3 = 6 x",
    ],
)
def test_a_second_derivative_with_a_d_is_no_quotient_of_numbers(line: str) -> None:
    assert verdicts("", line) == ["proved"]
    assert verdicts("", line.replace("= ", "= 2 \\cdot ", 1)) == ["wrong"]


def test_a_third_derivative_is_unclear() -> None:
    assert verdicts("", r"\frac{d^3}{dx^3} x^3 = 6") == ["unclear"]


GRU = r"""
$$z_t = \sigma(W_z x_t + U_z h_{t-1})$$

$$r_t = \sigma(W_r x_t + U_r h_{t-1})$$

$$n_t = \tanh(W_n x_t + r_t \odot (U_n h_{t-1}))$$

$$h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$$

"""


@pytest.mark.parametrize(
    ("sheet", "line"),
    [
        (RNN, r"Assume $x_t = 0$. Then $h_t = \tanh(W h_{t-1} + b)$."),
        (RNN, r"Let $h_0 = 0$. Then $h_1 = \tanh(U x_1 + b)$."),
        (GRU, r"Suppose $z_t = 0$. Then $h_t = n_t$."),
        (GRU, r"Suppose that $z_t = 0$ and $r_t = 0$. Then we have $h_t = \tanh(W_n x_t)$."),
        (GRU, r"With $z_t = r_t = 0$ we get $h_t = \tanh(W_n x_t)$."),
    ],
)
def test_what_is_supposed_in_the_sentence_before(sheet: str, line: str) -> None:
    assert verdicts(sheet, line) == ["proved"]


@pytest.mark.parametrize(
    "line",
    [
        r"Suppose $z_t = 0$. Then $h_t = h_{t-1}$.",
        r"Suppose $z_t = 0$. Then it is new. The state before was old. Always $h_t = n_t$.",
        r"If $z_t = 0$, it is new. The state is $h_t = n_t$.",
        r"With $z_t = r_t = 1$ we get $h_t = \tanh(W_n x_t)$.",
        r"Suppose $h_0 = 0$. Then all is easy. Now it is free. We find $h_1 = n_1 - z_1 \odot n_1$.",
    ],
)
def test_a_supposition_ends(line: str) -> None:
    assert verdicts(GRU, line) == ["wrong"]


def test_a_start_in_running_text_is_one_for_all_that_follows() -> None:
    start = RNN + "We start with $h_0 = 0$.\n\nNow to the first step.\n\n"
    assert verdicts(start, r"h_1 = \tanh(U x_1 + b)") == ["proved"]
    assert verdicts(start, r"h_2 = \tanh(U x_2 + b)") == ["wrong"]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (r"\lim_{b_f \to \infty} c_t = c_{t-1} + i_t \odot g_t", "proved"),
        (r"\lim_{b_f \to \infty} c_{t+1} = c_t + i_{t+1} \odot g_{t+1}", "proved"),
        (r"\lim_{b_f \to \infty} c_{t+1} = c_{t-1} + i_{t+1} \odot g_{t+1} + i_t \odot g_t", "proved"),
        (r"\lim_{b_f \to \infty} c_t = c_{t-1}", "wrong"),
        (r"\lim_{b_f \to -\infty} c_t = c_{t-1}", "wrong"),
        (r"\lim_{b_f \to \infty} c_{t+1} = c_{t-1} + i_{t+1} \odot g_{t+1}", "wrong"),
    ],
)
def test_a_limit_by_a_bias_leaves_the_earlier_state_as_it_is(line: str, verdict: str) -> None:
    forget = "$$f_t = \\sigma(W_f x_t + U_f h_{t-1} + b_f)$$\n\n$$c_t = f_t \\odot c_{t-1} + i_t \\odot g_t$$\n\n"
    assert verdicts(forget, line) == [verdict]


def test_the_gradient_by_the_argument_of_a_function_is_no_new_name() -> None:
    """``dtanh`` with no name for the argument: not given in silence, whatever stands behind it."""
    cell = "$$a_t = \\tanh(W a_{t-1})$$\n\n"
    assert verdicts(cell, "dtanh = (1 - a_t) da_t") == ["undecided"]
    assert verdicts(cell, "dtanh = (1 - a_t^2) da_t") == ["undecided"]
