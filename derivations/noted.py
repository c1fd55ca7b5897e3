"""What a right statement is right with: the readings that it needs and that the sheet does not use throughout."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.alignment import TRANSPOSED
from derivations.report import Report, Step, Verdict

RIGHT = (Verdict.PROVED, Verdict.HOLDS)


def notes_on(steps: Sequence[Step], report: Report) -> tuple[str, ...]:
    """The notes on the right steps of a statement of a report, but for what are the sheet's own conventions."""
    own = {f"∂ {report.conventions.get('∂', '')}"}
    own |= {TRANSPOSED} if report.conventions.get("layout", "").startswith("transposed") else set()
    notes = (note for step in steps if step.verdict in RIGHT for note in step.reading)
    return tuple(note for note in dict.fromkeys(notes) if note not in own)
