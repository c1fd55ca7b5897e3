"""Marks as CSV for a grade book: one row for a sheet and question, and one for the sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from derivations.errors import UsageError
from gradproof.marking.marking import Marked, Marking
from gradproof.marking.records import Marks, QuestionMarks, number
from gradproof.text import clean

COLUMNS = ("sheet", "question", "marks", "least", "most", "of", "reasons")
TOTAL = "total"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")
"""What a spreadsheet takes for the beginning of a formula."""


def write_table(path: str, marking: Marking) -> None:
    """Write the marks of all sheets of a call. Raises UsageError where the file cannot be written."""
    try:
        Path(path).write_text(table(marking), encoding="utf-8", newline="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is no name of a file"
        raise UsageError(
            f"{path}: the marks cannot be written: {reason}; name a file in a folder that exists"
        ) from error


def table(marking: Marking) -> str:
    """The marks as CSV: ``marks`` is empty where a person has to settle them between ``least`` and ``most``."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for found in marking.found:
        rows.writerows(_rows(found))
    for name, reason in marking.failed.items():
        rows.writerow([harmless(name), TOTAL, "", "", "", "", harmless(f"could not be used: {reason}")])
    return out.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    plain = clean(text)
    return f"'{plain}" if plain.lstrip().startswith(FORMULA) else plain


def _rows(found: Marked) -> Iterator[list[object]]:
    if found.marks is None:
        return
    sheet = harmless(found.report.sheet)
    for question in found.marks.questions:
        reasons = "; ".join(f"{mark.what}: {mark.reason}" for mark in question.marks)
        yield [sheet, harmless(question.name), *_numbers(question), harmless(reasons)]
    yield [sheet, TOTAL, *_numbers(found.marks), harmless(found.marks.title)]


def _numbers(found: QuestionMarks | Marks) -> list[object]:
    settled: object = number(found.least) if found.least == found.most else ""
    return [settled, number(found.least), number(found.most), number(found.of)]
