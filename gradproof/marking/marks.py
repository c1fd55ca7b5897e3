"""What a sheet gets by a scheme. What is unclear or undecided is never marked wrong: it is put aside for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from derivations.comparison import Comparison, Result, Status
from derivations.errors import UsageError
from derivations.noted import notes_on
from derivations.quantities import Quantities
from derivations.report import Report, StatementReport, Step, Verdict
from derivations.worked_out import WorkedOut
from gradproof.marking.records import Mark, Marks, QuestionMarks
from gradproof.marking.scheme import Item, Question, Scheme
from gradproof.marking.sections import section

if TYPE_CHECKING:
    from collections.abc import Mapping

RIGHT = (Verdict.PROVED, Verdict.HOLDS)
OPEN = (Verdict.UNDECIDED, Verdict.UNCLEAR)
NOTHING = Fraction(0)
REPEATS = "it only repeats its left side"
RESULTS = "results"
"""The question under which the results of a reference stand that have points and no question."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is known of a sheet when it is marked.

    ``quantities`` are those of the sheet, with :attr:`Scheme.lefts` asked for; ``worked_out`` tells what of them is
    left to do; ``comparison`` is with the reference,
    if there is one, and ``results`` are the quantities that the scheme names in it.
    """

    report: Report
    quantities: Quantities
    worked_out: WorkedOut
    comparison: Comparison | None = None
    results: Mapping[str, str] = field(default_factory=dict)

    def named(self, result: str | int, scheme: str) -> list[Result]:
        """The results of the reference at a line, or about a quantity. Raises UsageError where there is none."""
        key = self.results.get(result) if isinstance(result, str) else None
        every = self.required(scheme).results
        found = [x for x in every if x.line == result or (key is not None and key in x.keys)]
        if not found:
            place = f"at line {result}" if isinstance(result, int) else f"about {result}"
            raise UsageError(f"{scheme}: the reference has no right result {place}")
        return found

    def required(self, scheme: str) -> Comparison:
        """The comparison with a reference. Raises UsageError where there is none."""
        if self.comparison is None:
            raise UsageError(f"{scheme}: points are given for results of a reference; add --against FILE")
        return self.comparison


def mark_sheet(scheme: Scheme, findings: Findings) -> Marks:
    """The marks of a checked sheet. Raises UsageError where the scheme gives points for what there is not."""
    marker = Marker(scheme, findings)
    found = [marker.question(question) for question in scheme.questions]
    if scheme.against.points is not None:
        found.append(marker.results(scheme.against.points, scheme.against.method))
    least, most, of = (sum((getattr(x, name) for x in found), NOTHING) for name in ("least", "most", "of"))
    cap = of if scheme.maximum is None else min(scheme.maximum, of)
    return Marks(scheme.source, scheme.title, min(least, cap), min(most, cap), cap, tuple(found))


def _rounded(question: Question, marks: Sequence[Mark], scheme: Scheme) -> QuestionMarks:
    """The sum of some marks, not above the maximum of the question, and rounded as the scheme says."""
    least, most, of = (sum((getattr(x, name) for x in marks), NOTHING) for name in ("least", "most", "of"))
    cap = of if question.maximum is None else min(question.maximum, of)
    least, most = (min(rounded(min(x, cap), scheme.rounding, scheme.unit), cap) for x in (least, most))
    return QuestionMarks(question.name, least, most, cap, tuple(marks))


def rounded(value: Fraction, rounding: str, unit: Fraction) -> Fraction:
    """Marks rounded to a unit: to the nearest (halves up), up, down, or not at all."""
    steps = {"nearest": floor(value / unit + Fraction(1, 2)), "up": ceil(value / unit), "down": floor(value / unit)}
    return steps[rounding] * unit if rounding in steps else value


class Marker:
    """Marks the questions of one sheet."""

    def __init__(self, scheme: Scheme, findings: Findings) -> None:
        self.scheme = scheme
        self.findings = findings
        self.report = report = findings.report
        self.quantities = findings.quantities
        self.inside = {line for x in report.statements for line in self._held(x)}

    def _held(self, statement: StatementReport) -> range:
        """The lines of a statement, without the first where words stand before it."""
        before = self.report.lines[statement.line - 1][: statement.column - 1]
        return range(statement.line + bool(before.strip(" \t$*\\[(>-")), statement.end_line + 1)

    def question(self, question: Question) -> QuestionMarks:
        """The marks of one question."""
        return _rounded(question, list(self._marks(question)), self.scheme)

    def _marks(self, question: Question) -> Iterator[Mark]:
        whole, problem = self._part(question.heading, question.lines)
        for item in question.items:
            yield self._item(item, whole, problem)
        if question.points is not None and problem:
            yield Mark(question.name, NOTHING, question.points, question.points, problem)
        elif question.points is not None:
            yield from self._shared(question, question.points, self._claims(whole))

    def _part(
        self, heading: tuple[str, ...] | None, lines: tuple[int, int] | None, whole: range | None = None
    ) -> tuple[range, str]:
        """The lines of a part of the sheet, and why it cannot be told which they are."""
        every = whole if whole is not None else range(1, len(self.report.lines) + 1)
        if lines is not None:
            return range(lines[0], lines[1] + 1), ""
        if heading is None:
            return every, ""
        found = [x for x in section(self.report.lines, heading, self.inside) if x.start in every]
        name = " / ".join(heading)
        if not found:
            return range(0), f"no heading “{name}” was found on the sheet"
        told = ", ".join(self.report.label(x.start) for x in found)
        return found[0], f"more than one heading is “{name}”: lines {told}" if len(found) > 1 else ""

    def _claims(self, part: range) -> list[StatementReport]:
        """What is claimed, or could not be read, in a part of the sheet."""
        return [x for x in self._statements(part) if any(step.verdict is not Verdict.GIVEN for step in x.steps)]

    def _statements(self, part: range) -> list[StatementReport]:
        return [x for x in self.report.statements if x.line in part]

    # Points of a question, shared by its claims

    def _shared(self, question: Question, points: Fraction, claims: list[StatementReport]) -> Iterator[Mark]:
        expected = question.claims or max(len(claims), 1)
        share = points / max(expected, len(claims))
        for claim in claims:
            yield self._of(claim, share, question.method)
        if len(claims) < expected:
            left = share * (expected - len(claims))
            told = f"{len(claims)} of the {expected} claims expected here" if claims else "no claim was found here"
            yield Mark(question.name, NOTHING, NOTHING, left, told)

    # Points of single statements

    def _item(self, item: Item, whole: range, problem: str) -> Mark:
        if item.result is not None:
            return self._of_named(item, item.result)
        what = _what(item)
        if item.left in self.quantities.unclear:
            problem = f"{item.left}: {self.quantities.unclear[item.left]}"
        if not problem and item.heading is not None:
            whole, problem = self._part(item.heading, None, whole)
        if problem:
            return Mark(what, NOTHING, item.points, item.points, problem)
        found = self._selected(item, whole)
        return self._together(what, item, found) if found else self._missing(what, item, whole)

    def _selected(self, item: Item, whole: range) -> list[StatementReport]:
        """The statements that an item means; definitions only where there is nothing else."""
        if item.claim is not None:
            return self._claims(whole)[item.claim - 1 : item.claim]
        claims, every = self._claims(whole), self._statements(whole)
        if item.heading is not None:
            return claims
        chosen = [x for x in every if self._is_meant(item, x)]
        return [x for x in chosen if x in claims] or chosen

    def _is_meant(self, item: Item, statement: StatementReport) -> bool:
        if item.line is not None:
            return statement.line <= item.line <= statement.end_line
        return item.left is not None and self.quantities.about(item.left, (statement.line, statement.column))

    def _missing(self, what: str, item: Item, whole: range) -> Mark:
        """Nothing was found: it is missing, unless something that could be it was not read."""
        unread = [x.line for x in self._statements(whole) if x.verdict is Verdict.UNCLEAR]
        if item.line is not None:
            return Mark(what, NOTHING, item.points, item.points, f"no formula stands at line {item.line}")
        if unread:
            told = f"not found, but {self._lines(unread)} could not be read and may be it"
            return Mark(what, NOTHING, item.points, item.points, told, tuple(unread))
        return Mark(what, NOTHING, NOTHING, item.points, "not on the sheet: no statement is about it")

    def _together(self, what: str, item: Item, found: Sequence[StatementReport]) -> Mark:
        """The mark of statements that are about one thing: where some are right and some are not, a person decides."""
        marks = [self._to_the_end(item, statement) for statement in found]
        lines = tuple(line for mark in marks for line in mark.lines)
        right = [mark for mark in marks if mark.right]
        if len(marks) == 1 or item.heading is not None:
            return self._merged(what, item, marks, lines)
        if len(right) in (0, len(marks)):
            best = max(marks, key=lambda mark: (mark.least, mark.most))
            return Mark(what, best.least, max(x.most for x in marks), item.points, best.reason, lines, best.right)
        ends = min(mark.least for mark in marks), max(mark.most for mark in marks)
        return Mark(what, *ends, item.points, "right in one of these lines and not in another", lines)

    def _to_the_end(self, item: Item, statement: StatementReport) -> Mark:
        """The mark of a statement; what is asked for by its left side must be worked out."""
        mark = self._of(statement, item.points, item.method)
        left = self.findings.worked_out.left_in((statement.line, statement.column)) if mark.right and item.left else ""
        if not left:
            return mark
        claimed = [step for step in statement.steps if step.verdict is not Verdict.GIVEN]
        least = min(mark.least, item.method * len(claimed))
        return replace(mark, least=least, reason=f"right, but {left} is left in it: for a person")

    def _merged(self, what: str, item: Item, marks: Sequence[Mark], lines: tuple[int, ...]) -> Mark:
        """The mean of the marks: all statements under a heading count alike."""
        least, most = (sum((getattr(x, name) for x in marks), NOTHING) / len(marks) for name in ("least", "most"))
        reasons = "; ".join(dict.fromkeys(mark.reason for mark in marks))
        return Mark(what, least, most, item.points, reasons, lines)

    # Points of the results of a reference

    def results(self, points: Fraction, method: Fraction) -> QuestionMarks:
        """Points for every result of the reference that no question names."""
        items = [x.result for question in self.scheme.questions for x in question.items if x.result is not None]
        named = [x for result in items for x in self.findings.named(result, self.scheme.source)]
        every = self.findings.required(self.scheme.source).results
        marks = [self._of_result(x, points, method) for x in every if x not in named]
        return _rounded(Question(RESULTS), marks, self.scheme)

    def _of_named(self, item: Item, result: str | int) -> Mark:
        """The mark for a result of the reference; of several about one quantity the worst."""
        found = self.findings.named(result, self.scheme.source)
        marks = [self._of_result(x, item.points, item.method) for x in found]
        return min(marks, key=lambda mark: (mark.least, mark.most))

    def _of_result(self, result: Result, points: Fraction, method: Fraction) -> Mark:
        """The mark for a result: one that is wrong on the sheet has what its statement has."""
        what = f"reference line {result.where}, {result.latex.split('=')[0].strip(' &:')}"
        if result.status is Status.WRONG:
            stated = [x for x in self.report.statements if (x.line, x.column) in result.places]
            best = max((self._of(x, points, method) for x in stated), key=lambda mark: (mark.least, mark.most))
            return replace(best, what=what)
        there = points * self.scheme.notes if result.notes else points
        least = there if result.status is Status.PRESENT else NOTHING
        most = {Status.PRESENT: there, Status.OPEN: points}.get(result.status, NOTHING)
        return Mark(what, least, most, points, f"{result.status.value}: {result.reason}", result.lines)

    def _of(self, statement: StatementReport, points: Fraction, method: Fraction) -> Mark:
        """The mark of one statement."""
        least, most, reason = self._judged(statement, points, method)
        right = statement.verdict in RIGHT and reason != REPEATS
        return Mark(statement.latex, least, most, points, reason, (statement.line,), right)

    def _judged(self, statement: StatementReport, points: Fraction, method: Fraction) -> tuple[Fraction, Fraction, str]:
        steps = statement.steps
        if self.quantities.says_nothing((statement.line, statement.column)):
            return NOTHING, NOTHING, REPEATS
        if all(step.verdict is Verdict.GIVEN for step in steps):
            return NOTHING, points, "a definition: only a reference tells whether it is the one meant"
        if statement.verdict is Verdict.WRONG:
            return self._wrong(steps, points, method)
        if statement.verdict in OPEN:
            told = "unclear" if statement.verdict is Verdict.UNCLEAR else "undecided"
            earned, said = _by_method(steps, points, method)
            return earned, points, f"{told}{said}: for a person"
        return self._right(steps, points)

    def _right(self, steps: Sequence[Step], points: Fraction) -> tuple[Fraction, Fraction, str]:
        notes = notes_on(steps, self.report)
        share = self.scheme.notes if notes else Fraction(1)
        told = "right, with a note: " + "; ".join(notes) if notes else "right"
        return share * points, share * points, told

    def _wrong(self, steps: Sequence[Step], points: Fraction, method: Fraction) -> tuple[Fraction, Fraction, str]:
        wrong = [step for step in steps if step.verdict is Verdict.WRONG]
        roots = sorted({step.follows_from for step in wrong if step.follows_from is not None})
        lost = [step for step in wrong if step.follows_from is None]
        follows = f"it follows from {self._lines(roots)}" if roots and not lost else ""
        earned, said = _by_method(steps, points, method)
        if follows and self.scheme.carry_forward:
            least = earned if any(step.verdict in OPEN for step in steps) else points
            return least, points, f"wrong, but {follows}: carried forward"
        most, _ = _by_method(steps, points, method, (*RIGHT, *OPEN))
        if follows:
            return earned, most, f"wrong{said}: {follows}"
        return earned, most, f"wrong{said}: {(lost or wrong)[0].headline}"

    def _lines(self, lines: Sequence[int]) -> str:
        labels = [self.report.label(line) for line in lines]
        return ("line " if len(labels) == 1 else "lines ") + ", ".join(dict.fromkeys(labels))


def _by_method(
    steps: Sequence[Step], points: Fraction, method: Fraction, counted: Sequence[Verdict] = RIGHT
) -> tuple[Fraction, str]:
    """The points of the right steps of a chain that is not right, and how this is said."""
    claimed = [step for step in steps if step.verdict is not Verdict.GIVEN]
    right = sum(step.verdict in counted for step in claimed)
    said = f", {right} of {len(claimed)} steps right" if len(claimed) > 1 else ""
    return min(points, method * right), said


def _what(item: Item) -> str:
    """What an item is for, in words."""
    if item.left is not None:
        return item.left
    if item.heading is not None:
        return " / ".join(item.heading)
    return f"line {item.line}" if item.line is not None else f"claim {item.claim}"
