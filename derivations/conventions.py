"""The conventions of a sheet: what ∂ means and how gradients are laid out, chosen once from what the sheet does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derivations.judge import MODES, TRANSPOSED, Attempt, Judgement
from derivations.latex import Printer, written_size
from derivations.names import readable
from derivations.report import Step, Verdict
from derivations.sheet import Sheet
from derivations.terms import shape_text
from derivations.world import Mode

MOST_WRITTEN = 300

HEADLINES = {
    Verdict.WRONG: ("unequal", "the two sides of this step are not equal"),
    Verdict.UNDECIDED: ("undecided", "this step could not be decided"),
    Verdict.UNCLEAR: ("unclear", "this step could not be read"),
}


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the sheet takes ∂ to mean, and whether its gradients are shaped like the parameter or transposed."""

    mode: Mode = Mode.TOTAL
    transposed: bool = False
    derivatives: bool = False

    def described(self, sheet: Sheet) -> dict[str, str]:
        """One line for each convention, for the top of the report."""
        found = {
            "vectors": "none: scalars only" if sheet.scalars_only else "rows" if sheet.knowledge.rows else "columns"
        }
        if self.derivatives:
            found["∂"] = self.mode.value
            found["layout"] = (
                "transposed to the parameter" if self.transposed else "a gradient has the shape of its parameter"
            )
        return found | sheet.conventions

    def pick(self, found: Judgement) -> tuple[Mode, bool]:
        """The sense of ∂ under which a right step is taken, and whether that departs from the sheet's own."""
        mode = self.mode if found.derivative else Mode.TOTAL
        if mode in found.right:
            return mode, False
        mode = next(mode for mode in MODES if mode in found.right)
        return mode, mode is not Mode.SUMMED  # inside a sum over time a derivative by a parameter is immediate

    def settle(self, step: Step, found: Judgement, strict: bool) -> None:
        """Write the verdict of a judgement, under these conventions, into a step."""
        if not found.right:
            self._not_right(step, found)
            return
        mode, departs = self.pick(found)
        attempt, decision = found.right[mode]
        step.verdict, step.why, step.log = decision.verdict, readable(decision.why), list(decision.log)
        step.conditions = list(decision.conditions)
        step.understood = _written(attempt)
        step.reading = self.readings(attempt, found)
        if strict and (departs or self._stretched(attempt, found)):
            step.verdict, step.code = Verdict.WRONG, "departs"
            step.headline = "right only under a reading that departs from the conventions of the sheet"

    def _stretched(self, attempt: Attempt, found: Judgement) -> bool:
        """Whether a step is right only in shorthand, or in another layout than the rest of the sheet."""
        if attempt.readings - {TRANSPOSED}:
            return True
        matrix = found.derivative and attempt.left.rank == 2
        return matrix and (TRANSPOSED in attempt.readings) != self.transposed

    def readings(self, attempt: Attempt, found: Judgement) -> list[str]:
        """What a reader must know to agree: the sense of ∂ where it matters, readings of products and layout."""
        readings = sorted(attempt.readings)
        total = found.right.get(Mode.TOTAL)
        matters = found.derivative and (total is None or total[0].left is not attempt.left)
        if attempt.mode is not Mode.TOTAL and matters:
            readings.insert(0, f"∂ {attempt.mode.value}")
        return readings

    def _not_right(self, step: Step, found: Judgement) -> None:
        step.verdict = found.verdict
        step.code, step.headline = HEADLINES.get(step.verdict, ("", ""))
        step.shapes = found.shapes
        if found.unclear is not None:
            expected = found.unclear.expected
            step.headline, step.why = str(found.unclear), f"expected {expected}" if expected else ""
        elif found.decision is not None:
            step.why, step.counterexample = readable(found.decision.why), found.decision.counterexample
            step.log = list(found.decision.log)
        elif found.misfit is not None:
            step.code, step.headline, step.why = "shapes", "the shapes of this step do not fit", str(found.misfit)
        if found.best is not None:
            step.reading = sorted(found.best.readings)
            step.shapes = (shape_text(found.best.left.shape),) * 2
            step.understood = _written(found.best)


def _written(attempt: Attempt) -> tuple[str, str] | None:
    """Both sides as they were understood; None where they would be long."""
    if any(written_size(side, {}) > MOST_WRITTEN for side in (attempt.left, attempt.right)):
        return None
    printer = Printer({})
    return readable(printer.latex(attempt.left)), readable(printer.latex(attempt.right))


def _is_matrix(attempt: Attempt) -> bool:
    return attempt.left.rank == 2 and attempt.left.shape[0] != attempt.left.shape[1]


def choose(judgements: Sequence[Judgement]) -> Conventions:
    """The conventions under which most steps of the sheet are right; the plainest where there is a tie."""
    right = [found.right for found in judgements if found.derivative and found.right]
    votes = {mode: sum(mode in found for found in right) for mode in MODES}
    mode = max(MODES, key=lambda m: (votes[m], -MODES.index(m)))
    layouts = [next(iter(found.values()))[0] for found in right]
    matrices = [TRANSPOSED in attempt.readings for attempt in layouts if _is_matrix(attempt)]
    return Conventions(mode, sum(matrices) * 2 > len(matrices), any(found.derivative for found in judgements))
