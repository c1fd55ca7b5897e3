"""Marks and comparisons as text for a terminal; the words stand in ``marks.txt.j2`` and ``against.txt.j2``."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from derivations.comparison import Comparison, Status
from gradproof.marking.marking import Marked
from gradproof.marking.records import Mark, Marks, QuestionMarks
from gradproof.text import clean, environment, shortened, styled, wrapped

STYLE_OF = {Status.PRESENT: "good", Status.WRONG: "error", Status.MISSING: "error", Status.OPEN: "warning"}
RANGE = 14
"""The columns of ``12–14.5 of 20``."""
WHAT = 56
"""The columns of what a mark is for."""
REASON = 15
"""The columns before the reason of a result."""
Label = Callable[[int], str]


def render(found: Marked, colour: bool, width: int) -> str:
    """What stands below the report: the comparison with the reference and the marks, in ``width`` columns."""
    parts = []
    if found.comparison is not None:
        parts.append(_filled("against.txt.j2", _compared(found.comparison, found.report.label, width), colour))
    if found.marks is not None:
        parts.append(_filled("marks.txt.j2", _marked(found.marks, found.report.label, width), colour))
    return "".join(parts)


def _filled(template: str, context: dict[str, Any], colour: bool) -> str:
    templates = environment()
    templates.filters["styled"] = lambda text, style: styled(str(text), style, colour)
    return templates.get_template(template).render(context)


# Marks


def decimal(value: Fraction) -> str:
    """Marks to at most two decimals: 2, 1.5, 0.33."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".") or "0"


def spread(least: Fraction, most: Fraction, of: Fraction) -> str:
    """``1.5 of 2``, or ``0–2 of 2`` where it is open."""
    ends = decimal(least) if least == most else f"{decimal(least)}–{decimal(most)}"
    return f"{ends} of {decimal(of)}"


def _marked(marks: Marks, label: Label, width: int) -> dict[str, Any]:
    title = f"{clean(marks.title)} ({clean(marks.scheme)})" if marks.title else clean(marks.scheme)
    return {
        "head": wrapped(f"marks by {title}", width, 0),
        "questions": [_question(question, label, width) for question in marks.questions],
        "indent": " " * (RANGE + 2),
        "total": spread(marks.least, marks.most, marks.of).rjust(RANGE),
        "open": marks.least != marks.most,
    }


def _question(question: QuestionMarks, label: Label, width: int) -> dict[str, Any]:
    return {
        "name": shortened(clean(question.name), width - RANGE - 20),
        "range": spread(question.least, question.most, question.of).rjust(RANGE),
        "open": question.least != question.most,
        "marks": [wrapped(_mark(mark, label), width, RANGE + 2) for mark in question.marks],
    }


def _mark(mark: Mark, label: Label) -> str:
    lines = ", ".join(dict.fromkeys(label(line) for line in mark.lines))
    told = not lines or f"line {label(mark.lines[0])}" in mark.reason
    where = "" if told else f" ({'line' if len(set(mark.lines)) == 1 else 'lines'} {lines})"
    what = shortened(clean(mark.what), WHAT)
    return f"{spread(mark.least, mark.most, mark.of)}: {what}{where}: {clean(mark.reason)}"


# The comparison


def _compared(found: Comparison, label: Label, width: int) -> dict[str, Any]:
    counts = ", ".join(f"{count} {name}" for name, count in found.summary.items() if count) or "nothing is asked for"
    return {
        "head": wrapped(f"against {clean(found.reference)}: {counts}", width, 0),
        "rows": [
            {
                "line": row.where,
                "status": row.status.value,
                "style": STYLE_OF[row.status],
                "latex": shortened(clean(row.latex), width - REASON),
                "reason": "" if row.status is Status.MISSING else wrapped(clean(row.reason), width, REASON),
            }
            for row in found.results
        ],
        "differences": [
            {
                "line": label(row.line),
                "latex": shortened(clean(row.latex), width - 6),
                "reason": wrapped(clean(f"{', '.join(row.names)}: {row.reason}"), width, 6),
            }
            for row in found.differences
        ],
        "remarks": [wrapped(clean(remark), width, 4) for remark in _remarks(found)],
    }


def _remarks(found: Comparison) -> list[str]:
    passed = ", ".join(f"{line} ({verdict})" for line, verdict in found.passed_over)
    told = f"lines of the reference that are not right themselves are not asked for: {passed}"
    return [*found.notes, *([told] if passed else [])]
