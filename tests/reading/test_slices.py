"""Rows, columns and slices by a colon are refused with their place, never read as names."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import Verdict

MATRIX = "$A \\in \\mathbb{R}^{n \\times m}$, $W_f \\in \\mathbb{R}^{n \\times m}$, $x \\in \\mathbb{R}^m$\n\n"


@pytest.mark.parametrize(
    "line",
    [
        "y_i = A_{i,:} x", "y_i = A_{:,i} x", "A_{:,j} = A e_j", "Y_{:i} = x", "y = A_{i:} x", "z = W_f[:, :n_a] x",
        "y_t = A_{t,:} x", "y = A_{:} x",
    ],
)  # fmt: skip
def test_a_slice_is_refused(line: str) -> None:
    found = check_sheet(Source("sheet.md", f"{MATRIX}$${line}$$\n")).statements[-1]
    assert found.verdict is Verdict.UNCLEAR
    assert "‘:’" in found.steps[0].headline


def test_a_range_in_a_name_is_still_a_name() -> None:
    found = check_sheet(Source("sheet.md", f"{MATRIX}$$z_{{1:k}} = A x$$\n\n$$z_{{1:k}} = 2 A x$$\n")).statements
    assert [x.verdict for x in found[-2:]] == [Verdict.GIVEN, Verdict.WRONG]
