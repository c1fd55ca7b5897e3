"""A remark that restricts no quantity leaves every verdict as it is; one that may restrict it leaves a step open."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

RNN = r"$h_t = \tanh(W x_t + U h_{t-1})$."
RIGHT = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) U"
SLIP = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 + h_t^2) U"
REMARKS = [
    r"The weight $U$ is constant over time.",
    r"Here $x_t$ holds what one unit sees.",
    r"Each row of $U$ belongs to one hidden unit.",
]
CONDITIONS = [
    r"The weight $U$ is constant.",
    r"Each row of $U$ is one unit vector.",
    r"Here $x_t$ is a unit vector.",
]


def verdict(remark: str, claim: str) -> str:
    return check_sheet(Source("sheet.md", f"{RNN}\n\n{remark}\n\n$${claim}$$\n")).statements[-1].verdict.value


@pytest.mark.parametrize("remark", REMARKS)
def test_a_remark_changes_nothing(remark: str) -> None:
    assert verdict(remark, RIGHT) == "proved"
    assert verdict(remark, SLIP) == "wrong"


@pytest.mark.parametrize("remark", CONDITIONS)
def test_a_condition_leaves_a_slip_open(remark: str) -> None:
    assert verdict(remark, RIGHT) == "proved"
    assert verdict(remark, SLIP) == "undecided"
