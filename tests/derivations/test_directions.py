"""Recurrences that run backwards in time, alone and together with forward ones."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport

BACKWARD = r"$$g_t = \tanh(W x_t + U g_{t+1})$$"
BOTH = r"""
$$f_t = \tanh(A x_t + B f_{t-1})$$

$$g_t = \tanh(W x_t + U g_{t+1})$$

$$s_t = \tanh(P f_t + Q g_t + R s_{t-1})$$
"""


def one(definitions: str, claim: str) -> StatementReport:
    return check_sheet(Source("claim.md", f"{definitions}\n\n$${claim}$$\n")).statements[-1]


@pytest.mark.parametrize(
    ("definitions", "claim", "verdict"),
    [
        (BACKWARD, r"g_t = \tanh(W x_t + U \tanh(W x_{t+1} + U g_{t+2}))", "proved"),
        (BACKWARD, r"g_t = \tanh(W x_t + U \tanh(W x_t + U g_{t+2}))", "wrong"),
        (BACKWARD, r"\frac{\partial g_t}{\partial g_{t+1}} = \mathrm{diag}(1 - g_t^2) U", "proved"),
        (BACKWARD, r"\frac{\partial g_{t+1}}{\partial g_t} = \mathrm{diag}(1 - g_t^2) U", "undecided"),
        (
            BACKWARD,
            r"\frac{\partial g_t}{\partial x_{t+1}} = \mathrm{diag}(1 - g_t^2) U \mathrm{diag}(1 - g_{t+1}^2) W",
            "proved",
        ),
        (BACKWARD, r"\frac{\partial g_t}{\partial x_{t+1}} = \mathrm{diag}(1 - g_t^2) W", "wrong"),
        (
            BACKWARD,
            r"\frac{\partial g_i}{\partial g_T} = \prod_{k=i}^{T} \frac{\partial g_k}{\partial g_{k+1}}",
            "wrong",
        ),
    ],
)
def test_a_backward_recurrence_is_unfolded_to_the_latest_time(definitions: str, claim: str, verdict: str) -> None:
    statement = one(definitions, claim)
    assert statement.verdict.value == verdict, statement.steps[0].why


def test_a_gradient_that_goes_on_for_ever_is_left_open() -> None:
    """∂g_t/∂U reaches every later step; only the immediate part has a meaning without a last step."""
    claim = r"\frac{\partial g_t}{\partial U} = 2 \frac{\partial g_t}{\partial U}"
    assert one(BACKWARD, claim).verdict.value in ("undecided", "wrong")


@pytest.mark.parametrize(
    "claim", [r"\frac{\partial s_t}{\partial g_t} = 0", r"\frac{\partial s_t}{\partial x_{t-1}} = 0"]
)
def test_both_directions_are_never_cut_off(claim: str) -> None:
    """s_{t−1} depends on g_{t−1}, and that on g_t and x_{t-1}: nothing that is left free may hide it."""
    assert one(BOTH, claim).verdict.value not in ("proved", "holds")


def test_a_state_of_both_directions_is_not_called_local() -> None:
    claim = r"\frac{\partial s_t}{\partial g_t} = \mathrm{diag}(1 - s_t^2) Q"
    step = one(BOTH, claim).steps[0]
    assert step.verdict.value in ("undecided", "proved")
    assert step.verdict.value == "undecided" or any("direct" in reading for reading in step.reading)


def test_a_recursion_of_what_is_a_gradient_by_definition_is_a_claim() -> None:
    defined = (
        r"$h_t, y_t \in \mathbb{R}^n$"
        "\n\n"
        r"$$h_t = \tanh(U h_{t-1})$$"
        "\n\n"
        r"$$L = \frac{1}{2} \|h_T - y_T\|^2$$"
    )
    given = defined + "\n\n" + r"$$\delta_t = \frac{\partial L}{\partial h_t}$$"
    right = r"U^\top ((1 - h_{\tau+1}^2) \odot \delta_{\tau+1})"
    assert one(given, rf"\delta_\tau = {right}").verdict.value in ("proved", "holds")
    assert one(given, r"\delta_\tau = U (\delta_{\tau+1} \odot (1 - h_{\tau+1}^2))").verdict.value == "wrong"
    assert one(given, r"\delta_1 = \delta_2").verdict.value == "wrong"


@pytest.mark.parametrize("swapped", [False, True])
def test_a_last_value_may_stand_before_or_after_the_recurrence(swapped: bool) -> None:
    lines = [r"$$e_T = y_T$$", r"$$e_t = x_t + \frac{1}{2} e_{t+1}$$"]
    text = r"$e_t, x_t, y_t \in \mathbb{R}^n$" + "\n\n" + "\n\n".join(lines[::-1] if swapped else lines)
    assert one(text, r"e_{T-1} = x_{T-1} + \frac{1}{2} y_T").verdict.value == "proved"
    assert one(text, r"e_{T-1} = x_T + \frac{1}{2} y_T").verdict.value == "wrong"
