"""What a sheet leaves unsaid: reasons to call a step neither right nor wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.errors import SheetError
from derivations.induction import far_apart
from derivations.lengths import HABIT as LAST
from derivations.reading import surface as s
from derivations.world import MisfitError, World

if TYPE_CHECKING:
    from derivations.doubts import Case


def misfit_within(case: Case, near: set[str]) -> str:
    """Why a definition cannot be read: a number is added to what is a column, perhaps by habit alone."""
    families = case.sheet.knowledge.families
    for key in sorted(near & families.keys()):
        try:
            case.elaborator.elaborate(families[key].node, World())
        except MisfitError as error:
            return f"the shapes of the definition in line {families[key].line} do not fit: {error}"
        except SheetError:
            continue
    return ""


def power_of_a_matrix(case: Case) -> str:
    """The T of ``h_T = W^T h_0`` counts steps where the recurrence is linear."""
    knowledge, nodes = case.sheet.knowledge, [node for side in (case.left, case.right) for node in side.walk()]
    raised = [node for node in nodes if isinstance(node, s.Transposed) and node.letter]
    counted = any(isinstance(x, s.Symbol) and x.time is not None and x.time.symbol == LAST for x in nodes)
    if not raised or not counted or not far_apart(knowledge, case.left, case.right):
        return ""
    near = knowledge.reachable(case.left, case.right) & knowledge.families.keys()
    if any(isinstance(x, s.Call) for key in sorted(near) for x in knowledge.families[key].node.walk()):
        return ""
    return rf"{case.sheet.source.slice(raised[0].span)} may be a power; write \top for the transpose"
