"""Counterexamples that are certified by ball arithmetic, and made small.

Two enclosures that do not meet prove that the two sides differ. Points are small random rationals of several sizes:
small ones keep the slopes of σ and tanh alive, large ones keep small terms from hiding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import islice
from math import isfinite
from random import Random
from typing import Any

import numpy as np
import sympy
from flint import arb, fmpq

from derivations.budget import Budget
from derivations.errors import BudgetError, InternalError, UsageError
from derivations.evaluate import (
    Array,
    Balls,
    Floats,
    Rationals,
    Sizes,
    evaluate,
    exact_array,
    extents,
    generic,
    precision,
    work,
)
from derivations.functions import FUNCTIONS
from derivations.kinks import is_piecewise
from derivations.report import Counterexample
from derivations.terms import Apply, Product, Size, Term, Var
from derivations.traverse import dim_symbols, free_variables, postorder

PRECISIONS = (64, 512, 1024, 2048, 4096)  # the first parts most terms that differ; doubled for those that hardly do
USUAL = 512  # bits at which undefined values are told and numbers are shown
NARROW = 400  # bits to which both sides must be known to count as equal at a point
SCALES = (
    (Fraction(1), False),
    (Fraction(1, 4), False),
    (Fraction(2), False),
    (Fraction(1), True),
    (Fraction(1, 4), True),
)
FAR = tuple((Fraction(scale), False) for scale in (16, 256, 4096))
SMALL_SIZES = (1, 2, 3)
SIMPLE = tuple(map(Fraction, ("0", "1", "-1", "1/2", "-1/2", "2", "-2", "1/4", "-1/4")))
MOST_TRIES = 400
MOST_WORK = 1_000_000
WORK_PER_UNIT = 16
DIGITS = (6, 12, 24, 48, 96, 150)
REPLAY_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Point:
    """Numbers for all sizes, and an array of Fractions for every variable."""

    sizes: dict[sympy.Symbol, int]
    values: dict[Term, Array]


@dataclass(frozen=True, slots=True)
class Gap:
    """An entry at which the enclosures of the two sides do not meet at some precision."""

    entry: tuple[int, ...]
    bits: int


class Meeting(Enum):
    """Why a point does not refute: the enclosures meet, narrow or not, or an entry of a side has no value."""

    EQUAL = "equal"
    OPEN = "open"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found: a counterexample, or how many points and choices of sizes spoke for equality.

    ``open_points`` could not be told apart, at ``undefined_points`` a side has no value; ``stopped`` says why the
    search ended early, empty where it did not.
    """

    counterexample: Counterexample | None = None
    points: int = 0
    sizes: int = 0
    open_points: int = 0
    undefined_points: int = 0
    stopped: str = ""


def refute(left: Term, right: Term, seed: int, budget: Budget, positive: frozenset[Var] = frozenset()) -> Search:
    """Look for a point at which two terms of one shape certainly differ, and make it small.

    Variables of ``positive`` take positive values only. Raises ValueError on different shapes, and InternalError
    where the exact or the float64 replay of a counterexample contradicts the balls.
    """
    prober = Prober(left, right, seed, budget, positive)
    return prober.search()


def defined(left: Term, right: Term, seed: int) -> bool:
    """Whether both sides have a value at some point, for at least two choices of sizes where there are some."""
    prober = Prober(left, right, seed, Budget(units=20_000, seconds=2.0), frozenset())
    choices = list(islice(prober.size_choices(), 3))
    found = sum(prober.has_a_value_at(sizes) for sizes in choices)
    return found >= min(2, len(choices))


def contradicted(left: Term, right: Term, seed: int) -> bool:
    """Whether one point of each of two sizes certifies a difference: a quick check of a proof."""
    prober = Prober(left, right, seed, Budget(units=2_000, seconds=2.0), frozenset())
    points = (prober.point(sizes, *SCALES[0]) for sizes in islice(prober.size_choices(), 2))
    try:
        return any(isinstance(prober.compare(point, PRECISIONS[:1]), Gap) for point in points)
    except BudgetError:
        return False


class Prober:
    """Compares two terms at points."""

    def __init__(self, left: Term, right: Term, seed: int, budget: Budget, positive: frozenset[Var]) -> None:
        if left.shape != right.shape:
            raise ValueError("terms of different shapes cannot be compared")
        self.sides = [left, right]
        self.seed = seed
        self.budget = budget
        self.positive = positive
        self.symbols = dim_symbols(self.sides)
        self.variables = free_variables(self.sides)
        self.random = Random(f"points of {seed}")
        self.costs: dict[tuple[int, ...], int] = {}

    # Searching

    def search(self) -> Search:
        met: dict[Meeting, list[Point]] = {kind: [] for kind in Meeting}
        stopped = ""
        try:
            for point in self.points():
                outcome = self.compare(point)
                if isinstance(outcome, Gap):
                    return Search(self._counterexample(point, outcome))
                met[outcome].append(point)
        except BudgetError as error:
            stopped = str(error)
        equal, open_, undefined = met.values()
        sizes = {tuple(point.sizes.values()) for point in equal}
        points = len(equal) if self.variables else len(sizes)
        return Search(None, points, len(sizes), len(open_), len(undefined), stopped)

    def points(self) -> Iterator[Point]:
        """Points in the order of the search: the smallest sizes first, every scale at each, also with signs turned."""
        for sizes in self.size_choices():
            for scale, positive in self.scales():
                point = self.point(sizes, scale, positive)
                yield point
                if not positive:
                    yield Point(sizes, {variable: self._turned(variable, x) for variable, x in point.values.items()})

    def scales(self) -> Sequence[tuple[Fraction, bool]]:
        """Far points, too, where piecewise functions may have their kinks."""
        if not self.variables:
            return SCALES[:1]
        return SCALES + FAR if any(isinstance(x, Apply) and is_piecewise(x) for x in postorder(self.sides)) else SCALES

    def has_a_value_at(self, sizes: dict[sympy.Symbol, int]) -> bool:
        """Whether some point with these sizes gives both sides a value."""
        with precision(PRECISIONS[0]):
            return any(all(map(_definite, self.balls(self.point(sizes, *scale)))) for scale in SCALES)

    def _turned(self, variable: Term, values: Array) -> Array:
        return values if variable in self.positive else exact_array([-x for x in values.flat], values.shape)

    def size_choices(self) -> Iterator[dict[sympy.Symbol, int]]:
        """All sizes one, then different ones; larger ones where sizes count as numbers."""
        count = len(self.symbols)
        choices = [[1] * count, list(range(2, 2 + count)), list(range(2 + count, 2, -1))]
        if any(isinstance(term, Size) for term in postorder(self.sides)):
            choices += [[4 + 3 * k for k in range(count)], [5 + 2 * k for k in range(count)]]
        if not any(isinstance(term, Product) and term.label_dims for term in postorder(self.sides)):
            choices += [[sympy.prime(20 * j + 7 * k) for k in range(1, count + 1)] for j in range(1, 5)]
        distinct = dict.fromkeys(map(tuple, choices))
        for choice in distinct:
            sizes = dict(zip(self.symbols, choice, strict=True))
            if self.affordable(sizes):
                yield sizes

    def affordable(self, sizes: Sizes) -> bool:
        """Whether all dimensions are positive integers and all arrays small enough."""
        try:
            return self._cost(sizes) <= MOST_WORK
        except UsageError:
            return False

    def point(self, sizes: dict[sympy.Symbol, int], scale: Fraction, positive: bool) -> Point:
        """A random point; its entries are at most twice ``scale`` and never zero."""
        values: dict[Term, Array] = {}
        for variable in self.variables:
            values[variable] = self._draw(variable, extents(variable.shape, sizes), scale, positive)
        return Point(sizes, values)

    def _draw(self, variable: Var, shape: tuple[int, ...], scale: Fraction, positive: bool) -> Array:
        signs = (1,) if positive or variable in self.positive else (1, -1)
        count = int(np.prod(shape))
        whole, parts = scale.numerator, 8 * scale.denominator
        draw = self.random
        entries = [Fraction(draw.choice(signs) * draw.randint(1, 16) * whole, parts) for _ in range(count)]
        return exact_array(entries, shape)

    # Comparing

    def compare(self, point: Point, precisions: Sequence[int] = PRECISIONS) -> Gap | Meeting:
        """A certified difference at a point, or how the two sides meet there. Raises BudgetError."""
        cost = self._cost(point.sizes)
        for bits in precisions:
            self.budget.spend((1 + cost // WORK_PER_UNIT) * max(1, bits // USUAL))
            with precision(bits):
                left, right = self.balls(point)
                gap = _gap(left, right, bits)
                if gap is not None:
                    return gap
                if bits > NARROW and _narrow(left) and _narrow(right):
                    return Meeting.EQUAL
                if bits >= USUAL and not (_finite(left) and _finite(right)):
                    return Meeting.UNDEFINED
        return Meeting.OPEN if _finite(left) and _finite(right) else Meeting.UNDEFINED

    def _cost(self, sizes: Sizes) -> int:
        key = tuple(sizes.values())
        if key not in self.costs:
            self.costs[key] = work(self.sides, sizes)
        return self.costs[key]

    def balls(self, point: Point) -> list[Array]:
        """Both sides, enclosed at the present precision."""
        domain = Balls(self.seed)
        return evaluate(self.sides, {v: domain.array(x) for v, x in point.values.items()}, point.sizes, domain)

    # Reporting

    def _counterexample(self, point: Point, gap: Gap) -> Counterexample:
        point, gap = Minimizer(self, point, gap).run()
        with precision(max(USUAL, gap.bits)):
            left, right = (side.item(gap.entry) for side in self.balls(point))
            exact = [self._exact(k, point, gap.entry, ball) for k, ball in enumerate((left, right))]
            texts = _texts((left, right), exact)
            replayed = self._replay(point, gap.entry, (left, right))
        return Counterexample(
            {str(symbol): number for symbol, number in point.sizes.items()},
            {v.name: _nested(point.values[v]) for v in self.variables} | self._stand_ins(),
            gap.entry,
            *texts,
            replayed,
        )

    def _stand_ins(self) -> dict[str, str]:
        """The functions of which nothing is known, as they were chosen."""
        names = {term.function.rstrip("'") for term in postorder(self.sides) if isinstance(term, Apply)}
        return {name: str(generic(name, self.seed)[0]) for name in sorted(names - set(FUNCTIONS))}

    def _exact(self, side: int, point: Point, entry: tuple[int, ...], ball: arb) -> fmpq | None:
        domain = Rationals(self.seed)
        values: dict[Term, Array] = {v: domain.array(x) for v, x in point.values.items()}
        value = evaluate([self.sides[side]], values, point.sizes, domain)[0].item(entry)
        if not isinstance(value, fmpq):
            return None
        if not ball.overlaps(arb(value)):
            raise InternalError(f"exact arithmetic gives {value}, ball arithmetic gives {ball}")
        return value

    def _replay(self, point: Point, entry: tuple[int, ...], balls: tuple[arb, arb]) -> tuple[float, float] | None:
        """Both sides in float64; None where it overflows on the way."""
        domain = Floats(self.seed)
        nodes = list(postorder(self.sides))
        found = evaluate(nodes, {v: domain.array(x) for v, x in point.values.items()}, point.sizes, domain)
        sizes = [float(np.abs(x).max()) for x in found]
        if not all(isfinite(size) for size in sizes):
            return None
        size = max(1.0, *sizes)
        left, right = (float(found[nodes.index(side)].item(entry)) for side in self.sides)
        for value, ball in zip((left, right), balls, strict=True):
            if not abs(value - float(ball.mid())) <= REPLAY_TOLERANCE * size:
                raise InternalError(f"float64 arithmetic gives {value}, ball arithmetic gives {ball}")
        return left, right


def _gap(left: Array, right: Array, bits: int) -> Gap | None:
    for entry in np.ndindex(left.shape):
        a, b = left.item(entry), right.item(entry)
        if a.is_finite() and b.is_finite() and not a.overlaps(b):
            return Gap(entry, bits)
    return None


def _definite(balls: Array) -> bool:
    """Whether all balls are finite, and none stands at a jump."""
    return all(x.is_finite() and x.rad() <= (1 + abs(x.mid())) / 64 for x in balls.flat)


def _finite(balls: Array) -> bool:
    return all(x.is_finite() for x in balls.flat)


def _narrow(balls: Array) -> bool:
    """Whether all balls are finite and determined to :data:`NARROW` bits."""
    tolerance = arb(2) ** -NARROW
    return all(x.is_finite() and x.rad() <= tolerance * (1 + abs(x.mid())) for x in balls.flat)


def _texts(balls: tuple[arb, arb], exact: Sequence[fmpq | None]) -> tuple[str, str]:
    """Exact values where they are known, else as few certified digits as tell the two sides apart."""
    left, right = "", ""
    for digits in DIGITS:
        left, right = (ball.str(digits, radius=False) for ball in balls)
        if left != right:
            break
    return (left if exact[0] is None else str(exact[0])), (right if exact[1] is None else str(exact[1]))


def _nested(values: Array) -> Any:
    """Nested lists of exact numbers as text; a mere text for a scalar."""
    return np.asarray(np.frompyfunc(str, 1, 1)(values), dtype=object).tolist()


class Minimizer:
    """Makes a counterexample small: the least sizes, then numbers as simple as possible, while it stays certified."""

    def __init__(self, prober: Prober, point: Point, gap: Gap) -> None:
        self.prober = prober
        self.point = point
        self.gap = gap
        self.precisions = (gap.bits,)
        self.tries = MOST_TRIES

    def run(self) -> tuple[Point, Gap]:
        try:
            self._shrink_sizes()
            while self._simplify_variables() | self._simplify_entries():
                pass
        except BudgetError:
            pass
        return self.point, self.gap

    def _accept(self, point: Point) -> bool:
        """Go on from a point if it is a counterexample too. Raises BudgetError when the tries are used up."""
        self.tries -= 1
        if self.tries < 0:
            raise BudgetError("enough tries")
        outcome = self.prober.compare(point, self.precisions)
        if not isinstance(outcome, Gap):
            return False
        self.point, self.gap = point, outcome
        return True

    def _shrink_sizes(self) -> None:
        for symbol in self.prober.symbols:
            for number in SMALL_SIZES:
                if number >= self.point.sizes[symbol] or self._fits(self.point.sizes | {symbol: number}):
                    break

    def _fits(self, sizes: dict[sympy.Symbol, int]) -> bool:
        if not self.prober.affordable(sizes):
            return False
        return any(self._accept(self.prober.point(sizes, scale, positive)) for scale, positive in SCALES)

    def _simplify_variables(self) -> bool:
        """All entries of one variable at once."""
        changed = False
        for variable in self.prober.variables:
            old = self.point.values[variable]
            for value in self._simpler(variable, max(old.flat, key=_complexity)):
                if self._accept(self._with(variable, exact_array([value] * old.size, old.shape))):
                    changed = True
                    break
        return changed

    def _simplify_entries(self) -> bool:
        changed = False
        for variable in self.prober.variables:
            for place in np.ndindex(self.point.values[variable].shape):
                for value in self._simpler(variable, self.point.values[variable].item(place)):
                    if self._accept(self._with(variable, _replaced(self.point.values[variable], place, value))):
                        changed = True
                        break
        return changed

    def _simpler(self, variable: Var, value: Fraction) -> list[Fraction]:
        allowed = [x for x in SIMPLE if x > 0 or variable not in self.prober.positive]
        return [x for x in allowed if _complexity(x) < _complexity(value)]

    def _with(self, variable: Var, values: Array) -> Point:
        return Point(self.point.sizes, self.point.values | {variable: values})


def _complexity(value: Fraction) -> int:
    return SIMPLE.index(value) if value in SIMPLE else len(SIMPLE)


def _replaced(values: Array, place: tuple[int, ...], value: Fraction) -> Array:
    changed = values.copy()
    changed[place] = value
    return changed
