"""Answers as Markdown, the form in which they are proved: what ``gradproof check`` reads is what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from derivations.solutions.document import (
    Block,
    Chain,
    Equations,
    Figure,
    Heading,
    Items,
    Line,
    Maths,
    Paragraph,
    Prose,
    Sheet,
    Table,
    Text,
)


def inline(pieces: Text) -> str:
    """A line of text with its formulas between dollars."""
    return "".join(f"${piece.latex}$" if isinstance(piece, Maths) else piece for piece in pieces)


def markdown(blocks: Iterable[Block], level: int = 3) -> str:
    """Blocks as Markdown; headings begin at ``level``."""
    return "\n\n".join(block_markdown(block, level) for block in blocks) + "\n"


def block_markdown(block: Block, level: int = 3) -> str:
    """One block, without an empty line behind it."""
    return _WRITERS[type(block)](block, level)


def sheet_markdown(sheet: Sheet, level: int = 3) -> str:
    """A sheet with its declarations in a comment before it."""
    return _comment(sheet) + markdown(sheet.blocks, level)


def block_lines(sheet: Sheet) -> Iterator[tuple[Block, range]]:
    """The blocks of a sheet with the lines of its Markdown that they take, counted from 1."""
    line = 1 + _comment(sheet).count("\n")
    for block in sheet.blocks:
        height = block_markdown(block).count("\n") + 1
        yield block, range(line, line + height)
        line += height + 1


def _comment(sheet: Sheet) -> str:
    return "\n".join(["<!-- gradproof", *sheet.declarations, "-->", "", ""]) if sheet.declarations else ""


def _display(rows: Sequence[str]) -> str:
    if len(rows) == 1:
        return f"$$\n{rows[0].replace('&', '', 1)}\n$$"
    body = " \\\\\n".join(rows)
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"


def _chain(chain: Chain, level: int) -> str:
    first, *rest = (f"&{line.relation} {line.right}" for line in chain.lines)
    rows = [f"{chain.left} {first}", *rest]
    rows[-1] += rf" \qquad ({chain.where})" if chain.where else ""
    return "\n\n".join([_display(rows), *_reasons(chain.lines)])


def _reasons(lines: Sequence[Line]) -> list[str]:
    told = [inline(line.reason) for line in lines]
    if len(told) == 1:
        return [f"({told[0]})"] if told[0] else []
    return ["\n".join(f"{k}. {reason or 'as before'}" for k, reason in enumerate(told, start=1))] if any(told) else []


def _equations(block: Equations, level: int) -> str:
    return "\n\n".join(f"$$\n{left} = {right}\n$$" for left, right in block.rows)


def _items(block: Items, level: int) -> str:
    marks = [f"{k}. " for k in range(1, len(block.items) + 1)] if block.numbered else ["- "] * len(block.items)
    return "\n".join(mark + inline(item) for mark, item in zip(marks, block.items, strict=True))


def _table(block: Table, level: int) -> str:
    width = len(block.head)
    rule = ["---:" if k >= width - block.numbers else "---" for k in range(width)]
    rows = [[inline(cell).replace("|", "\\|") for cell in row] for row in (block.head, *block.rows)]
    lines = [f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:])]
    return "\n".join(lines) + (f"\n\n{inline(block.caption)}" if block.caption else "")


def _figure(block: Figure, level: int) -> str:
    suffix = "svg" if block.svg else "png"
    return f"![{block.alt}]({block.name}.{suffix})\n\n{inline(block.caption)}"


_WRITERS: Final[dict[type, Callable[[Any, int], str]]] = {
    Paragraph: lambda block, level: inline(block.text),
    Heading: lambda block, level: f"{'#' * level} {inline(block.text)}",
    Chain: _chain,
    Equations: _equations,
    Items: _items,
    Table: _table,
    Figure: _figure,
    Prose: lambda block, level: block.markdown.strip("\n"),
}
