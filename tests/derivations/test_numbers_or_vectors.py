"""A recurrence in small letters is one of numbers, whatever range its time has; habit alone makes nothing wrong."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

RANGES = [r"t = 1, \dots, T", r"\text{for } t = 1, \dots, T", r"1 \le t \le T", r"t \ge 1"]
CLAIMS = [
    (r"\frac{\partial s_t}{\partial x_t} = 1", r"\frac{\partial s_t}{\partial x_t} = 2"),
    (r"\frac{\partial s_t}{\partial s_{t-1}} = w", r"\frac{\partial s_t}{\partial s_{t-1}} = w^2"),
    (
        r"\frac{\partial s_t}{\partial w} = s_{t-1} + w \frac{\partial s_{t-1}}{\partial w}",
        r"\frac{\partial s_t}{\partial w} = s_{t-1} + \frac{\partial s_{t-1}}{\partial w}",
    ),
]


def verdict(sheet: str, claim: str) -> str:
    return check_sheet(Source("sheet.md", f"{sheet}\n\n$${claim}$$\n")).statements[-1].verdict.value


@pytest.mark.parametrize("when", RANGES)
@pytest.mark.parametrize(("right", "near_miss"), CLAIMS)
def test_a_range_of_times_has_no_shape(when: str, right: str, near_miss: str) -> None:
    sheet = rf"$$s_t = w s_{{t-1}} + x_t, \quad {when}$$"
    assert verdict(sheet, right) in {"proved", "holds"}
    assert verdict(sheet, near_miss) == "wrong"


def test_a_mean_over_time_is_one_of_numbers() -> None:
    sheet = (
        r"$$s_t = w x_t$$" "\n\n" r"$$\ell_t = \frac12 (s_t - y_t)^2$$" "\n\n" r"$$J = \frac1T \sum_{t=1}^T \ell_t$$"
    )
    assert verdict(sheet, r"\frac{\partial \ell_t}{\partial w} = (s_t - y_t) x_t") == "proved"
    assert verdict(sheet, r"\frac{\partial \ell_t}{\partial w} = (s_t - y_t) s_t") == "wrong"


@pytest.mark.parametrize("right", [CLAIMS[2][0], CLAIMS[0][0]])
def test_a_matrix_elsewhere_does_not_make_numbers_wrong(right: str) -> None:
    sheet = r"$$s_t = w s_{t-1} + x_t$$" "\n\n" r"$$z = M q + b$$"
    assert verdict(sheet, right) in {"undecided", "proved", "holds"}


def test_declared_vectors_stay_vectors() -> None:
    sheet = r"$s_t, w, x_t \in \mathbb{R}^n$ and $$s_t = w \odot s_{t-1} + x_t, \quad t = 1, \dots, T$$"
    assert verdict(sheet, r"\frac{\partial s_t}{\partial s_{t-1}} = \mathrm{diag}(w)") == "proved"
    assert (
        verdict(sheet, r"\frac{\partial s_t}{\partial w} = s_{t-1} + w \frac{\partial s_{t-1}}{\partial w}") == "wrong"
    )
