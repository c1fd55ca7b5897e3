"""Documents of every kind to statements: the one place that knows which kind a file is."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Final

from derivations.reading.comments import Comment, html_comments, marked_lines, per_cent_comments, without
from derivations.reading.last_layers import with_last_layers
from derivations.reading.latex_document import LatexDocument
from derivations.reading.macros import Macros, only
from derivations.reading.places import Source, Span
from derivations.reading.plain import find_lines
from derivations.reading.statements import read_blocks, read_markdown
from derivations.reading.surface import Sentence


class Kind(Enum):
    """The kinds of documents; a notebook is Markdown by the time it is a Source."""

    MARKDOWN = "Markdown"
    LATEX = "LaTeX"
    PLAIN = "plain text"


SUFFIXES: Final = {
    ".md": Kind.MARKDOWN, ".markdown": Kind.MARKDOWN, ".ipynb": Kind.MARKDOWN, ".tex": Kind.LATEX, ".txt": Kind.PLAIN,
}  # fmt: skip
ENDINGS: Final = {Kind.MARKDOWN: ".md", Kind.LATEX: ".tex", Kind.PLAIN: ".txt"}
"""What the name of a document of each kind may end in."""
LATEX_MARK: Final = re.compile(r"^[ \t]*\\(?:documentclass|begin\s*\{document\})", re.MULTILINE)
DELIMITED: Final = re.compile(r"\$|\\[(\[]|\\begin\{")


def kind_of(source: Source) -> Kind:
    """By the file's name; else LaTeX where a document begins, and Markdown."""
    known = SUFFIXES.get(PurePath(source.name).suffix.lower())
    if known is Kind.PLAIN and DELIMITED.search(source.text):
        return Kind.LATEX if LATEX_MARK.search(source.text) else Kind.MARKDOWN
    return known or (Kind.LATEX if LATEX_MARK.search(source.text) else Kind.MARKDOWN)


def runs_of(source: Source) -> list[tuple[Kind, Span]]:
    """The kind of every file of a source, and where it stands; of a single document all of it."""
    if not source.files:
        return [(kind_of(source), Span(0, len(source.text)))]
    starts = [source.offset(line, 1) for line, _ in source.files]
    spans = [Span(a, b) for a, b in zip(starts, [*starts[1:], len(source.text)], strict=True)]
    return [(kind_of(Source(name, source.slice(x))), x) for (_, name), x in zip(source.files, spans, strict=True)]


def by_kind(source: Source) -> list[Source]:
    """The source; where its files are of several kinds, one for each, the others blanked, so that places stay."""
    spans: dict[Kind, list[Span]] = {}
    for kind, span in runs_of(source) if source.files else ():
        spans.setdefault(kind, []).append(span)
    if len(spans) < 2:
        return [source]
    return [replace(source, name=source.name + ENDINGS[k], text=only(source.text, x)) for k, x in spans.items()]


def find_comments(source: Source) -> list[Comment]:
    """The comments of a document that hold declarations, in its order."""
    if "gradproof" not in source.text.lower():
        return []
    pieces = by_kind(source)
    found = [comment for piece in pieces for comment in _comments(piece)]
    return found if len(pieces) == 1 else sorted(found, key=lambda comment: comment.outer.start)


def _comments(source: Source) -> list[Comment]:
    kind = kind_of(source)
    if kind is Kind.LATEX:
        return per_cent_comments(source)
    return html_comments(source) + (marked_lines(source) if kind is Kind.PLAIN else [])


@lru_cache(maxsize=8)
def read_document(source: Source) -> tuple[Sentence, ...]:
    """All statements of a document, in its order; spans are offsets into ``source.text``.

    The last few documents are kept: a sheet that is marked is read for its check, for its marks and beside a reference.
    """
    pieces = by_kind(source)
    found = [sentence for piece in pieces for sentence in _read(piece)]
    return tuple(with_last_layers(found if len(pieces) == 1 else sorted(found, key=lambda x: x.span.start)))


def _read(source: Source) -> list[Sentence]:
    kind = kind_of(source)
    source = source if kind is Kind.LATEX else without(source, _comments(source))
    if kind is Kind.MARKDOWN:
        return read_markdown(source)
    if kind is Kind.PLAIN:
        return read_blocks(source, find_lines(source), Macros())
    document = LatexDocument(source)
    found = [*read_blocks(source, document.blocks, document.macros), *document.refused()]
    return sorted(found, key=lambda sentence: sentence.span.start)
