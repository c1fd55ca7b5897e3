"""Superscripts: powers of numbers by a time, and times above a name."""

from __future__ import annotations

import pytest

from derivations.check import Options, check_sheet
from derivations.reading.places import Source

RATES = r"Let $m^t, g^t \in \mathbb{R}^n$ and $\beta \in \mathbb{R}$."
MOMENTS = rf"""{RATES}

$$m^0 = 0$$

$$m^t = \beta m^{{t-1}} + (1 - \beta) g^t$$

$$\hat m^t = \frac{{m^t}}{{1 - \beta^t}}$$
"""


def verdict(text: str, line: str) -> str:
    report = check_sheet(Source("sheet.md", f"{text}\n\n$${line}$$\n"), Options())
    return report.statements[-1].verdict.value


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"m^1 = (1 - \beta) g^1", "proved"),
        (r"m^2 = (1 - \beta) g^2", "wrong"),
        (r"m^T = (1 - \beta) \sum_{i=1}^{T} \beta^{T-i} g^i", "proved"),
        (r"m^T = (1 - \beta) \sum_{i=1}^{T} \beta^{i} g^i", "wrong"),
        (r"\sum_{i=1}^{T} \beta^{T-i} (1 - \beta) = 1 - \beta^T", "proved"),
        (r"\sum_{i=1}^{T} \beta^{T-i} (1 - \beta) = 1 - \beta", "wrong"),
        (r"\beta^{t} \beta^{-t} = 1", "holds"),
        (r"\beta^{t} \beta^{-t} = \beta", "wrong"),
        (r"\beta^{t+1} = \beta \beta^t", "proved"),
        (r"\beta^{t+1} = \beta^t + \beta", "wrong"),
        (r"(1 - \beta)^{t+2} = (1 - \beta)^t (1 - \beta)^2", "proved"),
        (r"(1 - \beta)^t = 1 - \beta^t", "wrong"),
        (r"m^T (1 - \beta)^T = (1 - \beta) \sum_{i=1}^{T} \beta^{T-i} (1 - \beta)^T g^i", "holds"),
        (r"m^T (1 - \beta)^T = (1 - \beta) \sum_{i=1}^{T} \beta^{T-i} (1 - \beta) g^i", "wrong"),
    ],
)
def test_superscripts_by_what_the_sheet_says_of_the_name(line: str, expected: str) -> None:
    assert verdict(MOMENTS, line) == expected


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (r"$$\beta^t = \sigma(h^t)$$ $$\gamma^t = 1 - \beta^t$$", r"\gamma^1 = 1 - \beta^1", "proved"),
        (r"Let $\alpha, q \in \mathbb{R}^n$.", r"\alpha^\top q = q^\top \alpha", "proved"),
        (r"Let $a, b \in \mathbb{R}$.", r"a^T b = a b", "proved"),
        (r"Let $\beta \in \mathbb{R}$.", r"\sum_{k=0}^{\infty} \beta^k = \frac{1}{1 - \beta}", "unclear"),
        (r"Let $W \in \mathbb{R}^{n \times n}$ and $x_t \in \mathbb{R}^n$.", r"(W x_t)^t = W x_t", "unclear"),
    ],
)
def test_what_is_no_power_of_a_number_is_not_taken_for_one(text: str, line: str, expected: str) -> None:
    assert verdict(text, line) == expected


PHASE = r"Let $t, s, \tau, \phi \in \mathbb{R}$."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"(t + \tau) \bmod \tau = t \bmod \tau", "proved"),
        (r"(t + s) \bmod \tau = t \bmod \tau", "wrong"),
        (r"\lfloor t + 2 \rfloor = \lfloor t \rfloor + 2", "proved"),
        (r"\lfloor 2 t \rfloor = 2 \lfloor t \rfloor", "wrong"),
        (r"t + s \bmod \tau = s \bmod \tau + t", "unclear"),
        (r"\lfloor t = t", "unclear"),
        (r"t \bmod \tau s = s", "unclear"),
    ],
)
def test_remainders_and_floors(line: str, expected: str) -> None:
    assert verdict(PHASE, line) == expected


DAMPED = r"Let $g, v, u \in \mathbb{R}^n$ and $\epsilon, c \in \mathbb{R}$."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\frac{g}{\sqrt{v} + \epsilon} = g \odot \frac{1}{\epsilon + \sqrt{v}}", "proved"),
        (r"\frac{g}{\sqrt{v} + \epsilon} = \frac{g}{\sqrt{v + \epsilon}}", "wrong"),
        (r"\frac{g}{c (v + \epsilon)} = \frac{g}{c v + c \epsilon}", "proved"),
        (r"\frac{g}{c (v + \epsilon)} = \frac{g}{c v + \epsilon}", "wrong"),
        (r"g + \epsilon = \epsilon + g", "proved"),  # with a note; --strict refuses it
    ],
)
def test_a_number_in_a_denominator_is_added_to_every_entry(line: str, expected: str) -> None:
    assert verdict(DAMPED, line) == expected
