"""Reports as SARIF 2.1.0, the static analysis results interchange format (OASIS standard, errata 01).

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from derivations.errors import GradproofError
from derivations.report import Report, Verdict
from derivations.slips import TABLE, Slip
from gradproof import __version__
from gradproof.formats.findings import Edit, Finding, Region, findings, whereabouts
from gradproof.text import clean

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {Verdict.WRONG: "error", Verdict.UNDECIDED: "note", Verdict.UNCLEAR: "note"}
INDEX: Final = {slip.code: number for number, slip in enumerate(TABLE)}
Record = dict[str, Any]


def document(reports: Iterable[tuple[str, Report]], failed: Sequence[tuple[str, GradproofError]] = ()) -> Record:
    """The log of one run: a result for every step that is wrong, undecided or unclear.

    ``reports`` are the names of files, as they were called for, with what was found; ``failed`` are those that could
    not be used, which become notifications of the run.
    """
    results = [_result(name, finding) for name, report in reports for finding in findings(report)]
    driver = {"name": "gradproof", "version": __version__, "rules": [_rule(slip) for slip in TABLE]}
    invocation: Record = {"executionSuccessful": not failed}
    if failed:
        invocation["toolExecutionNotifications"] = [_notification(name, error) for name, error in failed]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def text(reports: Sequence[tuple[str, Report]], failed: Sequence[tuple[str, GradproofError]] = ()) -> str:
    """The log as JSON text."""
    return json.dumps(document(reports, failed), indent=2, ensure_ascii=False) + "\n"


def uri(name: str) -> str:
    """A file as a URI: relative as it was called for, percent-encoded, with slashes; absolute ones as ``file:``."""
    path = PurePath(name)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


def _message(*lines: str) -> Record:
    """Words in which no brace begins a placeholder (§3.11.5) and no bracket a link (§3.11.6)."""
    words = "\n".join(map(clean, lines))
    return {"text": words.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _rule(slip: Slip) -> Record:
    examples = [f"{name}: {text}" for name, text in (("wrong", slip.wrong), ("right", slip.right)) if text]
    return {
        "id": slip.code,
        "shortDescription": _message(slip.title),
        "fullDescription": _message(slip.rule),
        "help": _message(slip.rule, *examples, f"source: {slip.source}"),
    }


def _result(name: str, finding: Finding) -> Record:
    step, at = finding.step, partial(_location, name, finding.report)
    found: Record = {
        "ruleId": finding.code,
        "level": LEVELS[step.verdict],
        "message": _message(finding.headline, *finding.facts),
        "locations": [at(finding.region)],
    }
    if finding.code in INDEX:
        found["ruleIndex"] = INDEX[finding.code]
    if finding.related:
        found["relatedLocations"] = [{**at(region), "message": _message(words)} for region, words in finding.related]
    if finding.edit is not None:
        found["fixes"] = [_fix(name, finding.edit)]
    return {**found, "properties": {"verdict": step.verdict.value, "step": f"{step.lhs} {step.relation} {step.rhs}"}}


def _location(name: str, report: Report, region: Region) -> Record:
    """A place; in a notebook the cell and its line, for the lines of the file itself are those of JSON."""
    declared, there = whereabouts(report, region)
    artifact = {"uri": uri(name if declared is None else declared)}
    cell = report.cell(region.line)
    if cell is not None and region.line <= report.text.count("\n") + 1:
        logical = {"name": f"cell {cell[0]}", "fullyQualifiedName": f"cell {cell[0]}, line {cell[1]}"}
        return {"physicalLocation": {"artifactLocation": artifact}, "logicalLocations": [logical]}
    return {"physicalLocation": {"artifactLocation": artifact, "region": _region(there)}}


def _region(region: Region) -> Record:
    keys = ("startLine", "startColumn", "endLine", "endColumn")
    return dict(zip(keys, (region.line, region.column, region.end_line, region.end_column), strict=True))


def _fix(name: str, edit: Edit) -> Record:
    replacement = {"deletedRegion": _region(edit.region), "insertedContent": {"text": edit.text}}
    change = {"artifactLocation": {"uri": uri(name)}, "replacements": [replacement]}
    return {"description": _message(edit.title), "artifactChanges": [change]}


def _notification(name: str, error: GradproofError) -> Record:
    at = {"physicalLocation": {"artifactLocation": {"uri": uri(name)}}}
    return {"level": "error", "message": _message(str(error)), "locations": [at]}
