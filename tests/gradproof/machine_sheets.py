"""Sheets for the tests of machine formats and editors, and their edits carried out."""

from __future__ import annotations

from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.report import Report
from gradproof.formats.findings import Edit, offset_of

SLOPE = "$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma^2(x))$$\n"
"""One wrong step with a repair."""
FOLLOWED = (
    "With $x_t$ in $\\mathbb{R}^d$ and\n\n$$h_t = \\sigma(W x_t)$$\n\n" + SLOPE + "\n"
    "$$\\frac{\\partial h_t}{\\partial x_t} = \\mathrm{diag}(h_t \\odot (1 - h_t^2)) W$$\n"
)
"""A wrong rule, and what follows from it with the definition that it speaks of."""
UNREAD = "Text.\n\n$$h_t = \\foo(x)$$\n"
RIGHT = "$$h_t = \\tanh(W x_t)$$\n\n$$h_t = \\tanh(W x_t)$$\n"


def report_on(text: str, name: str = "sheet.md", declarations: str = "") -> Report:
    """What is found of a text."""
    more = Source("class.txt", declarations) if declarations else None
    return check_sheet(Source(name, text), Options(declarations=more))


def edited(text: str, edit: Edit) -> str:
    """The text with the edit carried out."""
    start = offset_of(text, edit.region.line, edit.region.column)
    end = offset_of(text, edit.region.end_line, edit.region.end_column)
    return text[:start] + edit.text + text[end:]
