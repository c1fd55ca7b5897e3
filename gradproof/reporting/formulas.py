"""Where the formulas of a sheet stand, as they were read when it was checked, and what of it is not for the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from derivations.reading.comments import without
from derivations.reading.documents import Kind, find_comments, kind_of
from derivations.reading.latex_document import LatexDocument
from derivations.reading.macros import Macros, blanked, find_definitions
from derivations.reading.markdown import Block, code_lines, find_blocks
from derivations.reading.places import Source, Span
from derivations.reading.plain import find_lines
from derivations.report import Report

HTML_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Layout:
    """The formulas of a sheet, the commands defined in it, its declarations and what no reader of it sees."""

    source: Source
    kind: Kind
    blocks: list[Block]
    macros: Macros
    declarations: list[Span]
    hidden: list[Span]

    @cached_property
    def starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.source.text))]

    def offset(self, line: int, column: int) -> int | None:
        """The offset of a place; None where it is not in the sheet but in declarations that came with it."""
        return self.starts[line - 1] + column - 1 if line <= len(self.starts) else None


def layout_of(report: Report) -> Layout:
    """The layout of the sheet that a report is on."""
    source = Source(report.sheet, report.text, report.cells, files=report.files)
    kind = kind_of(source)
    declarations = [comment.outer for comment in find_comments(source)]
    if kind is Kind.LATEX:
        return _of_latex(source, declarations)
    read = without(source, find_comments(source))
    blocks = find_lines(read) if kind is Kind.PLAIN else find_blocks(read)
    definitions = [] if kind is Kind.PLAIN else [x for b in blocks for x in find_definitions(b.text, b.span.start)]
    spans = [definition.span for definition in definitions]
    blocks = [replace(block, text=_without(block, spans)) for block in blocks]
    hidden = _comments(source.text, blocks) if kind is Kind.MARKDOWN else []
    return Layout(source, kind, blocks, Macros(definitions), declarations, hidden)


def _of_latex(source: Source, declarations: list[Span]) -> Layout:
    document = LatexDocument(source)
    hidden = [definition.span for definition in document.macros.definitions]
    return Layout(source, Kind.LATEX, document.blocks, document.macros, declarations, hidden)


def _without(block: Block, definitions: list[Span]) -> str:
    inside = [span for span in definitions if block.span.start <= span.start < block.span.end]
    return blanked(block.text, inside, block.span.start) if inside else block.text


def _comments(text: str, blocks: list[Block]) -> list[Span]:
    """The comments of a Markdown file that hold no formula and are not shown by a block of code."""
    found = [Span(*match.span()) for match in HTML_COMMENT.finditer(text)]
    code = code_lines(text) if found else frozenset()
    return [
        span
        for span in found
        if text.count("\n", 0, span.start) not in code
        and not any(span.start < block.outer.end and block.outer.start < span.end for block in blocks)
    ]
