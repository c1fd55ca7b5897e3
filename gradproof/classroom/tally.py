"""What there is to say of a class, counted over the records one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gradproof.classroom.outcome import plainly

BINS: Final = 10
LEAST_ALIKE: Final = 3
SHARE_ALIKE: Final = 0.05
"""A slip is unusual if no more sheets have it than LEAST_ALIKE, or than this share of the class."""
Record = Mapping[str, Any]


@dataclass(slots=True)
class Row:
    """One thing that was asked for or written, as it looks, and on how many sheets it was what."""

    latex: str
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Points:
    """The marks for one question over the class."""

    of: float
    sheets: int = 0
    least: float = 0.0
    most: float = 0.0
    full: int = 0
    none: int = 0
    open: int = 0


@dataclass(slots=True)
class Slip:
    """Slips of one code: how many, on how many sheets, and the first."""

    times: int = 0
    sheets: int = 0
    example: tuple[str, str] = ("", "")  # the student and the line


@dataclass(frozen=True, slots=True)
class Place:
    """Where a student wrote what others wrote alike."""

    student: str
    where: str
    formula: str


@dataclass(slots=True)
class Alike:
    """One slip as several students wrote it."""

    code: str
    expected: str | None
    places: list[Place] = field(default_factory=list)

    @property
    def students(self) -> list[str]:
        return list(dict.fromkeys(place.student for place in self.places))


@dataclass(slots=True)
class Tally:
    """The counts of one class."""

    marked: int = 0
    aside: list[tuple[str, str]] = field(default_factory=list)
    open: list[tuple[str, str]] = field(default_factory=list)
    totals: Counter[int] = field(default_factory=Counter)
    """Sheets by tenths of the marks, of those whose marks are settled."""
    questions: dict[str, Points] = field(default_factory=dict)
    results: dict[tuple[int, str], Row] = field(default_factory=dict)
    statements: dict[str, Row] = field(default_factory=dict)
    slips: dict[str, Slip] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    written_alike: dict[str, Alike] = field(default_factory=dict)

    @staticmethod
    def of(records: Iterable[Record]) -> Tally:
        """Count some records."""
        found = Tally()
        for record in records:
            found.add(record)
        return found

    def add(self, record: Record) -> None:
        """Count one more record."""
        if record["status"] == "aside":
            self.aside.append((record["student"], record["reason"]))
            return
        self.marked += 1
        self.verdicts.update(record["summary"])
        self._add_statements(record)
        self._add_slips(record)
        if record["marks"] is not None:
            self._add_marks(record["student"], record["marks"])
        for result in (record["against"] or {"results": ()})["results"]:
            row = self.results.setdefault((result["line"], result["latex"]), Row(result["latex"]))
            row.counts[result["status"]] += 1

    def _add_marks(self, student: str, marks: Record) -> None:
        if marks["marks"] is None:
            self.open.append((student, f"{marks['least']}–{marks['most']} of {marks['of']}"))
        elif marks["of"]:
            self.totals[min(BINS - 1, int(BINS * marks["marks"] / marks["of"]))] += 1
        for question in marks["questions"]:
            self._add_question(self.questions.setdefault(question["question"], Points(question["of"])), question)

    @staticmethod
    def _add_question(points: Points, question: Record) -> None:
        points.sheets += 1
        points.least += question["least"]
        points.most += question["most"]
        points.full += question["least"] == question["of"]
        points.none += question["most"] == 0
        points.open += question["marks"] is None

    def _add_statements(self, record: Record) -> None:
        """The claims of a sheet by their left sides: on how many sheets each is right, wrong or open."""
        worst: dict[str, str] = {}
        for statement in record["statements"]:
            left = plainly(statement["steps"][0]["lhs"]) if statement["steps"] else ""
            if statement["kind"] == "claim" and left:
                row = self.statements.setdefault(left, Row(statement["steps"][0]["lhs"]))
                worst[left] = max(worst.get(left, ""), STANDING[statement["verdict"]], key=ORDER.index)
                row.latex = min(row.latex, statement["steps"][0]["lhs"], key=lambda x: (len(x), x))
        for left, standing in worst.items():
            self.statements[left].counts[standing] += 1

    def _add_slips(self, record: Record) -> None:
        student = record["student"]
        for code in dict.fromkeys(slip["code"] for slip in record["slips"]):
            self.slips.setdefault(code, Slip()).sheets += 1
        for slip in record["slips"]:
            found = self.slips[slip["code"]]
            found.times += 1
            found.example = found.example if found.example[0] else (student, slip["where"])
            alike = self.written_alike.setdefault(slip["same"], Alike(slip["code"], slip["expected"]))
            formula = f"{slip['lhs']} {slip['relation']} {slip['rhs']}"
            alike.places.append(Place(student, slip["where"], formula))

    @property
    def unusual(self) -> list[Alike]:
        """Slips that several sheets have alike, and few: those that the fewest share first."""
        most = max(LEAST_ALIKE, int(SHARE_ALIKE * self.marked))
        found = [x for x in self.written_alike.values() if 2 <= len(x.students) <= most]
        return sorted(found, key=lambda x: (len(x.students), x.students, x.places[0].formula))


ORDER: Final = ("", "right", "open", "wrong")
"""What a sheet says of one quantity on several lines counts as the worst of it."""
STANDING: Final = {
    "given": "right", "proved": "right", "holds": "right", "undecided": "open", "unclear": "open", "wrong": "wrong",
}  # fmt: skip
