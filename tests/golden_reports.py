"""The golden sheets, each checked once for all tests of one process that look at its report."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from derivations.check import Options, check_sheet
from derivations.report import Report
from gradproof.sheets import read_sheet

FORMATS = {".md", ".tex", ".txt", ".ipynb"}
FOLDER = Path(__file__).parent / "sheets"
SHEETS = sorted(path for path in FOLDER.iterdir() if path.suffix in FORMATS and path.name != "README.md")


@cache
def checked(path: Path) -> Report:
    return check_sheet(read_sheet(path), Options())


def sheets(paths: list[Path]) -> list[Any]:
    """Parameters of a test, so that all tests of one sheet run in the same process."""
    return [pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(path.stem)) for path in paths]
