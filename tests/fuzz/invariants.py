"""What must be true of every report, whatever the input."""

from __future__ import annotations

import re
from random import Random

from derivations.check import Options, check_sheet
from derivations.errors import GradproofError, InternalError
from derivations.reading.places import Source
from derivations.report import Report, StatementReport, Verdict
from fuzz.inputs import Input
from gradproof.sheets import decode

RIGHT = (Verdict.GIVEN, Verdict.PROVED, Verdict.HOLDS)
FOREIGN = r"\foreign "
"""A command that no table knows: wherever it stands in a formula, the statement has not been understood."""
CERTIFIED = ("shapes", "scalar-only")


def checked(item: Input, options: Options) -> Report | None:
    """The report, or None where the file is refused with a message. Any other exception is a defect."""
    try:
        source = decode(item.name, item.text.encode("utf-8", "surrogatepass"))
        return check_sheet(source, options)
    except InternalError:
        raise
    except GradproofError as error:
        if not str(error):
            raise AssertionError("refused without a reason") from error
        return None


def complaints(report: Report) -> list[str]:
    """What is wrong with a report by itself: places outside the file, a ``wrong`` without its reason."""
    lines = report.text.count("\n") + 1
    found = []
    for statement in report.statements:
        if not 1 <= statement.line <= statement.end_line <= lines + 1:
            found.append(f"a place outside the file: {statement.line}–{statement.end_line} of {lines}")
        found += [f"line {step.line}: wrong without a certificate: {step.headline}" for step in statement.steps
                  if step.verdict is Verdict.WRONG and not certified(step)]  # fmt: skip
    return found


def certified(step: object) -> bool:
    return bool(
        getattr(step, "counterexample", None) or getattr(step, "code", "") or getattr(step, "follows_from", None)
    )


def planted(source: Source, statement: StatementReport, random: Random) -> str | None:
    """The sheet with a foreign command at a random place of a statement; None where none fits."""
    start = source.text.find(statement.latex)
    if start < 0 or source.text.count(statement.latex) != 1 or "\\text" in statement.latex or "%" in statement.latex:
        return None
    behind = re.finditer(r"\\[a-zA-Z]+ *", statement.latex)
    swallowed = {match.end() for match in behind}  # a macro may drop what follows it
    places = [i for i, letter in enumerate(statement.latex) if letter in "+=)(" and i not in swallowed]
    if not places:
        return None
    at = start + random.choice(places)
    return source.text[:at] + FOREIGN + source.text[at:]


def half_read(report: Report) -> list[str]:
    """Statements that are right although they hold the foreign command."""
    return [f"line {s.line}: {s.verdict.value}: {s.latex}" for s in report.statements
            if FOREIGN.strip() in s.latex and s.verdict in RIGHT]  # fmt: skip


def plant(item: Input, report: Report, options: Options, random: Random) -> list[str]:
    """Put a foreign command into one of the right statements of a report and look whether it is noticed."""
    right = [s for s in report.statements if s.verdict in RIGHT]
    if not right or item.name.endswith(".ipynb"):
        return []
    text = planted(Source(item.name, report.text), random.choice(right), random)
    again = checked(Input(item.kind, item.name, text), options) if text else None
    return half_read(again) if again else []
