"""The records of a comparison with a reference. Keys of the JSON may be added, never renamed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Status(Enum):
    """What is known of a result of the reference: whether the sheet has it."""

    PRESENT = "present"
    WRONG = "wrong"
    MISSING = "missing"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Result:
    """A result that must appear: its line in the reference, whether the sheet has it and why it is thought so.

    ``places`` are the lines and columns of the sheet's statements about the same quantity; ``keys`` the quantities, in
    the reference's names; ``notes`` say with which readings it is right, where all lines that have it need one;
    ``where`` is the line as the author of the reference counts it.
    """

    line: int
    latex: str
    status: Status
    reason: str
    places: tuple[tuple[int, int], ...] = ()
    keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    where: str = ""

    @property
    def lines(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(line for line, _ in self.places))

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "latex": self.latex,
            "status": self.status.value,
            "reason": self.reason,
            "lines": list(self.lines),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of the sheet by which names of the reference may mean something else, and which names."""

    line: int
    latex: str
    names: tuple[str, ...]
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "latex": self.latex, "names": list(self.names), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a sheet has of a reference.

    ``passed_over`` are lines of the reference that are not right themselves, with their verdicts; ``notes`` say which
    names could not be taken for others, and why nothing could be compared.
    """

    reference: str
    results: tuple[Result, ...]
    differences: tuple[Difference, ...] = ()
    passed_over: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> dict[str, int]:
        return {status.value: sum(x.status is status for x in self.results) for status in Status}

    @property
    def exit_code(self) -> int:
        """0 all results there; 1 one of them missing or wrong; 3 one of them open."""
        counts = self.summary
        return 1 if counts["missing"] or counts["wrong"] else 3 if counts["open"] else 0

    def to_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference,
            "results": [x.to_json() for x in self.results],
            "differences": [x.to_json() for x in self.differences],
            "passed_over": [{"line": line, "verdict": verdict} for line, verdict in self.passed_over],
            "notes": list(self.notes),
            "summary": self.summary,
        }
