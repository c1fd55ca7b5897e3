"""Losses of a step without a definition, and classes by their numbers."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

NET = "$h_t = \\tanh(W h_{t-1} + U x_t)$, $o_t = V h_t$ and "
SUMMED = NET + "$L = \\sum_t L_t$.\n\n"
APPLIED = NET + "$L = \\sum_{t=1}^T \\ell(o_t, y_t)$.\n\n"
DEFINED = NET + "$\\ell(o_t, y_t) = \\frac12 \\|o_t - y_t\\|^2$, $L = \\sum_{t=1}^T \\ell(o_t, y_t)$.\n\n"
AT_LAST = "\\frac{\\partial L}{\\partial h_T} = V^T \\frac{\\partial L}{\\partial o_T}"
SQUARE = "\\frac{\\partial L}{\\partial o_t} = o_t - y_t"


def last(text: str) -> tuple[str, str]:
    """The verdict of the last statement, and why."""
    found = check_sheet(Source("a.md", text)).statements[-1]
    return found.verdict.value, found.steps[-1].why


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (SUMMED + f"$${AT_LAST}$$", "proved"),
        (APPLIED + f"$${AT_LAST}$$", "proved"),
        (DEFINED + f"$${AT_LAST}$$", "proved"),
        (SUMMED + f"$${AT_LAST.replace('V^T', '2 V^T')}$$", "wrong"),
        (APPLIED + f"$${AT_LAST.replace('V^T', '2 V^T')}$$", "wrong"),
        (SUMMED + "$$\\frac{\\partial L}{\\partial L_t} = 1$$", "holds"),
        (SUMMED + "$$\\frac{\\partial L}{\\partial L_t} = 2$$", "wrong"),
        (SUMMED + f"$${SQUARE}$$", "unclear"),
        (APPLIED + f"$${SQUARE}$$", "undecided"),
        (DEFINED + f"$${SQUARE}$$", "proved"),
        (DEFINED + f"$${SQUARE.replace('o_t - y_t', 'y_t - o_t')}$$", "wrong"),
        (APPLIED + "$$\\ell(y_t, o_t) = 0$$", "unclear"),
    ],
)
def test_losses(text: str, verdict: str) -> None:
    assert last(text)[0] == verdict


def test_what_is_taken_for_granted_is_said() -> None:
    assert "taking L_t to depend on what is before o_t only through it" in last(SUMMED + f"$${AT_LAST}$$")[1]


def test_of_several_quantities_nothing_is_certain() -> None:
    text = NET + "$s_t = R h_t$, $L = \\sum_t L_t$.\n\n"
    assert last(text + f"$${AT_LAST}$$")[0] == "undecided"


SOFTMAX = NET.replace(" and ", ", ") + "$z_t = V h_t + c$, $p_t = \\mathrm{softmax}(z_t)$, $L_t = -\\log p_t[k_t]$.\n\n"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("\\frac{\\partial L_t}{\\partial z_t} = p_t - \\mathbf{1}_{k_t}", "proved"),
        ("\\frac{\\partial L_t}{\\partial z_t} = \\mathbf{1}_{k_t} - p_t", "wrong"),
        ("\\frac{\\partial L_t}{\\partial z_t} = p_t", "wrong"),
        ("\\left(\\frac{\\partial L_t}{\\partial z_t}\\right)_i = p_{t,i} - 1_{i = k_t}", "proved"),
        ("\\left(\\frac{\\partial L_t}{\\partial z_t}\\right)_i = p_{t,i} - 1_{i \\neq k_t}", "wrong"),
    ],
)
def test_classes(claim: str, verdict: str) -> None:
    assert last(SOFTMAX + f"$${claim}$$")[0] == verdict


def test_a_quantity_is_no_class() -> None:
    assert last(SOFTMAX + "$k_t = 2 z_t$\n\n$$\\frac{\\partial L_t}{\\partial z_t} = p_t$$")[0] == "unclear"
