"""Markdown as blocks: HTML in it is text, links lead to pages only, images are named and not fetched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.front_matter import front_matter_plugin

from gradproof.rendering.model import (
    TARGET,
    Blocks,
    Break,
    Code,
    Emphasis,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    plain,
)
from gradproof.rendering.prose import Embedded, Flow, with_placeholders

TOP: Final = 3
"""The level of the author's first headings: above them are the title and the parts of the document."""
DEEPEST: Final = 6


def markdown_blocks(text: str, embedded: Sequence[Embedded], top: int = TOP) -> Blocks:
    """The blocks of a Markdown text, with parts embedded in it, in the order of their spans.

    Headings begin at the level ``top`` and go down by one at most, whatever the author left out between them.
    """
    return _Reader(embedded, top).blocks(SyntaxTreeNode(_parser().parse(with_placeholders(text, embedded))).children)


@cache
def _parser() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return reader.use(front_matter_plugin)


class _Reader:
    def __init__(self, embedded: Sequence[Embedded], top: int) -> None:
        self.embedded = embedded
        self.levels = [top - 1]
        self.authored = [0]

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> Blocks:
        flow = Flow(self.embedded)
        for node in nodes:
            BLOCKS.get(node.type, _Reader.unknown)(self, node, flow)
            flow.end()
        return tuple(flow.blocks)

    def unknown(self, node: SyntaxTreeNode, flow: Flow) -> None:
        flow.listing(node.content)

    def paragraph(self, node: SyntaxTreeNode, flow: Flow) -> None:
        for child in node.children:
            self.inline(child, flow)

    def inline(self, node: SyntaxTreeNode, flow: Flow) -> None:
        """The words of a paragraph; a displayed formula among them ends it."""
        for child in node.children:
            if child.type == "text":
                flow.inline_text(child.content)
            else:
                flow.inlines += self.one(child, flow)

    def heading(self, node: SyntaxTreeNode, flow: Flow) -> None:
        flow.end()
        inlines = tuple(x for child in node.children for x in self.inlines(child.children, flow))
        flow.blocks.append(Heading(self.level(int(node.tag[1:])), inlines))

    def level(self, authored: int) -> int:
        """The level of a heading: below those that the author has above it, and no level left out."""
        while self.authored[-1] >= authored:
            self.authored.pop()
            self.levels.pop()
        self.authored.append(authored)
        self.levels.append(min(self.levels[-1] + 1, DEEPEST))
        return self.levels[-1]

    def items(self, node: SyntaxTreeNode, flow: Flow) -> None:
        start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        flow.add(Items(tuple(self.blocks(child.children) for child in node.children), start))

    def quote(self, node: SyntaxTreeNode, flow: Flow) -> None:
        flow.add(Quote(self.blocks(node.children)))

    def code(self, node: SyntaxTreeNode, flow: Flow) -> None:
        flow.listing(node.content)

    def front_matter(self, node: SyntaxTreeNode, flow: Flow) -> None:
        flow.listing(node.content, "Front matter")

    def rule(self, node: SyntaxTreeNode, flow: Flow) -> None:
        flow.add(Rule())

    def table(self, node: SyntaxTreeNode, flow: Flow) -> None:
        flow.end()
        rows = [
            tuple(self.inlines(inline.children, flow) for cell in row.children for inline in _inline_of(cell))
            for part in node.children
            for row in part.children
        ]
        flow.blocks.append(Table(rows[0], tuple(rows[1:])))

    # Inlines

    def inlines(self, nodes: Sequence[SyntaxTreeNode], flow: Flow) -> Inlines:
        """Inlines where no block can stand."""
        return tuple(inline for node in nodes for inline in self.one(node, flow))

    def one(self, node: SyntaxTreeNode, flow: Flow) -> Sequence[Inline]:
        if node.type in BREAKS:
            return [BREAKS[node.type]]
        if node.type in ("strong", "em"):
            return [(Strong if node.type == "strong" else Emphasis)(self.inlines(node.children, flow))]
        if node.type == "link":
            return self.link(node, flow)
        if node.type == "image":
            return (Text("[image: "), *self.inlines(node.children, flow), Text("]"))
        if node.children:
            return self.inlines(node.children, flow)
        return flow.flat(node.content, code=node.type == "code_inline")

    def link(self, node: SyntaxTreeNode, flow: Flow) -> Sequence[Inline]:
        """A link where it leads to a page; else its words and where it would lead."""
        words, target = self.inlines(node.children, flow), str(node.attrs.get("href", ""))
        if TARGET.fullmatch(target) and not target.startswith("#"):
            return [Link(words or (Text(target),), target)]
        return [*words, Text(" ("), Code(target), Text(")")] if target and target != plain(words) else words


def _inline_of(cell: SyntaxTreeNode) -> Sequence[SyntaxTreeNode]:
    return list(cell.children[:1])


BREAKS: Final[dict[str, Inline]] = {"softbreak": Text("\n"), "hardbreak": Break()}
BLOCKS: Final[dict[str, Callable[[_Reader, SyntaxTreeNode, Flow], None]]] = {
    "paragraph": _Reader.paragraph,
    "inline": _Reader.inline,
    "heading": _Reader.heading,
    "bullet_list": _Reader.items,
    "ordered_list": _Reader.items,
    "blockquote": _Reader.quote,
    "fence": _Reader.code,
    "code_block": _Reader.code,
    "front_matter": _Reader.front_matter,
    "hr": _Reader.rule,
    "table": _Reader.table,
}
