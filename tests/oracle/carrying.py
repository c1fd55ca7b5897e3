"""Sheets of :mod:`oracle.carried` put before the checker: is every line told for what it is?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derivations.alignment import TRANSPOSED
from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.report import Report, Step, Verdict
from oracle.carried import Sheet

OPTIONS = Options()
RIGHT = (Verdict.PROVED, Verdict.HOLDS)


@dataclass(frozen=True, slots=True)
class Told:
    """One line: its number, what it is and what the checker says, both in words of :func:`oracle.carried.truth`."""

    line: int
    truth: str
    found: str

    @property
    def kind(self) -> str:
        """``as it is``, what went wrong by :data:`KINDS`, or ``open``."""
        truth, found = self.truth.split()[0], self.found.split()[0]
        if self.truth == self.found:
            return "as it is"
        return KINDS.get((truth, found), "open")


KINDS = {
    ("own", "transposed"): "right in the other layout, and said to be",
    ("own", "follows"): "excused",
    ("follows", "own"): "not said to follow",
    ("follows", "follows"): "another root",
    ("own", "right"): "accepted",
    ("follows", "right"): "accepted",
    ("right", "own"): "rejected",
    ("right", "follows"): "rejected",
}


def put(sheet: Sheet) -> list[Told]:
    """The claimed lines of a sheet as the checker finds them."""
    return compared(sheet, check_sheet(Source("sheet.md", sheet.text), OPTIONS))


def compared(sheet: Sheet, report: Report) -> list[Told]:
    found = {statement.line: statement.steps[-1] for statement in report.statements}
    words = [_word(found[place], sheet.places) for place in sheet.places]
    return [Told(*x) for x in zip(sheet.places, sheet.told, words, strict=True)]


def _word(step: Step, places: Sequence[int]) -> str:
    if step.verdict in RIGHT:
        return "transposed" if TRANSPOSED in step.reading else "right"
    if step.verdict is not Verdict.WRONG:
        return step.verdict.value
    return "own" if step.follows_from is None else f"follows {places.index(step.follows_from)}"
