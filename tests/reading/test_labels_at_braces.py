r"""Labels at braces that mix words and formulas are read, or the line is unclear: never skipped."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

SHEET = "$$y = \\tanh(z)$$\n\n"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (r"\text{slope}", ["proved"]),
        (r"\text{Eq. }(3)", ["proved"]),
        (r"\text{step 2}", ["proved"]),
        (r"= 1-\tanh^2(z) \text{ (slope)}", ["proved", "proved"]),
        (r"= 1-y \text{ (slope)}", ["proved", "wrong"]),
        (r"\text{slope } = 1-\tanh^2(z)", ["proved", "proved"]),
        (r"\text{slope } = 1-y", ["proved", "wrong"]),
        (r"= 1-y \text{ for small } y", ["proved", "unclear"]),
        (r"\text{not } = 1-y", ["proved", "unclear"]),
        (r"\text{since } y = 1", ["proved", "unclear"]),
        (r"\approx 0 \text{ when saturated}", ["proved", "unclear"]),
        (r"\text{slope at } z", ["undecided", "unclear"]),
    ],
)
def test_a_label_of_words_and_formulas(label: str, expected: list[str]) -> None:
    line = rf"$$\frac{{\partial y}}{{\partial z}} = \underbrace{{1-y^2}}_{{{label}}}$$"
    found = check_sheet(Source("sheet.md", f"{SHEET}{line}\n")).statements[1:]
    assert [x.verdict.value for x in found] == expected
