"""Sets of events that hold together: stretches of a sequence put together, taken apart, and laid side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from derivations.errors import SheetError
from derivations.reading import surface as s
from derivations.reading.events import ENDLESS, Event, event_of, index_time, lateness
from derivations.reading.probabilities import GIVEN, PROBABILITY

Events = frozenset[Event]
CERTAIN: Final[Events] = frozenset()


class OpenError(SheetError):
    """What the sheet does not say, so that a step about probabilities is left undecided."""


class UnknownValuesError(OpenError):
    """A sum over the values of a variable that the sheet does not list."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"the sum over the values of {variable} has no closed form while these are not known")
        self.variable = variable


@dataclass(frozen=True, slots=True)
class Probability:
    """The probability of some events under others; ``measure`` tells distributions apart: p, q, p_θ."""

    measure: str
    events: Events
    given: Events

    @property
    def both(self) -> Events:
        """All the events that occur together."""
        return self.events | self.given

    @property
    def name(self) -> str:
        """The probability as it is written, in LaTeX."""
        head, _, tail = self.measure.partition(";")
        sides = (", ".join(x.text for x in sorted(side)) for side in (self.events, self.given) if side)
        return f"{head}({GIVEN.join(sides)}{';' + tail if tail else ''})"

    def symbol(self, like: s.Node) -> s.Symbol:
        """The probability in a formula, at the place of another node."""
        return s.Symbol(like.span, PROBABILITY, name=self.name)


def is_probability(node: s.Node) -> bool:
    return isinstance(node, s.Symbol) and node.base == PROBABILITY and bool(node.name)


@lru_cache(maxsize=4096)
def probability_of(name: str) -> Probability:
    """What the name of a probability says."""
    head, _, inside = name.removesuffix(")").partition("(")
    inside, _, tail = inside.partition(";")
    above, _, below = inside.partition(GIVEN)
    given = frozenset(event_of(x) for x in below.split(", ")) if below else CERTAIN
    return Probability(head + (f";{tail}" if tail else ""), frozenset(map(event_of, above.split(", "))), given)


# Stretches


def moved(text: str, by: int) -> str:
    """An index some places further on. Raises OpenError for a label."""
    time = index_time(text)
    if time is None:
        raise OpenError(f"{text} is no index that can be counted")
    return text if text == ENDLESS else s.time_text(s.Time(time.symbol, time.offset + by))


def is_empty(event: Event) -> bool:
    """Whether a stretch ends one before it begins: the x_{1:0} before x_1."""
    return event.first != event.last and event.first == moved(event.last, 1)


def joined(events: Iterable[Event]) -> Events:
    """Events with the stretches of a sequence that follow each other as one."""
    found = {x for x in events if not is_empty(x)}
    pair = _adjacent(found)
    while pair is not None:
        one, other = pair
        found = (found - {one, other}) | {replace(one, last=other.last)}
        pair = _adjacent(found)
    return frozenset(found)


def _adjacent(events: Iterable[Event]) -> tuple[Event, Event] | None:
    stretches = sorted(x for x in events if not x.value and index_time(x.first) is not None)
    for one in stretches:
        for other in stretches:
            if one.variable == other.variable and one.last != ENDLESS and other.first == moved(one.last, 1):
                return one, other
    return None


def without(events: Events, event: Event) -> Events:
    """Events without one of them, also where it is an element of a stretch. Raises OpenError."""
    if event in events:
        return events - {event}
    whole = next((x for x in sorted(events) if not event.value and _holds(x, event)), None)
    if whole is None:
        raise OpenError(f"it is unclear whether {event.text} is among the events")
    return (events - {whole}) | parted_at(whole, event)


def is_element(event: Event) -> bool:
    """Whether an event is one element of a sequence: x_t, not x_{1:t} and not x."""
    return bool(event.first) and event.first == event.last


def parted_at(whole: Event, element: Event) -> Events:
    """What lies in a stretch around one of its elements. Raises OpenError where it may not be one of it."""
    if not _holds(whole, element):
        raise OpenError(f"it is unclear whether {element.text} is among the events")
    before = replace(whole, last=moved(element.first, -1))
    after = replace(whole, first=moved(element.first, 1))
    return frozenset(x for x in (before, after) if not is_empty(x))


def _holds(whole: Event, element: Event) -> bool:
    """Whether an element is certainly one of a stretch: no two letters have to be ordered for that."""
    if whole.value or whole.variable != element.variable or whole.first == whole.last or not is_element(element):
        return False
    first, own, last = (_place(index) for index in (whole.first, element.first, whole.last))
    return first <= own <= last and all(x[1] == own[1] or x[0] != own[0] for x in (first, last))


def may_contain(whole: Event, element: Event) -> bool:
    """Whether an element may be one of a stretch; it is not where their indices say so."""
    first, last, own = (index_time(x) for x in (whole.first, whole.last, element.first))
    if whole.variable != element.variable or first is None or last is None or own is None:
        return whole.variable == element.variable
    outside = (own.symbol == first.symbol and own.offset < first.offset) or (
        own.symbol == last.symbol and own.offset > last.offset
    )
    return not outside


def side_by_side(sets: Iterable[Events]) -> dict[Event, tuple[str, ...]]:
    """Every event of some sets as the names of disjoint stretches that it covers, in order.

    Raises OpenError where indices such as i and t cannot be ordered.
    """
    events = sorted({event for found in sets for event in found})
    found: dict[Event, tuple[str, ...]] = {}
    for variable in dict.fromkeys(event.variable for event in events):
        own = [event for event in events if event.variable == variable]
        if any(event.first != event.last for event in own) or len({bool(event.first) for event in own}) > 1:
            found |= _pieces(own)
        else:
            found |= {event: (event.name,) for event in own}
    return found


def _pieces(events: Sequence[Event]) -> dict[Event, tuple[str, ...]]:
    if not all(event.first for event in events):
        raise OpenError(f"{events[0].variable} is a sequence in one place and one quantity in another")
    ends = {event: (_place(event.first), _place(moved(event.last, 1))) for event in events}
    places = sorted({place for pair in ends.values() for place in pair})
    behind = any(end < start for start, end in ends.values())
    if behind or len({(place[0], place[1]) for place in places}) > len({place[0] for place in places}):
        raise OpenError("it is not said which of the indices comes first")
    names = {place: _piece(events[0].variable, place, then) for place, then in pairwise(places)}
    return {
        event: tuple(name for place, name in names.items() if start <= place < end)
        for event, (start, end) in ends.items()
    }


def _piece(variable: str, start: tuple[int, str, int], end: tuple[int, str, int]) -> str:
    first, last = (s.time_text(s.Time(x[1] or None, x[2])) for x in (start, end))
    return Event(variable, first, moved(last, -1)).name


def _place(text: str) -> tuple[int, str, int]:
    """Where an index stands among others, to be sorted."""
    time = index_time(text)
    if time is None:
        raise OpenError(f"{text} is no index that can be counted")
    return lateness(time), time.symbol or "", time.offset
