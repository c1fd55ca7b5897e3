r"""Sums and products of probabilities with dots: ``P(A=0,B=0) + P(A=1,B=0) + \cdots + P(A=1,B=1)``, ``p(x_1) \cdots``.

The dots are filled in where what is written leaves no doubt of it: a sum runs over all values of the variables that
change from the first term to the last, a product goes on one element of a sequence at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, permutations, product
from typing import Final

from derivations.reading.ellipsis import limit_of
from derivations.reading.events import Event, event_of, index_time
from derivations.reading.places import Span
from derivations.reading.probabilities import GIVEN, PROBABILITY
from derivations.reading.slips import UNEXPECTED, Slip
from derivations.reading.surface import Big, Mul, Node, Symbol, Time, time_text

MOST_VARIABLES: Final = 6
MOST_STATES: Final = 256
ALL_STATES: Final = "terms that run through all values of their variables in order"
ONE_BY_ONE: Final = "factors that go on one element at a time"
INDICES: Final = "tksj"
Written = tuple[str, frozenset[Event], frozenset[Event]]


def written(node: Node) -> Written | None:
    """The head, the events and the conditions of a probability; None for anything else."""
    if not isinstance(node, Symbol) or node.base != PROBABILITY or ";" in node.name:
        return None
    head, _, inside = node.name.removesuffix(")").partition("(")
    sides = [frozenset(map(event_of, side.split(", "))) for side in inside.split(GIVEN)]
    return head, sides[0], sides[1] if len(sides) > 1 else frozenset()


def _symbol(span: Span, found: Written) -> Symbol:
    head, *sides = found
    text = GIVEN.join(", ".join(event.text for event in sorted(side)) for side in sides if side)
    return Symbol(span, PROBABILITY, name=f"{head}({text})")


def _factors(node: Node) -> list[Written] | None:
    """The probabilities that a term is a product of."""
    found = [written(x) for x in (node.factors if isinstance(node, Mul) else (node,))]
    return None if None in found else [x for x in found if x is not None]


def all_states(before: Sequence[Node], last: Node, dots: Span) -> list[Node]:
    """The terms of a sum whose first ones and whose last one are written. Raises Slip where these do not tell."""
    terms = [_factors(node) for node in (*before, last)]
    first, final = terms[0], terms[-1]
    if first is None or final is None or len(first) != len(final):
        raise Slip(dots, UNEXPECTED["dots"], ALL_STATES)
    ranges = _ranges(first, final)
    if not 0 < len(ranges) <= MOST_VARIABLES:
        raise Slip(dots, UNEXPECTED["dots"], ALL_STATES)
    for order in permutations(ranges):
        states = list(islice(product(*(ranges[name] for name in order)), MOST_STATES))
        found = [_at(first, dict(zip(order, state, strict=True))) for state in states]
        if found[: len(terms) - 1] == terms[:-1] and found[-1] == final and len(found) > len(terms):
            return [_term(before[0], x) for x in found]
    raise Slip(dots, UNEXPECTED["dots"], ALL_STATES)


def _ranges(first: Sequence[Written], final: Sequence[Written]) -> dict[str, list[str]]:
    """The variables whose values change between two terms, with all their values."""
    one, other = (
        {event.name: event.value for _, *sides in term for side in sides for event in sorted(side)}
        for term in (first, final)
    )
    changed = {name: (value, other.get(name, "")) for name, value in one.items() if other.get(name) != value}
    if not all(a.isdigit() and b.isdigit() and int(a) < int(b) for a, b in changed.values()):
        return {}
    return {name: [str(k) for k in range(int(a), int(b) + 1)] for name, (a, b) in changed.items()}


def _at(term: Sequence[Written], state: dict[str, str]) -> list[Written]:
    def change(event: Event) -> Event:
        return replace(event, value=state.get(event.name, event.value))

    return [_changed(factor, change) for factor in term]


def _changed(found: Written, change: Callable[[Event], Event]) -> Written:
    head, events, given = found
    return head, frozenset(map(change, events)), frozenset(map(change, given))


def _term(like: Node, factors: Sequence[Written]) -> Node:
    symbols = tuple(_symbol(like.span, factor) for factor in factors)
    return replace(like, factors=symbols) if isinstance(like, Mul) else symbols[0]


# Products


def chain_of_events(factors: Sequence[Node], last: Node, dots: Span) -> tuple[int, Big] | None:
    """How many of the factors stand before the product that dots leave out, and the product; None for other factors.

    Raises Slip where the factors do not show what the dots leave out.
    """
    final = written(last)
    if final is None or not factors or written(factors[-1]) is None:
        return None
    end = _place(final)
    index = next(letter for letter in INDICES if end is None or letter != end.symbol)
    if end is None:
        raise Slip(dots, UNEXPECTED["dots"], ONE_BY_ONE)
    model = _changed(final, lambda event: _moved(event, end, Time(index, 0)))
    start, first = len(factors), None
    for place, factor in _backwards(factors):
        found = written(factor)
        at = _place(found) if found is not None else None
        follows = at is not None and (first is None or first == Time(at.symbol, at.offset + 1))
        if at is None or not follows or found != _settled(model, index, at):
            break
        start, first = place, at
    if first is None:
        raise Slip(dots, UNEXPECTED["dots"], ONE_BY_ONE)
    span = factors[start].span.join(last.span)
    return start, Big(span, "prod", index, limit_of(first, span), limit_of(end, span), _symbol(span, model))


def _backwards(factors: Sequence[Node]) -> Iterator[tuple[int, Node]]:
    yield from reversed(list(enumerate(factors)))


def _place(found: Written) -> Time | None:
    """The index of the one element whose probability this is."""
    if len(found[1]) != 1:
        return None
    (event,) = found[1]
    return index_time(event.first) if event.first == event.last and not event.value else None


def _moved(event: Event, end: Time, to: Time) -> Event:
    """An event with its index counted from another one; the first of a stretch stays where it is a number."""
    first, last = _shifted(event.first, end, to), _shifted(event.last, end, to)
    stays = event.first != event.last and end.symbol is None
    return replace(event, first=event.first if stays else first, last=last)


def _shifted(text: str, end: Time, to: Time) -> str:
    time = index_time(text)
    if time is None or time.symbol != end.symbol:
        return text
    return time_text(Time(to.symbol, to.offset + time.offset - end.offset))


def _settled(model: Written, index: str, at: Time) -> Written:
    """The model at an index, without what is empty there."""
    head, events, given = _changed(model, lambda event: _settled_event(event, index, at))
    return head, events, frozenset(event for event in given if not _is_empty(event))


def _settled_event(event: Event, index: str, at: Time) -> Event:
    here = Time(index, 0)
    return replace(event, first=_shifted(event.first, here, at), last=_shifted(event.last, here, at))


def _is_empty(event: Event) -> bool:
    first, last = index_time(event.first), index_time(event.last)
    if first is None or last is None or first.symbol != last.symbol:
        return False
    return first.offset > last.offset
