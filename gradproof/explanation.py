"""How one line of a sheet was decided, in full."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

from derivations.errors import UsageError
from derivations.plain import plain
from derivations.report import Report, StatementReport, Step
from gradproof.text import environment

TEMPLATE = "explain.txt.j2"


def explained(report: Report, line: int) -> str:
    """Everything that is known of the steps of a line.

    Raises UsageError where no statement stands on it, with the nearest lines that have one.
    """
    statements = [x for x in report.statements if x.line <= line <= x.end_line]
    if not statements:
        near = sorted({x.line for x in report.statements}, key=lambda number: (abs(number - line), number))[:4]
        where = f"; there are some on lines {', '.join(map(str, sorted(near)))}" if near else ""
        raise UsageError(f"{report.sheet}: no formula stands on line {line}{where}")
    found = [_described(x, number, step) for x in statements for number, step in enumerate(x.steps, start=1)]
    context = {"sheet": report.sheet, "line": line, "conventions": report.conventions, "steps": found}
    return environment().get_template(TEMPLATE).render(context)


def _described(statement: StatementReport, number: int, step: Step) -> dict[str, Any]:
    left, right = (plain(side) for side in step.understood) if step.understood else ("", "")
    return {
        "latex": f"{step.lhs} {step.relation} {step.rhs}" if step.relation else statement.latex,
        "number": number if len(statement.steps) > 1 else 0,
        "step": step,
        "left": left,
        "right": right,
        "program": indent(step.counterexample.python, "    ") if step.counterexample else "",
    }


def with_programs(report: Report) -> str:
    """Every counterexample of a report as a program."""
    parts = []
    for statement in report.statements:
        for step in statement.steps:
            if step.counterexample is not None and step.counterexample.python:
                parts.append(f"\n# {Path(report.sheet).name}:{step.line}\n{step.counterexample.python}")
    return "".join(parts)
