r"""Products with dots: ``\frac{∂h_T}{∂h_{T-1}} \frac{∂h_{T-1}}{∂h_{T-2}} \cdots \frac{∂h_{i+1}}{∂h_i}``.

The dots stand for the factors between, each one step of time from the one before. They are read as a product over time
where the factors that are written leave no doubt of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from derivations.reading.places import Span
from derivations.reading.slips import UNEXPECTED, Slip
from derivations.reading.surface import Add, Big, Group, Node, Number, Partial, Symbol, Time

INDICES: Final = "kjmlsr"
LATE: Final = {"T": 2, "t": 1}
"""Letters of times that are later than any other letter."""
_TIME: Final = re.compile(r"([A-Za-z])?(?:(?<=[A-Za-z])([+-]))?(\d+)?")


def product_over_time(factors: Sequence[Node], last: Node, dots: Span) -> tuple[int, Big]:
    """How many of the factors before the dots stand before the product, and the product.

    Raises Slip where the factors do not show what the dots leave out.
    """
    steps = [_step(factor) for factor in factors]
    final = _step(last)
    if final is None or not steps or steps[-1] is None:
        raise Slip(dots, UNEXPECTED["dots"], "derivatives h_{k+1} by h_k, or names at times, on both sides")
    start = len(factors) - 1
    while start and _moved(steps[start - 1], steps[start]) in (1, -1):
        start -= 1
    shifts = {_moved(a, b) for a, b in zip(steps[start:], steps[start + 1 :], strict=False)}
    first = steps[start]
    if first is None or len(shifts) > 1 or _family(first[0]) != _family(final[0]):
        raise Slip(dots, UNEXPECTED["dots"], "factors that go on one step at a time")
    down = shifts == {-1} if shifts else _goes_down(first[1], final[1], dots)
    lower, upper = (final[1], first[1]) if down else (first[1], final[1])
    return start, _product(last, lower, upper, factors[start].span.join(last.span))


Step = tuple[Node, Time]


def _step(node: Node) -> Step | None:
    """A factor that dots may continue, with its time: that of h_k in ∂h_{k+1}/∂h_k, or of f_k."""
    while isinstance(node, Group):
        node = node.inner
    if isinstance(node, Symbol) and not node.base[:1].isupper():
        time = _time(node)
        return None if time is None else (node, time)
    if isinstance(node, Partial) and isinstance(node.of, Symbol) and isinstance(node.by, Symbol):
        above, below = _time(node.of), _time(node.by)
        linked = above is not None and below is not None and above == Time(below.symbol, below.offset + 1)
        if below is not None and linked and _family(node.of) == _family(node.by):
            return node, below
    return None


def _time(symbol: Symbol) -> Time | None:
    """The time of a name, also where only the dots show that its subscript is one."""
    if symbol.time is not None:
        return None if symbol.name.isdigit() else symbol.time
    match = _TIME.fullmatch(symbol.name)
    if match is None or not symbol.name or (match[1] and bool(match[2]) != bool(match[3])):
        return None
    return Time(match[1], int(match[3] or 0) * (-1 if match[2] == "-" else 1))


def _family(node: Node) -> tuple[object, ...]:
    """What a factor is, but for its time."""
    if isinstance(node, Partial):
        return "∂", node.style, _family(node.of), _family(node.by)
    if isinstance(node, Symbol):
        return node.base, node.marks, node.name if node.time is not None else "", node.component
    return ()


def _moved(one: Step | None, other: Step | None) -> int | None:
    """By how many steps the second factor is later than the first; None where they are not of one family."""
    if one is None or other is None or one[1].symbol != other[1].symbol or _family(one[0]) != _family(other[0]):
        return None
    return other[1].offset - one[1].offset


def _goes_down(first: Time, last: Time, dots: Span) -> bool:
    """Whether the product begins with the latest time; raises Slip where nothing tells."""
    one, other = (LATE.get(time.symbol or "", 0) for time in (first, last))
    if first.symbol == last.symbol and first.offset != last.offset:
        return first.offset > last.offset
    if one == other:
        raise Slip(dots, UNEXPECTED["dots"], "two factors before the dots")
    return one > other


def _product(model: Node, lower: Time, upper: Time, span: Span) -> Big:
    used = {time.symbol for time in (lower, upper)}
    index = next(letter for letter in INDICES if letter not in used)
    return Big(span, "prod", index, limit_of(lower, span), limit_of(upper, span), _at(model, index))


def _at(node: Node, index: str) -> Node:
    """The factor at the index."""
    if isinstance(node, Partial) and isinstance(node.of, Symbol) and isinstance(node.by, Symbol):
        return replace(node, of=_timed(node.of, Time(index, 1)), by=_timed(node.by, Time(index, 0)))
    if isinstance(node, Group):
        return _at(node.inner, index)
    return _timed(node, Time(index, 0)) if isinstance(node, Symbol) else node


def _timed(symbol: Symbol, time: Time) -> Symbol:
    return replace(symbol, time=time, name=symbol.name if symbol.time is not None else "")


def limit_of(time: Time, span: Span) -> Node:
    """A time as it is written in a limit."""
    if time.symbol is None:
        return Number(span, Fraction(time.offset))
    letter = Symbol(span, time.symbol)
    if not time.offset:
        return letter
    return Add(span, (1, 1 if time.offset > 0 else -1), (letter, Number(span, Fraction(abs(time.offset)))))
