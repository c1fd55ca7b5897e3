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
