"""What is said of the proofs at the end of a solution sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivations.solutions.document import Evidence
    from gradproof.solving.solution import Solution


def evidence_text(solution: Solution) -> str:
    """How many equations were proved and cross-checked, by what, with which seed."""
    found = solution.evidence
    said = [f"Every equation of the answers was proved before it was printed: {found.proved} steps"]
    if found.witnessed:
        said.append(
            f"{found.witnessed} derivatives agree with torch autograd (relative error at most {found.autograd:.0e}) "
            f"and with finite differences ({found.differences:.0e})"
        )
    layout = "a gradient has the shape of its parameter" if solution.layout == "denominator" else "numerator layout"
    return f"{'; '.join(said)}. Notation: {solution.notation.name}; {layout}; seed {solution.seed}."


def conditions_text(found: Evidence) -> list[str]:
    """Where an answer holds, in one line of plain text; nothing where it holds everywhere."""
    from derivations.plain import plain

    return [f"This holds {', and '.join(map(plain, found.conditions))}."] if found.conditions else []
