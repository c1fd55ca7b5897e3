"""Proofs of equality by normal forms, for all sizes.

Both sides are multiplied out to polynomials in indexed atoms with canonically named summed labels. Every rewriting is
an identity for all dimensions, so equal normal forms are a proof; different ones prove nothing. Where multiplying out
everything would blow up, sub-terms that both sides share are first taken as unknowns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from time import monotonic

import sympy

from derivations.algebra import Draft, UndefinedValueError, depth, moved
from derivations.budget import Budget
from derivations.elementary import Elementary
from derivations.errors import BudgetError
from derivations.operator_rules import operator_atom
from derivations.operators import BUILDERS, winner
from derivations.polynomials import (
    UNIT,
    Kind,
    Number,
    Poly,
    Terms,
    accumulate,
    axis_labels,
    leaf,
    scaled,
    single,
    tidy,
    to_term,
)
from derivations.sweep import candidates
from derivations.terms import Apply, Dim, Labels, Operator, Power, Product, Shape, Sum, Term, product, size
from derivations.traverse import postorder

_WORTH_NAMING = 3
_CHEAP = 500
_MODERATE = 5_000
TRANSPOSABLE = frozenset({"inverse", "det"})


@dataclass(frozen=True)
class Proof:
    """Why two terms are equal for all sizes: the rules used, and what must hold for the cancellations made."""

    log: tuple[str, ...]
    conditions: tuple[str, ...] = ()


class Engine(Elementary):
    """Normal forms of terms, each shared node done once."""

    def __init__(
        self,
        budget: Budget,
        opaque: frozenset[Term] = frozenset(),
        exponential: bool = False,
        apart: bool = False,
    ) -> None:
        super().__init__(budget, exponential, apart)
        self.opaque = opaque
        self.memo: dict[Term, Terms] = {}

    def polynomial(self, root: Term) -> Terms:
        """The normal form of a term. Raises BudgetError and UndefinedValueError."""
        try:
            for term in self._missing(root):
                self.memo[term] = self._one_level(term)
        except RecursionError as error:
            raise BudgetError("the expression is nested too deeply") from error
        return self.memo[root]

    def operator(self, name: str, inner: Terms, shape: Shape) -> Terms:
        """An operator of a polynomial; (cX)⁻¹ = X⁻¹/c for a number c."""
        unit = Fraction(inner[min(inner)]) if name == "inverse" and inner else Fraction(1)
        return scaled(self._operator(name, scaled(inner, tidy(1 / unit)), shape), tidy(1 / unit))

    def _operator(self, name: str, inner: Terms, shape: Shape) -> Terms:
        """Inverse and determinant of the transposed matrix are brought to one form."""
        arguments = {to_term(Poly(inner, shape)): False}
        if name in TRANSPOSABLE:
            arguments.setdefault(to_term(Poly(self.rename(inner, {0: 1, 1: 0}), shape)), True)
        if name == "max":
            return self._largest(inner, shape)
        argument = min(arguments, key=lambda term: term.digest)
        found = BUILDERS[name](argument)
        if isinstance(found, Operator):
            turned = self.rename(inner, {0: 1, 1: 0}) if arguments[argument] else inner
            value = single(((operator_atom(found, turned), axis_labels(found.shape), 1),))
        else:
            value = self.polynomial(found)
        return self.rename(value, {0: 1, 1: 0}) if arguments[argument] and found.shape else value

    def _largest(self, inner: Terms, shape: Shape) -> Terms:
        """max x = Σ_i onehot(argmax x)_i x_i."""
        term = to_term(Poly(inner, shape))
        axes = range(len(shape))
        return self.polynomial(product([(winner(term), axes), (term, axes)], axes[:-1]))

    def size(self, dim: Dim) -> Terms:
        return self.polynomial(size(dim))

    def _missing(self, root: Term) -> Iterator[Term]:
        """The terms below ``root`` that have no normal form yet, children first; opaque terms are not entered."""
        stack = [(root, False)]
        while stack:
            term, ready = stack.pop()
            if term in self.memo:
                continue
            if ready:
                yield term
                continue
            stack.append((term, True))
            if term not in self.opaque:
                stack.extend((child, False) for child in reversed(term.children))

    def _one_level(self, term: Term) -> Terms:
        if term in self.opaque:
            return unknown(term)
        if isinstance(term, Sum):
            return self._sum(term)
        if isinstance(term, Product):
            return self._product(term)
        if isinstance(term, Apply):
            return self.function(term.function, self.memo[term.argument])
        if isinstance(term, Power):
            return self.power(self.memo[term.base], tidy(term.exponent))
        if isinstance(term, Operator):
            return self.operator(term.name, self.memo[term.argument], term.argument.shape)
        return single(((leaf(term), axis_labels(term.shape), 1),))

    def _sum(self, term: Sum) -> Terms:
        result: Terms = {}
        for value, addend in term.addends:
            self.budget.spend(len(self.memo[addend]))
            accumulate(result, self.memo[addend], tidy(value))
        return result

    def _product(self, term: Product) -> Terms:
        names = _label_names(term)
        loose = {name: dim for name, dim in zip(names, term.label_dims, strict=True) if name < 0}
        base = min((0, *names))
        drafts = [Draft(1, {}, loose)]
        for factor, labels in term.factors:
            terms = self.memo[factor]
            axes = {axis: names[label] for axis, label in enumerate(labels)}
            drafts = self.spread(drafts, moved(terms, axes, base))
            base += depth(terms)
        return self.reduce(drafts)


def _label_names(term: Product) -> Labels:
    """Axes keep their labels, summed labels become negative, labels of dimension one all become UNIT."""
    rank = term.rank
    return tuple(
        UNIT if dim is sympy.S.One else label if label < rank else rank - 1 - label
        for label, dim in enumerate(term.label_dims)
    )


def unknown(term: Term) -> Terms:
    """A term as an atom of which only the shape is known."""
    return single(((leaf(term, opaque=True), axis_labels(term.shape), 1),))


def normal_form(term: Term, budget: Budget, opaque: frozenset[Term] = frozenset(), exponential: bool = False) -> Poly:
    """The normal form of a term; terms of ``opaque`` count as unknowns.

    In the ``exponential`` mode σ and tanh are quotients of exponentials.
    Raises BudgetError, and UndefinedValueError for a term without a value (1/0).
    """
    return Poly(Engine(budget, opaque, exponential).polynomial(term), term.shape)


def prove_equal(left: Term, right: Term, budget: Budget) -> Proof | None:
    """A proof that two terms are equal for all sizes, or None, which proves nothing.

    Raises BudgetError when the budget ran out before all ways of proving it were tried.
    """
    if left.shape != right.shape:
        return None
    if left is right:
        return Proof(("both sides are the same expression",))
    return _first_proof(left, right, budget)


def _first_proof(left: Term, right: Term, budget: Budget) -> Proof | None:
    """Try the stages in turn; a stage that compared whole normal forms settles all others of its mode."""
    overruns: dict[tuple[bool, bool], BudgetError] = {}
    settled: set[tuple[bool, bool]] = set()
    for stage in _stages(left, right):
        if stage.mode in settled:
            continue
        try:
            proof = _attempt(left, right, budget, stage)
        except BudgetError as error:
            overruns[stage.mode] = error
            continue
        if proof is not None:
            return proof
        if not stage.partial:
            settled.add(stage.mode)
    for mode, overrun in overruns.items():
        if mode not in settled:
            raise overrun
    return None


def _attempt(left: Term, right: Term, budget: Budget, stage: Stage) -> Proof | None:
    """One stage, on its share of the budget."""
    units = min(stage.most, floor(budget.units * stage.share))
    part = Budget(units, budget.deadline - monotonic())
    engine = Engine(part, stage.opaque, stage.exponential, stage.apart)
    try:
        if stage.sweep:
            _sweep(engine, left, right)
        equal = _same(engine, left, right)
    except UndefinedValueError:
        return None
    finally:
        budget.units -= units - max(part.units, 0)
    if not equal:
        return None
    named = ("sub-expressions that both sides share taken as unknowns",) if stage.opaque else ()
    return Proof((*named, *engine.log, "equal normal forms"), _conditions(engine, left, right))


def _conditions(engine: Engine, left: Term, right: Term) -> tuple[str, ...]:
    """The conditions, but for those without which neither side is defined anyway."""
    one, other = (
        {atom for m in engine.polynomial(side) for atom, _, exponent in m if exponent < 0} for side in (left, right)
    )
    return tuple(text for text, atom in engine.conditions.items() if atom not in one & other)


def _sweep(engine: Engine, left: Term, right: Term) -> None:
    """Prove sub-terms equal from the leaves up, and take the large ones as unknowns once they are."""
    for terms in candidates(left, right):
        first = terms[0]
        equal = [first, *(other for other in terms[1:] if _same(engine, first, other))]
        if len(engine.polynomial(first)) >= _WORTH_NAMING:
            engine.note("sub-expressions of both sides proved equal first, then taken as unknowns")
            for term in equal:
                engine.memo[term] = unknown(first)


def _same(engine: Engine, left: Term, right: Term) -> bool:
    difference = dict(engine.polynomial(left))
    accumulate(difference, engine.polynomial(right), -1)
    return not difference or not _cleared(engine, difference)


def _cleared(engine: Engine, terms: Terms) -> Terms:
    """A polynomial times all its denominators that carry no summed label: zero exactly if it was zero."""
    powers: dict[tuple[bytes, Labels], tuple[Number, Terms]] = {}
    for monomial in terms:
        for atom, labels, exponent in monomial:
            if atom.kind is Kind.POWER and exponent < 0 and all(label >= 0 for label in labels):
                deepest = min(exponent, powers.get((atom, labels), (0, {}))[0])
                powers[atom, labels] = deepest, {((atom, labels, -deepest),): 1}
    for _, factor in powers.values():
        engine.note("multiplied by the common denominator")
        terms = engine.multiply(terms, factor)
    return terms


@dataclass(frozen=True)
class Stage:
    """One way to go about a proof: what to take as unknown, and how much of the budget it may use."""

    exponential: bool = False
    apart: bool = False
    opaque: frozenset[Term] = frozenset()
    sweep: bool = False
    most: int = sys.maxsize
    share: Fraction = Fraction(1)

    @property
    def mode(self) -> tuple[bool, bool]:
        """The relations that are used."""
        return self.exponential, self.apart

    @property
    def partial(self) -> bool:
        """Whether a failure says nothing about the whole normal forms."""
        return bool(self.opaque) or self.sweep


def _stages(left: Term, right: Term) -> Iterator[Stage]:
    """Cheapest first; in the exponential mode only where exp, σ and tanh may meet."""
    shared = _shared(left, right)
    if shared:
        yield Stage(opaque=shared, most=_CHEAP)
    functions = {term.function for term in postorder([left, right]) if isinstance(term, Apply)}
    modes = [False, True] if functions & {"tanh", "sigma"} else [False]
    for exponential in modes:
        yield Stage(exponential, most=_CHEAP)
        yield Stage(exponential, sweep=True, most=_MODERATE)
        yield Stage(exponential, most=_MODERATE)
        yield Stage(exponential, sweep=True, share=Fraction(1, 3))
        yield Stage(exponential, share=Fraction(1, 2) if exponential != modes[-1] else Fraction(1))
    if "log" in functions:
        yield Stage(modes[-1], apart=True)


def _shared(left: Term, right: Term) -> frozenset[Term]:
    common = set(postorder([left])) & set(postorder([right]))
    sizes = _expanded_sizes(left, right)
    return frozenset(term for term in common if isinstance(term, Sum) and sizes[term] >= _WORTH_NAMING)


def _expanded_sizes(left: Term, right: Term) -> dict[Term, int]:
    """Upper bounds of the numbers of monomials."""
    sizes: dict[Term, int] = {}
    for term in postorder([left, right]):
        if isinstance(term, Sum):
            sizes[term] = sum(sizes[child] for child in term.children)
        elif isinstance(term, Product):
            sizes[term] = 1
            for child in term.children:
                sizes[term] *= sizes[child]
        else:
            sizes[term] = 1
    return sizes
