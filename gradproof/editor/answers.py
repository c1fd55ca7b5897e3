"""What an editor shows of a report: diagnostics, quick fixes, and what stands behind a step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lsprotocol import types as lsp

from derivations.errors import GradproofError
from derivations.plain import plain
from derivations.report import Report, StatementReport, Step, Verdict
from derivations.slips import SLIPS
from gradproof.editor.documents import Document
from gradproof.formats.findings import OPEN, Finding, Region, findings, whereabouts
from gradproof.outcome import said
from gradproof.text import counterexample_text, environment, help_of

NAME: Final = "gradproof"
HOVER: Final = "hover.txt.j2"
SEVERITIES: Final = {
    Verdict.WRONG: lsp.DiagnosticSeverity.Error,
    Verdict.UNCLEAR: lsp.DiagnosticSeverity.Warning,
    Verdict.UNDECIDED: lsp.DiagnosticSeverity.Information,
}


@dataclass(frozen=True)
class Checked:
    """A document with the report on it."""

    document: Document
    report: Report

    def diagnostics(self, related: bool) -> list[lsp.Diagnostic]:
        """One for every step that is not right; other lines are linked where the client shows such links."""
        return [self._diagnostic(finding, related) for finding in findings(self.report)]

    def _diagnostic(self, finding: Finding, related: bool) -> lsp.Diagnostic:
        told = [] if related else [f"{words}: {self._line(region)}" for region, words in finding.related]
        return lsp.Diagnostic(
            range=self.document.range(finding.region),
            severity=_severity(finding.step),
            code=finding.code,
            source=NAME,
            message="\n".join([finding.headline, *finding.facts, *told]),
            related_information=[self._linked(region, words) for region, words in finding.related] if related else None,
        )

    def _line(self, region: Region) -> str:
        return f"line {self.report.label(region.line)}"

    def _linked(self, region: Region, words: str) -> lsp.DiagnosticRelatedInformation:
        declared, there = whereabouts(self.report, region)
        if declared is None:
            return lsp.DiagnosticRelatedInformation(lsp.Location(self.document.uri, self.document.range(region)), words)
        line = lsp.Position(there.line - 1, 0)
        return lsp.DiagnosticRelatedInformation(
            lsp.Location(Path(declared).resolve().as_uri(), lsp.Range(line, line)), words
        )

    def fixes(self, asked: lsp.Range, versioned: bool, related: bool) -> Iterator[lsp.CodeAction]:
        """The repairs of the steps that a range touches, as edits of this very version of the document."""
        for finding in findings(self.report):
            edit, diagnostic = finding.edit, self._diagnostic(finding, related)
            if edit is None or not _touch(asked, diagnostic.range):
                continue
            change = lsp.TextEdit(self.document.range(edit.region), edit.text)
            yield lsp.CodeAction(
                title=re.sub(" +", " ", edit.title),
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[diagnostic],
                is_preferred=True,
                edit=self._workspace_edit(change, versioned),
            )

    def _workspace_edit(self, change: lsp.TextEdit, versioned: bool) -> lsp.WorkspaceEdit:
        if not versioned:
            return lsp.WorkspaceEdit(changes={self.document.uri: [change]})
        whose = lsp.OptionalVersionedTextDocumentIdentifier(self.document.uri, self.document.version)
        return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(whose, [change])])

    def hover(self, position: lsp.Position, markdown: bool) -> lsp.Hover | None:
        """What is known of the step at a position: how it was read and decided, what is expected, the rule."""
        offset = self.document.offset(position)
        for statement, number, step in self._steps():
            region = _extent(statement, number)
            start, end = (self.document.offset(x) for x in _ends(self.document.range(region)))
            if start <= offset < end:
                return lsp.Hover(_content(self._told(statement, number, step), markdown), self.document.range(region))
        return None

    def _steps(self) -> Iterator[tuple[StatementReport, int, Step]]:
        last = self.report.text.count("\n") + 1
        for statement in self.report.statements:
            if statement.line <= last:
                yield from ((statement, k, step) for k, step in enumerate(statement.steps))

    def _told(self, statement: StatementReport, number: int, step: Step) -> str:
        open_step = step.verdict in OPEN
        finding = Finding(self.report, statement, step)
        context = {
            "step": step,
            "number": number + 1 if len(statement.steps) > 1 else 0,
            "headline": finding.headline if open_step else "",
            "sides": [plain(side) for side in step.understood or ()],
            "counterexample": counterexample_text(step.counterexample) if step.counterexample else "",
            "repair": help_of(step),
            "shape": statement.shape,
            "conventions": self.report.conventions,
            "slip": SLIPS.get(finding.code) if open_step and step.follows_from is None else None,
        }
        return environment().get_template(HOVER).render(context)


def trouble(error: GradproofError) -> lsp.Diagnostic:
    """What is the matter with a whole document."""
    start = lsp.Position(0, 0)
    message = said(error)
    return lsp.Diagnostic(lsp.Range(start, start), message, severity=lsp.DiagnosticSeverity.Error, source=NAME)


def _severity(step: Step) -> lsp.DiagnosticSeverity:
    """What only follows from another slip is a warning, so that root causes stand out."""
    return SEVERITIES[step.verdict] if step.follows_from is None else lsp.DiagnosticSeverity.Warning


def _extent(statement: StatementReport, number: int) -> Region:
    """Where a step stands: from the end of the one before it to the end of its right side."""
    step = statement.steps[number]
    before = statement.steps[number - 1] if number else None
    start = (before.end_line, before.end_column) if before else (statement.line, statement.column)
    first = min(start, (step.line, step.column))
    return Region(*first, *max((step.end_line, step.end_column), (first[0], first[1] + 1)))


def _ends(found: lsp.Range) -> Sequence[lsp.Position]:
    return found.start, found.end


def _touch(one: lsp.Range, other: lsp.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _content(text: str, markdown: bool) -> lsp.MarkupContent:
    """The words as they are; in Markdown between fences, where LaTeX cannot be taken for markup."""
    if not markdown:
        return lsp.MarkupContent(lsp.MarkupKind.PlainText, text)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return lsp.MarkupContent(lsp.MarkupKind.Markdown, f"{fence}text\n{text.rstrip()}\n{fence}")
