"""Inequalities that follow from a known one: the difference of the sides is something that is never negative.

The known ones are a table; the hypotheses of a row are facts of the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Final

from derivations.budget import Budget
from derivations.decide import Decision
from derivations.errors import BudgetError, SheetError
from derivations.facts import Fact, Property, in_force
from derivations.judge import Judgement
from derivations.normal_form import prove_equal
from derivations.operations import logsumexp
from derivations.operators import largest
from derivations.reading import surface as s
from derivations.refute import refute
from derivations.report import Verdict
from derivations.senses import Attempt
from derivations.tensors import hadamard, total
from derivations.terms import Term, Var, add, apply, scale, size, subtract
from derivations.traverse import free_variables
from derivations.world import Mode, World

if TYPE_CHECKING:
    from derivations.check import Checker

GIBBS: Final = "Gibbs' inequality, for positive entries that sum to one"
ENTROPY: Final = "an entropy lies between 0 and the logarithm of the number of entries, for positive entries"
LARGEST: Final = "log Σ exp lies between the largest entry and that plus the logarithm of their number"
MOST_VECTORS: Final = 4
Known = tuple[Term, str]


def judge_inequality(link: s.Link, left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement | None:
    """Whether ``left ≤ right`` or ``left ≥ right`` is a known inequality, or one turned round; None where neither."""
    if link.sign not in ("leq", "geq"):
        return None
    try:
        one, other = (_scalar(side, world, checker) for side in (left, right))
    except SheetError:
        return None
    if one is None or other is None:
        return None
    facts = in_force(checker.sheet.facts, checker.source, left.span.start)
    gap = subtract(other, one) if link.sign == "leq" else subtract(one, other)
    try:
        for known, why in never_negative(gap, _distributions(gap, facts, checker)):
            if prove_equal(gap, known, Budget()) is not None:
                found = Decision(Verdict.PROVED, why, (why,))
                return Judgement(right={Mode.TOTAL: (Attempt(Mode.TOTAL, one, other, frozenset(), False), found)})
            if prove_equal(scale(-1, gap), known, Budget()) is not None:
                return _turned(one, other, facts, why, world, checker)
    except BudgetError:
        return None
    return None


def speaks_of_divergences(*sides: s.Node) -> bool:
    """Whether a divergence stands in a step: its arguments are distributions, even where the sheet does not say so."""
    return any(isinstance(x, s.Call) and x.function == "divergence" for side in sides for x in side.walk())


def _turned(
    one: Term, other: Term, facts: Sequence[Fact], why: str, world: World, checker: Checker
) -> Judgement | None:
    """The wrong way round: what is never negative is not zero at a certain point."""
    given = World(floor=world.floor, facts=tuple(facts))
    left, right = (checker.elaborator.with_facts(side, given) for side in (one, other))
    positive = frozenset(x for x in free_variables([left, right]) if isinstance(x, Var))
    shown = refute(left, right, checker.options.seed, Budget(), positive).counterexample
    if shown is None:
        return None
    return Judgement(decision=Decision(Verdict.WRONG, f"it is the other way round: {why}", counterexample=shown))


def _scalar(node: s.Node, world: World, checker: Checker) -> Term | None:
    values = checker.elaborator.elaborate(node, world)
    single = all(value.term is values[0].term for value in values) and not values[0].opaque
    return values[0].term if single and not values[0].term.shape else None


def _distributions(gap: Term, facts: Sequence[Fact], checker: Checker) -> list[Term]:
    """The vectors of a term whose entries, as the sheet says, sum to one."""
    sums = [fact for fact in facts if fact.kind is Property.SUMS_TO_ONE and not fact.doubtful]
    refs = checker.elaborator.refs_of(gap)
    return [term for term, ref in refs if term.rank == 1 and any(fact.covers(ref) for fact in sums)]


def never_negative(gap: Term, distributions: Sequence[Term]) -> Iterator[Known]:
    """What is known not to be negative, built from the vectors of a term, and why."""
    vectors = sorted((x for x in free_variables([gap]) if x.rank == 1), key=lambda x: x.digest)[:MOST_VECTORS]
    for p in distributions[:MOST_VECTORS]:
        own = total(hadamard(p, apply("log", p)))
        yield add(own, apply("log", size(p.shape[0]))), ENTROPY
        yield scale(-1, own), ENTROPY
    for p, q in permutations(distributions[:MOST_VECTORS], 2):
        if p.shape == q.shape:
            yield total(hadamard(p, subtract(apply("log", p), apply("log", q)))), GIBBS
    for z in vectors:
        yield subtract(logsumexp(z), largest(z)), LARGEST
        yield subtract(add(largest(z), apply("log", size(z.shape[0]))), logsumexp(z)), LARGEST
