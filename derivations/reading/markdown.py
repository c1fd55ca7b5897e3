r"""Where the mathematics stands in a Markdown file.

markdown-it settles what is prose, code, a quotation, a list or HTML; the rules below find ``$…$``, ``$$…$$``,
``\(…\)``, ``\[…\]`` and the environments of amsmath in it and keep their places, which the rules of mdit-py-plugins
do not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from derivations.reading.grammar import ALIGNMENTS
from derivations.reading.places import Source, Span


@dataclass(frozen=True, slots=True)
class Block:
    """One formula: the span of its content, the span with its delimiters, its text.

    ``text`` is as long as the span: what a quotation or list puts before continued lines is blanked, so that offsets
    into the text are offsets into the file. ``closed`` is False where the closing delimiter is missing.
    """

    span: Span
    outer: Span
    text: str
    display: bool
    closed: bool = True
    reason: str = ""  # why what looks like a formula is not read


@dataclass(frozen=True, slots=True)
class Found:
    """A formula in the coordinates of what markdown-it was given: content and delimiters."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    display: bool
    closed: bool = True
    reason: str = ""


CLOSERS: Final = {"$$": "$$", r"\[": r"\]", r"\\[": r"\\]", r"\(": r"\)", r"\\(": r"\\)"}
DISPLAY: Final = frozenset({"$$", r"\[", r"\\["})
OPENER: Final = re.compile(
    r"\$\$|\\\\?\[|\\\\?\(|\\begin\{(?:" + "|".join(sorted(ALIGNMENTS)) + r")\*?\}"
)  # fmt: skip
FORMULA: Final = re.compile(r"\$[^$]*[=\\_^][^$]*\$|\\(?:frac|partial|begin|sum|sigma|delta|\[|\()")
FENCES: Final = frozenset({"latex", "tex", "katex", "mathjax"})
CODE: Final = "mathematics in a block of code is not read: write it between $$ and $$, without indentation"
OPENS: Final = re.compile(r"[^\W_]|[\\(\[{]")
"""What stands behind a dollar sign that opens a formula."""
RUN: Final = re.compile(r"\$+(?=\$\$)")
UNCLOSED_FORMULA: Final = re.compile(r"(?![\s\d$])[^$]{0,40}?(?:\\[a-z]+|=|\^)")
LIKE_MATHS: Final = re.compile(r"[\\=_^]")
AFTER_DISPLAY: Final = re.compile(r"[ \t.,;:]*(?:\([^()$]{1,20}\))?[ \t.,;:]*")
NEWLINE: Final = re.compile(r"\r\n?|\n")
NO_MATHS_IN: Final = ("<script", "<style", "<pre", "<code", "<textarea")


def find_blocks(source: Source) -> list[Block]:
    """All formulas of a Markdown file, in the order of the file."""
    text = _File(source.text)
    found = list(_formulas(_markdown().parse(text.plain, {}), text))
    blocks = [text.block(*entry) for entry in found]
    lone = [block for block in blocks if source.slice(block.outer).strip() == "$$"]
    return [block for block in blocks if len(lone) > 1 or block not in lone]


@cache
def _markdown() -> MarkdownIt:
    """A reader of blocks, code and HTML only: links, emphasis and underlined headings would only get in the way."""
    reader = MarkdownIt("commonmark")
    reader.disable(["emphasis", "link", "image", "autolink", "entity", "reference", "lheading"])
    reader.inline.ruler.before("escape", "maths", _inline_rule)
    reader.block.ruler.before("fence", "maths", _block_rule, {"alt": ["paragraph", "blockquote", "list"]})
    return reader


# -- the two rules of markdown-it ------------------------------------------------------------------------------


def _opening(text: str, position: int) -> tuple[str, str] | None:
    """The opening delimiter at a position and what closes it."""
    match = OPENER.match(text, position)
    if match is None:
        return None
    opener = match.group()
    return opener, CLOSERS.get(opener, opener.replace("begin", "end", 1))


def _content(text: str, opener: str, closer: str, start: int, end: int) -> Found:
    """The formula from the opening delimiter at ``start`` to the closing one at ``end``."""
    after = end + len(closer)
    if opener.startswith(r"\begin"):
        return Found(start, after, start, after, True)
    return Found(start + len(opener), end, start, after, opener in DISPLAY)


def _block_rule(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A display that begins a line and ends one, without an empty line inside."""
    start = state.bMarks[first] + state.tShift[first]
    delimiters = None if state.is_code_block(first) else _opening(state.src, start)
    if delimiters is None or delimiters[0] in (r"\(", r"\\("):
        return False
    opener, closer = delimiters
    ending = _closing_line(state, first, last, start + len(opener), closer)
    if ending is None:
        return False
    line, end = ending
    rest = state.src[end + len(closer) : state.eMarks[line]]
    if not AFTER_DISPLAY.fullmatch(rest) or not state.src[start + len(opener) : end].strip():
        return False
    if not silent:
        token = state.push("maths", "math", 0)
        marks = [state.bMarks[k] + state.tShift[k] for k in range(first + 1, line + 1)]
        found = _content(state.src, opener, closer, start, end)
        token.meta = {"found": found, "lines": marks}
        state.line = line + 1
    return True


def _closing_line(state: StateBlock, first: int, last: int, start: int, closer: str) -> tuple[int, int] | None:
    """The line and offset of the closing delimiter; None where an empty line or the container's end comes first."""
    missing: dict[str, int] = state.env.setdefault("no closer before", {})
    if first < missing.get(closer, 0):
        return None
    line = first
    while line < last and not state.isEmpty(line) and (line == first or state.sCount[line] >= state.blkIndent):
        begin = start if line == first else state.bMarks[line]
        if (end := state.src.find(closer, begin, state.eMarks[line])) >= 0:
            return line, end
        line += 1
    missing[closer] = line
    return None


def _inline_rule(state: StateInline, silent: bool) -> bool:
    """A formula within a paragraph."""
    if state.src[state.pos] not in "$\\":
        return False
    found = _delimited(state) or (_dollars(state.src, state.pos) if state.src[state.pos] == "$" else None)
    if found is None:
        return _run_of_dollars(state, silent)
    if not silent:
        state.push("maths", "math", 0).meta = {"found": found}
    state.pos = found.outer_end
    return True


def _run_of_dollars(state: StateInline, silent: bool) -> bool:
    """Dollar signs one after the other are text but for the last two, where a formula may begin."""
    run = RUN.match(state.src, state.pos)
    if run is None:
        return False
    if not silent:
        state.pending += run[0]
    state.pos = run.end()
    return True


def _delimited(state: StateInline) -> Found | None:
    text, start = state.src, state.pos
    delimiters = _opening(text, start)
    if delimiters is None:
        return None
    opener, closer = delimiters
    missing: set[tuple[str, str]] = state.env.setdefault("never closed", set())
    end = -1 if (closer, text) in missing else text.find(closer, start + len(opener))
    if end >= 0 and text[start + len(opener) : end].strip():
        return _content(text, opener, closer, start, end)
    if end < 0:
        missing.add((closer, text))
        return _unclosed(text, opener, start)
    return None


def _unclosed(text: str, opener: str, start: int) -> Found | None:
    """``$$ … $`` is read; a display that is never closed is reported if it looks like mathematics."""
    begin = start + len(opener)
    single = _dollar(text, begin) if opener == "$$" else -1
    if single > begin:
        return Found(begin, single, start, single + 1, True)
    alone = text.strip() == "$$"
    if opener in (r"\(", r"\\(") or not (alone or LIKE_MATHS.search(text, begin)):
        return None
    return Found(begin, len(text), start, len(text), True, closed=False)


def _dollar(text: str, start: int) -> int:
    """The next dollar sign that is not escaped; −1 where there is none."""
    end = text.find("$", start)
    while end > 0 and (end - len(text[start:end].rstrip("\\")) - start) % 2:
        end = text.find("$", end + 1)
    return end


def _dollars(text: str, start: int) -> Found | None:
    """``$…$`` as pandoc has it, so that “costs $5 and $6” is none; spaces inside only around a sure formula."""
    end = _dollar(text, start + 1)
    content = text[start + 1 : end]
    if end < 0:
        rest = text[start + 1 :]
        sure = UNCLOSED_FORMULA.match(rest) is not None
        return Found(start + 1, len(text), start, len(text), False, closed=False) if sure else None
    if not content.strip() or text[end + 1 : end + 2].isdigit():
        return None
    spaced = content[0].isspace(), content[-1].isspace()
    if spaced == (False, True) and UNCLOSED_FORMULA.match(content):
        opens = OPENS.match(text, end + 1) is not None
        return Found(start + 1, end, start, end + (not opens), False, closed=not opens)
    if any(spaced) and not (all(spaced) and LIKE_MATHS.search(content)):
        return None
    quoted = len(content) > 2 and content[0] == content[-1] == "`"
    return Found(start + 1 + quoted, end - quoted, start, end + 1, False)


# -- places ----------------------------------------------------------------------------------------------------

Pieces = list[tuple[int, int]]


class _File:
    """The file, and the text with plain line ends that markdown-it works on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = NEWLINE.sub("\n", text)
        self.starts = [0, *(match.end() for match in NEWLINE.finditer(text))]
        self.plain_starts = [0, *(match.end() for match in re.finditer("\n", self.plain))]

    def offset(self, plain: int) -> int:
        """The offset in the file of an offset in the plain text."""
        line = bisect_right(self.plain_starts, plain) - 1
        return self.starts[line] + plain - self.plain_starts[line]

    def line(self, number: int) -> str:
        ends = [*self.plain_starts[number + 1 : number + 2], len(self.plain) + 1]
        return self.plain[self.plain_starts[number] : ends[0] - 1]

    def block(self, found: Found, pieces: Pieces) -> Block:
        """A formula from the pieces of the plain text that its lines are."""
        spans = [(self.offset(a), self.offset(b)) for a, b in pieces]
        span = Span(spans[0][0], spans[-1][1])
        outer = Span(self.offset(found.outer_start), self.offset(found.outer_end))
        return Block(span, outer, self.masked(spans), found.display, found.closed, found.reason)

    def masked(self, spans: Pieces) -> str:
        parts = [self.text[spans[0][0] : spans[0][1]]]
        for (_, before), (start, end) in pairwise(spans):
            parts.append(re.sub(r"[^\n]", " ", self.text[before:start]) + self.text[start:end])
        return "".join(parts)


def _formulas(tokens: Sequence[Token], file: _File) -> Iterator[tuple[Found, Pieces]]:
    """All formulas, in plain coordinates, each with the pieces of the lines it stands on."""
    for token in tokens:
        if token.type == "maths":
            yield token.meta["found"], _block_pieces(file, token.meta)
        elif token.type == "inline":
            yield from _inline(token.children or [], token, file)
        elif token.type == "html_block" and not token.content.lstrip().lower().startswith(NO_MATHS_IN):
            for inner in _markdown().parseInline(token.content, {}):
                yield from _inline(inner.children or [], token, file)
        elif token.type == "fence" and token.info.strip() == "math" and token.content.strip():
            yield from _inline([_fenced(token)], token, file, 1)
        elif _unread_code(token):
            yield from _inline([_fenced(token, CODE)], token, file, int(token.type == "fence"))


def _unread_code(token: Token) -> bool:
    """Whether a block of code holds what looks like a formula: it must not vanish."""
    if token.type == "fence" and token.info.strip().lower() in FENCES:
        return bool(token.content.strip())
    return token.type == "code_block" and FORMULA.search(token.content) is not None


def _fenced(token: Token, reason: str = "") -> Token:
    end = len(token.content.rstrip())
    found = Found(0, end, 0, end, True, not reason, reason)
    return Token("maths", "math", 0, meta={"found": found})


def _block_pieces(file: _File, meta: dict[str, Any]) -> Pieces:
    found: Found = meta["found"]
    starts = [found.start, *(mark for mark in meta["lines"] if found.start < mark <= found.end)]
    ends = [file.plain.find("\n", start) for start in starts[:-1]]
    return list(zip(starts, [*ends, found.end], strict=True))


def _inline(children: Sequence[Token], parent: Token, file: _File, skipped: int = 0) -> Iterator[tuple[Found, Pieces]]:
    """The formulas among the children of a paragraph or the like, whose lines stand on the lines of the file."""
    if parent.map is None or all(child.type != "maths" for child in children):
        return
    lines = _Lines(parent.content, parent.map[0] + skipped, file)
    for child in children:
        if child.type == "maths":
            found: Found = child.meta["found"]
            outer = lines.pieces(found.outer_start, found.outer_end)
            moved = Found(0, 0, outer[0][0], outer[-1][1], found.display, found.closed, found.reason)
            yield moved, lines.pieces(found.start, found.end)


class _Lines:
    """Where the lines of a token's content stand in the plain text: each is the last such part of its line."""

    def __init__(self, content: str, first: int, file: _File) -> None:
        self.lines = content.split("\n")
        self.starts = [0]
        for line in self.lines[:-1]:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.shifts = [self._shift(line, first + k, file) for k, line in enumerate(self.lines)]

    def _shift(self, line: str, number: int, file: _File) -> int:
        if number >= len(file.plain_starts):
            return len(file.plain)
        bare = line.strip()
        column = max(file.line(number).rfind(bare), 0)
        return file.plain_starts[number] + column - (len(line) - len(line.lstrip()) if bare else 0)

    def pieces(self, start: int, end: int) -> Pieces:
        first, last = (bisect_right(self.starts, offset) - 1 for offset in (start, max(start, end - 1)))
        found = []
        for k in range(first, last + 1):
            a = max(start, self.starts[k]) - self.starts[k]
            b = min(end, self.starts[k] + len(self.lines[k])) - self.starts[k]
            a = max(a, len(self.lines[k]) - len(self.lines[k].lstrip()) if k > first else a)
            found.append((self.shifts[k] + min(a, b), self.shifts[k] + b))
        return found


def code_lines(text: str) -> frozenset[int]:
    """The lines of a Markdown file, counted from 0, that stand in blocks of code."""
    tokens = _markdown().parse(NEWLINE.sub("\n", text), {})
    blocks = [token.map for token in tokens if token.type in ("fence", "code_block") and token.map]
    return frozenset(line for first, last in blocks for line in range(first, last))
