"""A solution as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from derivations.solutions.markdown import sheet_markdown
from gradproof.solving.evidence import conditions_text, evidence_text
from gradproof.solving.questions import Prose

SHEET: Final = "<!-- gradproof sheet{} -->"

if TYPE_CHECKING:
    from gradproof.solving.solution import Answered, Solution


def solution_markdown(solution: Solution) -> str:
    """Prose as written and answers in order; what was proved stands at the end."""
    parts = [part.markdown if isinstance(part, Prose) else _answer(part) for part in solution.parts]
    return "\n\n".join([*parts, "---", evidence_text(solution)]) + "\n"


def _answer(answer: Answered) -> str:
    """An answer is a sheet of its own, or several, so that its names mean what it says; then the prose goes on."""
    sheets = [
        f"{SHEET.format(f' answer-{answer.question.line}-{k}')}\n\n{sheet_markdown(sheet).strip(chr(10))}"
        for k, sheet in enumerate(answer.sheets, start=1)
    ]
    return "\n\n".join(["**Solution.**", *sheets, *conditions_text(answer.evidence), SHEET.format("")])
