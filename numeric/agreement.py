"""What a cross-check found: rows of figures, each with an outcome in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from derivations.evaluate import Array

if TYPE_CHECKING:
    from numeric.differences import Convergence


class Outcome(Enum):
    """What is known of a gradient, from best to worst."""

    AGREES = "agrees"
    UNDECIDED = "undecided"
    WRONG = "wrong"

    @property
    def rank(self) -> int:
        return list(Outcome).index(self)


@dataclass(frozen=True, slots=True)
class Error:
    """The largest difference between two arrays, absolute and relative to the largest entry of either."""

    absolute: float
    relative: float

    @classmethod
    def between(cls, ours: Array, theirs: Array, floor: float = 0.0) -> Error:
        """Arrays of one shape; relative to ``floor`` where that is larger. Not a number counts as infinite."""
        if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
            return cls(float("inf"), float("inf"))
        absolute = float(np.abs(ours - theirs).max(initial=0.0))
        scale = max(floor, *(float(np.abs(x).max(initial=0.0)) for x in (ours, theirs)))
        return cls(absolute, absolute / scale if absolute else 0.0)

    def to_json(self) -> dict[str, float | None]:
        return {"absolute": _finite(self.absolute), "relative": _finite(self.relative)}


def _finite(x: float) -> float | None:
    """JSON knows no infinity."""
    return x if isfinite(x) else None


@dataclass(slots=True)
class Row:
    """One gradient: by which variable, against which references.

    ``kind`` is ``parameter``, ``state``, ``input`` or ``claim``; ``errors`` has one entry for each reference in the
    columns of the :class:`CrossCheck`; ``entry`` is the worst one with the values claimed and expected there.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    outcome: Outcome
    message: str
    errors: dict[str, Error] = field(default_factory=dict)
    differences: Convergence | None = None
    entry: tuple[tuple[int, ...], float, float] | None = None
    notes: list[str] = field(default_factory=list)
    line: int | None = None

    def __str__(self) -> str:
        notes = "".join(f"\n  note: {note}" for note in self.notes)
        said = self.message if self.message.startswith(self.outcome.value) else f"{self.outcome.value}: {self.message}"
        return f"{self.name}: {said}{notes}"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "line": self.line,
            "shape": list(self.shape),
            "outcome": self.outcome.value,
            "message": self.message,
            "errors": {name: error.to_json() for name, error in self.errors.items()},
            "differences": None if self.differences is None else self.differences.to_json(),
            "entry": None if self.entry is None else _entry_json(*self.entry),
            "notes": self.notes,
        }


def _entry_json(index: tuple[int, ...], claimed: float, expected: float) -> dict[str, Any]:
    return {"index": list(index), "claimed": _finite(claimed), "expected": _finite(expected)}


@dataclass(slots=True)
class CrossCheck:
    """All rows of one cross-check. ``settings`` says how it was made; ``columns`` names the exact references."""

    subject: str
    rows: list[Row]
    columns: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every gradient agrees with every reference."""
        return bool(self.rows) and all(row.outcome is Outcome.AGREES for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 all agree, 1 a disagreement, 3 something undecided and no disagreement."""
        outcomes = {row.outcome for row in self.rows}
        return 1 if Outcome.WRONG in outcomes else 0 if self.ok else 3

    @property
    def summary(self) -> dict[str, int]:
        return {outcome.value: sum(row.outcome is outcome for row in self.rows) for outcome in Outcome}

    def verdict(self) -> str:
        """One line."""
        if not self.rows:
            return f"{self.subject}: there was nothing to compare"
        if self.ok:
            return f"{self.subject}: {self._counted(len(self.rows))}, all agree"
        counts = ", ".join(f"{count} {name}" for name, count in self.summary.items() if count)
        return f"{self.subject}: {self._counted(len(self.rows))}: {counts}"

    @staticmethod
    def _counted(rows: int) -> str:
        return f"{rows} gradient{'' if rows == 1 else 's'}"

    def __str__(self) -> str:
        return "\n".join([self.verdict(), *map(str, self.rows)])

    def to_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "subject": self.subject,
            "settings": dict(self.settings),
            "references": list(self.columns),
            "rows": [row.to_json() for row in self.rows],
            "summary": self.summary,
            "ok": self.ok,
        }
