"""The report on a checked sheet as a document: how it was read, the author's own text with every verdict in its
place, and the counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from derivations.given_gradients import UNDERSTOOD
from derivations.reading.documents import Kind
from derivations.reading.markdown import Block as Formula
from derivations.reading.places import Span
from derivations.report import Report, StatementReport, Step, Verdict, worst
from gradproof.rendering import model
from gradproof.rendering.katex import MathsError
from gradproof.rendering.latex_prose import latex_blocks
from gradproof.rendering.markdown_prose import markdown_blocks
from gradproof.rendering.marks import Mark, Marks, relation_before
from gradproof.rendering.maths import authored
from gradproof.rendering.model import (
    Blocks,
    Checked,
    Code,
    Display,
    Document,
    Facts,
    Inlines,
    Items,
    Listing,
    Maths,
    Note,
    Paragraph,
    Part,
    Statement,
    Table,
    Text,
    walk,
)
from gradproof.rendering.plain_prose import plain_blocks
from gradproof.rendering.prose import Embedded, in_order
from gradproof.reporting.findings import OPEN, Findings
from gradproof.reporting.formulas import Layout, layout_of
from gradproof.reporting.wording import formula, listed, symbol_name

MEANINGS = {
    "wrong": "different under every reading that fits: a certified counterexample, or shapes that cannot fit",
    "unclear": "not read whole: an unknown command, a stray brace; the place and what was expected",
    "undecided": "the budget ran out, or the sheet does not say enough",
    "holds": "equal at every point that was tried, at several sizes; no proof was found",
    "proved": "equal for all sizes and all values",
    "given": "a definition; only its shapes are checked",
}
"""Every verdict, the worst first."""
NAMELESS = rf"\{UNDERSTOOD.marks[0]}{{"
"""How the name of a loss begins that the sheet has no name for."""
READERS = {Kind.MARKDOWN: markdown_blocks, Kind.LATEX: latex_blocks, Kind.PLAIN: plain_blocks}


def report_document(report: Report) -> Document:
    """The report as a document."""
    return _Builder(report).document()


class _Builder:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.layout: Layout = layout_of(report)
        self.names = _anchors(report.statements)
        first: dict[int, str] = {}
        for statement, name in zip(report.statements, self.names, strict=True):
            for line in dict.fromkeys((statement.line, *(step.line for step in statement.steps))):
                first.setdefault(line, name)
        self.findings = Findings(report, first)

    def document(self) -> Document:
        sheet = self.sheet()
        parts = (*self.mend(), self.understood(), Part("sheet", (Text("The sheet"),), sheet))
        rest = self.elsewhere(sheet)
        title = (Text("Report on "), Text(PurePath(self.report.sheet).name))
        return Document(title, (*parts, *rest, self.counts()), self.headline(), name="report")

    # Before the sheet

    def headline(self) -> Inlines:
        """The counts in one line, the worst first."""
        found = [(name, count) for name in MEANINGS if (count := self.report.summary[name])]
        return tuple(x for name, count in found for x in (Text(f"{count} "), model.Verdict(name), Text(",  ")))[:-1]

    def mend(self) -> Iterator[Part]:
        """What there is to do, each with a link to its place."""
        for name, title, verdicts in TO_DO:
            steps = [x for x in self.steps() if x[1].verdict in verdicts and x[1].follows_from is None]
            if steps:
                yield Part(name, (Text(title),), (Items(tuple((Paragraph(self.entry(*x)),) for x in steps), 1),))

    def steps(self) -> Iterator[tuple[StatementReport, Step]]:
        return ((statement, step) for statement in self.report.statements for step in statement.steps)

    def entry(self, statement: StatementReport, step: Step) -> Inlines:
        words = self.findings.words(step.headline)
        count = len(set(self.findings.followers.get(step.line, []))) if step.verdict is Verdict.WRONG else 0
        more = f" (and {count} more {'lines' if count > 1 else 'line'} that follow from it)" if count else ""
        return (self.findings.linked(statement.line), Text(": "), *words, Text(more))

    def understood(self) -> Part:
        """The conventions that the sheet was read with, and its symbols by their shapes."""
        conventions = [(name, self.convention(name, value)) for name, value in self.report.conventions.items()]
        shapes: dict[str, list[Inlines]] = {}
        for symbol in (x for x in self.report.symbols if not x.name.startswith(NAMELESS)):
            shapes.setdefault("×".join(symbol.shape) or "scalar", []).append(symbol_name(symbol.name))
        symbols = [(shape, listed(found)) for shape, found in shapes.items()]
        blocks = tuple(Facts(tuple(entries)) for entries in (conventions, symbols) if entries)
        return Part("understood", (Text("How it was read"),), blocks)

    def convention(self, name: str, value: str) -> Inlines:
        ground = self.report.grounds.get(name)
        how = f" ({ground.text})" if ground and ground.text else ""
        return (*self.findings.words(value), *self.findings.words(how))

    # The sheet

    def sheet(self) -> Blocks:
        """The author's text with every formula in its place."""
        inside: list[list[Embedded]] = [[] for _ in self.layout.runs]
        for part in in_order(list(self.embedded())):
            inside[self.layout.run(part.span.start)].append(part)
        read = zip(self.layout.texts(), inside, strict=True)
        return tuple(block for (kind, text), parts in read for block in READERS[kind](text, parts))

    def embedded(self) -> Iterator[Embedded]:
        """The formulas, the declarations and the statements in words, each in its place."""
        spans = [*(block.outer for block in self.layout.blocks), *self.layout.declarations]
        inside: dict[Span, list[int]] = {}
        for k, statement in enumerate(self.report.statements):
            offset = self.layout.offset(statement.line, statement.column)
            if offset is not None:
                inside.setdefault(_around(spans, offset), []).append(k)
        for block in self.layout.blocks:
            yield self.formula(block, inside.pop(block.outer, []))
        for span in self.layout.declarations:
            yield self.declared(span, inside.pop(span, []))
        for span, words in inside.items():
            yield Embedded(span, statements=tuple(map(self.statement, words)), notes=self.notes(words))
        yield from (Embedded(span) for span in self.layout.hidden)
        yield from self.cells()

    def declared(self, span: Span, statements: list[int]) -> Embedded:
        note = Note("note", (Text("Declared"),), (Listing(self.raw(span), "Declarations"),))
        return Embedded(span, blocks=self.checked((note,), statements))

    def cells(self) -> Iterator[Embedded]:
        """The numbers of the cells of a notebook, where they begin."""
        for line, number in self.report.cells:
            offset = self.layout.offset(line, 1)
            if offset is not None:
                yield Embedded(Span(offset, offset), blocks=(Note("cell", (Text(f"Cell {number}"),), ()),))

    def formula(self, block: Formula, statements: list[int]) -> Embedded:
        """A formula with the verdicts on its statements; definitions within a line need no words."""
        shown = self.maths(block, statements)
        if block.display:
            blocks: Blocks = (Display(shown),) if isinstance(shown, Maths) else (Listing(shown.text, "Formula"),)
            return Embedded(block.outer, blocks=self.checked(blocks, statements))
        told = [k for k in statements if self.report.statements[k].verdict is not Verdict.GIVEN]
        return Embedded(block.outer, (shown,), (), tuple(map(self.statement, told)), self.notes(told))

    def checked(self, blocks: Blocks, statements: list[int]) -> Blocks:
        """Blocks with the verdicts on the statements in them, if there are any."""
        if not statements:
            return blocks
        return (
            Checked(self.worst(statements), blocks, tuple(map(self.statement, statements)), self.notes(statements)),
        )

    def maths(self, block: Formula, statements: list[int]) -> Maths | Code:
        """A formula as it is typeset; one that cannot be, as it stands in the file."""
        try:
            if not block.closed or block.reason:
                raise MathsError(block.reason)
            marks = self.marks(block, statements)
            return authored(block.text, block.span.start, self.layout.macros(block), marks, display=block.display)
        except MathsError:
            return Code(self.raw(block.outer))

    def raw(self, span: Span) -> str:
        return self.layout.source.slice(span).replace("\r\n", "\n")

    def marks(self, block: Formula, statements: list[int]) -> Marks:
        relations: dict[int, Mark] = {}
        slips = []
        for statement in (self.report.statements[k] for k in statements):
            for number, step in enumerate(statement.steps, start=1):
                place = self.relation(block, step)
                if place is not None and step.verdict is not Verdict.GIVEN:
                    relations[place] = Mark(step.verdict.value, number if len(statement.steps) > 1 else 0)
                slips += self.slip(step)
        return Marks(relations, tuple(slips))

    def relation(self, block: Formula, step: Step) -> int | None:
        start = self.layout.offset(step.line, step.column)
        return start and relation_before(block.text, block.span.start, self.layout.macros(block), start)

    def slip(self, step: Step) -> list[tuple[int, int]]:
        """The places of what a repair replaces."""
        edits = () if step.repair is None else step.repair.edits
        starts = [(edit, self.layout.offset(edit.line, edit.column)) for edit in edits if edit.old]
        return [(start, start + len(edit.old)) for edit, start in starts if start is not None]

    def statement(self, k: int) -> Statement:
        statement = self.report.statements[k]
        place = self.findings.place(statement.line)
        remarks, proof = self.findings.remarks(statement), self.findings.proof(statement)
        return Statement(self.names[k], statement.verdict.value, place, remarks, proof)

    def notes(self, statements: list[int]) -> Blocks:
        return tuple(note for k in statements for note in self.findings.notes(self.report.statements[k]))

    def worst(self, statements: list[int]) -> str:
        return worst([self.report.statements[k].verdict for k in statements]).value

    # Behind it

    def elsewhere(self, sheet: Blocks) -> Iterator[Part]:
        """Statements that have no place in the text: nothing that was found is lost."""
        placed = {part.anchor for part in walk(sheet) if isinstance(part, Statement)}
        lost = [k for k, name in enumerate(self.names) if name not in placed and self.must_be_told(k)]
        if lost:
            yield Part("elsewhere", (Text("Elsewhere in the files"),), tuple(map(self.lone, lost)))

    def must_be_told(self, k: int) -> bool:
        """Whether a statement is no mere definition within a line, which stands there without a verdict."""
        statement = self.report.statements[k]
        offset = self.layout.offset(statement.line, statement.column)
        if statement.verdict is not Verdict.GIVEN or offset is None:
            return True
        return not any(x.outer.start <= offset < x.outer.end for x in self.layout.blocks if not x.display)

    def lone(self, k: int) -> Checked:
        statement = self.report.statements[k]
        shown: Blocks = (Paragraph((formula(statement.latex),)),)
        return Checked(statement.verdict.value, shown, (self.statement(k),), self.notes([k]))

    def counts(self) -> Part:
        """How many statements got each verdict, and what it means."""
        header = ((Text("verdict"),), (Text("statements"),), (Text("means"),))
        rows = [
            ((model.Verdict(name),), (Text(str(self.report.summary[name])),), (Text(meaning),))
            for name, meaning in MEANINGS.items()
        ]
        seed = Paragraph((Text(f"Seed {self.report.seed}. The same sheet and seed give the same report."),))
        return Part("counts", (Text("Counts"),), (Table(header, tuple(rows), wide=True), seed))


TO_DO = (
    ("mend", "What to mend", (Verdict.WRONG,)),
    ("open", "What is open", tuple(verdict for verdict in OPEN if verdict is not Verdict.WRONG)),
)


def _around(spans: list[Span], offset: int) -> Span:
    """The span that an offset is in; an empty one there where it is in none."""
    return next((span for span in spans if span.start <= offset < max(span.end, span.start + 1)), Span(offset, offset))


def _anchors(statements: list[StatementReport]) -> list[str]:
    """A name for every statement that links can lead to: its line, and a number where several stand on one."""
    seen: dict[int, int] = {}
    found = []
    for statement in statements:
        seen[statement.line] = count = seen.get(statement.line, 0) + 1
        found.append(f"line-{statement.line}" + (f"-{count}" if count > 1 else ""))
    return found
