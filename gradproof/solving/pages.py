"""A solution as a document for HTML, LaTeX and PDF.

Formulas of answers are printed from our own terms, those in prose are an instructor's; both are read token by token
before they are typeset (:mod:`gradproof.rendering.maths`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from derivations.reading.markdown import find_blocks
from derivations.reading.places import Source, Span
from derivations.solutions import document as d
from gradproof.rendering import model as m
from gradproof.rendering.katex import MathsError
from gradproof.rendering.markdown_prose import markdown_blocks
from gradproof.rendering.maths import authored, maths
from gradproof.rendering.prose import Embedded, in_order
from gradproof.reporting.formulas import HTML_COMMENT
from gradproof.solving.evidence import conditions_text, evidence_text
from gradproof.solving.questions import Prose
from gradproof.solving.solution import Answered, Solution

TOP: Final = 2


def solution_document(solution: Solution) -> m.Document:
    """The document of a solution. Its title is the first heading of the sheet, which does not stand there again."""
    blocks: list[m.Block] = []
    for part in solution.parts:
        blocks += _prose(_without_title(part, solution)) if isinstance(part, Prose) else _answer(part)
    blocks += [m.Rule(), m.Paragraph((m.Emphasis((m.Text(evidence_text(solution)),)),))]
    return m.Document(_title(solution), tuple(blocks), name="solution")


def _title(solution: Solution) -> m.Inlines:
    found = _prose(solution.title)
    first = found[0] if found else None
    return first.inlines if isinstance(first, m.Paragraph) else (m.Text(solution.title),)


def _without_title(part: Prose, solution: Solution) -> str:
    lines = part.markdown.split("\n")
    place = next((k for k, line in enumerate(lines) if line.strip(" #") == solution.title and line[:1] == "#"), None)
    return part.markdown if place is None else "\n".join(lines[:place] + lines[place + 1 :])


# The instructor's own words


def _prose(markdown: str) -> m.Blocks:
    """Markdown with its formulas, which are typeset where they can be and stand as text where not."""
    return markdown_blocks(markdown, in_order(list(_embedded(markdown))), TOP)


def _embedded(markdown: str) -> Iterator[Embedded]:
    source = Source("prose.md", markdown)
    blocks = find_blocks(source)
    for block in blocks:
        shown = _formula(block.text, source.slice(block.outer), block.display)
        if block.display and isinstance(shown, m.Maths):
            yield Embedded(block.outer, blocks=(m.Display(shown),))
        else:
            yield Embedded(block.outer, (shown,))
    for match in HTML_COMMENT.finditer(markdown):
        yield Embedded(Span(*match.span()))


def _formula(text: str, written: str, display: bool) -> m.Maths | m.Code:
    try:
        return authored(text, display=display)
    except MathsError:
        return m.Code(written)


# Answers


def _answer(answer: Answered) -> Iterator[m.Block]:
    """An answer apart from the prose."""
    blocks = [block for sheet in answer.sheets for block in sheet.blocks]
    shown = [part for block in blocks for part in _WRITERS[type(block)](block)]
    holds = [m.Paragraph((m.Text(said),)) for said in conditions_text(answer.evidence)]
    yield m.Answer((m.Text("Solution"),), (*shown, *holds))


def _inlines(text: d.Text) -> m.Inlines:
    return tuple(maths(x.latex) if isinstance(x, d.Maths) else m.Text(x) for x in text)


def _chain(block: d.Chain) -> list[m.Block]:
    lines = [
        m.Derived(
            maths(block.left, display=True) if k == 0 else None,
            maths(f"{line.relation} {line.right}", display=True),
            _inlines(line.reason),
        )
        for k, line in enumerate(block.lines)
    ]
    return [m.Derivation(tuple(lines))]


def _equations(block: d.Equations) -> list[m.Block]:
    rows = [m.Derived(maths(left, display=True), maths(f"= {right}", display=True)) for left, right in block.rows]
    return [m.Derivation(tuple(rows))]


def _items(block: d.Items) -> list[m.Block]:
    items = tuple((m.Paragraph(_inlines(item)),) for item in block.items)
    return [m.Items(items, 1 if block.numbered else None)]


def _table(block: d.Table) -> list[m.Block]:
    rows = tuple(tuple(map(_inlines, row)) for row in block.rows)
    return [m.Table(tuple(map(_inlines, block.head)), rows, _inlines(block.caption))]


def _figure(block: d.Figure) -> list[m.Block]:
    forms: Sequence[tuple[str, bytes]] = (("svg", block.svg.encode()), ("png", block.png))
    images = tuple(m.Image(suffix, data) for suffix, data in forms if data)
    return [m.Figure(block.alt, _inlines(block.caption), images, block.tikz)]


_WRITERS: Final[dict[type, Callable[[Any], Sequence[m.Block]]]] = {
    d.Paragraph: lambda block: [m.Paragraph(_inlines(block.text))],
    d.Heading: lambda block: [m.Heading(4, _inlines(block.text))],
    d.Chain: _chain,
    d.Equations: _equations,
    d.Items: _items,
    d.Table: _table,
    d.Figure: _figure,
    d.Prose: lambda block: _prose(block.markdown),
}
