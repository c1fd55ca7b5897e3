"""Where the formulas of a sheet stand, as they were read when it was checked, and what of it is not for the page."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from derivations.reading.comments import without
from derivations.reading.documents import Kind, by_kind, find_comments, kind_of, runs_of
from derivations.reading.latex_document import LatexDocument
from derivations.reading.macros import Macros, blanked, find_definitions, only
from derivations.reading.markdown import Block, code_lines, find_blocks
from derivations.reading.places import Source, Span
from derivations.reading.plain import find_lines
from derivations.report import Report

HTML_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """What is read of the files of one kind: their formulas, the commands defined in them, what no reader sees."""

    blocks: list[Block]
    macros: Macros
    hidden: list[Span]


@dataclass(frozen=True)
class Layout:
    """A sheet as it was read: its declarations, and what its files of each kind hold.

    ``runs`` are the files where these are of several kinds, else all of it.
    """

    source: Source
    runs: list[tuple[Kind, Span]]
    pieces: list[Piece]
    declarations: list[Span]

    @cached_property
    def starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.source.text))]

    def offset(self, line: int, column: int) -> int | None:
        """The offset of a place; None where it is not in the sheet but in declarations that came with it."""
        return self.starts[line - 1] + column - 1 if line <= len(self.starts) else None

    @cached_property
    def blocks(self) -> list[Block]:
        """All formulas of the sheet, those of one kind of files after those of another."""
        return [block for piece in self.pieces for block in piece.blocks]

    @property
    def hidden(self) -> Iterator[Span]:
        return (span for piece in self.pieces for span in piece.hidden)

    @cached_property
    def _macros(self) -> dict[int, Macros]:
        return {block.span.start: piece.macros for piece in self.pieces for block in piece.blocks}

    def macros(self, block: Block) -> Macros:
        """The commands that are defined for a formula."""
        return self._macros[block.span.start]

    def texts(self) -> Iterator[tuple[Kind, str]]:
        """The text of every run, with all others blanked, so that places stay."""
        for kind, span in self.runs:
            yield kind, self.source.text if len(self.runs) == 1 else only(self.source.text, [span])

    def run(self, offset: int) -> int:
        """The number of the run that a place is in."""
        return bisect_right(self.runs, offset, key=lambda run: run[1].start) - 1


def layout_of(report: Report) -> Layout:
    """The layout of the sheet that a report is on."""
    source = Source(report.sheet, report.text, report.cells, files=report.files)
    pieces = by_kind(source)
    whole = [(kind_of(source), Span(0, len(source.text)))]
    declarations = [comment.outer for comment in find_comments(source)]
    return Layout(source, whole if len(pieces) == 1 else runs_of(source), [_piece(x) for x in pieces], declarations)


def _piece(source: Source) -> Piece:
    kind = kind_of(source)
    if kind is Kind.LATEX:
        document = LatexDocument(source)
        return Piece(document.blocks, document.macros, [x.span for x in document.macros.definitions])
    read = without(source, find_comments(source))
    blocks = find_lines(read) if kind is Kind.PLAIN else find_blocks(read)
    definitions = [] if kind is Kind.PLAIN else [x for b in blocks for x in find_definitions(b.text, b.span.start)]
    spans = [definition.span for definition in definitions]
    blocks = [replace(block, text=_without(block, spans)) for block in blocks]
    return Piece(blocks, Macros(definitions), _comments(source.text, blocks) if kind is Kind.MARKDOWN else [])


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
