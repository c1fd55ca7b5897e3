"""Vectors that stand as rows among columns, because the line that defines them writes a row: ``z = x^T W``.

Whether such a name is meant as a row, or is a column written loosely, only its uses tell, so that a sheet is checked
under both; each name is one of the two on the whole sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from derivations.component_names import has_components
from derivations.errors import SheetError
from derivations.infer import Inference
from derivations.products import Form
from derivations.reading import surface as s
from derivations.report import Report, StatementReport, Step, Verdict, worst

MOST_ROUNDS = 6
EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
FAVOURABLE = (Verdict.PROVED, Verdict.HOLDS)
EITHER = "it hangs on whether a vector that is defined as a row is read as a row or as a column"


def written_as_rows(inference: Inference, statements: Sequence[s.Statement]) -> Mapping[str, bool]:
    """The names of vectors that every line which defines them writes as a row; empty where vectors are rows anyway."""
    if inference.rows or inference.scalars_only:
        return {}
    before = inference.standing
    found: Mapping[str, bool] = {}
    try:
        for _ in range(MOST_ROUNDS):
            known, found = found, _rows(inference, statements)
            if found == known:
                break
            inference.standing = {**found, **before}
    finally:
        inference.standing = before
    return {key: row for key, row in found.items() if key not in before}


def _rows(inference: Inference, statements: Sequence[s.Statement]) -> Mapping[str, bool]:
    seen: dict[str, set[bool]] = {}
    for statement in statements:
        first = statement.items[0]
        if isinstance(first, s.Symbol) and not first.component and inference.rank(inference.names.ref(first).key) == 1:
            forms = (_form(inference, item) for item in _equated(statement))
            rows = {form.row for form in forms if form is not None and len(form.shape) == 1 and not form.gradient}
            seen.setdefault(inference.names.ref(first).key, set()).update(rows)
    return {key: True for key, rows in seen.items() if rows == {True}}


def _equated(statement: s.Statement) -> Sequence[s.Node]:
    """What a line equates its first item with, directly or in a chain."""
    count = len(list(takewhile(lambda link: link.relation in EQUATING, statement.links)))
    return [item for item in statement.items[1 : count + 1] if not has_components(item)]


def _form(inference: Inference, node: s.Node) -> Form | None:
    try:
        return inference.ranked_form(node)
    except SheetError:
        return None


def better(plain: Report, other: Report) -> Report:
    """The report under which more statements are right, the plain one where they tie.

    What it calls wrong stays open if the other one calls it right or, where they tie, does not call it wrong as well.
    """
    gain = _right(other) - _right(plain)
    best, worse = (other, plain) if gain > 0 else (plain, other)
    for statement, twin in zip(best.statements, worse.statements, strict=True):
        for step, under in zip(statement.steps, twin.steps, strict=True):
            contradicted = under.verdict in FAVOURABLE or (gain == 0 and under.verdict is not Verdict.WRONG)
            if step.verdict is Verdict.WRONG and contradicted:
                _leave_open(statement, step)
    return best


def _right(report: Report) -> int:
    return sum(statement.verdict in (*FAVOURABLE, Verdict.GIVEN) for statement in report.statements)


def _leave_open(statement: StatementReport, step: Step) -> None:
    step.verdict, step.code, step.headline = Verdict.UNDECIDED, "undecided", "this step could not be decided"
    step.why, step.counterexample, step.repair, step.expected, step.log = EITHER, None, None, None, []
    statement.verdict = worst([x.verdict for x in statement.steps])
