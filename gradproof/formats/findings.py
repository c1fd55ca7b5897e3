"""What machines need of every step that is not right: where it stands, in which file, the words, the edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derivations.report import Report, StatementReport, Step, Verdict
from gradproof.text import clean, facts_of, help_of, place_of

OPEN = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNCLEAR)


@dataclass(frozen=True, slots=True)
class Region:
    """Lines and columns counted from 1 in characters; the end is the column behind the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A repair as an edit of the sheet, and what it does in words."""

    region: Region
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A step that is wrong, undecided or unclear."""

    report: Report
    statement: StatementReport
    step: Step

    @property
    def code(self) -> str:
        return self.step.code or self.step.verdict.value

    @property
    def headline(self) -> str:
        """One sentence; of a step that follows from another, which that is."""
        root = self.step.follows_from
        return self.step.headline if root is None else f"this follows from the slip in {place(self.report, root)}"

    @property
    def facts(self) -> list[str]:
        """What bears the headline out, a sentence each; the repair comes last."""
        return [*facts_of(self.step), *([help_of(self.step)] if self.step.repair else [])]

    @property
    def region(self) -> Region:
        """Where a caret stands, at least one character wide; lines count through sheet and declarations."""
        line, column, end = place_of(self.step, self.report.lines)
        _, _, end_line, end_column = self.step.caret
        return Region(line, column, line, end) if end_line == line else Region(line, column, end_line, end_column)

    @property
    def related(self) -> list[tuple[Region, str]]:
        """Other lines that are involved, and what each has to do with it."""
        lines = self.report.lines
        return [(Region(k, 1, k, len(lines[k - 1]) + 1), clean(words)) for k, words in self._related]

    @property
    def _related(self) -> list[tuple[int, str]]:
        step = self.step
        found = [step.related] if step.related is not None and step.related[0] != step.line else []
        found += [(step.follows_from, "the slip that this follows from")] if step.follows_from is not None else []
        return found + ([(step.builds_on, "the wrong line that is carried on here")] if step.builds_on else [])

    @property
    def edit(self) -> Edit | None:
        """The repair; None where there is none, and where the text of the sheet is not that of its file."""
        repair, report = self.step.repair, self.report
        if repair is None or report.cells or report.files or repair.line > report.text.count("\n") + 1:
            return None
        start = offset_of(report.text, repair.line, repair.column)
        if not report.text.startswith(repair.old, start):
            return None
        lines = repair.old.split("\n")
        last = len(lines[-1]) + (repair.column if len(lines) == 1 else 1)
        region = Region(repair.line, repair.column, repair.line + len(lines) - 1, last)
        return Edit(region, repair.new, help_of(self.step))


def findings(report: Report) -> Iterator[Finding]:
    """Every step of a sheet that is not right, in order."""
    return (finding for statement in report.statements for finding in findings_of(report, statement))


def findings_of(report: Report, statement: StatementReport) -> list[Finding]:
    """The steps of one statement that are not right."""
    return [Finding(report, statement, step) for step in statement.steps if step.verdict in OPEN]


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a place in a text whose lines end with a newline."""
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column - 1


def place(report: Report, line: int) -> str:
    """A line as a person says it: ``line 14``, ``cell 3, line 5``, ``class.txt:2``."""
    found, label = report.cell(line), report.label(line)
    return f"line {label}" if label.isdigit() else f"cell {found[0]}, line {found[1]}" if found else label


def whereabouts(report: Report, region: Region) -> tuple[str | None, Region]:
    """The file of declarations, or of a sheet in several, in which a region stands, and the region in that file.

    None for the file of a sheet that is one.
    """
    last = report.text.count("\n") + 1
    if report.more is not None and region.line > last:
        return report.more[0], replace(region, line=region.line - last, end_line=region.end_line - last)
    file = report.file(region.line)
    if file is None:
        return None, region
    before = region.line - file[1]
    return file[0], replace(region, line=file[1], end_line=region.end_line - before)
