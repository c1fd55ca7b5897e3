"""Every equation of an answer is proved as it is written, by the checker of sheets, before anybody sees it.

The checker reads the Markdown of the answer, with its definitions and declarations and nothing else; the engine that
derived the answer is not asked. ``witness`` compares every derivative with torch autograd and finite differences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from derivations.alignment import TRANSPOSED
from derivations.check import Options, Witness, check_sheet
from derivations.errors import GradproofError
from derivations.reading.places import Source
from derivations.report import Report, StatementReport, Verdict, Witnesses
from derivations.solutions.document import Block, Chain, Equations, Evidence, Prose, Sheet
from derivations.solutions.markdown import block_lines, sheet_markdown

RIGHT = (Verdict.GIVEN, Verdict.PROVED)
SECONDS = 30.0
CONDITION = re.compile(r"(?:^|; )((?:provided that|wherever) [^;]+)")
"""What the reason of a verdict says of where it holds."""
NUMERATOR = "layout: numerator"


class NotProvedError(GradproofError):
    """An equation of an answer that is not proved: ``latex`` is it, ``verdict`` what was found, ``why`` the reason."""

    def __init__(self, latex: str, verdict: str, why: str) -> None:
        super().__init__(f"{latex} is {verdict}, not proved{f': {why}' if why else ''}")
        self.latex, self.verdict, self.why = latex, verdict, why


def prove(sheet: Sheet, seed: int = 0, witness: Witness | None = None) -> Evidence:
    """Prove every claim of a sheet and compare every derivative of it.

    Raises NotProvedError for the first equation that is wrong, undecided or cannot be read (in a person's own words
    only for what is wrong), and InternalError where a witness contradicts a derivative.
    """
    if any(isinstance(block, Prose) for block in sheet.blocks):
        return _not_wrong(sheet, seed, witness)
    turned = NUMERATOR in sheet.declarations
    options = Options(seed, SECONDS, strict=not turned)
    report = check_sheet(Source("the answer", sheet_markdown(sheet)), options, witness)
    for statement in report.statements:
        _require(statement, frozenset({TRANSPOSED}) if turned else frozenset())
    for block, lines in block_lines(sheet):
        _require_all(block, [x for x in report.statements if x.line in lines])
    own = witness(sheet.derivatives, seed) if witness and sheet.derivatives else []
    return joined([_evidence(report), *map(_agreement, own)])


def _require_all(block: Block, found: list[StatementReport]) -> None:
    """No line of a chain has been taken for a definition or passed over; every equation has been read."""
    if isinstance(block, Chain):
        proved = sum(step.verdict is Verdict.PROVED for statement in found for step in statement.steps)
        if proved != len(block.lines):
            raise NotProvedError(f"{block.left} = {block.lines[0].right}", "not a claim to the checker", "")
    if isinstance(block, Equations) and len(found) != len(block.rows):
        raise NotProvedError(" = ".join(block.rows[0]), "not read as an equation by the checker", "")


def _agreement(found: Witnesses | None) -> Evidence:
    """One derivative of an answer beside autograd. Raises NotProvedError where no point was found to compare it at."""
    if found is None:
        raise NotProvedError("a gradient of this answer", "not cross-checked", "no point was found to compare it at")
    return Evidence(witnessed=1, autograd=found.autograd, differences=found.finite_differences)


def _not_wrong(sheet: Sheet, seed: int, witness: Witness | None) -> Evidence:
    """A person's own words may hold what cannot be read or decided, but nothing wrong; nothing of them is counted."""
    for statement in check_sheet(
        Source("the answer", sheet_markdown(sheet)), Options(seed, SECONDS), witness
    ).statements:
        if statement.verdict is Verdict.WRONG:
            raise NotProvedError(" ".join(statement.latex.split()), "wrong", "")
    return Evidence()


def _require(statement: StatementReport, allowed: frozenset[str]) -> None:
    """Every step is right, and as it stands: under no reading that a reader would have to think of."""
    for step in statement.steps:
        equation = " ".join((f"{step.lhs} {step.relation} {step.rhs}" if step.rhs else statement.latex).split())
        if step.verdict not in RIGHT:
            raise NotProvedError(equation, step.verdict.value, step.why or step.headline)
        stretched = [x for x in step.reading if x not in allowed and not x.startswith("∂ ")]
        if stretched:
            raise NotProvedError(equation, "right only as read", ", ".join(stretched))
    if statement.verdict not in RIGHT:
        raise NotProvedError(" ".join(statement.latex.split()), statement.verdict.value, "")


def _evidence(report: Report) -> Evidence:
    steps = [step for statement in report.statements for step in statement.steps]
    seen = [step.witnesses for step in steps if step.witnesses is not None]
    return Evidence(
        proved=sum(step.verdict is Verdict.PROVED for step in steps),
        given=sum(statement.verdict is Verdict.GIVEN for statement in report.statements),
        witnessed=len(seen),
        autograd=max((x.autograd for x in seen), default=0.0),
        differences=max((x.finite_differences for x in seen), default=0.0),
        conditions=tuple(dict.fromkeys(condition for step in steps for condition in CONDITION.findall(step.why))),
    )


def joined(found: Iterable[Evidence]) -> Evidence:
    """What was proved of several answers together."""
    every = list(found)
    return Evidence(
        sum(x.proved for x in every),
        sum(x.given for x in every),
        sum(x.witnessed for x in every),
        max((x.autograd for x in every), default=0.0),
        max((x.differences for x in every), default=0.0),
        tuple(dict.fromkeys(condition for x in every for condition in x.conditions)),
    )
