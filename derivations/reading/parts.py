"""Sheets in one file: ``<!-- gradproof sheet NAME -->`` begins one with names and conventions of its own.

What stands before the first such comment, and behind one without a name, is the sheet without a name; all of one name
is one sheet.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from derivations.reading.comments import Comment, html_comments
from derivations.reading.documents import Kind, kind_of
from derivations.reading.macros import blanked
from derivations.reading.places import Source, Span

PART: Final = re.compile(r"\s*sheet(?:[ \t]+([\w.-]+))?\s*")
MARK: Final = re.compile(r"<!--[ \t]*gradproof\b[ \t]*:?\s*sheet\b", re.IGNORECASE)


def is_part(source: Source, comment: Comment) -> bool:
    """Whether a comment begins a sheet of its own and declares nothing."""
    return comment.closed and PART.fullmatch(source.text, comment.inner.start, comment.inner.end) is not None


def parts_of(source: Source) -> list[Source]:
    """The sheets of a file, each with the rest blanked, so that places stay; the file itself if it is one."""
    commented = MARK.search(source.text) and kind_of(source) is not Kind.LATEX
    marks = [x for x in html_comments(source) if is_part(source, x)] if commented else []
    if not marks:
        return [source]
    spans: dict[str, list[Span]] = {"": [Span(0, marks[0].outer.start)]}
    ends = [mark.outer.start for mark in marks[1:]] + [len(source.text)]
    for mark, end in zip(marks, ends, strict=True):
        found = PART.fullmatch(source.text, mark.inner.start, mark.inner.end)
        spans.setdefault((found[1] or "") if found else "", []).append(Span(mark.outer.end, end))
    return [replace(source, text=_only(source.text, kept)) for kept in spans.values()]


def _only(text: str, kept: list[Span]) -> str:
    """The text with all outside some spans blanked."""
    edges = [0, *(edge for span in kept for edge in (span.start, span.end)), len(text)]
    return blanked(text, [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b])
