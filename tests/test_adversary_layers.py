"""Lines about layers and open losses that were once accepted although wrong, or rejected although right."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

RIGHT = {"proved", "holds"}
LAYERS = r"""
$$z^l = w^l a^{l-1} + b^l$$

$$a^l = \sigma(z^l)$$

$$C = \frac{1}{2} \|y - a^L\|^2$$

$$\delta^l_j \equiv \frac{\partial C}{\partial z^l_j}$$

"""


def verdict(sheet: str, line: str) -> str:
    """The verdict of a line at the end of a sheet."""
    text = sheet + (line if "$" in line else f"$${line}$$") + "\n"
    return check_sheet(Source("sheet.md", text)).statements[-1].verdict.value


@pytest.mark.parametrize(
    "line",
    [
        r"\delta^{L-1} = ((w^L)^T \delta^L) \odot \sigma'(z^{L-1})",
        r"\delta^{l-1} = ((w^l)^T \delta^l) \odot a^{l-1} \odot (1 - a^{l-1})",
        r"\frac{\partial C}{\partial a^{L-1}} = (w^L)^T \delta^L",
        r"\delta^L_j = \sum_k \frac{\partial C}{\partial a^L_k} \frac{\partial a^L_k}{\partial z^L_j}",
    ],
)
def test_a_vector_is_what_its_components_are(line: str) -> None:
    assert verdict(LAYERS, line) in RIGHT


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^{l+1})", "wrong"),
        (r"\delta^l = ((w^{l+2})^T \delta^{l+2}) \odot \sigma'(z^l)", "wrong"),
        (r"\delta^{l-1} = ((w^l)^T \delta^l) \odot a^{l-1} \odot (1 + a^{l-1})", "wrong"),
        (r"\delta^L = 2 (a^L - y) \odot \sigma'(z^L)", "wrong"),
        (r"\delta^{L-1} = ((w^{L-1})^T \delta^L) \odot \sigma'(z^{L-1})", "undecided"),
        (r"\delta^l = (a^l - y) \odot \sigma'(z^l)", "unclear"),
        (r"\delta^l = ((w^L)^T \delta^L) \odot \sigma'(z^l)", "unclear"),
        (r"\delta^l = 0", "unclear"),
    ],
)
def test_a_vector_is_no_new_name_beside_its_components(line: str, expected: str) -> None:
    assert verdict(LAYERS, line) == expected


@pytest.mark.parametrize("gate", ["i", "j"])
def test_a_single_subscript_of_a_matrix_is_a_name(gate: str) -> None:
    gates = rf"$$z^l = W^l_{gate} a^{{l-1}}$$" + "\n\n" + "$$a^l = W^l z^l$$\n\n"
    assert verdict(gates, rf"a^l = W^l W^l_{gate} a^{{l-1}}") == "proved"
    assert verdict(gates, rf"a^l = W^l_{gate} W^l a^{{l-1}}") not in RIGHT


LSTM = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$$

$$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)$$

$$g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$$

$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$

$$h_t = \tanh(c_t)$$

"""
ALL = [
    r"for all $t$",
    r"for all $t \ge 1$",
    r"for all $t > 0$",
    r"for all $t \in \{1, \dots, T\}$",
    r"for $t = 1, 2, \ldots, T$",
    r"for every $t \le T$",
    r"for all steps $t$",
    r"for all $t$ from 1 to $T$",
    r"at every step",
]
SOME = [
    r"for all $t > 5$",
    r"for all $t \geq 2$",
    r"for all $t < T$",
    r"for all $t \neq 3$",
    r"for all $t \in \{2, \dots, T\}$",
    r"for $t = 1, \dots, 5$",
    r"for $t = 1, \dots, T-1$",
    r"for all steps $t > 5$",
    r"for all times $t \ge 3$",
    r"for all $t$ greater than 5",
    r"for all $t$ in the second half",
    r"at every step of the second half",
    r"for all steps but the first",
    r"at all previous steps",
    r"always from $t = 5$ on",
]


@pytest.mark.parametrize("when", ALL)
def test_what_is_supposed_of_all_times_holds_at_each(when: str) -> None:
    assert verdict(LSTM, f"If $f_t = 1$ and $i_t = 0$ {when}, then $c_t = c_0$.") == "proved"


@pytest.mark.parametrize("when", SOME)
def test_what_is_supposed_of_some_times_holds_not_at_each(when: str) -> None:
    assert verdict(LSTM, f"If $f_t = 1$ and $i_t = 0$ {when}, then $c_t = c_0$.") == "undecided"


LINEAR = "$$h_t = W h_{t-1} + U x_t$$\n\n"


@pytest.mark.parametrize("line", [r"h_{t+k} = W^{t} h_k", "h_s = W h_{s-1}", r"h_{2t} = 2 h_t", "h_k = W^k h_0"])
def test_a_state_at_another_time_is_no_new_name(line: str) -> None:
    assert verdict(LINEAR, line) == "undecided"


@pytest.mark.parametrize("line", [r"h_{s} := W U", "h_{in} = W U x_t", r"Let $h_s = U x_t$."])
def test_a_name_beside_the_states_is_one(line: str) -> None:
    assert verdict(LINEAR, line) == "given"
