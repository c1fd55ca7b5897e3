"""Reports as JUnit XML: a suite for every sheet, a case for every statement.

A wrong statement is a failure. One that is undecided or unclear is skipped, for it neither passed nor failed. A file
that could not be used is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from derivations.errors import GradproofError
from derivations.report import Report, StatementReport, Verdict
from gradproof.formats.findings import Finding, findings_of, place
from gradproof.text import clean

FORBIDDEN: Final = re.compile("[\ufffe\uffff]")
"""What no XML document may hold (https://www.w3.org/TR/xml/#charsets), beside the control characters."""
OUTCOMES: Final = {Verdict.WRONG: "failure", Verdict.UNDECIDED: "skipped", Verdict.UNCLEAR: "skipped"}
TOTALS: Final = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def document(reports: Iterable[tuple[str, Report]], failed: Sequence[tuple[str, GradproofError]] = ()) -> str:
    """The XML text; ``reports`` and ``failed`` are as in :func:`gradproof.formats.sarif.document`."""
    root = Element("testsuites", name="gradproof")
    for name, report in reports:
        suite = SubElement(root, "testsuite", name=_legal(name))
        for statement in report.statements:
            _case(suite, name, report, statement)
        _count(suite)
    for name, error in failed:
        suite = SubElement(root, "testsuite", name=_legal(name))
        case = SubElement(suite, "testcase", classname=_legal(name), name="read", file=_legal(name))
        SubElement(case, "error", type=type(error).__name__, message=_legal(str(error)))
        _count(suite)
    _count(root)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, name: str, report: Report, statement: StatementReport) -> None:
    title = _legal(f"{place(report, statement.line)}: {statement.latex}")
    file, line = report.file(statement.line) or (name, statement.line)
    case = SubElement(suite, "testcase", classname=_legal(name), name=title, file=_legal(file))
    if not report.cells:
        case.set("line", str(line))
    said = findings_of(report, statement)
    worst = [finding for finding in said if finding.step.verdict is statement.verdict]
    if worst:
        outcome = SubElement(case, OUTCOMES[statement.verdict], type=worst[0].code, message=_words(worst[0]))
        outcome.text = "\n".join(line for finding in said for line in _lines(finding))


def _words(finding: Finding) -> str:
    return _legal(f"{finding.step.verdict.value}: {finding.headline}")


def _lines(finding: Finding) -> list[str]:
    at = finding.region
    where = f"{_legal(place(finding.report, at.line))}, column {at.column}"
    return [f"{where}: {_words(finding)}", *(f"  {_legal(fact)}" for fact in finding.facts)]


def _count(element: Element) -> None:
    for attribute, tag in TOTALS.items():
        element.set(attribute, str(sum(1 for _ in element.iter(tag))))


def _legal(text: str) -> str:
    """Text without what XML forbids: control characters and halves of characters made visible, the rest replaced."""
    return FORBIDDEN.sub("\ufffd", clean(text))


text = document
"""The same, under the name that every format has."""
