"""What is said of the proofs at the end of a solution sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from derivations.solutions.document import Evidence
    from gradproof.solving.solution import Solution


ROUNDING: Final = 1e-16
"""What an error of zero is told as: float64 tells no smaller ones."""


def evidence_text(solution: Solution) -> str:
    """How many equations were proved and cross-checked, by what, with which seed."""
    found = solution.evidence
    said = [f"Every equation of the answers was proved before it was printed: {found.proved} steps"]
    if found.witnessed:
        several = "derivatives agree" if found.witnessed > 1 else "derivative agrees"
        ours, theirs = (f"{max(error, ROUNDING):.0e}" for error in (found.autograd, found.differences))
        agreed = f"{found.witnessed} {several} with torch autograd (relative error at most {ours})"
        said.append(f"{agreed} and with finite differences ({theirs})")
    layout = "a gradient has the shape of its parameter" if solution.layout == "denominator" else "numerator layout"
    return f"{'; '.join(said)}. Notation: {solution.notation.name}; {layout}; seed {solution.seed}."


def conditions_text(found: Evidence) -> list[str]:
    """Where an answer holds, in one line of plain text; nothing where it holds everywhere."""
    from derivations.plain import plain

    return [f"This holds {', and '.join(map(plain, found.conditions))}."] if found.conditions else []
