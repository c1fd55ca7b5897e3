"""What may stand in one place of a step about probabilities, such as ``P(B | A) P(A) / P(B)``, so that it is right.

As in :mod:`derivations.holes`; at a sample point every probability has the value that one distribution gives it. Sums
over values hide what stands below them, as they are rewritten before anything is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from derivations.distributions import Distribution, conditionals
from derivations.errors import SheetError
from derivations.events import OpenError, Probability, is_probability, probability_of
from derivations.holes import HOLE, Opening, Places, replaced
from derivations.joint import Values
from derivations.judge_probabilities import ALPHABETS, powers_as_exponentials, refuse_unread, unfolded
from derivations.marginals import Reduction, at_length, at_value, bound_by, lengths, probabilities_in
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.reading.probabilities import GIVEN
from derivations.samples import Floating, Sample
from derivations.state_space import StateSpace
from derivations.terms import Term, Var
from derivations.traverse import substitute
from derivations.values import Value
from derivations.world import World
from derivations.writings import Written

if TYPE_CHECKING:
    from derivations.check import Checker

LENGTH = 3
"""How long a sequence is at the sample points."""
PRIMED = re.compile(r"(\\?[A-Za-z]+)=(\1'+)")
"""The ``x=x'`` of an event that is written ``x'``."""
BAR = re.compile(r"\s*(?:\\mid\b|\|)\s*")
VALUES = ALPHABETS[-1]
"""The values, at the sample points, of variables of which the sheet lists none."""


def formed(sides: Sequence[s.Node], text: str, values: Values) -> list[Written]:
    """The probabilities that the events of a step can form, written with the bar of its ``text``."""
    bar = BAR.search(text)
    nodes = [x for side in sides for x in side.walk() if isinstance(x, s.Symbol) and is_probability(x)]
    found = conditionals([probability_of(x.name) for x in nodes], values)
    return [(p.symbol(sides[0]), PRIMED.sub(r"\2", p.name.replace(GIVEN, bar[0] if bar else GIVEN))) for p in found]


class _Sample(Sample):
    """A point at which every probability has its value in one distribution; other quantities are positive."""

    def __init__(self, number: int, seed: int, places: ProbabilityPlaces) -> None:
        super().__init__(number, seed, positive=True)
        self.of = places.distributions(f"{seed}|{number}")
        self.probabilities = places.probabilities

    def _drawn(self, variable: Var) -> Floating:
        found = self.probabilities.get(variable)
        return super()._drawn(variable) if found is None else np.array(self._value(found))

    def _value(self, probability: Probability) -> float:
        try:
            return self.of[probability.measure].value(probability)
        except (OpenError, KeyError):
            return float("nan")


class ProbabilityPlaces(Places):
    """The places of one side of a step about probabilities; ``near`` is what may be put into them.

    Raises SheetError where the sides are not read at sample points.
    """

    def __init__(
        self, checker: Checker, sides: tuple[s.Node, s.Node], opened: int, world: World, near: Sequence[Written]
    ) -> None:
        self.sheet = checker.sheet
        self.letter = next(iter(sorted(set().union(*(lengths(self._unfolded(side)) for side in sides)))), None)
        self.values_of = self._space(sides).values
        self.counted = dict(self._counted(sides[opened]))
        self.opening = 2 ** (2 + len(self.counted))
        self.probabilities: dict[Term, Probability] = {}
        self.found: dict[int, tuple[s.Node, list[Value]]] = {}
        self.own = [p for side in (sides[1 - opened], sides[opened]) for p in probabilities_in(self._reduced(side))]
        self.more = [p for node, _ in near for p in self._probabilities_of(node)]
        super().__init__(checker.judge, sides, opened, world, None)

    # Reading

    def _unfolded(self, node: s.Node) -> s.Node:
        return unfolded(node, self.sheet)

    def _space(self, sides: Sequence[s.Node]) -> StateSpace:
        """What is known of values, and some values for what sums run over where none are known."""
        found = self.sheet.states
        for node in (x for side in sides for x in self._unfolded(side).walk() if isinstance(x, s.Big)):
            for event in (x for p in probabilities_in(node.body) for x in p.both if bound_by(x, node.index)):
                if event.first == event.last and not found.values.of(event.variable):
                    found = found.with_values(event.variable, VALUES)
        return found

    def _counted(self, side: s.Node) -> Iterator[tuple[str, str]]:
        """The letters that sums and products count or put values for, each with one of these."""
        for node in (x for x in self._unfolded(side).walk() if isinstance(x, s.Big)):
            events = [x for p in probabilities_in(node.body) for x in p.both if bound_by(x, node.index)]
            known = [value for x in events for value in self.values_of.of(x.variable)]
            yield node.index, known[0] if known else str(LENGTH - 1)

    def _outside(self, node: s.Node) -> s.Node:
        """What may stand within a sum as it is for one of the values that the sum counts. Raises SheetError."""
        own = {x.index for x in node.walk() if isinstance(x, s.Big)}
        for index, value in self.counted.items():
            node = node if index in own else at_value(node, index, value)
        return node

    def _probabilities_of(self, node: s.Node) -> list[Probability]:
        try:
            return probabilities_in(self._reduced(self._outside(node)))
        except SheetError:
            return []

    def _reduced(self, node: s.Node) -> s.Node:
        tree = self._unfolded(node)
        refuse_unread(tree)
        tree = tree if self.letter is None else at_length(tree, self.letter, LENGTH)
        return powers_as_exponentials(Reduction(self.values_of, []).reduced(tree))

    def _term(self, node: s.Node) -> Term:
        """A side as a term of its probabilities. Raises SheetError."""
        tree = self._reduced(node)
        for x in tree.walk():
            if isinstance(x, s.Symbol) and is_probability(x):
                self.probabilities[self.holed.variable(Ref(x.name))] = probability_of(x.name)
        found = self.holed.elaborate(tree, self.world)[0].term
        if found.shape:
            raise OpenError("beside probabilities stands something that is no number")
        return found

    # Sample points

    def distributions(self, seed: str) -> dict[str, Distribution]:
        """A distribution of every measure."""
        return {measure: Distribution(known, self.values_of, seed) for measure, known in self.told.items()}

    @cached_property
    def told(self) -> dict[str, list[Probability]]:
        """The probabilities of the step by their measures, with as many further ones as can be told apart."""
        variables = {event.variable for p in self.own for event in p.both}
        found: dict[str, list[Probability]] = {}
        for p in (*self.own, *self.more):
            if {event.variable for event in p.both} <= variables:
                try:
                    Distribution([*found.get(p.measure, ()), p], self.values_of, "")
                except OpenError:
                    continue
                found.setdefault(p.measure, []).append(p)
        return found

    def _sample(self, number: int, seed: int) -> Sample:
        return _Sample(number, seed, self)

    # Places

    def _read_other(self, side: s.Node) -> list[Value]:
        return [Value(self._term(side))]

    def hides(self, outer: s.Node, below: s.Node) -> bool:
        """As elsewhere; a sum or a product over values or a sequence is replaced whole."""
        return isinstance(outer, s.Big) or super().hides(outer, below)

    def values(self, tree: s.Node, world: World | None = None) -> list[Value]:
        """The value of a tree that may stand in a place; none where a sample distribution does not tell it."""
        if id(tree) not in self.found:
            self.found[id(tree)] = (tree, self._values(tree))
        return self.found[id(tree)][1]

    def _values(self, tree: s.Node) -> list[Value]:
        try:
            found = Value(self._term(self._outside(tree)))
        except SheetError:
            return []
        return [found] if all(np.isfinite(x).all() for x in self.numbers(found.term)) else []

    def misfits(self, tree: s.Node) -> bool:
        """Never: all are numbers."""
        return False

    def speaks_of_the_same(self, term: Term) -> bool:
        """Whether a term is one that the sample distributions tell, which know the events of the step alone."""
        return True

    def compared(self, *opened: Opening) -> Iterator[tuple[Term, Term]]:
        """The other side and this one with holes in places."""
        tree, holes = self.root, {}
        for number, (node, _, hole) in enumerate(opened):
            mark = s.Symbol(node.span, f"{HOLE}{number}")
            tree, holes[self.holed.variable(Ref(mark.base))] = replaced(tree, node, mark), hole
        yield self.other[0].term, substitute([self._term(tree)], holes)[0]
