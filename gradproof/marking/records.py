"""The records of marks: for one thing, a question, a sheet. Numbers are exact; JSON has them to six decimals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """The marks for one thing, at least and at most, of how many, why, and for which lines of the sheet."""

    what: str
    least: Fraction
    most: Fraction
    of: Fraction
    reason: str
    lines: tuple[int, ...] = ()
    right: bool = False

    def to_json(self) -> dict[str, Any]:
        numbers = {"least": number(self.least), "most": number(self.most), "of": number(self.of)}
        return {"for": self.what, **numbers, "reason": self.reason, "lines": list(self.lines)}


@dataclass(frozen=True, slots=True)
class QuestionMarks:
    """The marks of one question, rounded, and what they are made of."""

    name: str
    least: Fraction
    most: Fraction
    of: Fraction
    marks: tuple[Mark, ...]

    def to_json(self) -> dict[str, Any]:
        return {"question": self.name, **_range(self), "reasons": [mark.to_json() for mark in self.marks]}


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a sheet. ``least`` and ``most`` differ where something is left for a person to judge."""

    scheme: str
    title: str
    least: Fraction
    most: Fraction
    of: Fraction
    questions: tuple[QuestionMarks, ...]

    def to_json(self) -> dict[str, Any]:
        questions = [question.to_json() for question in self.questions]
        return {"scheme": self.scheme, "title": self.title, **_range(self), "questions": questions}


def _range(found: QuestionMarks | Marks) -> dict[str, Any]:
    settled = number(found.least) if found.least == found.most else None
    ends = {"least": number(found.least), "most": number(found.most), "of": number(found.of)}
    return {"marks": settled, **ends, "for_a_person": found.least != found.most}


def number(value: Fraction) -> int | float:
    """Marks as a number, to six decimals."""
    return int(value) if value.denominator == 1 else round(float(value), 6)
