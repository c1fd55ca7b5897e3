"""Marks as CSV for a grade book: one row for a sheet and question, and one for the sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from derivations.errors import UsageError
from gradproof.marking.marking import Marking
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
        if found.marks is not None:
            rows.writerows(rows_of(found.report.sheet, found.marks.to_json()))
    for name, reason in marking.failed.items():
        rows.writerow(unmarked(name, f"could not be used: {reason}"))
    return out.getvalue()


def rows_of(sheet: str, marks: Mapping[str, Any]) -> Iterator[list[object]]:
    """The rows of one sheet from the JSON of its marks: one for every question, and the total."""
    for question in marks["questions"]:
        reasons = "; ".join(f"{mark['for']}: {mark['reason']}" for mark in question["reasons"])
        yield [harmless(sheet), harmless(question["question"]), *_numbers(question), harmless(reasons)]
    yield [harmless(sheet), TOTAL, *_numbers(marks), harmless(marks["title"])]


def unmarked(sheet: str, reason: str) -> list[object]:
    """The row of a sheet that has no marks."""
    return [harmless(sheet), TOTAL, "", "", "", "", harmless(reason)]


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    plain = clean(text)
    return f"'{plain}" if plain.lstrip().startswith(FORMULA) else plain


def _numbers(found: Mapping[str, Any]) -> list[object]:
    """``marks`` is empty where a person has to settle it."""
    return ["" if found["marks"] is None else found["marks"], found["least"], found["most"], found["of"]]
