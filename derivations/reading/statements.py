"""From formulas to statements: chains of relations, what leads to them, what could not be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from derivations.reading import grammar
from derivations.reading.braces import labelled
from derivations.reading.macros import Macro, Macros, blanked, find_definitions, tokens_of, with_directions
from derivations.reading.markdown import Block, find_blocks
from derivations.reading.parser import dimensions, parse_tokens
from derivations.reading.places import Source, Span
from derivations.reading.rows import Piece, pieces, rows, system, top_level
from derivations.reading.slips import Slip
from derivations.reading.surface import (
    Group,
    Link,
    Mul,
    Node,
    Number,
    Raise,
    Relation,
    Sentence,
    Space,
    Statement,
    Symbol,
    Tuple,
    Unreadable,
)
from derivations.reading.tokens import Token, is_relation
from derivations.reading.wrapping import unwrap

UNCLOSED = "this formula is never closed before the paragraph ends"
TOO_LONG = "the formula is longer than 100 kB"
LAST_WORD = re.compile(r"\b([A-Za-z]+)\s*\Z")
NAMED_WITHIN = "a sign =: names what stands left of it, and nothing can follow the name"
UPDATE = "an assignment that changes the value of a name is not an equation"
NO_LEFT = "this continues a line that could not be read"


def read_markdown(source: Source) -> list[Sentence]:
    """All statements of a Markdown file, in its order; spans are offsets into ``source.text``.

    A display that begins with a relation goes on from the display before it if nothing stands between the two.
    Inline formulas that cannot be read and contain no relation are mentions and left out.
    """
    blocks = find_blocks(source)
    definitions = [macro for block in blocks for macro in find_definitions(block.text, block.span.start)]
    return read_blocks(source, [_without(block, definitions) for block in blocks], Macros(definitions))


def _without(block: Block, definitions: Sequence[Macro]) -> Block:
    """A formula without the definitions of commands in it."""
    inside = [macro.span for macro in definitions if block.span.start <= macro.span.start < block.span.end]
    return replace(block, text=blanked(block.text, inside, block.span.start)) if inside else block


def read_blocks(source: Source, blocks: Sequence[Block], macros: Macros) -> list[Sentence]:
    """The statements of the formulas of a document, in their order."""
    found: list[Sentence] = []
    before: Block | None = None
    previous: Sentence | None = None
    macros = with_directions(macros, source.text)
    for block in blocks:
        touching = before is not None and not source.text[before.outer.end : block.outer.start].strip()
        goes_on = previous if touching and isinstance(previous, Statement) else None
        sentences = _read_block(block, goes_on, macros)
        sentences = sentences if block.display else _led(sentences, source.text, block.outer.start)
        before, previous = block, sentences[-1] if sentences and block.display else None
        found += sentences
    return found


def _read_block(block: Block, previous: Statement | None, macros: Macros) -> list[Sentence]:
    if not block.closed:
        start = block.outer.start
        closer = "$$" if block.display else "$"
        at = Span(start, max(block.span.start, start + 1))
        return [Unreadable(block.outer, at, block.reason or UNCLOSED, closer)]
    return read_math(block.text, block.span.start, block.display, previous, macros)


def _led(found: list[Sentence], text: str, start: int) -> list[Sentence]:
    """The statements of an inline formula, the first with the word that stands before it: “when $z = 0$”."""
    match = LAST_WORD.search(text, max(start - 30, 0), start)
    if match is None or match[1].lower() not in grammar.LEADS or not found or isinstance(found[0], Unreadable):
        return found
    return [replace(found[0], lead=(match[1].lower(), *found[0].lead)), *found[1:]]


def read_math(
    text: str,
    offset: int,
    display: bool = True,
    previous: Statement | None = None,
    macros: Macros | None = None,
) -> list[Sentence]:
    """The statements of one formula whose text begins at an offset; ``previous`` is what it may go on from."""
    if len(text) > grammar.MAX_LENGTH:
        span = Span(offset, offset + len(text))
        return [Unreadable(span, Span(span.start, span.start + 1), TOO_LONG, display=display)]
    try:
        tokens = tokens_of(text, offset, macros or Macros())
    except Slip as slip:
        return [Unreadable(Span(offset, offset + len(text)), slip.at, slip.message, display=display)]
    builder = _Builder(display, previous)
    unwrapped = system(unwrap(tokens))
    for row in rows(unwrapped):
        for piece in pieces(row):
            builder.add(piece)
    return [*builder.finish(), *labelled(unwrapped, display)]


@dataclass(slots=True)
class _Chain:
    """A statement that may still go on."""

    span: Span
    items: list[Node]
    links: list[Link]
    lead: tuple[str, ...]
    follows: bool
    unit: str
    named: Link | None = None

    def statements(self, display: bool) -> list[Sentence]:
        """The chain, and what a sign ``=:`` at its end names."""
        items, links = tuple(self.items), tuple(self.links)
        if self.named is None:
            return [Statement(self.span, items, links, self.lead, self.follows, self.unit, display)]
        *chain, last, name = items
        naming = Statement(self.span, (name, last), (self.named,), self.lead, False, self.unit, display)
        if not chain:
            return [naming]
        span = Span(self.span.start, last.span.end)
        return [Statement(span, (*chain, last), links[:-1], self.lead, self.follows, "", display), naming]


class _Builder:
    """Puts pieces together: one that begins with a relation goes on with the chain before it.

    Where a chain has an unreadable part, later rows go on from its head, which is what stands left of them in the
    alignment.
    """

    def __init__(self, display: bool, previous: Statement | None) -> None:
        self.display = display
        self.found: list[Sentence] = []
        self.chain: _Chain | None = None
        self.head: Node | None = previous.items[-1] if previous is not None else None
        self.failed = False

    def finish(self) -> list[Sentence]:
        self.flush()
        return self.found

    def flush(self) -> None:
        if (chain := self.chain) is not None:
            self.found += chain.statements(self.display)
        self.chain = None

    def add(self, piece: Piece) -> None:
        parts, signs = cut(piece.tokens)
        links = [Link(grammar.RELATIONS[sign.text], sign.span, sign.text) for sign in signs]
        goes_on = not parts[0] and bool(links)
        try:
            items = read_items(parts, signs, goes_on)
        except Slip as slip:
            self.fail(piece, slip, None if goes_on else parts[0], links)
            return
        named = links[-1] if signs and signs[-1].at("=:") else None
        chain = _Chain(span_of(piece.tokens), items, links, tuple(piece.lead), piece.follows, piece.unit_text, named)
        if goes_on:
            self.go_on(chain, piece)
        else:
            self.flush()
            self.chain, self.failed = chain, False

    def go_on(self, more: _Chain, piece: Piece) -> None:
        """Add a chain without a left side to what stands before it."""
        if self.chain is not None and self.chain.named is None:
            self.chain.named = more.named
            self.chain.span = self.chain.span.join(more.span)
            self.chain.items += more.items
            self.chain.links += more.links
            self.chain.unit = " ".join(filter(None, (self.chain.unit, more.unit)))
        elif self.head is not None:
            more.items.insert(0, self.head)
            self.chain, self.head = more, self.head if self.failed else None
        elif self.failed:
            self.fail(piece, Slip(more.links[0].span, NO_LEFT, "a left side"), None, more.links)
        else:
            del more.links[0]
            more.lead = (*more.lead, piece.tokens[0].text)
            self.chain = more

    def fail(self, piece: Piece, slip: Slip, first: Sequence[Token] | None, links: list[Link]) -> None:
        """Keep what was read before, report the piece, and remember the head that later rows go on from.

        The head is the last side that was read; over signs other than equality nothing is carried.
        """
        if first is not None:
            self.head = read_or_none(first)
        elif self.chain is not None:
            self.head = self.chain.items[-1]
        if any(link.relation not in (Relation.EQUAL, Relation.DEFINED) for link in links):
            self.head = None
        self.flush()
        self.failed = True
        if self.display or links:
            span = span_of(piece.tokens)
            self.found.append(Unreadable(span, slip.at, slip.message, slip.expected, self.display))


def span_of(tokens: Sequence[Token]) -> Span:
    return Span(tokens[0].start, tokens[-1].end)


def cut(tokens: Sequence[Token]) -> tuple[list[Sequence[Token]], list[Token]]:
    """The parts between the relations outside all brackets, and the relations."""
    outside = top_level(tokens)
    marks = [k for k, token in enumerate(tokens) if is_relation(token) and k in outside]
    edges = [-1, *marks, len(tokens)]
    parts = [tokens[a + 1 : b] for a, b in pairwise(edges)]
    return parts, [tokens[k] for k in marks]


def read_items(parts: Sequence[Sequence[Token]], signs: Sequence[Token], goes_on: bool) -> list[Node]:
    """The sides of a chain, without the empty one before the first sign of a chain that goes on. Raises Slip."""
    items = [] if goes_on else [parse_tokens(parts[0])]
    for k, (part, sign) in enumerate(zip(parts[1:], signs, strict=True)):
        if not part:
            raise Slip(sign.span, "nothing stands behind this relation", "an expression")
        if sign.at("=:") and k + 1 < len(signs):
            raise Slip(sign.span, NAMED_WITHIN, "the end of the formula")
        if sign.text == ":" and k:
            raise Slip(sign.span, "a colon behind a relation is not read")
        node = parse_tokens(part)
        if sign.at("leftarrow") and (not items or any(_alike(x, items[-1]) for x in node.walk())):
            raise Slip(sign.span, UPDATE, "another name for the new value")
        items.append(declared(node, sign.text == ":") if grammar.RELATIONS[sign.text] is Relation.MEMBER else node)
    return items


def _alike(one: Node, other: Node) -> bool:
    """Whether two names have the same letter."""
    return isinstance(one, Symbol) and isinstance(other, Symbol) and one.base == other.base


def read_or_none(tokens: Sequence[Token]) -> Node | None:
    try:
        return parse_tokens(tokens) if tokens else None
    except Slip:
        return None


def declared(node: Node, colon: bool) -> Node:
    r"""What stands behind ∈ or a colon: a space, also where it is written ``R^{n \times d}`` or only ``n \times d``."""
    base, exponent = (node.base, node.exponent) if isinstance(node, Raise) else (node, None)
    if isinstance(base, Symbol) and base == Symbol(base.span, "R"):
        return Space(node.span, dimensions(exponent) if exponent is not None else ())
    if not colon or isinstance(node, Space):
        return node
    if not isinstance(node, Symbol | Number | Mul | Tuple | Group):
        raise Slip(node.span, "behind a colon stands no shape", r"n \times d")
    return Space(node.span, dimensions(node))
