"""Sample distributions: weights for every state of the variables of a step, so that probabilities are numbers.

They tell candidates apart that a proof is worth; floats alone prove nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations, compress, product
from math import prod
from random import Random

import numpy as np

from derivations.events import Events, OpenError, Probability, side_by_side
from derivations.joint import OTHER, Case, Joint, Values
from derivations.reading.events import NOT, Event
from derivations.samples import Floating

MOST_WEIGHTS = 4096
MOST_EVENTS = 6
MOST_CONDITIONALS = 60


class Distribution:
    """One choice of the values that letters stand for, and a weight for every state. Raises OpenError."""

    def __init__(self, probabilities: Sequence[Probability], values: Values, seed: str) -> None:
        self.joint = Joint(probabilities, values)
        self.case = self._generic()
        self.domains = {name: self._domain(name) for name in dict.fromkeys(self.joint.variables)}
        self.extents = [len(domain) for domain in self.domains.values()]
        if prod(self.extents) > MOST_WEIGHTS:
            raise OpenError(f"there are more than {MOST_WEIGHTS} states")
        self.seed = f"{seed}|{probabilities[0].measure}"

    @cached_property
    def weights(self) -> Floating:
        """The probability of every state, an axis for each variable."""
        random = Random(self.seed)
        weights = np.array([random.uniform(0.2, 1.0) for _ in range(prod(self.extents))])
        return np.asarray((weights / weights.sum()).reshape(self.extents))

    def _generic(self) -> Case:
        """The choice with the most different values."""
        return max(self.joint.cases(), key=lambda case: len({(name, put) for (name, _), put in case.chosen.items()}))

    def _domain(self, name: str) -> tuple[str, ...]:
        used = dict.fromkeys(put for (own, _), put in self.case.chosen.items() if own == name)
        known = self.joint.known(name)
        return tuple(used) if known and set(known) <= set(used) else (*used, OTHER)

    def value(self, probability: Probability) -> float:
        """The value of a probability; not a number where its condition cannot hold. Raises OpenError."""
        below = self._total(probability.given)
        return self._total(probability.both) / below if below else float("nan")

    def _total(self, events: Events) -> float:
        told = self._assignment(events)
        if told is None:
            return 0.0
        at = tuple(domain.index(told[name]) if name in told else slice(None) for name, domain in self.domains.items())
        return float(self.weights[at].sum())

    def _assignment(self, events: Events) -> dict[str, str] | None:
        unknown = next((event for event in events if not self._knows(event)), None)
        if unknown is not None:
            raise OpenError(f"{unknown.text} is no event of this step")
        found = self.joint.assignment(events, self.case)
        return None if found is None else dict(found)

    def _knows(self, event: Event) -> bool:
        """Whether an event is one of those that the distribution was made for."""
        pieces = self.joint.pieces
        return event in pieces and all((name, event.value) in self.case.chosen for name in pieces[event])


def conditionals(probabilities: Sequence[Probability], values: Values) -> list[Probability]:
    """The probabilities of some of the events of others under some of the rest, those of the fewest events first.

    A complement counts as an event where its variable is known to have one.
    """
    found: dict[Probability, None] = {}
    for measure in dict.fromkeys(p.measure for p in probabilities):
        own = {event for p in probabilities if p.measure == measure for event in p.both}
        events = sorted(own | {_complement(event) for event in own if NOT in values.of(event.variable)})
        for count in range(1, min(len(events), MOST_EVENTS) + 1):
            for chosen in combinations(events, count):
                if _apart(chosen):
                    found |= dict.fromkeys(_split(measure, chosen))
    return list(found)[:MOST_CONDITIONALS]


def _complement(event: Event) -> Event:
    return replace(event, value="" if event.value == NOT else NOT)


def _apart(events: Sequence[Event]) -> bool:
    """Whether events are of different variables, or of stretches that share no element."""
    try:
        names = [name for own in side_by_side([frozenset(events)]).values() for name in own]
    except OpenError:
        return False
    return len(set(names)) == len(names)


def _split(measure: str, events: Sequence[Event]) -> list[Probability]:
    """Every choice of which of some events stand behind the bar, at least one before it."""
    fronts = (frozenset(compress(events, choice)) for choice in product((True, False), repeat=len(events)))
    return [Probability(measure, front, frozenset(events) - front) for front in fronts if front]
