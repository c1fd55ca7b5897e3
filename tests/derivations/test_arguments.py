"""Losses with arguments, sizes of sets, and names given afterwards to parts of definitions."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

SQUARE = "$y = W x$ and $J(\\theta) = \\frac12 \\|y - z\\|^2$.\n\n"
TWICE = "Let $z = W x + b$ and $u = W x + b$.\n\n"
NET = "$h = \\tanh(W x + b)$, $L = \\frac12 \\|h - y\\|^2$. "


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (SQUARE + "$$\\frac{\\partial J}{\\partial W} = (y - z) x^T$$", "proved"),
        (SQUARE + "$$\\frac{\\partial J(\\theta)}{\\partial W} = (y - z) x^T$$", "proved"),
        (SQUARE + "$$\\nabla_W J(\\theta) = (y - z) x^T$$", "proved"),
        (SQUARE + "$$\\nabla_W J(\\theta) = (z - y) x^T$$", "wrong"),
        (SQUARE + "$$\\frac{\\partial J(\\theta)}{\\partial W} = 2 (y - z) x^T$$", "wrong"),
        (SQUARE + "$$\\nabla_W J(\\theta + \\epsilon) = (y - z) x^T$$", "unclear"),
        ("$y = W x$, $L(y, z) = \\frac12 \\|y - z\\|^2$.\n\n$$\\frac{\\partial L}{\\partial y} = y - z$$", "proved"),
        ("$y = W x$, $L(y, z) = \\frac12 \\|y - z\\|^2$.\n\n$$\\frac{\\partial L}{\\partial y} = y + z$$", "wrong"),
        ("$L(\\{x_1, \\dots, x_T\\}) = \\sum_t L_t$, $L_t = \\frac12 (x_t - 1)^2$.\n\n$$L = \\sum_t L_t$$", "holds"),
        ("$f(x) = x^2$.\n\n$$f(3) = 9$$", "proved"),
        ("$J(x) = x^2$.\n\n$$J(3) = 9$$", "unclear"),
        ("$J(x) = x^2$ and $y = 2 x$.\n\n$$J(y) = 4 x^2$$", "unclear"),
    ],
)
def test_arguments(text: str, verdict: str) -> None:
    assert check_sheet(Source("a.md", text)).statements[-1].verdict.value == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (NET + "Let $z = W x + b$.\n\n$$\\frac{\\partial L}{\\partial z} = (h - y) \\odot (1 - h^2)$$", "proved"),
        (NET + "Let $z = W x + b$.\n\n$$\\frac{\\partial L}{\\partial z} = (h - y) \\odot (1 - z^2)$$", "wrong"),
        (NET + "Let $z = W x$.\n\n$$\\frac{\\partial L}{\\partial z} = (h - y) \\odot (1 - h^2)$$", "proved"),
        (NET + "Let $z = W x - b$.\n\n$$\\frac{\\partial L}{\\partial z} = (h - y) \\odot (1 - h^2)$$", "undecided"),
        (NET + TWICE + "$$\\frac{\\partial L}{\\partial z} = \\frac{\\partial L}{\\partial u}$$", "proved"),
        (NET + TWICE + "$$\\frac{\\partial L}{\\partial z} = 0$$", "wrong"),
    ],
)
def test_names_given_afterwards(text: str, verdict: str) -> None:
    assert check_sheet(Source("a.md", text)).statements[-1].verdict.value == verdict


@pytest.mark.parametrize(
    ("bound", "verdict"), [("|V|", "proved"), ("|\\mathcal{V}|", "proved"), ("|U|", "unclear"), ("3", "unclear")]
)
def test_sizes_of_sets(bound: str, verdict: str) -> None:
    text = "$p, y \\in \\mathbb{R}^{|V|}$ and $L = -\\sum_{i=1}^{|V|} y_i \\log p_i$.\n\n"
    claim = f"$$L = -\\sum_{{j=1}}^{{{bound}}} y_j \\log p_j$$"
    assert check_sheet(Source("a.md", text + claim)).statements[-1].verdict.value == verdict


def test_a_set_declares_no_shape() -> None:
    report = check_sheet(Source("a.md", "$k \\in \\{1, 2\\}$, $j \\in \\{1, \\dots, K\\}$ and $y = k x$."))
    assert [x.verdict.value for x in report.statements] == ["given"] * 3
    assert {x.name: x.shape for x in report.symbols}["k"] == []
