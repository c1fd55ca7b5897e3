r"""The last layer L beside a general layer l: what is known of a loss at each, and what is never concluded."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

NET = r"$z^l = w^l a^{l-1} + b^l$, $a^l = \sigma(z^l)$, $C = \frac{1}{2} \|y - a^L\|^2$."
SKIP = r"$z^l = w^l a^{l-1} + b^l$, $a^l = \sigma(z^l) + a^{l-1}$, $C = \frac{1}{2} \|y - a^L\|^2$."
FAR = r"$z^l = w^l a^{l-1} + b^l$, $a^l = \sigma(z^l) + a^{l-2}$, $C = \frac{1}{2} \|y - a^L\|^2$."
PENALTY = r"$z^l = w^l a^{l-1} + b^l$, $a^l = \sigma(z^l)$, $C = \frac{1}{2} \|y - a^L\|^2 + \|w^L\|^2$."
BACK = r"$$\frac{\partial C}{\partial z^l} = ((w^{l+1})^T \frac{\partial C}{\partial z^{l+1}}) \odot \sigma'(z^l)$$"


def last(net: str, claim: str) -> str:
    return check_sheet(Source("a.md", f"{net}\n\n{claim}\n")).statements[-1].verdict.value


def test_a_step_back_is_proved() -> None:
    assert last(NET, BACK) == "proved"
    assert last(NET, BACK.replace("w^{l+1}", "w^{l}")) != "proved"


@pytest.mark.parametrize("net", [SKIP, FAR])
def test_a_step_back_is_left_open_where_layers_are_skipped(net: str) -> None:
    assert last(net, BACK) == "undecided"


def test_a_penalty_on_weights_leaves_gradients_open() -> None:
    assert last(PENALTY, r"$$\frac{\partial C}{\partial w^l} = \frac{\partial C}{\partial z^l} (a^{l-1})^T$$") in (
        "undecided",
        "unclear",
    )


@pytest.mark.parametrize("by", ["w^l", "z^l", "a^{l-1}", "b^{l+1}"])
def test_no_gradient_at_a_layer_is_zero_or_differs_from_it(by: str) -> None:
    assert last(NET, rf"$$\frac{{\partial C}}{{\partial {by}}} = 0$$") in ("undecided", "unclear")


def test_how_layers_are_connected_is_not_known() -> None:
    assert last(NET, r"$$\frac{\partial a^L}{\partial a^l} = 0$$") == "unclear"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial C}{\partial z^L} = (a^L - y) \odot \sigma'(z^L)", "proved"),
        (r"\frac{\partial C}{\partial z^L} = y - a^L", "wrong"),
        (
            r"\frac{\partial C}{\partial b^{L-1}} = ((w^L)^T ((a^L - y) \odot \sigma'(z^L))) \odot \sigma'(z^{L-1})",
            "proved",
        ),
        (r"\frac{\partial C}{\partial b^{L-1}} = ((w^L)^T (a^L - y)) \odot \sigma'(z^{L-1})", "wrong"),
    ],
)
def test_the_last_layers_are_checked_against_the_cost(claim: str, verdict: str) -> None:
    assert last(NET, f"$${claim}$$") == verdict


def test_a_last_layer_of_its_own_is_kept() -> None:
    net = NET.replace(", $C", r", $a^L = z^L$, $C")
    assert last(net, r"$$\frac{\partial C}{\partial z^L} = a^L - y$$") == "proved"
    assert last(net, r"$$\frac{\partial C}{\partial z^L} = (a^L - y) \odot \sigma'(z^L)$$") == "wrong"


def test_without_layers_by_l_a_superscript_is_a_power() -> None:
    assert last("$y = x + 1$", "$$y = x^L$$") == "unclear"


def test_a_power_of_a_state_is_no_name() -> None:
    assert last("$y_t = x^L_t$", r"$$\frac{\partial y_t}{\partial x_t} = 0$$") == "unclear"


def test_examples_beside_layers_change_nothing() -> None:
    net = NET + " Inputs $x^{(i)}$ with $h^{(i)} = 2 x^{(i)}$."
    assert last(net, r"$$\frac{\partial C}{\partial z^L} = (a^L - y) \odot \sigma'(z^L)$$") == "proved"
    assert last(net, r"$$\frac{\partial C}{\partial z^L} = a^L - y$$") == "wrong"


UNITS = (
    r"$z_j^l = \sum_k w_{jk}^l a_k^{l-1} + b_j^l$, $a_j^l = \sigma(z_j^l)$, $C = \frac{1}{2} \sum_j (y_j - a_j^L)^2$, "
    r"$\delta_j^l = \frac{\partial C}{\partial z_j^l}$."
)


@pytest.mark.parametrize(
    ("claim", "verdicts"),
    [
        (r"\delta_j^L = (a_j^L - y_j) \sigma'(z_j^L)", ("proved",)),
        (r"\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1} \sigma'(z_j^l)", ("proved",)),
        (r"\frac{\partial C}{\partial w_{jk}^l} = a_k^{l-1} \delta_j^l", ("proved",)),
        (r"\delta_j^L = a_j^L - y_j", ("wrong",)),
        (r"\delta_j^l = \sum_k w_{jk}^{l+1} \delta_k^{l+1} \sigma'(z_j^l)", ("wrong", "unclear", "undecided")),
        (r"\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1} \sigma'(z_k^l)", ("wrong", "unclear", "undecided")),
        (r"\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1}", ("wrong",)),
    ],
)
def test_in_components(claim: str, verdicts: tuple[str, ...]) -> None:
    assert last(UNITS, f"$${claim}$$") in verdicts


def test_a_time_in_brackets_below_is_a_time() -> None:
    cell = r"$h_t = \tanh(W h_{(t-1)} + U x_t)$."
    assert last(cell, r"$$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W$$") == "proved"
    assert last(cell, r"$$\frac{\partial h_t}{\partial h_{t-1}} = 0$$") == "wrong"
