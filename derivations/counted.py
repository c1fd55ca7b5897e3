"""Counts that a sheet states, beside those of its reference: “the LSTM has 6,272 parameters”, ``n = 9 ⇒ 90``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derivations.comparison import Result, Status
from derivations.entries import Entry
from derivations.quantities import Quantities, subjects
from derivations.reading import surface as s
from derivations.report import Report, StatementReport, Verdict

RIGHT = (Verdict.PROVED, Verdict.HOLDS)


@dataclass(frozen=True, slots=True)
class Counted:
    """A count: of what, for which sizes, the number, and what was found of it."""

    of: str
    value: str
    found: StatementReport


def counts(sheet: Quantities, report: Report) -> list[Counted]:
    """The counts that a sheet states, in its order."""
    places = {(x.line, x.column): x for x in report.statements}
    found = ((entry, places.get(sheet.place_of(entry.sentence))) for entry in sheet.sheet.entries)
    return [Counted(*_read(entry, sheet), x) for entry, x in found if entry.kind == "count" and x is not None]


def _read(entry: Entry, sheet: Quantities) -> tuple[str, str]:
    """What is counted, for which sizes, and the number."""
    spoken = entry.spoken
    if spoken is not None:
        options = sorted(spoken.given.items()), sorted(spoken.letters), spoken.only_weights, spoken.library
        return f"{spoken.layer} {options}", str(spoken.claimed)
    value = entry.sentence.items[0] if isinstance(entry.sentence, s.Statement) else None
    of = subjects(entry.about, sheet.sheet.knowledge) if entry.about is not None else ()
    number = str(value.value) if isinstance(value, s.Number) else ""
    return f"{of} {sorted(entry.sizes.items())}", number


def counted(reference: list[Counted], own: list[Counted]) -> Iterator[Result]:
    """Which right counts of a reference a sheet has."""
    for asked in reference:
        if asked.found.verdict in RIGHT:
            about = [x for x in own if x.of == asked.of]
            status, reason = _status(asked, about)
            places = tuple((x.found.line, x.found.column) for x in about)
            yield Result(asked.found.line, asked.found.latex, status, reason, places, (asked.of,))


def _status(asked: Counted, about: list[Counted]) -> tuple[Status, str]:
    if not about:
        return Status.MISSING, "no statement of the sheet is about it"
    where = ", ".join(str(x.found.line) for x in about)
    right = [x.found.verdict in RIGHT and x.value == asked.value for x in about]
    if all(right):
        return Status.PRESENT, f"line {where}"
    if all(x.found.verdict is Verdict.WRONG for x in about):
        return Status.WRONG, f"line {where} is wrong"
    return Status.OPEN, f"line {where} has another number, or one that could not be settled"
