"""A notebook is reported by its cells."""

from __future__ import annotations

import json
from pathlib import Path

import gradproof
from gradproof.text import render


def notebook(folder: Path, *cells: tuple[str, str]) -> Path:
    path = folder / "sheet.ipynb"
    found = [{"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)} for kind, text in cells]
    path.write_text(json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_places_name_the_cell_and_the_line_in_it(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        ("markdown", "Title\n\nLet $x \\in \\mathbb{R}^n$ and $h = \\tanh(x)$.\n"),
        ("code", "1 + 1"),
        ("markdown", "\n$$\\frac{\\partial h}{\\partial x} = \\operatorname{diag}(1 - h)$$\n"),
    )
    report = gradproof.check(path, torch=False)
    text = render(report)
    assert "sheet.ipynb:cell 3:2:59" in text
    assert "cell 1:3 | Let" in text
    statements = report.to_json()["statements"]
    assert [(x["cell"], x["cell_line"]) for x in statements] == [(1, 3), (1, 3), (3, 2)]


def test_other_sheets_have_no_cells() -> None:
    report = gradproof.check("Let $x = y$.\n", torch=False)
    assert all("cell" not in statement for statement in report.to_json()["statements"])
    assert report.label(7) == "7"
