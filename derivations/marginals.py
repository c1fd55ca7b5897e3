r"""Sums of probabilities over the values of a variable, and products of them over a sequence, in closed form.

``\sum_a P(a, B)`` is P(B), and ``\prod_{t=1}^T p(x_t \mid x_{<t})`` is p(x_1, …, x_T). What is not in closed form is
written out where the values are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivations.events import (
    CERTAIN,
    Events,
    OpenError,
    Probability,
    UnknownValuesError,
    is_element,
    is_empty,
    is_probability,
    joined,
    may_contain,
    parted_at,
    probability_of,
    without,
)
from derivations.joint import TRUE, Values
from derivations.reading import surface as s
from derivations.reading.events import Event, event_of, index_time, lateness
from derivations.reading.grammar import TIMES
from derivations.series import Moment, bound

MOST_VALUES = 64


@dataclass(slots=True)
class Reduction:
    """Rewrites sums and products; ``used`` names the rules, in order."""

    values: Values
    used: list[str]

    def reduced(self, node: s.Node) -> s.Node:
        """A tree without sums and products over probabilities. Raises OpenError where one stays."""
        return node.rewritten(self._changed)

    def _changed(self, node: s.Node) -> s.Node:
        if not isinstance(node, s.Big) or not any(map(is_probability, node.body.walk())):
            return node
        chain = self._chain(node)
        if chain is not None:
            self._use("chain rule")
            return chain
        return self._sum(node) if node.kind == "sum" else self._product(node)

    def _use(self, rule: str) -> None:
        if rule not in self.used:
            self.used.append(rule)

    # Sums over values

    def _sum(self, node: s.Big) -> s.Node:
        index = node.index
        events = [e for x in probabilities_in(node.body) for e in x.both if bound_by(e, index)]
        counted = (node.lower is not None or node.upper is not None) and not _runs_over_classes(node)
        values = self._counted(node) if counted else self._known(events, index)
        if values:
            self._use("total probability")
            addends = tuple(s.Group(node.span, at_value(node.body, index, value)) for value in values)
            return s.Add(node.span, (1,) * len(addends), addends)
        if values is not None and counted:
            return s.Number(node.span, Fraction(0))
        if not events or counted:
            raise OpenError(f"it is not clear over what the sum over {node.index} runs")
        self._use("total probability")
        return self._eliminated(node.body, index)

    def _counted(self, node: s.Big) -> list[str] | None:
        """The numbers from bound to bound; None where they are no numbers."""
        lower, upper = (bound(x, {}) if x is not None else None for x in (node.lower, node.upper))
        if lower is None or upper is None or lower.symbol or upper.symbol:
            return None
        if upper.offset - lower.offset >= MOST_VALUES:
            raise OpenError("this sum has too many terms")
        return [str(k) for k in range(lower.offset, upper.offset + 1)]

    def _known(self, events: Sequence[Event], index: str) -> Sequence[str] | None:
        """All the values of what is summed over; None for those of a whole stretch, and where they are not known."""
        if any(event.first != event.last for event in events) and not is_element(event_of(index)):
            return None
        known = {self.values.of(event.variable) for event in events}
        return (next(iter(known)) or None) if len(known) == 1 else None

    def _eliminated(self, body: s.Node, index: str) -> s.Node:
        """The sum over all values of a product in which one joint probability alone hangs on the variable."""
        body = s.ungrouped(body)
        if isinstance(body, s.Add):
            return replace(body, addends=tuple(self._eliminated(x, index) for x in body.addends))
        if isinstance(body, s.Neg):
            return replace(body, argument=self._eliminated(body.argument, index))
        parts = _Fraction.of(body)
        parts.cancel()
        own = [x for x in parts.above if any(bound_by(event, index) for event in x.events)]
        below = any(bound_by(event, index) for x in parts.below for event in x.events)
        hanging = any(hangs_on(x, index) for x in (*parts.factors, *parts.divisors))
        if len(own) != 1 or below or hanging:
            raise UnknownValuesError(
                next(e.variable for x in probabilities_in(body) for e in x.both if bound_by(e, index))
            )
        event = next(event for event in own[0].events if bound_by(event, index))
        event = event_of(index) if event.first != event.last else event
        parts.above[parts.above.index(own[0])] = replace(own[0], events=without(own[0].events, event))
        return parts.node(body)

    # Products and sums of logarithms over a sequence

    def _product(self, node: s.Big) -> s.Node:
        values = self._counted(node)
        if values is None:
            raise OpenError(f"the product over {node.index} has no closed form")
        return _product([s.Group(node.span, at_value(node.body, node.index, value)) for value in values], node)

    def _chain(self, node: s.Big) -> s.Node | None:
        body = s.ungrouped(node.body)
        if node.kind == "prod":
            return self._joint(node, body)
        if isinstance(body, s.Neg):
            inner = self._chain(replace(node, body=body.argument))
            return replace(body, argument=inner) if inner is not None else None
        if isinstance(body, s.Mul):
            return self._scaled(node, body)
        if isinstance(body, s.Call) and body.function == "log" and body.power is None and len(body.arguments) == 1:
            inner = self._joint(node, s.ungrouped(body.arguments[0]))
            return replace(body, arguments=(inner,)) if inner is not None else None
        return None

    def _scaled(self, node: s.Big, body: s.Mul) -> s.Node | None:
        """The factors before a logarithm that do not hang on the index, before the sum."""
        *factors, last = body.factors
        if any(hangs_on(factor, node.index) for factor in factors):
            return None
        inner = self._chain(replace(node, body=last))
        return replace(body, factors=(*factors, inner)) if inner is not None else None

    def _joint(self, node: s.Big, body: s.Node) -> s.Node | None:
        """``\\prod_{t=a}^{b} p(x_t | x_{f:t-1}, C)`` as p(x_{a:b} | x_{f:a-1}, C)."""
        first, last = (bound(x, {}) if x is not None else None for x in (node.lower, node.upper))
        if not isinstance(body, s.Symbol) or not is_probability(body) or first is None or last is None:
            return None
        factor = probability_of(body.name)
        event = next(iter(factor.events))
        past = [x for x in factor.given if x.variable == event.variable]
        rest = factor.given - set(past)
        plain = len(factor.events) == 1 and not event.value and event.first == event.last == node.index
        if not plain or len(past) != 1 or any(node.index in x.name for x in rest) or past[0].value:
            return None
        start = index_time(past[0].first)
        goes_on = past[0].last == s.time_text(s.Time(node.index, -1)) and start is not None and start.symbol is None
        if not goes_on or start is None or (first.symbol is None and start.offset > first.offset):
            return None
        whole = Event(event.variable, s.time_text(first), s.time_text(last))
        before = Event(event.variable, past[0].first, s.time_text(s.Time(first.symbol, first.offset - 1)))
        earlier = frozenset(() if is_empty(before) else {before})
        return Probability(factor.measure, frozenset({whole}), rest | earlier).symbol(body)


@dataclass(frozen=True, slots=True)
class _Joint:
    measure: str
    events: Events


@dataclass(slots=True)
class _Fraction:
    """A product of joint probabilities over others, with whatever other factors it has."""

    above: list[_Joint]
    below: list[_Joint]
    factors: list[s.Node]
    divisors: list[s.Node]

    @classmethod
    def of(cls, node: s.Node) -> _Fraction:
        found = cls([], [], [], [])
        found.take(node, False)
        return found

    def take(self, node: s.Node, inverse: bool) -> None:
        node = s.ungrouped(node)
        if isinstance(node, s.Mul) and set(node.operators) <= {"", "cdot", "*", "times"}:
            for factor in node.factors:
                self.take(factor, inverse)
        elif isinstance(node, s.Divide):
            self.take(node.numerator, inverse)
            self.take(node.denominator, not inverse)
        elif isinstance(node, s.Symbol) and is_probability(node):
            self._probability(probability_of(node.name), inverse)
        else:
            (self.divisors if inverse else self.factors).append(node)

    def _probability(self, found: Probability, inverse: bool) -> None:
        over, under = (self.below, self.above) if inverse else (self.above, self.below)
        over.append(_Joint(found.measure, joined(found.both)))
        if found.given:
            under.append(_Joint(found.measure, joined(found.given)))

    def cancel(self) -> None:
        for common in list(self.above):
            if common in self.below:
                self.above.remove(common)
                self.below.remove(common)

    def node(self, like: s.Node) -> s.Node:
        over = [*self.factors, *_symbols(self.above, like)]
        under = [*self.divisors, *_symbols(self.below, like)]
        above, below = _product(over, like), _product(under, like)
        return s.Group(like.span, s.Divide(like.span, above, below) if under else above)


def _symbols(joints: Sequence[_Joint], like: s.Node) -> list[s.Node]:
    return [Probability(x.measure, x.events, frozenset()).symbol(like) for x in joints if x.events]


def _product(nodes: Sequence[s.Node], like: s.Node) -> s.Node:
    if not nodes:
        return s.Number(like.span, Fraction(1))
    return nodes[0] if len(nodes) == 1 else s.Mul(like.span, tuple(nodes), ("",) * (len(nodes) - 1))


# Trees


def probabilities_in(node: s.Node) -> list[Probability]:
    """The probabilities that an expression speaks of."""
    return [probability_of(x.name) for x in node.walk() if isinstance(x, s.Symbol) and is_probability(x)]


def _runs_over_classes(node: s.Big) -> bool:
    """Whether a sum runs over all values of a variable: ``\\sum_{c=1}^{K} p(c)``, ``\\sum_{k=0}^{K-1} p(y = k)``."""
    first, last = (bound(x, {}) if x is not None else None for x in (node.lower, node.upper))
    if first is None or last is None or first.symbol is not None or lateness(last) != 2 or last.symbol in TIMES:
        return False
    return first.offset - last.offset == 1 and _runs_over_values(node)


def _runs_over_values(node: s.Big) -> bool:
    """Whether the index of a sum stands for values of a variable, not for times."""
    return any(bound_by(e, node.index) for x in probabilities_in(node.body) for e in x.both)


def bound_by(event: Event, index: str) -> bool:
    """Whether the index of a sum stands for the values of an event: the a of A = a, or A itself, or x_t in x_{1:t}."""
    if event.value or event.name == index:
        return event.value == index or (event.name == index and not event.value)
    return event.first != event.last and may_contain(event, event_of(index))


def hangs_on(node: s.Node, index: str) -> bool:
    """Whether a tree speaks of an index anywhere."""
    return any(isinstance(x, s.Symbol) and _symbol_hangs_on(x, index) for x in node.walk())


def _symbol_hangs_on(symbol: s.Symbol, index: str) -> bool:
    if is_probability(symbol):
        return any(bound_by(e, index) or _counts(e, index) for e in probability_of(symbol.name).both)
    timed = symbol.time is not None and symbol.time.symbol == index
    return timed or symbol.base == index or index in symbol.name


def _counts(event: Event, index: str) -> bool:
    times = (index_time(text) for text in (event.first, event.last))
    return any(time is not None and time.symbol == index for time in times)


def at_value(node: s.Node, index: str, value: str) -> s.Node:
    """A tree with a value put for an index, within events and as a number. Raises OpenError where it cannot be."""
    number = value.isdigit()

    def change(x: s.Node) -> s.Node:
        if isinstance(x, s.Symbol) and is_probability(x):
            return mapped(x, lambda event: _valued(event, index, value))
        own = isinstance(x, s.Symbol) and x.base == index.rstrip("'") and not x.name and x.time is None
        if own and not number:
            raise OpenError(f"{index} is used as a number, but its values are none")
        if isinstance(x, s.Symbol) and not own and (x.name == index or (x.time and x.time.symbol == index)):
            raise OpenError(f"the sum over {index} is written out only for probabilities")
        return s.Number(x.span, Fraction(value)) if own else x

    return node.rewritten(change)


def at_length(node: s.Node, letter: str, value: int) -> s.Node:
    """A tree with a number put for the letter of a length: as a number, as a bound, and in the indices of events.

    Raises OpenError where another name has that letter for its time, and where other letters stay among numbers, which
    nothing orders: the t of x_t beside x_{1:T}.
    """
    if _free(node) - {letter}:
        raise OpenError("it is not said which of the indices comes first")

    def change(x: s.Node) -> s.Node:
        if isinstance(x, Moment) and x.time.symbol == letter:
            return s.Number(x.span, Fraction(value + x.time.offset))
        if isinstance(x, s.Big) and "_{" in x.index:
            element = event_of(x.index)
            return replace(x, index=_counted_at(element, letter, str(value)).name) if _counts(element, letter) else x
        if isinstance(x, s.Symbol) and is_probability(x):
            return mapped(x, lambda event: _at_count(event, letter, str(value)))
        if isinstance(x, s.Symbol) and (x.name == letter or (x.time is not None and x.time.symbol == letter)):
            raise OpenError(f"{letter} is the time of something else than an event")
        own = isinstance(x, s.Symbol) and x.base == letter and not x.name and not x.marks
        return s.Number(x.span, Fraction(value)) if own else x

    return node.rewritten(change)


def moved_in_time(node: s.Node, letter: str, to: s.Time) -> s.Node:
    """A tree with the letter of the indices of its events moved to another time.

    Raises OpenError where something else than an event has that letter.
    """

    def index(text: str) -> str:
        time = index_time(text)
        moves = time is not None and time.symbol == letter
        return s.time_text(s.Time(to.symbol, to.offset + time.offset)) if moves and time is not None else text

    def change(x: s.Node) -> s.Node:
        if isinstance(x, s.Symbol) and is_probability(x):
            return mapped(x, lambda event: {replace(event, first=index(event.first), last=index(event.last))})
        if isinstance(x, s.Big | Moment) or (isinstance(x, s.Symbol) and (x.time is not None or x.base == letter)):
            raise OpenError("a definition at any time that speaks of more than events is not moved to another time")
        return x

    return node.rewritten(change) if to != s.Time(letter, 0) else node


def lengths(node: s.Node) -> set[str]:
    """The letters up to which sums, products and stretches of events run, with those of times on the way there."""
    found: set[str] = set()
    for x in node.walk():
        time = bound(x.upper, {}) if isinstance(x, s.Big) and x.upper and not _runs_over_values(x) else None
        found |= {time.symbol} if time is not None and time.symbol is not None else set()
        if isinstance(x, s.Symbol) and is_probability(x):
            ends = [index_time(event.last) for event in probability_of(x.name).both]
            found |= {end.symbol for end in ends if end is not None and end.symbol is not None and lateness(end) == 2}
    return found | _free(node) if found else found


def _free(node: s.Node) -> set[str]:
    """The letters of the indices of sequences that no sum or product runs over."""
    events = [e for x in probabilities_in(node) for e in x.both]
    names = {e.variable: {x.name for x in events if x.variable == e.variable} for e in events}
    return {letter for variable, letter in _indices(node) if len(names[variable]) > 1}


def _indices(node: s.Node) -> set[tuple[str, str]]:
    """The variables of events with the letters of their indices, but for those that a sum or product runs over."""
    found = {pair for child in node.children() for pair in _indices(child)}
    for event in probability_of(node.name).both if isinstance(node, s.Symbol) and is_probability(node) else ():
        times = (index_time(text) for text in (event.first, event.last))
        found |= {(event.variable, time.symbol) for time in times if time is not None and time.symbol}
    return {x for x in found if x[1] != node.index} if isinstance(node, s.Big) else found


def mapped(symbol: s.Symbol, change: Callable[[Event], Iterable[Event]]) -> s.Symbol:
    """A probability with every event changed into others."""
    found = probability_of(symbol.name)
    events, given = (frozenset(x for event in side for x in change(event)) for side in (found.events, found.given))
    return Probability(found.measure, events, given).symbol(symbol)


def _valued(event: Event, index: str, value: str) -> Events:
    """An event with a value put for an index; of a stretch its element has the value, what is around it has none."""
    if bound_by(event, index):
        whole, element = event.first != event.last, event_of(index)
        around, own = (parted_at(event, element), element) if whole else (CERTAIN, event)
        return around | {replace(own, value="" if value == TRUE else value)}
    return _at_count(event, index, value)


def _at_count(event: Event, letter: str, value: str) -> Events:
    return frozenset({_counted_at(event, letter, value) if _counts(event, letter) else event})


def _counted_at(event: Event, index: str, value: str) -> Event:
    """An event with a number put for the letter of its index."""
    if not value.isdigit():
        raise OpenError(f"{index} is an index of {event.name}")
    first, last = (_number(text, index, int(value)) for text in (event.first, event.last))
    return replace(event, first=first, last=last)


def _number(text: str, letter: str, value: int) -> str:
    time = index_time(text)
    return str(value + time.offset) if time is not None and time.symbol == letter else text
