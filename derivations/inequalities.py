"""Bounds between norms and between functions: ``\\|∂h_T/∂h_i\\| ≤ \\|W\\|^{T−i}``, ``|σ'(x)| ≤ 1/4``.

A bound is proved by rules: a norm is submultiplicative and subadditive (‖AB‖ ≤ ‖A‖‖B‖, ‖A+B‖ ≤ ‖A‖+‖B‖), that of a
diagonal matrix is at most its largest entry (Horn and Johnson, *Matrix Analysis*, 5.6), and slopes are bounded exactly
(:mod:`derivations.bounds`). The norm of a matrix is the spectral one unless it is written ‖·‖_F. A bound is refuted at
a point, by balls: with matrices of size 1, where every norm is the absolute value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import arb

from derivations.adjoints import states_of
from derivations.bounds import is_never_negative, signature
from derivations.calls import rational
from derivations.decide import Decision
from derivations.declarations import without_places
from derivations.doubts import Case, doubt
from derivations.errors import SheetError
from derivations.evaluate import Array, Balls, evaluate, precision
from derivations.functions import FUNCTIONS
from derivations.judge import Judgement
from derivations.magnitudes import NO_NUMBERS
from derivations.measures import BARS
from derivations.norm_rules import Chain, Monomial, UnboundedError, keys, untransposed
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.report import Counterexample, Verdict
from derivations.senses import Attempt
from derivations.step_counts import counting, linear, steps_between
from derivations.tensors import spread
from derivations.terms import Apply, Sum, Term, scale, subtract, zeros
from derivations.traverse import dim_symbols, free_variables, postorder
from derivations.world import Mode, World

if TYPE_CHECKING:
    from derivations.check import Checker

ORDERS: Final = {"leq": (False, False), "<": (False, True), "geq": (True, False), ">": (True, True)}
"""Whether the larger side stands on the left, and whether equal sides will not do."""
BITS: Final = 128
POINTS: Final = 40
VALUES: Final = tuple(Fraction(n, 2) for n in (0, 0, 0, 0, 1, -1, 2, -2, 3, -3, 5))
SPECTRAL: Final = "for the spectral norm"
FROBENIUS: Final = "for the Frobenius norm"
NO_RULE: Final = "no rule proves this bound, and no point that was tried breaks it"
NOWHERE: Final = Span(0, 0)


def is_a_bound(sign: str, left: s.Node, right: s.Node) -> bool:
    """Whether a relation is an order between norms or between functions of names."""
    nodes = [x for side in (left, right) for x in side.walk()]
    return sign in ORDERS and any(isinstance(x, s.Norm | s.Symbol | s.Partial) for x in nodes)


def introduces_a_bound(statement: s.Statement, checker: Checker) -> bool:
    r"""``\|\mathrm{diag}(φ'(z_t))\| ≤ γ``: a scalar that bounds a slope, said before anything else of it."""
    if len(statement.links) != 1 or statement.links[0].sign != "leq":
        return False
    limit = statement.items[1]
    if not isinstance(limit, s.Symbol) or limit.time is not None or limit.component:
        return False
    return _slope(statement.items[0]) is not statement.items[0] and _is_first_mention(limit, checker)


def _is_first_mention(symbol: s.Symbol, checker: Checker) -> bool:
    """Whether nothing before says anything of a scalar, so that a bound by it says what it is."""
    knowledge = checker.sheet.knowledge
    key = knowledge.names.ref(symbol).key
    earlier = (entry.sentence for entry in checker.sheet.entries)
    before = (x for x in earlier if isinstance(x, s.Statement) and x.span.start < symbol.span.start)
    symbols = (n for x in before for item in x.items for n in item.walk() if n is not symbol)
    spoken = {knowledge.names.ref(n).key for n in symbols if isinstance(n, s.Symbol)}
    return not knowledge.shapes.get(key) and not knowledge.defined(key) and key not in spoken


def bounded_instead(sign: str, case: Case, world: World, checker: Checker) -> Judgement:
    """The judgement of a bound where what was found of an order says nothing, since its sides are no numbers."""
    sides, found = (case.left, case.right), case.found
    numbers = found.decision is not None and not found.decision.why.startswith(NO_NUMBERS)
    numbers = numbers and not any(isinstance(x, s.Partial) for side in sides for x in side.walk())
    if found.right or found.verdict is not Verdict.UNDECIDED or numbers or not is_a_bound(sign, *sides):
        return found
    bound = judge_bound(sign, *sides, world, checker)
    reason = doubt(replace(case, found=bound)) if bound.verdict is Verdict.WRONG else ""
    return Judgement(decision=Decision(Verdict.UNDECIDED, reason)) if reason else bound


def _slope(node: s.Node) -> s.Node:
    """What stands in the bars, the norm, and the diagonal matrix of a bound of a slope; the node itself for others."""
    inner = s.ungrouped(node)
    if isinstance(inner, s.Norm):
        inner = s.ungrouped(inner.argument)
        return s.ungrouped(inner.arguments[0]) if isinstance(inner, s.Call) and inner.function == "diag" else node
    if isinstance(inner, s.Call) and inner.function in ("abs", BARS) and len(inner.arguments) == 1:
        return s.ungrouped(inner.arguments[0])
    return node


def judge_bound(sign: str, left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement:
    """Whether one side bounds the other: proved by rules, wrong at a point that is certain, else undecided."""
    swapped, strict = ORDERS[sign]
    small, large = (right, left) if swapped else (left, right)
    found = Judgement(decision=Decision(Verdict.UNDECIDED, NO_RULE))
    judge = _Bounds(checker, world)
    why = judge.proof(small, large, strict)
    if why is not None:
        attempt = Attempt(Mode.TOTAL, *judge.shown, frozenset(), False)
        found.right[Mode.TOTAL] = (attempt, Decision(Verdict.PROVED, why))
        return found
    broken = judge.refutation(small, large, strict)
    if broken is not None:
        shown = replace(broken, left=broken.right, right=broken.left) if swapped else broken
        found.decision = Decision(Verdict.WRONG, "the bound does not hold", counterexample=shown)
    elif judge.unclear is not None:
        found.decision = Decision(Verdict.UNDECIDED, judge.unclear)
    return found


class _Bounds:
    """The rules and the search for one relation."""

    def __init__(self, checker: Checker, world: World) -> None:
        self.checker = checker
        self.elaborator = checker.elaborator
        self.world = world
        self.frobenius = False
        self.unclear: str | None = None
        self.count: dict[str, int] | None = None
        self.limits = list(self._limits())
        self.shown: tuple[Term, Term]

    def _limits(self) -> Iterator[tuple[object, Term]]:
        """The scalars that the sheet introduces as bounds of slopes, each with what it bounds."""
        for entry in self.checker.sheet.entries:
            if (
                entry.assumed
                and isinstance(entry.sentence, s.Statement)
                and introduces_a_bound(entry.sentence, self.checker)
            ):
                slope = signature(self._value(_slope(entry.sentence.items[0])))
                if slope is not None:
                    yield slope, self._value(entry.sentence.items[1])

    # Proofs

    def proof(self, small: s.Node, large: s.Node, strict: bool) -> str | None:
        """Why the bound holds; None where no rule says so."""
        lesser, greater = ([x for x in side.walk() if isinstance(x, s.Norm)] for side in (small, large))
        norms = lesser + greater
        self.frobenius = any(x.order == "F" for x in lesser)
        try:
            if not norms:
                return self._of_functions(small, large, strict)
            if strict or any(x.order not in ("", "2", "F") for x in norms) or not self._comparable(norms):
                return None
            return self._of_norms(small, large)
        except SheetError as error:
            self.unclear = str(error) if isinstance(error, UnboundedError) else self.unclear
            return None

    def _comparable(self, norms: list[s.Norm]) -> bool:
        """Whether one norm stands for all: spectral ones bound no Frobenius norm of a matrix, but are bounded by it."""
        return not self.frobenius or all(x.order == "F" or self._value(x.argument).rank < 2 for x in norms)

    def _of_functions(self, small: s.Node, large: s.Node, strict: bool) -> str | None:
        one, other = self._value(small), self._value(large)
        if one.shape and other.shape and one.shape != other.shape:
            return None
        one, other = spread(one, other.shape or one.shape), spread(other, one.shape or other.shape)
        self.shown = (one, other)
        sides = [one]
        if isinstance(one, Apply) and one.function == "abs":
            sides = [one.argument, scale(-1, one.argument)]
        differences = [subtract(other, side) for side in sides]
        if not free_variables(differences) or not all(is_never_negative(term, strict) for term in differences):
            return None
        return "by the exact range of the function" + (", entry by entry" if one.shape else "")

    def _of_norms(self, small: s.Node, large: s.Node) -> str | None:
        norm = FROBENIUS if self.frobenius else SPECTRAL
        if self._is_product_of_norms(small, large):
            return None if self.frobenius else f"{norm}: the norm of a product is at most the product of the norms"
        self.count = steps_between(small)
        rights = self._sum(large)
        lefts = self._bounded(small, {key for right in rights for key in keys(right)})
        for left in lefts:
            match = next((right for right in rights if right.bounds(left)), None)
            if match is None:
                return None
            rights.remove(match)
        rules = ["the norm of a product is at most the product of the norms"]
        rules += ["and that of a sum the sum of the norms"] if len(lefts) > 1 else []
        most = (left.steps or left for left in lefts)
        rules += [f"a slope is at most {m.number}" for m in most if m.number != 1][:1]
        return f"{norm}: {', '.join(rules)}"

    def _is_product_of_norms(self, small: s.Node, large: s.Node) -> bool:
        """``‖Π_k J_k‖ ≤ Π_k ‖J_k‖``."""
        small, large = map(without_places, (small, large))
        if not isinstance(small, s.Norm) or not isinstance(large, s.Big):
            return False
        inner, factor = s.ungrouped(small.argument), s.ungrouped(large.body)
        if not isinstance(inner, s.Big) or not isinstance(factor, s.Norm) or {inner.kind, large.kind} != {"prod"}:
            return False
        self.shown = (zeros(), zeros())
        return s.ungrouped(inner.body) == s.ungrouped(factor.argument) and replace(inner, body=large.body) == large

    def _sum(self, node: s.Node) -> list[Monomial]:
        """The larger side as a sum of monomials."""
        match node:
            case s.Group():
                return self._sum(node.inner)
            case s.Add() if set(node.signs) == {1}:
                return [m for addend in node.addends for m in self._sum(addend)]
        return [self._monomial(node)]

    def _monomial(self, node: s.Node) -> Monomial:
        value = rational(node)
        if value is not None and value >= 0:
            return Monomial(value)
        match node:
            case s.Group():
                return self._monomial(node.inner)
            case s.Mul() if set(node.operators) <= {"", "cdot", "times", "*"}:
                found = Monomial()
                for factor in node.factors:
                    found = found.times(self._monomial(factor))
                return found
            case s.Norm():
                return Monomial(factors=Counter([untransposed(self._value(node.argument))]))
            case s.Symbol() if any(self._value(node) is term for _, term in self.limits):
                return Monomial(factors=Counter([self._value(node)]))
            case s.Raise():
                return self._raised(node)
        raise UnboundedError("no rule bounds a side like this one")

    def _raised(self, node: s.Raise) -> Monomial:
        base, exponent = self._monomial(node.base), rational(node.exponent)
        if exponent is None and linear(node.exponent) == self.count:
            return Monomial(steps=base)
        if exponent is None:
            raise UnboundedError("the exponent is not the number of steps")
        if exponent.denominator != 1 or exponent < 0 or base.steps is not None:
            raise UnboundedError("no rule bounds a power like this one")
        times = int(exponent)
        return Monomial(base.number**times, Counter({key: n * times for key, n in base.factors.items()}))

    def _bounded(self, small: s.Node, known: set[Term]) -> list[Monomial]:
        """Monomials whose sum the smaller side does not exceed, made of the norms of the larger one."""
        inner = s.ungrouped(small)
        if not isinstance(inner, s.Norm):
            raise UnboundedError("the smaller side is no norm")
        of, chain = s.ungrouped(inner.argument), Chain(known, self.frobenius, self.limits)
        if isinstance(of, s.Partial) and (step := self._one_step(of)) is not None:
            if self.frobenius:
                raise UnboundedError("the Frobenius norm of the identity matrix grows with its size")
            return [Monomial(steps=chain.bound(self._value(step)))]
        term = self._value(inner.argument)
        self.shown = (term, term)
        addends = term.addends if isinstance(term, Sum) and term not in known else ((Fraction(1), term),)
        found = [Monomial(abs(q)).times(chain.bound(x)) for q, x in addends]
        if self.frobenius and not all(m.factors for m in found):
            raise UnboundedError("the Frobenius norm of a diagonal matrix grows with its size")
        return found

    def _one_step(self, node: s.Partial) -> s.Partial | None:
        """∂h_t/∂h_{t−1}, where ∂h_T/∂h_i is a product of such; None where it is a derivative over given steps."""
        of, by, names = s.ungrouped(node.of), s.ungrouped(node.by), self.elaborator.knowledge.names
        if not isinstance(of, s.Symbol) or not isinstance(by, s.Symbol) or names.ref(of).key != names.ref(by).key:
            return None
        if of.time is None or by.time is None or of.time.symbol == by.time.symbol:
            return None
        if states_of(self.elaborator.knowledge, of) != ((names.ref(of).key, 1),):
            raise UnboundedError("more than this state is passed on, so that the derivative is no product of its own")
        step = replace(node, of=replace(of, time=s.Time("t", 0)), by=replace(by, time=s.Time("t", -1)))
        self.shown = (self._value(step),) * 2
        return step

    def _value(self, node: s.Node) -> Term:
        """The plainest reading of an expression, one step at a time."""
        floor = dict(self.world.floor)
        floor["t"] = min(floor.get("t", 0), -2)
        return self.elaborator.elaborate(node, replace(self.world, floor=tuple(sorted(floor.items(), key=str))))[0].term

    # Counterexamples

    def refutation(self, small: s.Node, large: s.Node, strict: bool) -> Counterexample | None:
        """A certain point at which the bound fails, all sizes 1; None where none was found or names are undefined."""
        if self._unknown(small, large):
            return None
        for times in self._times(small, large):
            sides = [counting(side, times) for side in (small, large)]
            try:
                found = self._broken(sides[0], sides[1], times, strict)
            except SheetError:
                continue
            if found is not None:
                return found
        return None

    def _unknown(self, *sides: s.Node) -> bool:
        """Whether a scalar is left open, which the words may say to be a bound, or a fact restricts a name."""
        knowledge = self.elaborator.knowledge
        reached = knowledge.reachable(*sides)
        symbols = [x for side in sides for x in side.walk() if isinstance(x, s.Symbol) and x.time is None]
        letters = {time for times in self._times(*sides) for time in times} | {"t"}
        symbols = [x for x in symbols if x.base not in letters]
        free = [x for x in symbols if not knowledge.shapes.get(knowledge.names.ref(x).key)]
        called = [x for side in sides for c in side.walk() if isinstance(c, s.Call) for x in c.walk()]
        loose = [x for x in free if not knowledge.defined(knowledge.names.ref(x).key) and x not in called]
        if loose:
            self.unclear = f"nothing is known of {self.checker.source.slice(loose[0].span)}"
        return bool(loose) or any(fact.key in reached for fact in self.checker.sheet.facts)

    def _times(self, *sides: s.Node) -> Iterator[dict[str, int]]:
        symbols = (x for side in sides for x in side.walk() if isinstance(x, s.Symbol))
        letters = {x.time.symbol for x in symbols if x.time is not None and x.time.symbol is not None}
        if letters <= {"t"}:
            yield {}
        elif len(letters) == 2 and "T" in letters:
            other = next(iter(letters - {"T"}))
            yield from ({"T": last, other: first} for last in (2, 3) for first in range(1, last + 1))

    def _broken(self, small: s.Node, large: s.Node, times: dict[str, int], strict: bool) -> Counterexample | None:
        env = tuple((letter, s.Time(None, value)) for letter, value in times.items())
        world = replace(self.world, env=env)
        rows = [{value.term for value in self.elaborator.elaborate(side, world)} for side in (small, large)]
        if any(len(row) > 1 or term.rank > 1 or _has_unknown_function(term) for row in rows for term in row):
            return None
        terms = [term for row in rows for term in row]
        sizes = dict.fromkeys(dim_symbols(terms), 1)
        variables = free_variables(terms)
        random = Random(f"{self.checker.options.seed}:bounds")
        for _ in range(POINTS):
            point = {v: random.choice(VALUES) for v in variables}
            with precision(BITS):
                domain = Balls(self.checker.options.seed)
                arrays: dict[Term, Array] = {v: domain.array(_array(v, x)) for v, x in point.items()}
                one, other = (x.item() for x in evaluate(terms, arrays, sizes, domain))
                if _is_broken(one, other, strict):
                    shown = {v.name: _nested(v, x) for v, x in point.items()}
                    numbers = {**times, **{str(k): n for k, n in sizes.items()}}
                    return Counterexample(numbers, shown, (), *(x.str(6, radius=False) for x in (one, other)))
        return None


def _has_unknown_function(term: Term) -> bool:
    """Whether a function is left open, of whose slope the words may say something."""
    return any(isinstance(node, Apply) and node.function not in FUNCTIONS for node in postorder([term]))


def _is_broken(one: arb, other: arb, strict: bool) -> bool:
    return bool(one > other) or (strict and bool(one == other) and one.is_exact())


def _array(variable: Term, value: Fraction) -> Array:
    return np.full((1,) * variable.rank, value, dtype=object)


def _nested(variable: Term, value: Fraction) -> object:
    found: object = str(value)
    for _ in range(variable.rank):
        found = [found]
    return found
