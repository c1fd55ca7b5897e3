"""Every equation of an answer is proved as it is written, by the checker of sheets, before anybody sees it.

The checker reads the Markdown of the answer, with its definitions and declarations and nothing else; the engine that
derived the answer is not asked. ``witness`` compares every derivative with torch autograd and finite differences.
"""

from __future__ import annotations

from collections.abc import Iterable

from derivations.check import Options, Witness, check_sheet
from derivations.errors import GradproofError
from derivations.judge import TRANSPOSED
from derivations.reading.places import Source
from derivations.report import Report, StatementReport, Verdict, Witnesses
from derivations.solutions.document import Evidence, Sheet
from derivations.solutions.markdown import sheet_markdown

RIGHT = (Verdict.GIVEN, Verdict.PROVED)
SECONDS = 30.0
NUMERATOR = "layout: numerator"


class NotProvedError(GradproofError):
    """An equation of an answer that is not proved: ``latex`` is it, ``verdict`` what was found, ``why`` the reason."""

    def __init__(self, latex: str, verdict: str, why: str) -> None:
        super().__init__(f"{latex} is {verdict}, not proved{f': {why}' if why else ''}")
        self.latex, self.verdict, self.why = latex, verdict, why


def prove(sheet: Sheet, seed: int = 0, witness: Witness | None = None) -> Evidence:
    """Prove every claim of a sheet and compare every derivative of it.

    Raises NotProvedError for the first equation that is wrong, undecided or cannot be read, and InternalError where a
    witness contradicts a derivative.
    """
    turned = NUMERATOR in sheet.declarations
    options = Options(seed, SECONDS, strict=not turned)
    report = check_sheet(Source("the answer", sheet_markdown(sheet)), options, witness)
    for statement in report.statements:
        _require(statement, frozenset({TRANSPOSED}) if turned else frozenset())
    own = witness(sheet.derivatives, seed) if witness and sheet.derivatives else []
    return joined([_evidence(report), *map(_agreement, own)])


def _agreement(found: Witnesses | None) -> Evidence:
    """One derivative of an answer beside autograd. Raises NotProvedError where no point was found to compare it at."""
    if found is None:
        raise NotProvedError("a gradient of this answer", "not cross-checked", "no point was found to compare it at")
    return Evidence(witnessed=1, autograd=found.autograd, differences=found.finite_differences)


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
    )
