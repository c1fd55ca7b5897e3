"""The report on a sheet with its marks and its comparison with a reference before it, as one document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from derivations.comparison import Comparison, Result
from gradproof.marking.marking import Marked
from gradproof.marking.records import Mark, Marks, QuestionMarks
from gradproof.marking.text import spread
from gradproof.rendering.model import Document, Inlines, Items, Note, Paragraph, Part, Table, Text
from gradproof.reporting.document import report_document
from gradproof.reporting.wording import formula, sentence, stated

OPEN: Final = "for a person"


def marked_document(found: Marked, notes: Sequence[str] = ()) -> Document:
    """The document of a marked sheet; ``notes`` are on what was handed in."""
    report = report_document(found.report)
    told = (Note("note", (Text("Handed in"),), tuple(Paragraph((Text(x),)) for x in notes)),) if notes else ()
    marks = () if found.marks is None else (_marks(found.marks),)
    compared = () if found.comparison is None else (_compared(found.comparison),)
    return replace(report, blocks=(*told, *marks, *compared, *report.blocks))


def _marks(marks: Marks) -> Part:
    header = ((Text("question"),), (Text("marks"),), (Text("why"),))
    rows = [row for question in marks.questions for row in _question(question)]
    total = (
        (Text("total"),),
        _range(marks),
        (Text("the range is for a person to settle"),) * (marks.least < marks.most),
    )
    title = f"Marks by {marks.title or marks.scheme}"
    return Part("marks", (Text(title),), (Table(header, (*rows, total), wide=True),))


def _question(question: QuestionMarks) -> Iterator[tuple[Inlines, Inlines, Inlines]]:
    yield (Text(question.name),), _range(question), (Text(OPEN),) * (question.least < question.most)
    for mark in question.marks:
        yield (), _range(mark), (formula(mark.what, Text(mark.what)), Text(": "), *_words(mark.reason))


def _range(marks: Mark | QuestionMarks | Marks) -> Inlines:
    return (Text(spread(marks.least, marks.most, marks.of)),)


def _words(text: str) -> Inlines:
    return sentence(text, lambda _, line: Text(line))


def _compared(found: Comparison) -> Part:
    counts = ", ".join(f"{count} {name}" for name, count in found.summary.items() if count) or "nothing is asked for"
    header = ((Text("status"),), (Text("result"),), (Text("where, or why not"),))
    table = Table(header, tuple(map(_result, found.results)), wide=True)
    notes = (Items(tuple((Paragraph((Text(x),)),) for x in found.notes)),) if found.notes else ()
    return Part("against", (Text("What must appear"),), (Paragraph((Text(counts),)), table, *notes))


def _result(found: Result) -> tuple[Inlines, Inlines, Inlines]:
    return (Text(found.status.value),), (stated(found.latex),), _words(found.reason)
