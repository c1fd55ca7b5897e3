r"""Events of a probability: ``A``, ``A = 1``, ``\bar A``, ``x_t``, ``x_{<t}``, ``x_1, \dots, x_T``.

An event is written back in one way only, so that it is known by its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from derivations.reading import grammar
from derivations.reading.cursor import time_of
from derivations.reading.places import Span
from derivations.reading.slips import Slip
from derivations.reading.surface import Time, time_text
from derivations.reading.tokens import Token, partners

NOT: Final = "¬"
"""The value of an event that does not happen."""
ENDLESS: Final = r"\infty"
EXPECTED: Final = "an event such as A, A = 1 or x_t"
UNREAD: Final = "this event of a probability is not read"
JOINING: Final = (",", "wedge")
BEFORE: Final = {"<": -1, "leq": 0}
BEHIND: Final = {">": 1, "geq": 0}
VALUES: Final = ("letter", "number", "text")
_INDEX: Final = re.compile(r"(\\[A-Za-z]+|[A-Za-z])?(?:(?<=[A-Za-z])([+-]\d+)|(\d+))?")
_NAME: Final = re.compile(r"(.+)_\{([^{}:]+)(?::([^{}]+))?\}")


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A variable with a value: any one (empty), a certain one, or :data:`NOT`.

    ``first`` and ``last`` are the indices of a stretch of a sequence, as text (``t-1``); both are the same for one
    element, and empty where there is no index.
    """

    variable: str
    first: str = ""
    last: str = ""
    value: str = ""

    @property
    def name(self) -> str:
        """The variable with its index."""
        if not self.first:
            return self.variable
        return f"{self.variable}_{{{self.first}{'' if self.last == self.first else ':' + self.last}}}"

    @property
    def text(self) -> str:
        """The event as it is written, in LaTeX."""
        if self.value == NOT:
            return rf"\bar{{{self.name}}}"
        return f"{self.name}={self.value}" if self.value else self.name


@lru_cache(maxsize=4096)
def event_of(text: str) -> Event:
    """The event that :attr:`Event.text` writes so."""
    if text.startswith(r"\bar{") and text.endswith("}"):
        return replace(event_of(text[5:-1]), value=NOT)
    name, _, value = text.partition("=")
    match = _NAME.fullmatch(name)
    if match is None:
        return Event(name, value=value)
    return Event(match[1], match[2], match[3] or match[2], value)


def index_time(text: str) -> Time | None:
    """The index that a text writes: ``t-1`` is (t, −1); None for a mere label."""
    match = _INDEX.fullmatch(text)
    if match is None or not text or (match[1] and match[3]):
        return None
    return Time(match[1], int(match[2] or match[3] or 0))


def lateness(time: Time) -> int:
    """How late an index is by habit: numbers first, then small letters, capitals, the end."""
    if time.symbol is None:
        return 0
    return 3 if time.symbol == ENDLESS else 2 if time.symbol[:1].isupper() else 1


# Reading


def parted(tokens: Sequence[Token], cut: Callable[[Token], bool]) -> list[list[Token]]:
    """The tokens between those at which to cut, braces and brackets left whole."""
    found: list[list[Token]] = [[]]
    closing, pairs = -1, partners(tokens)
    for k, token in enumerate(tokens):
        if k > closing and cut(token):
            found.append([])
            continue
        closing = max(closing, pairs[k])
        found[-1].append(token)
    return found


def read_events(tokens: Sequence[Token]) -> list[Event]:
    """The events between commas, dots filled in, sorted. Raises Slip for what is no event."""
    found: list[Event] = []
    dots: Token | None = None
    for part in parted(tokens, lambda x: x.at(*JOINING)):
        if len(part) == 1 and part[0].at("dots") and found and dots is None:
            dots = part[0]
            continue
        event = _event(part)
        if dots is not None:
            event, dots = _stretch(found, event, dots.span), None
        found.append(event)
    if dots is not None:
        raise Slip(dots.span, "an ellipsis without an end among events", "the last event")
    return sorted(set(found))


def _stretch(found: list[Event], end: Event, dots: Span) -> Event:
    """The elements from the last event found, which is taken off, to the one behind the dots."""
    start = found.pop()
    first, last = index_time(start.first), index_time(end.last)
    plain = start.variable == end.variable and not start.value and not end.value
    if first is None or last is None or not plain or start.first != start.last:
        raise Slip(dots, "an ellipsis between events that do not go on one by one", r"x_1, \dots, x_t")
    before = index_time(found[-1].first) if found and found[-1].variable == start.variable else None
    if before is not None and (before.symbol != first.symbol or abs(first.offset - before.offset) != 1):
        raise Slip(dots, "an ellipsis between events that do not go on one by one", r"x_1, x_2, \dots, x_t")
    down = (lateness(first), first.offset) > (lateness(last), last.offset)
    return Event(start.variable, end.first if down else start.first, start.last if down else end.last)


def _flat(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without fonts, and without braces but for those of scripts."""
    tokens = [x for x in tokens if not (x.kind == "command" and x.text in grammar.FONTS)]
    pairs = partners(tokens)
    scripts = {k for k, x in enumerate(tokens) if x.kind == "{" and k and tokens[k - 1].at("_", "^")}
    kept = scripts | {pairs[k] for k in scripts}
    return [x for k, x in enumerate(tokens) if x.kind not in "{}" or k in kept]


def _event(tokens: Sequence[Token]) -> Event:
    reader = _EventReader(_flat(tokens))
    return reader.event()


class _EventReader:
    """One event, its tokens wholly consumed."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    def at(self, *texts: str) -> bool:
        return self.position < len(self.tokens) and self.tokens[self.position].at(*texts)

    def skip(self, *texts: str) -> bool:
        found = self.at(*texts)
        self.position += found
        return found

    def slip(self) -> Slip:
        span = Span(0, 0) if not self.tokens else self.tokens[min(self.position, len(self.tokens) - 1)].span
        return Slip(span, UNREAD, EXPECTED)

    def event(self) -> Event:
        negated = self.skip("neg") or self.skip("bar")
        name, first, last = self.name(), "", ""
        if self.skip("_"):
            first, last = self.stretch(self.script())
        primes = 0
        while self.skip("'"):
            primes += 1
        if self.skip("^"):
            script = self.script()
            if not first and [x.text for x in script[:1] + script[-1:]] == ["(", ")"]:
                first = last = time_text(self.time(script[1:-1]))
            elif first or [x.text for x in script] != ["c"]:
                raise self.slip()
            else:
                negated = not negated
        value = self.value() if self.skip("=") else ""
        if self.position < len(self.tokens) or (negated and value) or (primes and (value or name[:1].isupper())):
            raise self.slip()
        return Event(name, first, last, NOT if negated else value or (name + "'" * primes if primes else ""))

    def name(self) -> str:
        mark = self.tokens[self.position].text if self.at(*grammar.ACCENTS) else ""
        self.position += bool(mark)
        if self.position >= len(self.tokens):
            raise self.slip()
        token = self.tokens[self.position]
        greek = token.kind == "command" and token.text in grammar.GREEK
        if token.kind not in ("letter", "text") and not greek:
            raise self.slip()
        self.position += 1
        name = f"\\{token.text}" if greek else token.text
        return rf"\{mark}{{{name}}}" if mark else name

    def script(self) -> list[Token]:
        if self.position >= len(self.tokens):
            raise self.slip()
        if self.tokens[self.position].kind != "{":
            self.position += 1
            return [self.tokens[self.position - 1]]
        start, end = self.position + 1, partners(self.tokens)[self.position]
        self.position = end + 1
        return self.tokens[start:end]

    def stretch(self, script: list[Token]) -> tuple[str, str]:
        """``t``, ``<t``, ``\\le t``, ``>t``, ``1:t``."""
        head = script[0] if script else None
        if head is not None and head.at(*BEFORE):
            return "1", time_text(self.time(script[1:], BEFORE[head.text]))
        if head is not None and head.at(*BEHIND):
            return time_text(self.time(script[1:], BEHIND[head.text])), ENDLESS
        sides = parted(script, lambda x: x.at(":"))
        if len(sides) == 2:
            one, other = (self.time(side) for side in sides)
            down = (lateness(one), one.offset) > (lateness(other), other.offset)
            return (time_text(other), time_text(one)) if down else (time_text(one), time_text(other))
        time = time_of(script, None)
        label = "".join(self.plain(x) for x in script) if time is None else time_text(time)
        if not label or any(sign in label for sign in "{}:,"):
            raise self.slip()
        return label, label

    def time(self, tokens: Sequence[Token], moved: int = 0) -> Time:
        time = time_of(tokens, None)
        if time is None:
            raise self.slip()
        return Time(time.symbol, time.offset + moved)

    def value(self) -> str:
        """A number, a name or a letter with primes or an index."""
        rest = self.tokens[self.position :]
        self.position = len(self.tokens)
        text = "".join(map(self.plain, rest))
        if not rest or rest[0].kind not in (*VALUES, "command") or any(x in text for x in "=,"):
            raise self.slip()
        return text

    def plain(self, token: Token) -> str:
        greek = token.kind == "command" and token.text in grammar.GREEK
        if token.kind not in (*VALUES, "{", "}") and not greek and not token.at("_", "'"):
            raise Slip(token.span, UNREAD, EXPECTED)
        return f"\\{token.text}" if greek else token.text
