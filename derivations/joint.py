"""Distributions with free probabilities of all their states, so that what holds for these holds for every one.

A probability is a sum of states over a sum of states. Variables that a step always names together are one variable,
and one whose value is the same everywhere is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from derivations.events import Events, OpenError, Probability, side_by_side
from derivations.reading.events import NOT, event_of
from derivations.tensors import hadamard
from derivations.terms import Term, add, number, power, var, zeros

TRUE: Final = "true"
"""The value of an event that happens, where the sheet speaks of its complement, too."""
ANY: Final = "any"
OTHER: Final = "other"
"""The value that stands for all that a step does not name."""
MOST_STATES: Final = 256
MOST_CASES: Final = 64
Assignment = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of the values of variables: all of them for those in ``closed``, by name without an index."""

    closed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, variable: str) -> tuple[str, ...]:
        return self.closed.get(variable, ())


def is_letter(value: str) -> bool:
    """Whether a value is any one: no value at all, or a letter; not a number, a word or the complement."""
    stem = value.rstrip("'").partition("_")[0]
    return not value or (stem.isascii() and stem.isalpha() and len(stem) == 1) or stem.startswith("\\")


@dataclass(frozen=True, slots=True)
class Case:
    """One choice of the values that letters stand for; ``said`` tells it."""

    chosen: Mapping[tuple[str, str], str]

    @property
    def said(self) -> str:
        return ", ".join(f"{name} = {value}" for (name, _), value in self.chosen.items() if not is_letter(value))


class Joint:
    """The states of one distribution as far as some probabilities of it tell them apart.

    Raises OpenError where there are too many, or where events are named that nothing orders.
    """

    def __init__(self, probabilities: Sequence[Probability], values: Values) -> None:
        self.sets = list(dict.fromkeys(x for p in probabilities for x in (p.both, p.given)))
        self.pieces = side_by_side(self.sets)
        self.values = values
        self.variables = {name: event.variable for event, names in self.pieces.items() for name in names}
        self.measure = probabilities[0].measure

    def known(self, name: str) -> tuple[str, ...]:
        """All values of a variable, as far as they are known; those of a stretch of a sequence are not."""
        piece = event_of(name)
        return self.values.of(self.variables[name]) if piece.first == piece.last else ()

    def cases(self) -> list[Case]:
        """Every choice of values for the letters, those that mean the same left out."""
        used: dict[str, list[str]] = {}
        for event, names in self.pieces.items():
            for name in names:
                used.setdefault(name, [])
                used[name] += [] if event.value in used[name] else [event.value]
        rows = [list(self._choices(name, values)) for name, values in used.items()]
        count = 1
        for row in rows:
            count *= len(row)
        if count > MOST_CASES:
            raise OpenError("there are too many values that the letters may stand for")
        return [Case({k: v for part in choice for k, v in part.items()}) for choice in product(*rows)]

    def _choices(self, name: str, used: Sequence[str]) -> Iterator[dict[tuple[str, str], str]]:
        if NOT in self.known(name):
            yield {(name, value): value or TRUE for value in used}
            return
        fixed = [value for value in used if not is_letter(value)]
        letters = [value for value in used if is_letter(value)]
        known = self.known(name)
        fresh = [] if known else [letter or ANY for letter in letters]
        options = [[*(known or fixed), *fresh[: k + 1]] for k, _ in enumerate(letters)]
        for choice in product(*options):
            chosen = dict(zip(letters, choice, strict=True))
            yield {(name, value): chosen.get(value, value) for value in used}

    def assignment(self, events: Events, case: Case) -> Assignment | None:
        """What a set of events says of the variables; None where it contradicts itself."""
        found: dict[str, str] = {}
        for event in sorted(events):
            for name in self.pieces[event]:
                value = case.chosen[name, event.value]
                if found.setdefault(name, value) != value:
                    return None
        return frozenset(found.items())

    def terms(self, case: Case) -> States:
        """The states under one choice of values."""
        return States(self, case)


class States:
    """Every state as a free positive variable, and sums of them."""

    def __init__(self, joint: Joint, case: Case) -> None:
        self.joint = joint
        self.assignments = {x: joint.assignment(x, case) for x in joint.sets}
        told = [x for x in self.assignments.values() if x is not None]
        self.groups = _grouped(told)
        self.single = {name: value for x in told for name, value in sorted(x)}
        self.domains = {name: self._domain(name, told) for name in self.groups}
        count = 1
        for domain in self.domains.values():
            count *= len(domain)
        if count > MOST_STATES:
            raise OpenError(f"there are more than {MOST_STATES} states to tell apart")
        rows = product(*([(name, value) for value in domain] for name, domain in self.domains.items()))
        self.states = {frozenset(row): self._variable(row) for row in rows}

    def _domain(self, name: str, told: Sequence[Assignment]) -> tuple[str, ...]:
        used = list(dict.fromkeys(value for x in told for own, value in sorted(x) if own == name))
        known = self.joint.known(name) if len(self.groups[name]) == 1 else ()
        everywhere = all(any(own == name for own, _ in x) for x in told)
        if (set(known) <= set(used) and known) or (everywhere and len(used) == 1):
            return tuple(used)
        return (*used, OTHER)

    def _variable(self, row: Sequence[tuple[str, str]]) -> Term:
        return var(f"{self.joint.measure}({self._said(row)})")

    def _said(self, row: Sequence[tuple[str, str]]) -> str:
        return ", ".join(self._group_said(first, value) for first, value in row)

    def _group_said(self, first: str, value: str) -> str:
        names, used = self.groups[first], [x for x in self.domains[first] if x != OTHER]
        if value != OTHER:
            return ", ".join(_event(name, self.single[name] if len(names) > 1 else value) for name in names)
        if len(names) > 1:
            return f"not ({', '.join(_event(name, self.single[name]) for name in names)})"
        known = [x for x in self.joint.known(first) if x not in used]
        if len(known) == 1:
            return _event(first, known[0])
        return rf"\bar{{{first}}}" if used in ([ANY], [TRUE]) else rf"{first} \ne {' , '.join(used)}"

    def total(self, events: Events) -> Term:
        """The probability of events but for the common factor of all."""
        told = self.assignments[events]
        if told is None:
            return zeros()
        own = frozenset(pair for pair in told if pair[0] in self.groups)
        return add(*(x for state, x in self.states.items() if own <= state))

    def alone(self, events: Events) -> Term:
        """The probability of events as a quantity of its own, for what needs no sum of states."""
        told = self.assignments[events]
        if not told:
            return zeros() if told is None else number(1)
        return var(f"{self.joint.measure} of {', '.join(f'{name}={value}' for name, value in sorted(told))}")

    def quotient(self, probability: Probability) -> Term:
        """A probability as the quotient of two that stand alone."""
        return hadamard(self.alone(probability.both), power(self.alone(probability.given), -1))

    def value(self, probability: Probability) -> Term:
        """A probability in terms of the states. Raises OpenError where its condition contradicts itself."""
        if self.assignments[probability.given] is None:
            raise OpenError(f"the condition of {probability.name} can never hold")
        return hadamard(self.total(probability.both), power(self.total(probability.given), -1))


def _grouped(told: Sequence[Assignment]) -> dict[str, tuple[str, ...]]:
    """The variables in groups of those that every set names together, with one value each, by the first of a group."""
    names = sorted({name for x in told for name, _ in x})
    marks = {name: tuple(dict(x).get(name, "") for x in told) for name in names}
    single = {name for name in names if len(set(marks[name]) - {""}) == 1}
    found: dict[object, list[str]] = {}
    for name in names:
        found.setdefault(tuple(map(bool, marks[name])) if name in single else name, []).append(name)
    return {group[0]: tuple(group) for group in found.values()}


def _event(name: str, value: str) -> str:
    if value == NOT:
        return rf"\bar{{{name}}}"
    return name if value in (ANY, TRUE) else f"{name}={value}"
