r"""Where declarations stand: in a comment ``<!-- gradproof … -->``, behind ``% gradproof``, behind ``gradproof:``."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from derivations.reading.latex_document import VERBATIM
from derivations.reading.macros import blanked
from derivations.reading.markdown import NEWLINE, code_lines, find_blocks
from derivations.reading.places import Source, Span

OPENED: Final = re.compile(r"<!--[ \t]*gradproof\b[ \t]*:?", re.IGNORECASE)
CLOSED: Final = re.compile(r"-->")
PER_CENT: Final = re.compile(r"^[ \t]*%+[ \t]*gradproof\b[ \t]*:?.*(?:\r?\n[ \t]*%.*)*", re.IGNORECASE | re.MULTILINE)
MARKED: Final = re.compile(r"^[ \t]*gradproof[ \t]*:.*(?:\r?\n[ \t]*\S.*)*", re.IGNORECASE | re.MULTILINE)
MARK: Final = re.compile(r"[ \t%]*gradproof\b[ \t]*:?", re.IGNORECASE)
LINE: Final = re.compile(r"[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment with declarations: all of it, and what it says; ``closed`` is False where its end is missing."""

    outer: Span
    inner: Span
    leading: str = ""  # what every line may begin with that is no part of a declaration
    closed: bool = True

    def lines(self, source: Source) -> Iterator[tuple[int, str]]:
        """The offset and text of every line that is not empty."""
        for match in LINE.finditer(source.text, self.inner.start, self.inner.end):
            text = match.group().lstrip(" \t" + self.leading)
            if text.strip():
                yield match.end() - len(text), text.rstrip()


def html_comments(source: Source) -> list[Comment]:
    """The HTML comments of a Markdown file that are for us, but for those in a block of code or a displayed formula.

    Without the comment such a formula would fall apart, and be lost.
    """
    text, found = source.text, []
    for match in OPENED.finditer(text):
        end = CLOSED.search(text, match.end())
        if end is not None:
            found.append(Comment(Span(match.start(), end.end()), Span(match.end(), end.start()), ">"))
        else:
            found.append(Comment(Span(match.start(), match.end()), Span(match.end(), match.end()), closed=False))
    code = code_lines(text) if found else frozenset()
    starts = [match.end() for match in NEWLINE.finditer(text)] if code else []
    formulas = [block.outer for block in find_blocks(source) if block.display] if found else []
    return [
        comment
        for comment in found
        if bisect_right(starts, comment.outer.start) not in code
        and not any(x.start < comment.outer.start and comment.outer.end <= x.end for x in formulas)
    ]


def per_cent_comments(source: Source) -> list[Comment]:
    """The comments of a LaTeX file that are for us: the line that says so and the comment lines that follow it."""
    shown = [Span(*match.span()) for match in VERBATIM.finditer(source.text)]
    return _paragraphs(PER_CENT, blanked(source.text, shown), "%")


def marked_lines(source: Source) -> list[Comment]:
    """The lines of a plain text from ``gradproof:`` to the next empty line."""
    return _paragraphs(MARKED, source.text, "")


def _paragraphs(pattern: re.Pattern[str], text: str, leading: str) -> list[Comment]:
    found = []
    for match in pattern.finditer(text):
        mark = MARK.match(text, match.start())
        start = mark.end() if mark else match.start()
        found.append(Comment(Span(*match.span()), Span(start, match.end()), leading))
    return found


def without(source: Source, comments: list[Comment]) -> Source:
    """The source with its declarations blanked, so that no formula is found in them."""
    if not comments:
        return source
    text = blanked(source.text, [comment.outer for comment in comments])
    return replace(source, text=text)
