r"""A loss for a sheet that has none: any that has the gradients which no line computes, such as ``da_{next}``.

It is Σ ⟨da, a⟩ over the quantities whose gradients are given. A gradient may be given as all of the derivative, or but
for the ways through the other quantities of this kind (``dc_{next}`` beside ``da_{next}``). Only what bears on a loss
through these quantities alone has a gradient that follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from derivations.copies import copied_names
from derivations.names import GRADIENT_MARKS
from derivations.reading import surface as s
from derivations.reading.places import Span

Name = tuple[str, tuple[str, ...], str]
Place = tuple[Name, s.Time | None]


OVER_TIME = "it is not clear whether this is the gradient at one step or over all of them"
SUM_OR_STEP = "the gradients of one step on the right side"
UNDERSTOOD = s.Symbol(Span(0, 0), "L", ("understood",))
"""The name of the made-up loss."""


class Given(Enum):
    """What a gradient that no line computes takes in."""

    APART = "but for what comes through the other quantities whose gradients are given"
    WHOLE = "all of it"


@dataclass(frozen=True, slots=True)
class Flow:
    """Which quantities others are computed from, by their definitions: the left side of each, and its names."""

    definitions: Mapping[Place, tuple[s.Symbol, ...]]

    @classmethod
    def of(cls, definitions: Sequence[tuple[s.Symbol, Sequence[s.Symbol]]]) -> Flow:
        """The first definition of each quantity counts."""
        found: dict[Place, tuple[s.Symbol, ...]] = {}
        for first, inner in definitions:
            found.setdefault(place(first), tuple(inner))
        return cls(found)

    def passing(self, start: Place, ends: Sequence[Place]) -> Place | None:
        """A quantity that hangs on ``start`` and through which a loss may do so by no way through ``ends``.

        What is of the step of ``start`` alone, before all ``ends``, is no such way: of a step the one after is asked.
        """
        steps = _Steps.of(ends, start[1])
        seen, pending = {start}, [] if start in ends else [start]
        while pending:
            here = pending.pop()
            users = [x for x in dict.fromkeys(self._users(here, steps)) if steps.has(x[1])]
            aside = here != start and here[1] == start[1] and steps.is_before(here[1])
            if not users and not aside:
                return here
            fresh = [x for x in users if x not in seen]
            seen.update(fresh)
            pending += [x for x in fresh if x not in ends]
        return None

    def leads(self, start: Place, end: Place) -> bool:
        """Whether ``end`` hangs on ``start`` within the steps of the two."""
        steps, seen, pending = _Steps.of((start, end)), {start}, [start]
        while pending:
            fresh = [x for x in self._users(pending.pop(), steps) if steps.has(x[1]) and x not in seen]
            seen.update(fresh)
            pending += fresh
        return end in seen and end != start

    def _users(self, used: Place, steps: _Steps) -> Iterator[Place]:
        """The quantities whose definitions speak of a quantity at a time."""
        for (name, time), inner in self.definitions.items():
            for symbol in inner:
                if name_of(symbol) == used[0]:
                    yield from ((name, when) for when in _times(time, symbol.time, used[1], steps))


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps from the first to the last of some places, and from an earlier one on."""

    symbols: frozenset[str | None]
    start: int
    first: int
    last: int

    @classmethod
    def of(cls, places: Sequence[Place], start: s.Time | None = None) -> _Steps:
        times = [time for _, time in places if time is not None]
        offsets = [time.offset for time in times]
        symbols = frozenset(time.symbol for time in times)
        first, last = min(offsets, default=0), max(offsets, default=0)
        related = start is not None and start.symbol in symbols
        return cls(symbols, min(start.offset, first) if start is not None and related else first, first, last)

    def has(self, time: s.Time | None) -> bool:
        return time is None or (time.symbol in self.symbols and self.start <= time.offset <= self.last)

    def is_before(self, time: s.Time | None) -> bool:
        return time is not None and time.symbol in self.symbols and time.offset < self.first

    def times(self) -> Iterator[s.Time]:
        for symbol in sorted(self.symbols, key=str):
            yield from (s.Time(symbol, k) for k in range(self.first, self.last + 1))


def _times(left: s.Time | None, inside: s.Time | None, used: s.Time | None, steps: _Steps) -> Iterator[s.Time | None]:
    """The times of the left side of a definition at which what stands in it is ``used``."""
    if left is None or left.symbol is None:
        if inside == used or inside is None or (inside.symbol is not None and left is None):
            yield left
    elif inside is None and used is not None:
        yield used
    elif inside is None or used is None or inside.symbol != left.symbol:
        yield from steps.times()
    else:
        yield s.Time(used.symbol, used.offset - inside.offset + left.offset)


def name_of(symbol: s.Symbol) -> Name:
    """What tells a quantity from others: all but its time and components."""
    return symbol.base, symbol.marks, symbol.name


def place(symbol: s.Symbol) -> Place:
    """A quantity at a time."""
    return name_of(symbol), symbol.time


def loss_of(given: Sequence[tuple[s.Symbol, s.Symbol]]) -> tuple[s.Symbol, list[s.Statement]]:
    """A loss and its definition, Σ ⟨gradient, quantity⟩ over some pairs of the two."""
    times = {gradient.time for gradient, _ in given if gradient.time is not None}
    span = given[0][0].span
    loss = replace(UNDERSTOOD, span=span, time=next(iter(times)) if len(times) == 1 else None)
    parts = [replace(loss, name=str(k + 1)) for k in range(len(given))] if len(given) > 1 else [loss]
    implied = [defined(part, s.Mul(span, pair, ("odot",))) for part, pair in zip(parts, given, strict=True)]
    total = [defined(loss, s.Add(span, (1,) * len(parts), tuple(parts)))] if len(parts) > 1 else []
    return loss, [*implied, *total]


def defined(symbol: s.Symbol, node: s.Node) -> s.Statement:
    """The statement symbol := node."""
    return s.Statement(symbol.span, (symbol, node), (s.Link(s.Relation.DEFINED, symbol.span),))


def at_one_step(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """Gradients by parameters of a loss of several steps, ``dW = dz_t x_t^T``, by the copy of the parameter at t.

    Refused where the right side does not speak of the gradients of one step, or the parameter is no steady one.
    """
    found = [_by_copy(x) for x in sentences]
    copied = copied_names([x for x in found if isinstance(x, s.Statement)])
    return [
        new if new is old or _is_by(new, copied) else _refused(old) for old, new in zip(sentences, found, strict=True)
    ]


def _by_copy(sentence: s.Sentence) -> s.Sentence:
    first = sentence.items[0] if isinstance(sentence, s.Statement) else None
    if not isinstance(sentence, s.Statement) or not _is_over_time(first) or not isinstance(first, s.Partial):
        return sentence
    step = step_of(sentence)
    by = replace(first.by, time=step) if isinstance(first.by, s.Symbol) else first.by
    return replace(sentence, items=(replace(first, by=by), *sentence.items[1:]))


def step_of(statement: s.Statement) -> s.Time | None:
    """The one time of all the gradients on the right side; None where there are several or none."""
    steps = {time for item in statement.items[1:] for node in item.walk() for time in _gradient_times(node)}
    return next(iter(steps)) if len(steps) == 1 else None


def _is_over_time(node: s.Node | None) -> bool:
    """Whether this is the derivative of a made-up loss of several steps by something without a time."""
    if not isinstance(node, s.Partial) or not isinstance(node.of, s.Symbol) or not isinstance(node.by, s.Symbol):
        return False
    return node.of.marks == UNDERSTOOD.marks and node.of.time is None and node.by.time is None


def _gradient_times(node: s.Node) -> Iterator[s.Time | None]:
    if isinstance(node, s.Partial) and isinstance(node.by, s.Symbol):
        yield node.by.time
    if isinstance(node, s.Symbol) and set(node.marks) & set(GRADIENT_MARKS):
        yield node.time


def _is_by(sentence: s.Sentence, copied: Mapping[Name, s.Symbol]) -> bool:
    first = sentence.items[0] if isinstance(sentence, s.Statement) else None
    by = first.by if isinstance(first, s.Partial) else None
    return isinstance(by, s.Symbol) and by.time is not None and name_of(by) in copied


def _refused(sentence: s.Sentence) -> s.Sentence:
    at = sentence.items[0].span if isinstance(sentence, s.Statement) else sentence.span
    return s.Unreadable(sentence.span, at, OVER_TIME, SUM_OR_STEP, sentence.display, defines=False)
