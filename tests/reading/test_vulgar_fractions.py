"""½ and its like are fractions; behind a number it is open whether they are factors or added."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

LOSS = "h_t = tanh(W x_t)\nL_t = ½ ‖h_t - y_t‖²\n"


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("∂L_t/∂h_t = h_t - y_t", "proved"),
        ("∂L_t/∂h_t = ½ h_t - y_t + h_t/2", "proved"),
        ("L_t = ⅛ ‖2 h_t - 2 y_t‖²", "proved"),
        ("∂L_t/∂h_t = ½ (h_t - y_t)", "wrong"),
        ("L_t = ⅓ ‖h_t - y_t‖²", "wrong"),
        ("∂L_t/∂h_t = 2½ (h_t - y_t)", "unclear"),
    ],
)
def test_fractions(line: str, verdict: str) -> None:
    report = check_sheet(Source("sheet.txt", LOSS + line))
    assert report.statements[-1].verdict.value == verdict
