"""One sheet marked: the work that is done in a process of its own, and the record that is kept of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from derivations.errors import GradproofError, InternalError, UsageError
from gradproof.classroom.assignment import Assignment
from gradproof.classroom.sheets import Sheet, sheet_of
from gradproof.classroom.submissions import File
from gradproof.outcome import blamed

if TYPE_CHECKING:
    from gradproof.marking.marking import Marked, Marking

VERSION: Final = 1
SIZING: Final = re.compile(r"\\(?:left|right|bigl?|bigr|Bigl?|Bigr|displaystyle|[,;:!> ])|[\s&]")
"""What says nothing of what a formula means."""


@dataclass(frozen=True, slots=True)
class Task:
    """A student's files to be marked, from a ``folder`` or one file; ``refusal`` says why there are none."""

    student: str
    files: tuple[File, ...]
    assignment: Assignment
    refusal: str = ""
    folder: bool = False

    @property
    def key(self) -> str:
        """What the result depends on, as one short text."""
        found = sha256(self.assignment.digest.encode())
        for part in (
            self.student,
            str(self.folder),
            self.refusal,
            *(x for file in self.files for x in (file.name, file.refused)),
        ):
            found.update(b"%d:%s" % (len(part.encode()), part.encode()))
        for file in self.files:
            found.update(b"%d:%s" % (len(file.data), file.data))
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record of one sheet, which becomes JSON, and its page, if one is asked for and the sheet was marked."""

    record: dict[str, Any]
    page: str = ""

    @property
    def student(self) -> str:
        return str(self.record["student"])

    def data(self) -> bytes:
        """The record as the bytes of a file."""
        return (json.dumps(self.record, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def mark_one(task: Task) -> Outcome:
    """Mark one sheet; one that cannot be used is put aside with the reason.

    MemoryError is left to the process, which says so in its own words.
    """
    try:
        with blamed(task.student):
            return _marked(task)
    except GradproofError as error:
        if isinstance(error.__cause__, MemoryError):
            raise
        return aside(task, "fault" if isinstance(error, InternalError) else "unusable", str(error))


def aside(task: Task, kind: str, reason: str) -> Outcome:
    """A sheet put aside for a person; ``kind`` is unusable, time, memory, crash or fault."""
    return Outcome({**_head(task), "status": "aside", "kind": kind, "reason": reason})


def _head(task: Task) -> dict[str, Any]:
    who = {"student": task.student, "folder": f"{task.student}/" if task.folder else ""}
    return {"version": VERSION, "key": task.key, **who, "files": [file.name for file in task.files]}


def _marked(task: Task) -> Outcome:
    from derivations.check import check_sheet
    from gradproof import autograd_witness
    from gradproof.classroom.formats import pieces

    if task.refusal:
        raise UsageError(task.refusal)
    sheet = sheet_of(task.student, task.files)
    assignment = task.assignment
    report = check_sheet(sheet.source, assignment.options, autograd_witness() if assignment.torch else None)
    if not report.statements:
        raise UsageError("no formula was found; write formulas between $ and $, or between $$ and $$")
    found = marking(assignment).marked(sheet.source, report)
    record = {**_head(task), "status": "marked", "notes": list(sheet.notes), "slips": list(_slips(found))}
    record |= {**found.to_json(), "formats": pieces(report, record["folder"]) if assignment.formats else {}}
    return Outcome(record, _page(found, sheet) if assignment.html else "")


@lru_cache(maxsize=1)
def marking(assignment: Assignment) -> Marking:
    """What sheets are marked by, read once in a process."""
    return assignment.marking()


def _page(found: Marked, sheet: Sheet) -> str:
    from gradproof.rendering.writers import Form, render
    from gradproof.reporting.marked import marked_document

    return render(marked_document(found, sheet.notes), Form.HTML).text


def _slips(found: Marked) -> Iterator[dict[str, Any]]:
    """The slips of a sheet that do not only follow from others, and what makes two of them the same."""
    for statement in found.report.statements:
        for step in statement.steps:
            if step.is_root:
                same = sha256(json.dumps([step.code, plainly(step.lhs), plainly(step.rhs)]).encode()).hexdigest()[:16]
                sides = {"lhs": step.lhs, "relation": step.relation, "rhs": step.rhs, "expected": step.expected}
                yield {"code": step.code, "where": found.report.label(step.line), **sides, "same": same}


def plainly(latex: str) -> str:
    """A formula without spaces and sizes of brackets, so that two that are written alike are equal."""
    return SIZING.sub("", latex)
