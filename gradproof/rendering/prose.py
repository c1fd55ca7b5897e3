"""Prose of an author with formulas in it that are known already: what the readers of Markdown and LaTeX share.

A formula is taken out of the text before the text is read as prose, and put back where its placeholder is found. So
the prose holds exactly the formulas that were checked, and nothing in them is taken for Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from derivations.reading.places import Span
from derivations.report import Verdict, worst
from gradproof.rendering.model import Block, Blocks, Checked, Code, Inline, Inlines, Listing, Paragraph, Statement, Text

OPEN, CLOSE = "\ue000", "\ue001"
PRIVATE: Final = re.compile(r"[\ue000-\uf8ff]")
PLACEHOLDER: Final = re.compile(f"{OPEN}([0-9]+){CLOSE}")


@dataclass(frozen=True, slots=True)
class Embedded:
    """What stands for a part of a text: blocks, or inlines and what is to be said of the paragraph for them."""

    span: Span
    inlines: Inlines = ()
    blocks: Blocks = ()
    statements: tuple[Statement, ...] = ()
    notes: Blocks = ()


def with_placeholders(text: str, embedded: Sequence[Embedded]) -> str:
    """The text with a placeholder for each part, in the order of their spans, which do not overlap."""
    found, position = [], 0
    for number, part in enumerate(embedded):
        apart = "\n\n" if part.blocks and part.span.start == part.span.end else ""
        found += [PRIVATE.sub("\ufffd", text[position : part.span.start]), f"{OPEN}{number}{CLOSE}{apart}"]
        position = part.span.end
    return "".join([*found, PRIVATE.sub("\ufffd", text[position:])]).replace("\r\n", "\n")


def in_order(parts: Sequence[Embedded]) -> list[Embedded]:
    """Parts by their place; one that lies inside another is left out."""
    found: list[Embedded] = []
    for part in sorted(parts, key=lambda x: (x.span.start, x.span.end > x.span.start, -x.span.end)):
        if not found or part.span.start >= found[-1].span.end:
            found.append(part)
    return found


def pieces(text: str) -> Iterator[str | int]:
    """The text between placeholders, and their numbers."""
    for k, piece in enumerate(PLACEHOLDER.split(text)):
        if piece:
            yield int(piece) if k % 2 else piece


@dataclass(slots=True)
class Flow:
    """Blocks as they come, of inlines that are broken off where a block stands among them."""

    embedded: Sequence[Embedded]
    blocks: list[Block] = field(default_factory=list)
    inlines: list[Inline] = field(default_factory=list)
    told: list[Embedded] = field(default_factory=list)

    def inline_text(self, text: str) -> None:
        """Text with placeholders in it; blocks among them end the paragraph."""
        for piece in pieces(text):
            if isinstance(piece, str):
                self.inlines.append(Text(piece))
            else:
                self.embed(self.embedded[piece])

    def embed(self, part: Embedded) -> None:
        """What a placeholder stands for."""
        if part.blocks:
            self.end()
            self.blocks += part.blocks
        self.inlines += part.inlines
        self.told += [part] if part.statements or part.notes else []

    def add(self, block: Block) -> None:
        """A block behind what has come so far."""
        self.end()
        self.blocks.append(block)

    def end(self) -> None:
        """The end of a paragraph."""
        inlines, self.inlines = trimmed(self.inlines), []
        blocks: Blocks = (Paragraph(inlines),) if inlines else ()
        told, self.told = self.told, []
        self.blocks += checked(blocks, told)

    def listing(self, text: str, label: str = "Code") -> None:
        """Lines as they stand; what is embedded in them stands between them."""
        self.end()
        for piece in pieces(text):
            if isinstance(piece, int):
                self.embed(self.embedded[piece])
                self.end()
            elif piece.strip():
                self.blocks.append(Listing(piece.strip("\n"), label))

    def flat(self, text: str, *, code: bool = False) -> Inlines:
        """Text with placeholders where no block can stand: what is one stays to be told behind."""
        found: list[Inline] = []
        for piece in pieces(text):
            if isinstance(piece, str):
                found.append(Code(piece) if code else Text(piece))
                continue
            part = self.embedded[piece]
            found += part.inlines
            self.told += [part] if part.statements or part.notes or part.blocks else []
        return tuple(found)


def checked(blocks: Blocks, told: Sequence[Embedded]) -> Blocks:
    """Blocks with what is to be said of the formulas in them, and the blocks that had no room among them."""
    rest = tuple(block for part in told for block in part.blocks)
    statements = tuple(statement for part in told for statement in part.statements)
    notes = tuple(note for part in told for note in part.notes)
    if not statements:
        return (*blocks, *rest, *notes)
    verdict = worst([Verdict(statement.verdict) for statement in statements]).value
    return (Checked(verdict, blocks, statements, notes), *rest)


def trimmed(inlines: Sequence[Inline]) -> Inlines:
    """Inlines without spaces at both ends; nothing where they are only spaces."""
    found = list(inlines)
    while found and isinstance(found[0], Text) and not found[0].text.strip():
        found.pop(0)
    while found and isinstance(found[-1], Text) and not found[-1].text.strip():
        found.pop()
    return tuple(found)
