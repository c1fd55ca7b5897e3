r"""The author's own commands: ``\newcommand``, ``\def``, ``\let`` and ``\DeclareMathOperator``, expanded with places.

Definitions hold from where they stand to the end of the file. What a call stands for has the place of the call, so
that carets point to what the author wrote.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from derivations.reading import grammar
from derivations.reading.places import Span
from derivations.reading.slips import Slip
from derivations.reading.tokenizer import tokenize
from derivations.reading.tokens import Token

MOST_EXPANSIONS: Final = 1000
NAME: Final = r"\\(?:[A-Za-z]+|[^A-Za-z\s])"
DEFINITION: Final = re.compile(
    r"\\(?P<kind>(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|def|gdef|edef|xdef|let)"
    r"(?![A-Za-z])\*?\s*"
)
NEW: Final = re.compile(rf"(?:\{{\s*({NAME})\s*\}}|({NAME}))\s*(?:\[([0-9])\]\s*)?(?:\[([^\[\]{{}}]*)\]\s*)?(?=\{{)")
DEF: Final = re.compile(rf"({NAME})\s*((?:#[1-9])*)\s*(?=\{{)")
LET: Final = re.compile(rf"({NAME})\s*=?\s*({NAME})")
COMMAND: Final = re.compile(NAME)
UNIT: Final = re.compile(rf"\s*({NAME}|[^\s{{}}])")
BOMB: Final = "the commands defined in this file expand without end, or to more than 100 kB"
NO_ARGUMENT: Final = "this command of the file needs {} arguments"
AMBIGUOUS: Final = r"\locallyredefined"
_GROUPS: Final = re.compile(r"\\begin\{(?!document)|\\end\{(?!document)|\\.|[{}]", re.DOTALL)
_LEFTWARDS: Final = re.compile(r"\\overleftarrow(?![A-Za-z])")
_STEPS: Final = {"{": 1, "}": -1, r"\beg": 2, r"\end": 0}  # the brace behind \begin and \end is closed later


@dataclass(frozen=True, slots=True)
class Macro:
    """A command, how many arguments it takes, the default of the first, and what it stands for."""

    name: str
    count: int
    default: str | None
    body: str
    span: Span
    nested: bool = False


class Macros:
    """All definitions of a file; each holds from its end to the next of its name.

    A definition inside a group or an environment ends with it. Where that makes a difference, because the name has
    another meaning too, the command is not read.
    """

    def __init__(self, definitions: Sequence[Macro] = ()) -> None:
        self.definitions = list(definitions)
        self.named: dict[str, list[Macro]] = {}
        for macro in self.definitions:
            self.named.setdefault(macro.name, []).append(macro)

    def find(self, name: str, offset: int) -> Macro | None:
        """What a command at an offset stands for."""
        known = self.named.get(name, [])
        k = bisect_right(known, offset, key=lambda macro: macro.span.end)
        if not k:
            return None
        several = len({(x.count, x.default, x.body) for x in known}) > 1 or name.lstrip("\\") in grammar.KNOWN
        if several and any(macro.nested for macro in known):
            return replace(known[k - 1], count=0, default=None, body=AMBIGUOUS)
        return known[k - 1]


def with_directions(macros: Macros, text: str) -> Macros:
    r"""The commands of a file; where ``\overleftarrow`` marks one direction, ``\vec`` marks the other one."""
    arrow = Macro(r"\vec", 0, None, r"\overrightarrow", Span(0, 0))
    return Macros([arrow, *macros.definitions]) if _LEFTWARDS.search(text) else macros


def find_definitions(text: str, offset: int = 0) -> list[Macro]:
    """The definitions in a text that begins at an offset; what is no complete definition is left alone."""
    found: list[Macro] = []
    position = depth = counted = 0
    while (match := DEFINITION.search(text, position)) is not None:
        depth += sum(_STEPS.get(x.group()[:4], 0) for x in _GROUPS.finditer(text, counted, match.start()))
        counted = match.start()
        macro = _definition(text, match, offset)
        position = match.end() if macro is None else macro.span.end - offset
        found += [] if macro is None else [replace(macro, nested=depth > 0)]
    return found


def _definition(text: str, match: re.Match[str], offset: int) -> Macro | None:
    kind, start = match["kind"], match.start() + offset
    if kind == "let":
        let = LET.match(text, match.end())
        return let and Macro(let[1], 0, None, let[2], Span(start, let.end() + offset))
    head = (DEF if kind.endswith("def") else NEW).match(text, match.end())
    if head is None or (end := closing_brace(text, head.end())) < 0:
        return None
    body, span = text[head.end() + 1 : end], Span(start, end + 1 + offset)
    if kind.endswith("def"):
        return Macro(head[1], len(head[2]) // 2, None, body, span)
    body = rf"\operatorname{{{body}}}" if kind == "DeclareMathOperator" else body
    return Macro(head[1] or head[2], int(head[3] or 0), head[4], body, span)


def closing_brace(text: str, start: int) -> int:
    """The brace that closes the one at ``start``; −1 where there is none."""
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.start()
    return -1


def blanked(text: str, spans: Sequence[Span], offset: int = 0) -> str:
    """The text with some parts of it as spaces; lines stay lines, offsets stay offsets."""
    parts, position = [], 0
    for span in spans:
        a, b = span.start - offset, span.end - offset
        parts += [text[position:a], re.sub(r"[^\r\n]", " ", text[a:b])]
        position = b
    return "".join([*parts, text[position:]])


def only(text: str, kept: Sequence[Span]) -> str:
    """The text with all outside some spans, which are in order, as spaces."""
    edges = [0, *(edge for span in kept for edge in (span.start, span.end)), len(text)]
    return blanked(text, [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b])


def tokens_of(text: str, offset: int, macros: Macros) -> list[Token]:
    """The tokens of a formula after expansion, with the places of the file. Raises Slip on a bomb or bad call."""
    if not any(name in text for name in macros.named):
        return tokenize(text, offset)
    expansion = _Expansion(text, offset, macros)
    expansion.run()
    return [expansion.placed(token) for token in tokenize(expansion.text)]


class _Expansion:
    """A text and for each of its characters the place it comes from."""

    def __init__(self, text: str, offset: int, macros: Macros) -> None:
        self.text = text
        self.places = [(offset + k, offset + k + 1) for k in range(len(text))]
        self.macros = macros

    def run(self) -> None:
        position = count = 0
        while (match := COMMAND.search(self.text, position)) is not None:
            position = match.end()
            if (macro := self.macros.find(match.group(), self.places[match.start()][0])) is not None:
                position, count = match.start(), count + 1
                self.replace(macro, match)
                if count > MOST_EXPANSIONS or len(self.text) > grammar.MAX_LENGTH:
                    raise Slip(self.span(position, position + 1), BOMB)

    def replace(self, macro: Macro, match: re.Match[str]) -> None:
        arguments, end = self.arguments(macro, match)
        body = re.sub(r"#([1-9])", lambda mark: _argument(arguments, int(mark[1])), _short(macro.body, arguments))
        place = self.span(match.start(), end)
        self.text = f"{self.text[: match.start()]} {body} {self.text[end:]}"
        self.places[match.start() : end] = [(place.start, place.end)] * (len(body) + 2)

    def arguments(self, macro: Macro, match: re.Match[str]) -> tuple[list[str], int]:
        found, end = [], match.end()
        if macro.default is not None:
            option = re.compile(r"\s*\[([^\[\]]*)\]").match(self.text, end)
            found, end = ([option[1]], option.end()) if option else ([macro.default], end)
        while len(found) < macro.count:
            content, end = self.argument(end, macro, match)
            found.append(content)
        return found, end

    def argument(self, start: int, macro: Macro, match: re.Match[str]) -> tuple[str, int]:
        begin = len(self.text) - len(self.text[start:].lstrip())
        if self.text.startswith("{", begin) and (end := closing_brace(self.text, begin)) >= 0:
            return self.text[begin + 1 : end], end + 1
        unit = UNIT.match(self.text, start)
        if unit is None:
            raise Slip(self.span(match.start(), match.end()), NO_ARGUMENT.format(macro.count))
        return unit[1], unit.end()

    def span(self, start: int, end: int) -> Span:
        return Span(self.places[start][0], self.places[end - 1][1])

    def placed(self, token: Token) -> Token:
        """A token with the place it comes from; one of no length stands before the character after it."""
        if token.start == token.end:
            edge = self.places[token.start][0] if token.start < len(self.places) else self.places[-1][1]
            return token._replace(start=edge, end=edge)
        span = self.span(token.start, token.end)
        return token._replace(start=span.start, end=span.end)


def _short(body: str, arguments: Sequence[str]) -> str:
    """The body, or as much of it as shows that it is too long to be filled in."""
    longest = max(map(len, arguments), default=0)
    room = grammar.MAX_LENGTH + 1
    return body if body.count("#") * longest <= 2 * room else "x" * room


def _argument(arguments: Sequence[str], number: int) -> str:
    return arguments[number - 1] if number <= len(arguments) else f"#{number}"
