"""A question sheet answered: every answer proved and cross-checked before it is part of the solution."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derivations.errors import GradproofError, UsageError
from gradproof.solving.kinds import KINDS, Setting
from gradproof.solving.questions import Prose, Question, QuestionSheet, read_questions

if TYPE_CHECKING:
    from derivations.backprop import Layout
    from derivations.check import Witness
    from derivations.reading.places import Source
    from derivations.solutions.document import Evidence, Figure, Sheet
    from derivations.solutions.notation import Notation


class NotAnsweredError(GradproofError):
    """An equation of an answer was not proved, so that there is no solution: the message says which and where."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer and what was proved of it."""

    question: Question
    sheets: tuple[Sheet, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Solution:
    """A solution sheet: the instructor's prose and the answers in order."""

    name: str
    title: str
    notation: Notation
    layout: str
    seed: int
    parts: tuple[Prose | Answered, ...] = field(default_factory=tuple)

    @property
    def answers(self) -> list[Answered]:
        """The answers in order."""
        return [part for part in self.parts if isinstance(part, Answered)]

    @property
    def figures(self) -> list[Figure]:
        """The figures of all answers, in order."""
        from derivations.solutions.document import Figure

        blocks = [block for answer in self.answers for sheet in answer.sheets for block in sheet.blocks]
        return [block for block in blocks if isinstance(block, Figure)]

    @property
    def evidence(self) -> Evidence:
        """What was proved and cross-checked altogether."""
        from derivations.solutions.proving import joined

        return joined(answer.evidence for answer in self.answers)

    def to_markdown(self) -> str:
        """The whole sheet as Markdown; ``gradproof check`` reads every answer as a sheet of its own."""
        from gradproof.solving.markdown import solution_markdown

        return solution_markdown(self)

    def to_json(self) -> dict[str, Any]:
        """What was answered and proved, for machines."""
        return {
            "version": 1,
            "sheet": self.name,
            "title": self.title,
            "notation": self.notation.name,
            "layout": self.layout,
            "seed": self.seed,
            "answers": [_record(answer) for answer in self.answers],
            "evidence": _evidence_record(self.evidence),
        }


def _record(answer: Answered) -> dict[str, Any]:
    from derivations.solutions.markdown import markdown

    question = answer.question
    return {
        "line": question.line,
        "kind": question.kind,
        "subject": question.subject,
        "answer": "\n".join(markdown(sheet.blocks) for sheet in answer.sheets),
        "evidence": _evidence_record(answer.evidence),
    }


def _evidence_record(found: Evidence) -> dict[str, Any]:
    return {
        "proved": found.proved,
        "given": found.given,
        "cross_checked": found.witnessed,
        "autograd": found.autograd,
        "finite_differences": found.differences,
    }


def answer_sheet(
    source: Source,
    notation: Notation,
    layout: Layout = "denominator",
    seed: int = 0,
    witness: Witness | None = None,
    only: int | None = None,
) -> Solution:
    """Answer every question of a sheet, or the one on a line.

    Raises UsageError for a sheet or a question that cannot be used, NotAnsweredError where an equation is not proved.
    """
    sheet = read_questions(source, {kind: row.keys for kind, row in KINDS.items()})
    setting = Setting(notation, layout, source, Path(source.name).parent, seed)
    parts = [part if isinstance(part, Prose) else _answered(part, setting, witness) for part in _wanted(sheet, only)]
    return Solution(source.name, sheet.title, notation, layout, seed, tuple(parts))


def _wanted(sheet: QuestionSheet, only: int | None) -> list[Prose | Question]:
    if only is None:
        return sheet.parts
    found: list[Prose | Question] = [x for x in sheet.questions if x.line == only]
    if not found:
        lines = ", ".join(str(x.line) for x in sheet.questions)
        raise UsageError(f"{sheet.name}: no question begins on line {only}; they begin on {lines}")
    return found


def _answered(question: Question, setting: Setting, witness: Witness | None) -> Answered:
    from derivations.solutions.proving import NotProvedError, joined, prove

    try:
        sheets = KINDS[question.kind].answer(question, setting)
    except UsageError as error:
        place = f"{question.sheet}:{question.line}: "
        raise error if str(error).startswith(place) else question.refusal(str(error)) from error
    except ValueError as error:
        raise question.refusal(str(error)) from error
    try:
        evidence = joined([prove(sheet, setting.seed, witness) for sheet in sheets])
    except NotProvedError as error:
        raise NotAnsweredError(f"{question.sheet}:{question.line}: {question.kind}: {error}") from error
    return Answered(question, sheets, evidence)
