"""A number beside a vector in a sum: added to every entry where it is declared, in doubt where it is not."""

from __future__ import annotations

import pytest

from derivations.report import Verdict
from gradproof import check

NUMBER = r"Let $z \in \mathbb{R}^K$ and $c \in \mathbb{R}$."
OPEN = r"Let $z \in \mathbb{R}^K$."
SHIFT = r"$$\mathrm{softmax}(z + c) = \mathrm{softmax}(z)$$"


@pytest.mark.parametrize(
    ("known", "claim", "verdict"),
    [
        (NUMBER, SHIFT, Verdict.PROVED),
        (NUMBER, r"$$\mathrm{softmax}(z + c) = \mathrm{softmax}(z) + c$$", Verdict.WRONG),
        (NUMBER, r"$$\mathrm{softmax}(z + z) = \mathrm{softmax}(z)$$", Verdict.WRONG),
        (OPEN, SHIFT, Verdict.UNDECIDED),
        (OPEN, r"$$\tanh(z + b) = \tanh(z) + \tanh(b)$$", Verdict.WRONG),
        (r"Let $z \in \mathbb{R}^K$ and $c \in \mathbb{R}^K$.", SHIFT, Verdict.WRONG),
    ],
)
def test_numbers_in_sums(known: str, claim: str, verdict: Verdict) -> None:
    report = check(f"# Shift\n\n{known}\n\n{claim}\n", torch=False)
    assert report.statements[-1].verdict is verdict


def test_the_number_is_told() -> None:
    (step,) = check(f"# Shift\n\n{NUMBER}\n\n{SHIFT}\n", torch=False).statements[-1].steps
    assert step.reading == ["a number is added to every entry"]
