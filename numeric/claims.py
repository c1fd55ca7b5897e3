"""Every derivative claim of a sheet with the figures of both witnesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from derivations.check import Derivation, Options, check_sheet
from derivations.errors import UsageError
from derivations.reading.places import Source
from derivations.report import StatementReport, Step, Verdict, Witnesses
from derivations.terms import Term
from numeric.agreement import CrossCheck, Error, Outcome, Row
from numeric.derived import AUTOGRAD, PLAN, Plan, check_term
from numeric.witness import Claim, witness_all

OUTCOMES = {
    Verdict.PROVED: Outcome.AGREES,
    Verdict.HOLDS: Outcome.AGREES,
    Verdict.WRONG: Outcome.WRONG,
}


@dataclass(frozen=True, slots=True)
class Figures(Witnesses):
    """What the report keeps of a derivative, and the row of its own comparison."""

    row: Row | None = None


def check_claims(source: Source, plan: Plan = PLAN, time_limit: float = 10.0) -> CrossCheck:
    """One row for every step that claims a derivative: the verdict of the sheet, the figures of the derivative.

    Raises UsageError where the sheet claims none, and InternalError where a witness contradicts what was derived.
    """
    report = check_sheet(source, Options(plan.seed, time_limit), partial(_figures, plan))
    rows = [
        _row(step, statement)
        for statement in report.statements
        for step in statement.steps
        if step.verdict is not Verdict.GIVEN and (step.witnesses is not None or _speaks_of_a_derivative(step))
    ]
    if not rows:
        raise UsageError(
            f"{source.name}: no derivative is claimed; write one such as $\\frac{{\\partial L}}{{\\partial W}} = …$"
        )
    return CrossCheck(source.name, rows, (AUTOGRAD,), plan.settings)


def _speaks_of_a_derivative(step: Step) -> bool:
    return any(mark in step.lhs for mark in (r"\partial", r"\nabla", r"\frac{d", "∂", "∇"))


def _figures(plan: Plan, derivations: Sequence[Derivation], seed: int) -> list[Witnesses | None]:
    """The errors that the report wants, each with the convergence of its difference quotients."""
    found = witness_all([Claim(*derivation) for derivation in derivations], seed)
    return [None if w is None else _figured(w, *d, plan) for w, d in zip(found, derivations, strict=True)]


def _figured(errors: Witnesses, output: Term, by: Term, jacobian: Term, plan: Plan) -> Figures:
    try:
        rows = check_term(output, by=[by], plan=plan).rows
    except UsageError:  # no point was found; the errors alone remain
        rows = []
    return Figures(errors.autograd, errors.finite_differences, rows[0] if rows else None)


def _row(step: Step, statement: StatementReport) -> Row:
    found = step.witnesses
    own = found.row if isinstance(found, Figures) else None
    absolute = own.errors[AUTOGRAD].absolute if own else float("nan")
    errors = {} if found is None else {AUTOGRAD: Error(absolute, found.autograd)}
    outcome = OUTCOMES.get(step.verdict, Outcome.UNDECIDED)
    claim = " ".join(f"{step.lhs} {step.relation} {step.rhs}".split())
    row = Row(claim, "claim", own.shape if own else (), outcome, _message(step), errors)
    row.differences, row.line = own.differences if own else None, step.line
    return row


def _message(step: Step) -> str:
    if step.verdict is Verdict.WRONG:
        return f"{step.headline or 'the claim is wrong'}{_mended(step)}"
    return f"{step.verdict.value}{': ' + step.why if step.why else ''}"


def _mended(step: Step) -> str:
    if step.repair and step.repair.old:
        return f"; write {step.repair.new} for {step.repair.old}"
    return f"; it is {step.expected}" if step.expected else ""
