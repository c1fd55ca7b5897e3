"""Proofs by induction on a time letter.

Both sides of a claim are written through accumulators (:mod:`derivations.unrolling`), which are sorted into classes of
equal ones: equal at the start, and equal at T+1 provided that all classes are right at T. Such classes are right at all
times, by induction on T (they are the coarsest bisimulation; Paige and Tarjan, *Three partition refinement
algorithms*, 1987), and a claim that is an identity given the classes is proved. The claim itself may serve as
hypothesis where one of its sides is an accumulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import permutations
from time import monotonic
from typing import TYPE_CHECKING

from derivations.budget import Budget
from derivations.errors import BudgetError, SheetError
from derivations.names import readable, time_text
from derivations.normal_form import prove_equal
from derivations.reading import surface as s
from derivations.tensors import diagonal
from derivations.terms import ONE, Shape, Sum, Term, Var, linear, product, scale, subtract
from derivations.traverse import free_variables, substitute
from derivations.unrolling import Unroller
from derivations.world import Mode, World

if TYPE_CHECKING:
    from derivations.judge import Judge
    from derivations.senses import Attempt

STARTS = (0, 1, 2)
AHEAD = (1, 2)
MOST_ROUNDS = 40
REPLAYED = 2
UNITS = 20_000
SECONDS = 2.0
View = Callable[[Term], Term]


@dataclass(frozen=True, slots=True)
class Candidate:
    """That an accumulator equals another quantity: that quantity at T, at T+1 and at the start."""

    now: Term
    after: Term
    base: Term


@dataclass(frozen=True, slots=True)
class Quantity:
    """An accumulator with its values one time later and at the start."""

    tensor: Term
    after: Term
    base: Term


class Recurrences:
    """The proof of one claim in one sense of ∂ for all times from the first on at which it has a meaning."""

    def __init__(
        self, judge: Judge, sides: tuple[s.Node, s.Node], world: World, mode: Mode, growing: str, fixed: str | None
    ) -> None:
        self.judge = judge
        self.sides = sides
        self.outer = World(facts=world.facts)
        self.mode = mode
        self.growing = growing
        self.fixed = fixed

    def prove(self, readings: frozenset[str], first: int, budget: Budget) -> str | None:
        """How the claim is proved for all times from ``first`` on (above the fixed time, where there is one).

        ``readings`` is the reading taken. None where there is no proof.
        """
        for start in STARTS:
            for ahead in AHEAD:
                try:
                    found = self._attempt(readings, first, start, ahead, budget)
                except (SheetError, BudgetError):
                    continue
                if found is not None:
                    return found
        return None

    def _attempt(self, readings: frozenset[str], first: int, start: int, ahead: int, budget: Budget) -> str | None:
        origin = s.Time(self.fixed, start)
        unroller = Unroller(self.judge.elaborator, self.growing, origin, self.outer)
        pairs = self._symbolic(unroller, ahead, readings)
        if not pairs:
            return None
        quantities = _closure(unroller)
        classes = Classes(quantities, self._claim(unroller, readings, origin), self.judge, budget)
        if not any(classes.equal(classes.apply(a.left), classes.apply(a.right)) for a in pairs):
            return None
        cases = [s.Time(self.fixed, k) for k in range(first, start + ahead)]
        if not all(self._holds_at(case, readings, budget) for case in cases):
            return None
        return self._said(cases or [s.Time(self.fixed, first)], classes)

    def _symbolic(self, unroller: Unroller, ahead: int, readings: frozenset[str]) -> list[Attempt]:
        """The readings of the claim at T + ``ahead`` that are no more than ``readings``."""
        return self._attempts(unroller, unroller.world(self.mode, ahead), readings)

    def _attempts(self, elaborator: Unroller | None, world: World, readings: frozenset[str]) -> list[Attempt]:
        judge = self.judge if elaborator is None else type(self.judge)(elaborator, self.judge.seed, self.judge.seconds)
        found = judge.attempts(*self.sides, world, judge.blank(*self.sides), (self.mode,))
        return [attempt for attempt in found if attempt.readings <= readings and not attempt.opaque]

    def _holds_at(self, case: s.Time, readings: frozenset[str], budget: Budget) -> bool:
        """A single time before the induction begins."""
        floor = () if case.symbol is None else ((case.symbol, -1),)
        world = replace(self.outer, floor=((None, 0), *floor), mode=self.mode)
        attempts = self._attempts(None, replace(world, env=((self.growing, case),)), readings)
        return any(_proved(a.left, a.right, budget) for a in attempts)

    def _claim(self, unroller: Unroller, readings: frozenset[str], origin: s.Time) -> list[tuple[Quantity, Candidate]]:
        """The claim as hypothesis, where one side of it is a single quantity."""
        world = unroller.world_at_start(unroller.world(self.mode, 0))
        for now in self._symbolic(unroller, 0, readings):
            after = next((a for a in self._symbolic(unroller, 1, readings) if a.readings == now.readings), None)
            base = next((a for a in self._attempts(None, world, readings) if a.readings <= now.readings), None)
            if after is None or base is None:
                continue
            if isinstance(now.left, Var) and now.left not in free_variables([now.right]):
                own = Quantity(now.left, after.left, base.left)
                return [(own, Candidate(now.right, after.right, base.right))]
            if now.left.shape == after.left.shape == base.left.shape:
                return _solved(unroller, *(subtract(a.left, a.right) for a in (now, after, base)))
        return []

    def _said(self, cases: Sequence[s.Time], classes: Classes) -> str:
        letter = self.growing
        base = ", ".join(time_text(case) for case in cases)
        lemmas = [readable(text) for text in classes.said()]
        using = f", using {' and '.join(lemmas)}" if lemmas else " by unfolding the recurrence once"
        return f"by induction on {letter}: base {letter} = {base}; step from {letter} to {letter}+1{using}"


def _closure(unroller: Unroller) -> list[Quantity]:
    """All accumulators with their values one time later, which may need further ones, and at the start.

    Those that depend on the index of a sum occur within sums alone, which are accumulators themselves.
    """
    found: dict[Term, Quantity] = {}
    outside = {None, unroller.start.symbol}
    while pending := [a for t, a in unroller.accumulators.items() if t not in found and a.letters <= outside]:
        for accumulator in pending:
            values = accumulator.step(), accumulator.base()
            after, base = (unroller.with_facts(value, unroller.outer) for value in values)
            found[accumulator.tensor] = Quantity(accumulator.tensor, after, base)
    return list(found.values())


def _solved(unroller: Unroller, now: Term, after: Term, base: Term) -> list[tuple[Quantity, Candidate]]:
    """That a difference is zero, solved for an accumulator that stands in it by itself."""
    for place, (amount, tensor) in enumerate(terms := _addends(now)):
        rest = linear([x for k, x in enumerate(terms) if k != place], now.shape)
        if tensor in unroller.accumulators and tensor not in free_variables([rest]):
            found = unroller.accumulators[tensor]
            own = Quantity(tensor, found.step(), found.base())
            moved = (subtract(x, scale(1 / amount, y)) for x, y in ((own.after, after), (own.base, base)))
            return [(own, Candidate(scale(-1 / amount, rest), *moved))]
    return []


def _addends(term: Term, amount: Fraction = ONE) -> list[tuple[Fraction, Term]]:
    if not isinstance(term, Sum):
        return [(amount, term)]
    return [pair for own, x in term.addends for pair in _addends(x, amount * own)]


def _proved(left: Term, right: Term, budget: Budget) -> bool:
    """Whether two terms are equal without any condition."""
    if left is right:
        return True
    part = Budget(min(budget.units, UNITS), min(max(budget.deadline - monotonic(), 0.1), SECONDS))
    proof = prove_equal(left, right, part) if left.shape == right.shape else None
    budget.spend(UNITS - part.units)
    return proof is not None and not proof.conditions


def _permuted(order: Sequence[int], term: Term) -> Term:
    return product([(term, range(term.rank))], order)


def _views(shape: Shape, other: Shape) -> Iterator[View]:
    """The ways in which a quantity of one shape may be another: its axes in some order, or its diagonal matrix."""
    for order in permutations(range(len(other))):
        if tuple(other[axis] for axis in order) == shape:
            yield partial(_permuted, order)
    if len(other) == 1 and shape == other * 2:
        yield diagonal


def _name(term: Term) -> str:
    """The accumulators of a term by name."""
    variables = free_variables([term])
    if len(variables) > 1:
        return "its closed form"
    names = [v.name.partition(" [")[0] for v in variables if " [" in v.name]
    return names[0] if names else term.name if isinstance(term, Var) else "its closed form"


class Classes:
    """The coarsest classes of equal accumulators that an induction confirms.

    ``same`` maps accumulators to what they equal, in terms of earlier ones or, by the claim, of others.
    """

    def __init__(
        self, quantities: Sequence[Quantity], claim: Sequence[tuple[Quantity, Candidate]], judge: Judge, budget: Budget
    ) -> None:
        known = {quantity.tensor for quantity in quantities}
        every = [*quantities, *(own for own, _ in claim if own.tensor not in known)]
        self.quantities = sorted(every, key=lambda quantity: quantity.tensor.rank)
        self.judge = judge
        self.budget = budget
        self.early = self._replayed()
        claimed = {own.tensor: candidate for own, candidate in claim}
        self.options = {q.tensor: list(self._options(q, place, claimed)) for place, q in enumerate(self.quantities)}
        self.same: dict[Term, Term] = {}
        self._refine()

    def _replayed(self) -> dict[Term, list[Term]]:
        """The values of all quantities at the first times, states left free: a hint which of them may be equal."""
        now = {q.tensor: q.base for q in self.quantities}
        found = {tensor: [term] for tensor, term in now.items()}
        for _ in range(REPLAYED):
            after = substitute([q.after for q in self.quantities], dict(now))
            now = dict(zip(now, after, strict=True))
            for tensor, term in now.items():
                found[tensor].append(term)
        return found

    def _options(self, quantity: Quantity, place: int, claim: dict[Term, Candidate]) -> Iterator[Candidate]:
        """What an accumulator may equal: whatever does at the start."""
        for other in self.quantities[:place]:
            for view in _views(quantity.tensor.shape, other.tensor.shape):
                early = zip(self.early[quantity.tensor], self.early[other.tensor], strict=True)
                likely = all(self.judge.screen.may_agree(one, view(two)) for one, two in early)
                if likely and self.equal(quantity.base, view(other.base)):
                    yield Candidate(view(other.tensor), view(other.after), view(other.base))
        own = claim.get(quantity.tensor)
        if own is not None and self.equal(quantity.base, own.base):
            yield own

    def _refine(self) -> None:
        """Drop what the step does not confirm until all that is left is confirmed together."""
        for _ in range(MOST_ROUNDS):
            self.same = self._resolved()
            failed = [q.tensor for q in self.quantities if self.options[q.tensor] and not self._confirmed(q)]
            if not failed:
                return
            for tensor in failed:
                del self.options[tensor][0]
        raise BudgetError("the classes of equal quantities were not found")

    def _resolved(self) -> dict[Term, Term]:
        """Every accumulator that equals something, through those that do not."""
        found: dict[Term, Term] = {}
        chosen = {q.tensor: self.options[q.tensor][0].now for q in self.quantities if self.options[q.tensor]}
        for tensor, term in chosen.items():
            for _ in chosen:
                term = substitute([term], dict(chosen))[0]
            if not set(free_variables([term])) & chosen.keys():
                found[tensor] = term
        return found

    def _confirmed(self, quantity: Quantity) -> bool:
        """Whether the first option holds at T+1 if all classes hold at T."""
        return self.equal(self.apply(quantity.after), self.apply(self.options[quantity.tensor][0].after))

    def equal(self, left: Term, right: Term) -> bool:
        """Whether two terms are equal, proved without conditions."""
        return self.judge.screen.may_agree(left, right) and _proved(left, right, self.budget)

    def apply(self, term: Term) -> Term:
        """A term with every accumulator written through that of its class."""
        return substitute([term], dict(self.same))[0]

    def said(self) -> list[str]:
        """The equations between accumulators that were found."""
        return [f"{_name(tensor)} = {_name(term)}" for tensor, term in self.same.items()]
