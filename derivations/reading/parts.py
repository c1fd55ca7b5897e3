"""Sheets in one file: ``<!-- gradproof sheet NAME -->`` begins one with names and conventions of its own.

What stands before the first such comment, and behind one without a name, is the sheet without a name; all of one name
is one sheet.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from derivations.reading.comments import Comment, html_comments
from derivations.reading.documents import Kind, by_kind, kind_of
from derivations.reading.macros import only
from derivations.reading.places import Source, Span

PART: Final = re.compile(r"\s*sheet(?:[ \t]+([\w.-]+))?\s*")
MARK: Final = re.compile(r"<!--[ \t]*gradproof\b[ \t]*:?\s*sheet\b", re.IGNORECASE)


def is_part(source: Source, comment: Comment) -> bool:
    """Whether a comment begins a sheet of its own and declares nothing."""
    return comment.closed and PART.fullmatch(source.text, comment.inner.start, comment.inner.end) is not None


def parts_of(source: Source) -> list[Source]:
    """The sheets of a file, each with the rest blanked, so that places stay; the file itself if it is one."""
    pieces = [x for x in by_kind(source) if kind_of(x) is not Kind.LATEX] if MARK.search(source.text) else []
    marks = [x for piece in pieces for x in html_comments(piece) if is_part(source, x)]
    marks.sort(key=lambda mark: mark.outer.start)
    if not marks:
        return [source]
    spans: dict[str, list[Span]] = {"": [Span(0, marks[0].outer.start)]}
    ends = [mark.outer.start for mark in marks[1:]] + [len(source.text)]
    for mark, end in zip(marks, ends, strict=True):
        found = PART.fullmatch(source.text, mark.inner.start, mark.inner.end)
        spans.setdefault((found[1] or "") if found else "", []).append(Span(mark.outer.end, end))
    return [replace(source, text=only(source.text, kept)) for kept in spans.values()]
