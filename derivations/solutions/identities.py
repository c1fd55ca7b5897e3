"""The answer to ``identity``: an equation that a person gives, proved, with the rules of its proof."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.check import Options, check_sheet
from derivations.errors import UsageError
from derivations.reading.places import Source
from derivations.report import Verdict
from derivations.solutions.document import Block, Chain, Equations, Items, Line, Paragraph, Sheet, Text, named, text
from derivations.solutions.markdown import sheet_markdown

RELATION = " = "


def identity_answer(formula: str, given: Sequence[str], declared: Sequence[str], seed: int) -> Sheet:
    """A chain of equations under definitions and declarations of the question.

    Raises UsageError for what is no equation. Whether it holds is for :mod:`derivations.solutions.proving` to say.
    """
    sides = split_equation(formula)
    definitions = [split_equation(line) for line in given]
    rows = tuple((left, RELATION.join(rest)) for left, *rest in definitions)
    chain = Chain(sides[0], tuple(Line(side) for side in sides[1:]))
    told: list[Block] = [Paragraph(text("Given:")), Equations(rows)] if rows else []
    blocks: tuple[Block, ...] = (
        *told,
        Paragraph(text("To prove:" if rows else "Proved for all sizes and values:")),
        chain,
    )
    sheet = Sheet(blocks, tuple(declared))
    rules = _rules(sheet, seed)
    said: list[Block] = [
        Paragraph(text("The proof brings both sides to one normal form, by these rules:")),
        Items(rules),
    ]
    return Sheet((*blocks, *(said if rules else [])), tuple(declared))


def split_equation(formula: str) -> list[str]:
    """The sides of a chain of equations. Raises UsageError where there is only one, or one is empty."""
    sides, depth, start = [], 0, 0
    for place, letter in enumerate(formula):
        depth += (letter in "({[") - (letter in ")}]")
        if letter == "=" and depth == 0:
            sides.append(formula[start:place].strip())
            start = place + 1
    sides.append(formula[start:].strip())
    if len(sides) < 2 or not all(sides):
        raise UsageError(f"{formula or 'nothing'} is no equation; write both sides with = between them")
    return sides


def _rules(sheet: Sheet, seed: int) -> tuple[Text, ...]:
    """The rules that the proofs of the steps used, each once, in order."""
    report = check_sheet(Source("the identity", sheet_markdown(sheet)), Options(seed))
    steps = [step for statement in report.statements for step in statement.steps if step.verdict is Verdict.PROVED]
    return tuple(named(rule) for rule in dict.fromkeys(rule for step in steps for rule in step.log))
