"""A solution as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.solutions.markdown import sheet_markdown
from gradproof.solving.evidence import evidence_text
from gradproof.solving.questions import Prose

if TYPE_CHECKING:
    from gradproof.solving.solution import Answered, Solution


def solution_markdown(solution: Solution) -> str:
    """Prose as written and answers in order; what was proved stands at the end."""
    parts = [part.markdown if isinstance(part, Prose) else _answer(part) for part in solution.parts]
    return "\n\n".join([*parts, "---", evidence_text(solution)]) + "\n"


def _answer(answer: Answered) -> str:
    return "\n\n".join(["**Solution.**", *(sheet_markdown(sheet).strip("\n") for sheet in answer.sheets)])
