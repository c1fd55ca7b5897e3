"""The letter of the last time, and sums without bounds that run to it."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.lengths import last_time
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.reading.statements import read_markdown

NET = "$h_t = \\tanh(W h_{t-1} + U x_t)$, $\\ell_t = \\frac12 \\|h_t - y_t\\|^2$ and "


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("$L = \\sum_t L_t$", "T"),
        ("$L = \\sum_t L_t$ for $t = 1$ to $t = \\tau$", "tau"),
        ("$L = \\sum_t L_t$ for $t = 1, \\dots, \\tau$", "tau"),
        ("$L = \\sum_{t=1}^{\\tau} L_t$", "tau"),
        ("$L = \\sum_{t=1}^T L_t$ and $S_t = \\sum_{\\tau=1}^t L_\\tau$", "T"),
        ("$S_t = \\sum_{\\tau=1}^t L_\\tau$", None),
        ("$L = \\frac{1}{T} \\sum_t L_t$ and $g = \\frac{1}{T} z$", "T"),
        ("$L = \\sum_t L_t$ and $p_t = \\mathrm{softmax}(z_t / T)$", None),
        ("$h_T = 1$", "T"),
        ("$L = \\sum_k L_k$", None),
    ],
)
def test_last_time(text: str, letter: str | None) -> None:
    statements = [x for x in read_markdown(Source("a.md", text)) if isinstance(x, s.Statement)]
    assert last_time(statements) == letter


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (NET + "$L = \\sum_t \\ell_t$.\n\n$$\\nabla_{h_T} L = h_T - y_T$$", "proved"),
        (NET + "$L = \\sum_t \\ell_t$.\n\n$$\\nabla_{h_T} L = 2 (h_T - y_T)$$", "wrong"),
        (NET + "$L = \\frac1T \\sum_t \\ell_t$.\n\n$$\\nabla_{h_T} L = \\frac1T (h_T - y_T)$$", "holds"),
        (NET + "$L = \\frac1T \\sum_t \\ell_t$.\n\n$$\\nabla_{h_T} L = h_T - y_T$$", "wrong"),
        (NET + "$L = \\sum_k \\ell_k$.\n\n$$\\nabla_{h_t} L = h_t - y_t$$", "unclear"),
    ],
)
def test_sums_over_all_steps(text: str, verdict: str) -> None:
    assert check_sheet(Source("a.md", text)).statements[-1].verdict.value == verdict
