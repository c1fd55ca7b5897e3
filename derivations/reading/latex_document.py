r"""Where the mathematics stands in a LaTeX file, whole or a fragment: no file but this one is ever read."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from derivations.reading.grammar import ALIGNMENTS
from derivations.reading.macros import Macros, blanked, closing_brace, find_definitions
from derivations.reading.markdown import Block
from derivations.reading.places import Source, Span
from derivations.reading.surface import Unreadable

COMMENT: Final = re.compile(r"(?P<kept>\\.)|%[^\r\n]*", re.DOTALL)
VERBATIM: Final = re.compile(
    r"\\begin\{(verbatim\*?|Verbatim|lstlisting|minted|comment|tikzpicture|filecontents\*?)\}.*?(?:\\end\{\1\}|\Z)"
    r"|\\(?:verb\*?|lstinline)([^A-Za-z\s*])[^\r\n]*?\2",
    re.DOTALL,
)
DOCUMENT: Final = re.compile(r"\\begin\s*\{document\}")
DOCUMENT_END: Final = re.compile(r"\\end\s*\{document\}")
INCLUDED: Final = re.compile(r"\\(?:input|include|subfile|import)(?![A-Za-z])\s*(?:\{[^{}\r\n]*\}|[^\s{}]*)")
OPENER: Final = re.compile(
    r"\$\$|\$|\\begin\s*\{(?P<name>(?:" + "|".join(sorted(ALIGNMENTS)) + r")\*?)\}|\\\[|\\\(|\\.", re.DOTALL
)
PARAGRAPH: Final = re.compile(r"\r?\n[ \t]*\r?\n")
ASIDE: Final = re.compile(r"\\(?:short)?intertext\s*(?=\{)")
REFUSED: Final = "other files are not read: paste what this file needs"
CLOSERS: Final = {"$$": "$$", "$": "$", r"\[": r"\]", r"\(": r"\)"}


class LatexDocument:
    """The formulas of a LaTeX file, its definitions, and the files it asks for."""

    def __init__(self, source: Source) -> None:
        text = _masked(source.text)
        self.macros = Macros(find_definitions(text))
        text = blanked(text, [macro.span for macro in self.macros.definitions])
        self.text = _body(text)
        self.paragraphs = [*(match.start() for match in PARAGRAPH.finditer(self.text)), len(self.text)]
        self.blocks = list(self._blocks())

    def refused(self) -> list[Unreadable]:
        r"""What ``\input`` and its like ask for."""
        spans = [Span(*match.span()) for match in INCLUDED.finditer(self.text)]
        return [Unreadable(span, span, REFUSED, display=True) for span in spans]

    def _blocks(self) -> Iterator[Block]:
        position = 0
        while (match := OPENER.search(self.text, position)) is not None:
            position = match.end()
            if match["name"] is not None or match.group() in CLOSERS:
                block = self._block(match)
                position = block.outer.end
                if block.text.strip() or not block.closed:
                    yield block

    def _block(self, match: re.Match[str]) -> Block:
        """The formula whose opening delimiter matched; a paragraph's end ends it unclosed."""
        opener, name = match.group(), match["name"]
        display = opener not in ("$", r"\(")
        closing = re.compile(r"\\.|" + re.escape(CLOSERS[opener]), re.DOTALL) if name is None else None
        last = self.paragraphs[bisect_left(self.paragraphs, match.end())]
        start, after = match.end(), match.end()
        if closing is None:
            end = self.text.find(rf"\end{{{name}}}", start, last)
            after = end + len(rf"\end{{{name}}}")
            start, end = (match.start(), after) if end >= 0 else (start, end)
        else:
            end = self._closing(closing, CLOSERS[opener], start, last)
            after = end + len(CLOSERS[opener])
        if end < 0:
            return Block(Span(start, last), Span(match.start(), max(last, start)), "", display, closed=False)
        return Block(Span(start, end), Span(match.start(), after), _without_asides(self.text[start:end]), display)

    def _closing(self, pattern: re.Pattern[str], closer: str, start: int, last: int) -> int:
        """The closing delimiter that no backslash escapes; −1 where none comes."""
        hits = (hit.start() for hit in pattern.finditer(self.text, start, last) if hit.group() == closer)
        return next(hits, -1)


def _masked(text: str) -> str:
    """Comments as per cent signs, which the tokenizer skips, and verbatim text as spaces; lines stay lines."""
    text = COMMENT.sub(lambda match: match["kept"] or "%" * len(match.group()), text)
    return VERBATIM.sub(lambda match: re.sub(r"[^\r\n]", " ", match.group()), text)


def _body(text: str) -> str:
    r"""What stands between ``\begin{document}`` and ``\end{document}``, where there are such; the rest is blanked."""
    begin, end = DOCUMENT.search(text), DOCUMENT_END.search(text)
    spans = [Span(0, begin.end())] if begin else []
    if end and end.start() >= (begin.end() if begin else 0):
        spans.append(Span(end.start(), len(text)))
    return blanked(text, spans)


def _without_asides(text: str) -> str:
    r"""A display without what ``\intertext`` puts between its rows."""
    spans: list[Span] = []
    for match in ASIDE.finditer(text):
        if (end := closing_brace(text, match.end())) >= 0 and (not spans or match.start() >= spans[-1].end):
            spans.append(Span(match.start(), end + 1))
    return blanked(text, spans)
