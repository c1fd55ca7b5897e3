"""Finite sums and products over time: which indices they run over, and their values at given bounds.

A product of Jacobians is ordered by time: the later factor stands on the left (Pascanu, Mikolov and Bengio, *On the
difficulty of training recurrent neural networks*, 2013, eq. 5). A product of other matrices is taken as it is written,
the smallest index first. The other order is a reading of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

from derivations.lengths import last_time
from derivations.names import key_of, shift, time_text
from derivations.reading import surface as s
from derivations.reading.grammar import BATCH, TIMES
from derivations.tensors import hadamard, matmul
from derivations.terms import Shape, Term, add, delta, number, ones, zeros
from derivations.values import Value, merge
from derivations.world import MisfitError, OpenEndedError, UnclearError, World

if TYPE_CHECKING:
    from derivations.elaborate import Elaborator

MOST_INDICES = 64
FACTOR = "·"
"""The index of the product that a power is; no name of a sheet."""
LATER_LEFT = "the factors of the product in the order of time, the later one on the left"
EARLIER_LEFT = "the factors of the product against the order of time, the earlier one on the left"
INTEGER_BOUND = "this bound is no whole number and no time"
_INDEX = re.compile(r"([A-Za-z]|\\[a-z]+ ?)(?:([+-])(\d+))?")


@dataclass(frozen=True, slots=True)
class Moment(s.Node):
    """A bound of a sum or product that is a time: the T−1 of ``\\sum_{k=1}^{T-1}``."""

    time: s.Time


class ReversedBoundsError(UnclearError):
    """The upper bound of a sum or product lies more than one below the lower one."""


# Which subscripts are times


def with_times(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with the indices of sums and products over time, and their bounds, read as times: h_k, h_{k+1}."""
    nodes = [n for x in sentences if isinstance(x, s.Statement) for item in x.items for n in item.walk()]
    timed = {key_of(n, "") for n in nodes if isinstance(n, s.Symbol) and n.time is not None and not n.name}
    letters = time_letters(nodes, timed)
    if not letters:
        return list(sentences)

    last = last_time([x for x in sentences if isinstance(x, s.Statement)])

    def change(node: s.Node) -> s.Node:
        if isinstance(node, s.Big) and node.index in letters:
            return _upwards(replace(node, lower=_moment(node.lower), upper=_moment(node.upper)), last)
        plain = isinstance(node, s.Symbol) and node.time is None and key_of(node, "") in timed
        return timed_by(node, letters) if plain and isinstance(node, s.Symbol) else node

    return s.rewritten(sentences, change)


def time_letters(nodes: Iterable[s.Node], timed: set[str]) -> set[str]:
    """The indices and bounds of sums and products over time.

    Those are the ones that an exponent such as T−i counts steps with, whose bounds, directly or through one another,
    are times, and those from number to number whose index is a subscript of a quantity of ``timed``.
    """
    nodes = list(nodes)
    bigs = [node for node in nodes if isinstance(node, s.Big)]
    found = {big.index for big in bigs if _counts_times(big, timed)} | _counted_steps(nodes)
    known = TIMES | found
    for _ in bigs:
        for big in bigs:
            letters = _letters_of(big)
            if letters & known or (big.lower is None and big.upper is None and big.index in known):
                found |= letters | {big.index}
                known |= found
    return found - {FACTOR}


def _counted_steps(nodes: Iterable[s.Node]) -> set[str]:
    """The i of an exponent ``T-i``."""
    exponents = (node.exponent for node in nodes if isinstance(node, s.Raise) and isinstance(node.exponent, s.Add))
    letters = [[y.base for y in x.addends if isinstance(y, s.Symbol) and not y.name and not y.marks] for x in exponents]
    return {pair[1] for pair in letters if len(pair) == 2 and pair[0] in TIMES} - TIMES


def _counts_times(big: s.Big, timed: set[str]) -> bool:
    symbols = [x for x in big.body.walk() if isinstance(x, s.Symbol) and x.time is None and key_of(x, "") in timed]
    numbers = isinstance(big.lower, s.Number) and isinstance(big.upper, s.Number)
    return numbers and any(timed_by(x, {big.index}).time is not None for x in symbols)


def _letters_of(big: s.Big) -> set[str]:
    nodes = [x for bound in (big.lower, big.upper) if bound is not None for x in bound.walk()]
    moments = {x.time.symbol for x in nodes if isinstance(x, Moment) and x.time.symbol is not None}
    return moments | {x.base for x in nodes if isinstance(x, s.Symbol) and not x.name}


def _moment(node: s.Node | None) -> s.Node | None:
    time = bound(node, {}) if node is not None else None
    return node if node is None or time is None else Moment(node.span, time)


def _upwards(node: s.Big, last: str | None) -> s.Big:
    """A sum or product written from a later letter down to an earlier one, turned round; numbers may be a slip."""
    below, above = (bound(x, {}) if x is not None else None for x in (node.lower, node.upper))
    if below is None or above is None:
        return node
    if _lateness(below.symbol, last) <= _lateness(above.symbol, last):
        return node
    return replace(node, lower=node.upper, upper=node.lower, downwards=True)


def _lateness(letter: str | None, last: str | None) -> int:
    """How late a time letter is taken to be: the last time and T after t, t after any other, a number first."""
    return 0 if letter is None else 3 if letter == last else {"T": 3, "t": 2}.get(letter, 1)


def timed_by(symbol: s.Symbol, letters: Set[str]) -> s.Symbol:
    """A symbol with its subscript as a time, where that is one of some letters: ``h_{k-1}``."""
    match = _INDEX.fullmatch(symbol.name)
    letter = match.group(1).strip().removeprefix("\\") if match else ""
    if match is None or letter not in letters:
        return symbol
    offset = int(match.group(3) or 0) * (-1 if match.group(2) == "-" else 1)
    return replace(symbol, name="", time=s.Time(letter, offset))


# Bounds


def bound(node: s.Node, env: dict[str, s.Time]) -> s.Time | None:
    """A bound as a time: ``T-1`` is (T, −1), 3 is (None, 3); None where it is neither."""
    match node:
        case s.Number() if node.value.denominator == 1:
            return s.Time(None, int(node.value))
        case Moment():
            return shift(node.time, env)
        case s.Group():
            return bound(node.inner, env)
        case s.Symbol() if not node.name and node.time is None and not node.marks and not node.component:
            return None if node.base == "infty" else env.get(node.base, s.Time(node.base, 0))
        case s.Add() if len(node.addends) == 2 and node.signs[0] == 1:
            first, second = (bound(x, env) for x in node.addends)
            if first is not None and second is not None and second.symbol is None:
                return s.Time(first.symbol, first.offset + node.signs[1] * second.offset)
    return None


def bounds(node: s.Big, env: dict[str, s.Time], length: str | None) -> tuple[s.Time, s.Time]:
    """The first and the last index. Without bounds: all times of the sheet, 1 to ``length``.

    Raises UnclearError where they are missing or no times.
    """
    if node.lower is None and node.upper is None and length is not None and node.index in TIMES - {length}:
        return s.Time(None, 1), env.get(length, s.Time(length, 0))
    if node.lower is None or node.upper is None:
        if node.index == BATCH:
            raise UnclearError(
                "the sheet has no matrix of examples to add up here", node.span, "a batch of columns or rows"
            )
        raise UnclearError("the range of this index is not written", node.span, "the bounds, such as t=1 and T")
    found = []
    for side in (node.lower, node.upper):
        time = bound(side, env)
        if time is None:
            raise UnclearError(INTEGER_BOUND, side.span, "a bound such as 1, i+1 or T-1")
        found.append(time)
    return found[0], found[1]


def indices(node: s.Big, first: s.Time, last: s.Time) -> list[s.Time]:
    """All indices between two bounds of one letter.

    Raises OpenEndedError where the letters differ, UnclearError where the bounds are reversed or far apart.
    """
    if first.symbol != last.symbol:
        raise OpenEndedError(f"from {time_text(first)} to {time_text(last)}")
    if last.offset < first.offset - 1:
        message = f"this index runs from {time_text(first)} up to {time_text(last)}, which is before it"
        raise ReversedBoundsError(message, node.span, "the smaller bound below")
    if last.offset - first.offset >= MOST_INDICES:
        raise UnclearError(f"more than {MOST_INDICES} indices cannot be checked", node.span)
    return [s.Time(first.symbol, k) for k in range(first.offset, last.offset + 1)]


def bind(world: World, index: str, time: s.Time, summing: bool) -> World:
    """The world inside a sum or product: its index stands for a time."""
    env = tuple((letter, value) for letter, value in world.env if letter != index)
    return replace(world, env=(*env, (index, time)), summing=world.summing or summing)


def free_letters(node: s.Node, bound_here: frozenset[str] = frozenset(), length: str | None = None) -> Iterator[s.Time]:
    """The times by letters that an expression speaks of and that no sum or product in it binds; bounds included."""
    if isinstance(node, s.Big):
        for side in (node.lower, node.upper):
            yield from _letters_in_bound(side, bound_here)
        if node.upper is None and length is not None:
            yield s.Time(length, 0)
        bound_here |= {node.index}
        yield from free_letters(node.body, bound_here, length)
        return
    if isinstance(node, s.Symbol) and node.time is not None and node.time.symbol not in {None, *bound_here}:
        yield node.time
    for child in node.children():
        yield from free_letters(child, bound_here, length)


def _letters_in_bound(node: s.Node | None, bound_here: frozenset[str]) -> Iterator[s.Time]:
    """The letter of a bound that is a time; the m of a sum over components is none."""
    time = bound(node, {}) if isinstance(node, Moment) else None
    if time is not None and time.symbol is not None and time.symbol not in bound_here:
        yield s.Time(time.symbol, 0)


def has_series(*nodes: s.Node) -> bool:
    """Whether a sum or product over an index occurs."""
    return any(isinstance(x, s.Big) for node in nodes for x in node.walk())


# Values


def series(elaborator: Elaborator, node: s.Big, world: World, target: Shape | None) -> list[Value]:
    """Every reading of a sum or product whose bounds are known in ``world``; see :func:`combine`.

    Raises OpenEndedError where they are not, UnclearError where they are none, MisfitError where shapes do not fit.
    """
    first, last = bounds(node, dict(world.env), elaborator.knowledge.length)
    node, first, last = _inverse(node, first, last)
    times = indices(node, first, last)
    rows = [elaborator.elaborate(node.body, bind(world, node.index, t, node.kind == "sum"), target) for t in times]
    if not rows:
        body = elaborator.elaborate(node.body, bind(world, node.index, first, node.kind == "sum"), target)
        return [empty(node, value) for value in body]
    found = [value for row in _same_reading(rows) for value in combine(node, row)]
    if not found:
        raise MisfitError("the terms of this sum or product have different shapes", node.span)
    return found


def _inverse(node: s.Big, first: s.Time, last: s.Time) -> tuple[s.Big, s.Time, s.Time]:
    """A power whose exponent is negative as one of the inverse, with its bounds; all else as it is."""
    if node.index != FACTOR or first.symbol != last.symbol or last.offset >= first.offset - 1:
        return node, first, last
    inverse = s.Raise(node.body.span, s.Group(node.body.span, node.body), s.Number(node.body.span, Fraction(-1)))
    ends = s.Time(first.symbol, last.offset + 1), s.Time(first.symbol, first.offset - 1)
    return replace(node, body=inverse), *ends


def _same_reading(rows: Sequence[Sequence[Value]]) -> Iterator[list[Value]]:
    """One value of every row, all of one reading and shape."""
    seen: dict[tuple[frozenset[str], Shape], None] = {}
    for value in (value for row in rows for value in row):
        seen.setdefault((value.readings, value.term.shape))
    for readings, shape in seen:
        picked = [pick(row, readings, shape) for row in rows]
        found = [value for value in picked if value is not None]
        if len(found) == len(rows):
            yield found


def pick(row: Sequence[Value], readings: frozenset[str], shape: Shape) -> Value | None:
    fitting = [v for v in row if v.readings <= readings and v.term.shape == shape]
    return max(fitting, key=lambda v: len(v.readings), default=None)


def combine(node: s.Big, values: Sequence[Value]) -> list[Value]:
    """The sum or the product of values, the smallest index first; a product of matrices in both orders.

    Vectors and numbers are multiplied entry by entry. Raises MisfitError for matrices that are not square.
    """
    first = values[0]
    merged = merge(values, first.term)
    if node.kind == "sum":
        total = add(*(value.term for value in values))
        return [replace(merged, term=total, row=first.row, gradient=all(v.gradient for v in values))]
    if first.term.rank < 2:
        return [replace(merged, term=hadamard(*(v.term for v in values)), row=first.row, gradient=first.gradient)]
    _require_square(node, first)
    if len(values) == 1:
        return [replace(merged, term=first.term)]
    forward = replace(merged, term=reduce(matmul, [v.term for v in values]))
    backward = replace(merged, term=reduce(matmul, [v.term for v in reversed(values)]))
    if ordered_by_time(node):
        return [backward, replace(forward, readings=forward.readings | {EARLIER_LEFT})]
    return [forward, replace(backward, readings=backward.readings | {LATER_LEFT})]


def ordered_by_time(node: s.Big) -> bool:
    """Whether a product of matrices is one of Jacobians, whose order time settles, or written the latest first."""
    if node.downwards:
        return True
    body = node.body
    while isinstance(body, s.Group):
        body = body.inner
    factors = body.factors if isinstance(body, s.Mul) else (body,)
    return all(isinstance(factor, s.Partial) for factor in factors)


def indicator(node: s.Iverson, world: World) -> Term:
    """One where two times are equal, or different, else zero. Raises OpenEndedError where that is open."""
    left, right = (bound(x, dict(world.env)) for x in (node.condition.left, node.condition.right))
    if left is None or right is None or node.condition.sign not in ("=", "neq"):
        raise UnclearError("this condition cannot be checked yet", node.span, "i = j or i ≠ j")
    if left.symbol != right.symbol:
        raise OpenEndedError(f"whether {time_text(left)} is {time_text(right)}")
    return number(int((left == right) == (node.condition.sign == "=")))


def empty(node: s.Big, value: Value) -> Value:
    """The sum or product of no values, in the form that one value would have."""
    if node.kind == "sum":
        return replace(value, term=zeros(value.term.shape))
    if value.term.rank < 2:
        return replace(value, term=ones(value.term.shape))
    _require_square(node, value)
    return replace(value, term=delta(value.term.shape[0]))


def _require_square(node: s.Big, value: Value) -> None:
    shape = value.term.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise MisfitError("a product over an index needs square matrices", node.span)


def unit(kind: str, shape: Shape) -> Term:
    """Nothing added, or nothing multiplied: zeros, ones, or the identity matrix."""
    if kind == "sum":
        return zeros(shape)
    return delta(shape[0]) if len(shape) == 2 else ones(shape)


def outside_series(node: s.Node) -> Iterator[s.Node]:
    """A tree and all trees below it, but for the bodies of sums and products over an index."""
    return _outside(node) if has_series(node) else node.walk()


def _outside(node: s.Node) -> Iterator[s.Node]:
    yield node
    if not isinstance(node, s.Big):
        for child in node.children():
            yield from _outside(child)
