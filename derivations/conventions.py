"""The conventions of a sheet: what ∂ means and how gradients are laid out, chosen once from what the sheet does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from derivations.alignment import TRANSPOSED
from derivations.entries import Sheet
from derivations.judge import SENSES, Judgement
from derivations.latex import written_size
from derivations.names import readable
from derivations.reading.clauses import SIGNS
from derivations.report import Ground, Step, Verdict
from derivations.senses import MODES, Attempt
from derivations.terms import Term, shape_text
from derivations.world import Mode

MOST_WRITTEN = 300

HEADLINES = {
    Verdict.WRONG: ("unequal", "the two sides of this step are not equal"),
    Verdict.UNDECIDED: ("undecided", "this step could not be decided"),
    Verdict.UNCLEAR: ("unclear", "this step could not be read"),
}


HABIT = "the habit of the field"
LAYOUTS = {
    "": "",
    "numerator": "numerator: rows as what is differentiated",
    "denominator": "denominator: rows as what it is differentiated by",
}
WRITTEN = {name: sign for sign, name in reversed(SIGNS.items())}


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the sheet takes ∂ to mean, and whether its gradients are shaped like the parameter or transposed."""

    mode: Mode = Mode.TOTAL
    transposed: bool = False
    derivatives: bool = False
    grounds: dict[str, str] = field(default_factory=dict)

    def described(self, sheet: Sheet) -> dict[str, str]:
        """One line for each convention, for the top of the report."""
        found = {
            "vectors": "none: scalars only" if sheet.scalars_only else "rows" if sheet.knowledge.rows else "columns"
        }
        if self.derivatives:
            found["∂"] = self.mode.value
            found["layout"] = LAYOUTS[sheet.settings.value("layout")] or (
                "transposed to the parameter" if self.transposed else "a gradient has the shape of its parameter"
            )
        for sign, meaning in sheet.settings.signs.items():
            found[WRITTEN[sign]] = meaning
        return found | sheet.conventions

    def grounds_of(self, sheet: Sheet) -> dict[str, Ground]:
        """Where every convention that is described comes from."""
        settings, found = sheet.settings, dict[str, Ground]()
        for name in self.described(sheet):
            key = {"∂": "partial"}.get(name) or next((k for k, text in WRITTEN.items() if text == name), name)
            if key in settings.settings:
                found[name] = Ground(True, f"declared on {settings.where(key)}")
            else:
                ground = "the sheet's use of it" if name in sheet.conventions else _vectors_from(sheet)
                said = name == "vectors" and sheet.scalars_only and sheet.said_scalar is not None
                found[name] = Ground(said, self.grounds.get(name) or ground)
        return found

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
        step.sides = _shown(attempt)
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
        self._say_why(step, found)
        step.why = "; ".join(filter(None, (step.why, found.otherwise)))

    def _say_why(self, step: Step, found: Judgement) -> None:
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
            step.sides = _shown(found.best)


def _shown(attempt: Attempt) -> tuple[Term, Term] | None:
    """Both sides as they were understood; None where they would be long."""
    sides = attempt.left, attempt.right
    return None if any(written_size(side, {}) > MOST_WRITTEN for side in sides) else sides


def _is_matrix(attempt: Attempt) -> bool:
    return attempt.left.rank == 2 and attempt.left.shape[0] != attempt.left.shape[1]


def choose(judgements: Sequence[Judgement], sheet: Sheet) -> Conventions:
    """The conventions that are declared, else those under which most steps are right.

    Where they tie, those under which most are proved, and then the plainest.
    """
    right = [found.right for found in judgements if found.derivative and found.right]
    votes = {mode: sum(mode in found for found in right) for mode in MODES}
    proofs = {mode: sum(mode in x and x[mode][1].verdict is Verdict.PROVED for x in right) for mode in MODES}
    modes = SENSES[sheet.settings.value("partial")]
    mode = modes[0] if modes != MODES else max(MODES, key=lambda m: (votes[m], proofs[m], -MODES.index(m)))
    layouts = [next(iter(found.values()))[0] for found in right]
    matrices = [TRANSPOSED in attempt.readings for attempt in layouts if _is_matrix(attempt)]
    transposed = sum(matrices) * 2 > len(matrices) and not sheet.settings.value("layout")
    grounds = {
        "∂": f"guessed: {votes[mode]} of {len(right)} right derivatives are right so" if right else HABIT,
        "layout": f"guessed from {len(matrices)} gradients by matrices" if matrices else HABIT,
    }
    return Conventions(mode, transposed, any(found.derivative for found in judgements), grounds)


def _vectors_from(sheet: Sheet) -> str:
    """What tells whether vectors are rows."""
    if sheet.scalars_only and sheet.said_scalar is not None:
        return f"said on {sheet.source.where(sheet.said_scalar.start)}"
    if sheet.scalars_only:
        return "guessed: nothing on the sheet has a shape"
    if sheet.knowledge.rows:
        return "guessed from the definitions, which multiply vectors by matrices from the right"
    return "guessed: no definition multiplies vectors by matrices from the right"
