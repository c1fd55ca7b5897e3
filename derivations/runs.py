"""Sums and products whose upper bound grows with time, as accumulators (see :mod:`derivations.unrolling`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from derivations.elaborate import Elaborator
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.series import (
    EARLIER_LEFT,
    FACTOR,
    LATER_LEFT,
    bind,
    bound,
    free_letters,
    ordered_by_time,
    pick,
    unit,
)
from derivations.tensors import hadamard, matmul
from derivations.terms import Shape, Term, add, zeros
from derivations.values import Value
from derivations.world import Mode, OpenEndedError, World

if TYPE_CHECKING:
    from derivations.unrolling import Unroller

NOWHERE = Span(0, 0)


@dataclass(slots=True)
class Accumulator:
    """A quantity that grows with time: its free tensor, and how to find its value elsewhere.

    ``step`` gives its value one time later, ``base`` the one at the start; ``at`` the one at T+1 where the letter of
    ``letters`` that it depends on stands for a time near T; ``differentiate`` its total derivative by a name.
    """

    tensor: Term
    step: Callable[[], Term]
    base: Callable[[], Term]
    letters: frozenset[str | None] = frozenset()
    at: Callable[[s.Time], Term] | None = None
    differentiate: Callable[[Ref], Term] | None = None


def moved(ref: Ref, time: s.Time) -> Ref:
    """A name at an index, the index put at a time."""
    offset = ref.time.offset if ref.time is not None else 0
    return Ref(ref.key, s.Time(time.symbol, time.offset + offset))


Fold = Callable[[Term, Term], Term]
"""How one more value, with a later index, joins those before it."""


class Run:
    """One sum or product whose upper bound grows with time.

    Its accumulator reaches as far as its body speaks of no time after T: up to the index T − ``reach``.
    """

    def __init__(self, unroller: Unroller, node: s.Big, world: World, first: s.Time, target: Shape | None) -> None:
        self.unroller = unroller
        self.node = node
        self.world = world
        self.first = first
        self.target = target
        times = [x.time.offset for x in node.body.walk() if isinstance(x, s.Symbol) and _at(x, node.index) and x.time]
        above = -_offset(node.upper, unroller.growing) if _starts_another(node) or not self._changes() else 0
        self.reach = max(0, above, *times)

    def values(self, last: int) -> list[Value]:
        """Every reading of the sum or product up to the index T + ``last``."""
        top = [self._body(self.unroller, s.Time(self.unroller.growing, k)) for k in range(1 - self.reach, last + 1)]
        if self._changes():
            return self._pulled(top)
        probe = self._body(self.unroller, s.Time(self.unroller.growing, 1 - self.reach))
        found = []
        for value in probe:
            later = [_like(row, value) for row in top]
            found += [self._accumulated(value, later, *fold) for fold in self._folds(value)]
        return found

    def _body(self, elaborator: Elaborator, time: s.Time, world: World | None = None) -> list[Value]:
        inner = bind(world or self.world, self.node.index, time, self.node.kind == "sum")
        return elaborator.elaborate(self.node.body, inner, self.target)

    def _changes(self) -> bool:
        """Whether the body itself speaks of the time that the index grows to."""
        knowledge, growing = self.unroller.knowledge, self.unroller.growing
        if any(time.symbol == growing for time in free_letters(self.node.body, length=knowledge.length)):
            return True
        reached = knowledge.reachable(self.node.body)
        definitions = [d for key, d in knowledge.families.items() if key in reached]
        times = ((d.letter, t.symbol) for d in definitions for t in free_letters(d.node, length=knowledge.length))
        return growing in knowledge.lengths and any(t == growing != letter for letter, t in times)

    def _folds(self, value: Value) -> list[tuple[str, Fold]]:
        """The orders in which the values may be joined, with the reading that each needs."""
        if self.node.kind == "sum":
            return [("", lambda earlier, later: add(earlier, later))]
        if value.term.rank < 2:
            return [("", lambda earlier, later: hadamard(earlier, later))]
        if value.term.rank > 2 or value.term.shape[0] != value.term.shape[1]:
            raise OpenEndedError("a product over an index needs square matrices")
        by_time = ordered_by_time(self.node)
        later_left = ("" if by_time else LATER_LEFT, lambda earlier, later: matmul(later, earlier))
        return [later_left, (EARLIER_LEFT if by_time else "", lambda earlier, later: matmul(earlier, later))]

    def _accumulated(self, value: Value, top: Sequence[Value], reading: str, fold: Fold) -> Value:
        unroller, shape = self.unroller, value.term.shape

        def make(tensor: Term) -> Accumulator:
            return Accumulator(
                tensor,
                lambda: fold(tensor, value.term),
                lambda: self._at_start(value, fold, shape),
                frozenset({self.first.symbol}),
                lambda time: self._near(value, fold, shape, time),
                lambda by: self._differentiated(tensor, by, value),
            )

        env = tuple(pair for pair in self.world.env if pair[0] != unroller.growing)
        world = (env, self.world.mode, self.world.summing, self.world.cut)
        key = (self.node, self.first, world, value.readings, shape, reading)
        sign = "Σ" if self.node.kind == "sum" else "Π"
        name = "a power" if self.node.index == FACTOR else f"{sign}_{self.node.index}"
        tensor = unroller.accumulator(key, name, shape, make)
        readings = value.readings | ({reading} if reading else set())
        return replace(value, term=reduce(fold, [v.term for v in top], tensor), readings=readings)

    def _at_start(self, like: Value, fold: Fold, shape: Shape) -> Term:
        unroller, start = self.unroller, self.unroller.start
        if self.first.symbol != start.symbol or start.offset - self.reach < self.first.offset - 1:
            raise OpenEndedError("the range is not known at the start")
        world = unroller.world_at_start(self.world)
        times = [s.Time(start.symbol, k) for k in range(self.first.offset, start.offset - self.reach + 1)]
        terms = [_like(self._body(unroller.ordinary, time, world), like).term for time in times]
        return reduce(fold, terms) if terms else unit(self.node.kind, shape)

    def _near(self, like: Value, fold: Fold, shape: Shape, time: s.Time) -> Term:
        """The value at T+1 where the lower bound is near T."""
        lower = time.offset + self.first.offset
        if lower > 2 - self.reach:
            raise OpenEndedError("the range is reversed")
        times = [s.Time(self.unroller.growing, k) for k in range(lower, 2 - self.reach)]
        terms = [_like(self._body(self.unroller, x), like).term for x in times]
        return reduce(fold, terms) if terms else unit(self.node.kind, shape)

    # Derivatives of a sum

    def _differentiated(self, tensor: Term, by: Ref, like: Value) -> Term:
        """The accumulator of the total derivative of the sum by a name."""
        unroller = self.unroller
        if self.node.kind != "sum" or self.world.mode is Mode.DIRECT:
            raise OpenEndedError("a derivative of a product over an index")
        letter = by.time.symbol if by.time is not None else None
        shape = tensor.shape + unroller.variable(by).shape
        if by.time is not None and letter == unroller.growing:
            if by.time.offset <= 0:
                raise OpenEndedError("a sum by a quantity that it has passed")
            return zeros(shape)

        def make(own: Term) -> Accumulator:
            return Accumulator(
                own,
                lambda: add(own, self._derived(by, like, s.Time(unroller.growing, 1 - self.reach))),
                lambda: self._derived_at_start(by, like, own.shape),
                frozenset({letter}),
                lambda time: self._derived_near(moved(by, time), like, own.shape),
            )

        return unroller.accumulator(("∂", tensor, by), f"∂Σ_{self.node.index}/∂{by}", shape, make)

    def _derived(self, by: Ref, like: Value, time: s.Time) -> Term:
        unroller = self.unroller
        world = replace(unroller.world(Mode.TOTAL, 0), cut=(by,))
        row = self._body(unroller, time, replace(self.world, cut=(by,)))
        body = _like(row, like).term
        return unroller._filled(unroller.total(body, by), replace(world, cut=()), NOWHERE)

    def _derived_at_start(self, by: Ref, like: Value, shape: Shape) -> Term:
        unroller, start = self.unroller, self.unroller.start
        lower = self.first
        if by.time is not None and by.time.symbol is not None:
            lower = self._first_after(by.time)
        if lower.symbol != start.symbol:
            raise OpenEndedError("the range is not known at the start")
        world = replace(unroller.world_at_start(self.world), cut=(by,))
        times = [s.Time(start.symbol, k) for k in range(lower.offset, start.offset - self.reach + 1)]
        bodies = [_like(self._body(unroller.ordinary, time, world), like).term for time in times]
        return add(zeros(shape), *(unroller._closed(body, by, world) for body in bodies))

    def _derived_near(self, by: Ref, like: Value, shape: Shape) -> Term:
        lower = by.time.offset - self.reach if by.time is not None else 0
        times = [s.Time(self.unroller.growing, k) for k in range(lower, 2 - self.reach)]
        return add(zeros(shape), *(self._derived(by, like, time) for time in times))

    def _first_after(self, time: s.Time) -> s.Time:
        """The first summand that can depend on a name at a time: none before it speaks of that time or a later one."""
        others = {t.symbol for t in free_letters(self.node.body)} - {self.node.index}
        if others or self.first != s.Time(None, 1) or time.offset < self.reach:
            raise OpenEndedError("it is open which summands depend on this name")
        return s.Time(time.symbol, time.offset - self.reach)

    # Sums whose summands grow

    def _pulled(self, top: Sequence[list[Value]]) -> list[Value]:
        unroller, start, index = self.unroller, self.unroller.start, self.node.index
        if self.node.kind == "prod" or self.first.symbol != start.symbol or index == self.first.symbol:
            raise OpenEndedError("the factors of a product grow")
        if start.offset - self.reach < self.first.offset - 1:
            raise OpenEndedError("the range is reversed at the start")
        early = range(self.first.offset, start.offset - self.reach + 1)
        rows = [self._body(unroller, s.Time(start.symbol, k)) for k in early] + list(top)
        general = self._body(unroller, s.Time(index, 0))
        found = []
        for value in general:
            terms = [_like(row, value).term for row in rows]
            found.append(replace(value, term=add(unroller.pull(value.term, index, self.reach), *terms)))
        return found


def _like(row: Sequence[Value], value: Value) -> Value:
    """The value of a row that has the reading and the shape of another."""
    found = pick(row, value.readings, value.term.shape)
    if found is None:
        raise OpenEndedError("the readings of its terms do not agree")
    return found


def _offset(node: s.Node | None, letter: str) -> int:
    """How far a bound lies above a time letter; 0 where it is another time."""
    time = bound(node, {}) if node is not None else None
    return time.offset if time is not None and time.symbol == letter else 0


def _starts_another(node: s.Big) -> bool:
    """Whether a sum or product within begins at the index, which must not go beyond the bound then."""
    inner = (x.lower for x in node.body.walk() if isinstance(x, s.Big) and x.lower is not None)
    return any(_offset(lower, node.index) or bound(lower, {}) == s.Time(node.index, 0) for lower in inner)


def _at(symbol: s.Symbol, index: str) -> bool:
    return symbol.time is not None and symbol.time.symbol == index
