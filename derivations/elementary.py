"""Functions and powers of polynomials: what is known of exp, log, σ, tanh, roots and quotients.

Everything here is an identity over the reals wherever both sides are defined; where a rule makes a term defined at
more points (x·x⁻¹ = 1), the condition is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from math import floor

import sympy
from flint import fmpq

from derivations import piecewise
from derivations.algebra import Draft, UndefinedValueError, moved
from derivations.budget import Budget
from derivations.canonical import canonical, pieces
from derivations.factors import constant, content, is_factor, itself, magnitude, primes, sign_of, unscaled
from derivations.functions import FUNCTIONS
from derivations.logarithms import Logarithms
from derivations.polynomials import (
    ONE,
    UNIT,
    Atom,
    Factor,
    Kind,
    Number,
    Terms,
    accumulate,
    built,
    encode,
    free_dims,
    is_whole,
    leaf,
    positive,
    scaled,
    single,
    tidy,
)
from derivations.relations import RULES
from derivations.terms import Block, Labels, block

EVEN_FUNCTIONS = frozenset({"cos"})
_MOST_AXES = 4


class Elementary(Logarithms):
    """The algebra with powers and elementwise functions.

    In the ``exponential`` mode σ and tanh are written as quotients of exponentials; with ``apart`` the logarithm is
    that of the absolute value.
    """

    rules = RULES

    def __init__(self, budget: Budget, exponential: bool = False, apart: bool = False) -> None:
        super().__init__(budget, apart)
        self.exponential = exponential

    # Functions

    def function(self, name: str, terms: Terms) -> Terms:
        by_parts = self._by_parts(terms, lambda part: self.function(name, part))
        if by_parts is not None:
            return by_parts
        row = FUNCTIONS.get(name)
        if set(terms) <= {ONE} and row and row.exact is not None:
            value = Fraction(terms.get(ONE, 0))
            exact = row.exact(fmpq(value.numerator, value.denominator))
            return constant(Fraction(int(exact.p), int(exact.q)))
        if not terms and row and row.at_zero is not None:
            return constant(row.at_zero)
        by_cases = piecewise.by_cases(self, terms, lambda part: self.function(name, part))
        if by_cases is not None:
            return by_cases
        special = _SPECIAL.get(name) or (_EXPONENTIAL.get(name) if self.exponential else None)
        return special(self, terms) if special else self._plain(name, terms)

    def _plain(self, name: str, terms: Terms) -> Terms:
        """f of a polynomial as an atom, a known symmetry used to make its first coefficient positive."""
        row = FUNCTIONS.get(name)
        reflection = row.reflection if row else None
        signed = reflection is not None or name in EVEN_FUNCTIONS
        unit, atom, labels = self.atom(name, terms, sign_of if signed else unscaled)
        value = single(((atom, labels, 1),))
        if unit > 0 or reflection is None:
            return value
        self.note(f"{name}(-a) = {reflection} - {name}(a)" if reflection else f"{name}(-a) = -{name}(a)")
        result = constant(reflection)
        accumulate(result, value, -1)
        return result

    def atom(self, name: str, terms: Terms, unit_of: Callable[[Number], Number]) -> tuple[Number, Atom, Labels]:
        """A function of ``terms`` divided by a unit, in the least form over the orders of its axes.

        Axes that the terms do not depend on are dropped. Returns the unit, the atom and the labels of its axes.
        """
        dims = free_dims(terms)
        used = tuple(dims)
        forms = []
        for order in permutations(range(len(used))) if len(used) <= _MOST_AXES else [tuple(range(len(used)))]:
            self.budget.spend(len(terms))
            axes = dict(zip(used, order, strict=True))
            renamed = terms if used == order else self.rename(terms, axes)
            unit = unit_of(renamed[min((m for m in renamed if m), default=ONE)]) if renamed else 1
            form = {m: tidy(Fraction(value) / unit) for m, value in renamed.items()}
            forms.append((encode("", form), unit, order, form))
        code, unit, order, form = min(forms, key=lambda entry: (entry[0], -entry[1], entry[2]))
        alike = [other[2] for other in forms if other[0] == code and other[1] == unit and other[2] != order]
        symmetries = tuple(tuple(order[other.index(axis)] for axis in range(len(order))) for other in alike)
        labels = tuple(used[order.index(axis)] for axis in range(len(order)))
        return unit, built(name, form, tuple(dims[label] for label in labels), symmetries), labels

    def _by_parts(self, terms: Terms, act: Callable[[Terms], Terms]) -> Terms | None:
        """f([a, b]) = [f(a), f(b)], for an axis on which a block of a concatenation lies. None where there is none."""
        placed = min(
            (
                (labels[0], atom)
                for monomial in terms
                for atom, labels, _ in monomial
                if atom.kind is Kind.BLOCK and 0 <= labels[0] < UNIT
            ),
            default=None,
        )
        if placed is None or not isinstance(placed[1].term, Block):
            return None
        self.note("f([a, b]) = [f(a), f(b)]")
        result: Terms = {}
        for place in range(len(placed[1].term.parts)):
            accumulate(result, self._part(terms, placed[0], leaf(block(placed[1].term.parts, place)), act))
        return result

    def _part(self, terms: Terms, whole: int, selector: Atom, act: Callable[[Terms], Terms]) -> Terms:
        fresh = max(free_dims(terms)) + 1
        unit = selector.shape[1] is sympy.S.One
        part = UNIT if unit else fresh
        axes = {label: -1 if label == whole else label for label in free_dims(terms)}
        chosen = self.reduce(self.spread([Draft(1, {(selector, (-1, part)): 1})], moved(terms, axes, -1)))
        value = act(chosen)
        names = {label: -1 if label == fresh else label for label in free_dims(value)}
        loose = {} if unit else {-1: selector.shape[1]}
        placed = Draft(1, {(selector, (whole, UNIT if unit else -1)): 1}, loose)
        return self.reduce(self.spread([placed], moved(value, names, -1)))

    def exponential_of(self, terms: Terms) -> Terms:
        """exp(Σ c·m) = Π exp(m)^c;  exp(log x) = x."""
        result = constant(1)
        if len(terms) > 1:
            self.note("exp(a + b) = exp(a)·exp(b)")
        for monomial in sorted(terms):
            result = self.multiply(result, self._exponential_power(monomial, terms[monomial]))
        return result

    def _exponential_power(self, monomial: tuple[Factor, ...], exponent: Number) -> Terms:
        if is_factor(monomial) and self._undone(monomial[0]):
            self.note("exp(log x) = x")
            atom, labels, _ = monomial[0]
            return self.power(self.rename(atom.terms, dict(enumerate(labels))), exponent)
        _, atom, labels = self.atom("exp", {monomial: 1}, unscaled)
        return single(((atom, labels, exponent),))

    def _undone(self, factor: Factor) -> bool:
        """Whether exp undoes this factor: a logarithm, and not that of an absolute value."""
        atom, _, exponent = factor
        return atom.function == "log" and exponent == 1 and (not self.apart or positive(atom.terms))

    def _tanh_by_exp(self, terms: Terms) -> Terms:
        self.note("tanh a = 1 - 2/(1 + exp(2a))")
        result = constant(1)
        accumulate(result, self._one_over_one_plus_exp(scaled(terms, 2)), -2)
        return result

    def _sigma_by_exp(self, terms: Terms) -> Terms:
        self.note("σ(a) = 1 - 1/(1 + exp(a))")
        result = constant(1)
        accumulate(result, self._one_over_one_plus_exp(terms), -1)
        return result

    def _one_over_one_plus_exp(self, terms: Terms) -> Terms:
        denominator = constant(1)
        accumulate(denominator, self.exponential_of(terms))
        return self.power(denominator, -1)

    # Powers

    def power(self, terms: Terms, exponent: Number) -> Terms:
        if exponent == 0:
            return constant(1)
        self.budget.spend(abs(floor(exponent)))
        if is_whole(exponent) and exponent > 0:
            return self._multiplied_out(terms, int(exponent))
        if not terms:
            if exponent < 0:
                raise UndefinedValueError("the inverse of zero")
            return {}
        by_parts = self._by_parts(terms, lambda part: self.power(part, exponent))
        if by_parts is not None:
            return by_parts
        if len(terms) == 1:
            return self._power_monomial(terms, exponent)
        by_cases = piecewise.by_cases(self, terms, lambda part: self.power(part, exponent))
        return self._power_sum(terms, exponent) if by_cases is None else by_cases

    def _multiplied_out(self, terms: Terms, exponent: int) -> Terms:
        result = terms
        for _ in range(exponent - 1):
            result = self.multiply(result, terms)
        return result

    def _power_monomial(self, terms: Terms, exponent: Number) -> Terms:
        """(a·b)^e = a^e·b^e for an integer e, and for a broken one where a ≥ 0."""
        ((monomial, value),) = terms.items()
        draft = Draft()
        rest: list[Factor] = []
        signs: list[Terms] = []
        for piece in pieces(monomial):
            if self._is_square(piece, exponent):
                signs.append(self._root_of_square(draft, piece[0], exponent))
            elif self.splits(piece, exponent):
                self._raise_piece(draft, piece, exponent)
            else:
                rest += piece
        sign = 1 if is_whole(exponent) or value > 0 else -1
        self._raise_number(draft, value * sign, exponent)
        if rest and sign > 0 and is_factor(rest) and rest[0][2] == 1:
            self.put(draft, *rest[0][:2], exponent)
        elif rest:
            self._raise_atom(draft, {canonical(rest, self.budget): sign}, exponent)
        elif sign < 0:
            raise UndefinedValueError("a root of a negative number")
        result = self.reduce([draft])
        for turned in signs:
            result = self.multiply(result, turned)
        return result

    def _is_square(self, piece: list[Factor], exponent: Number) -> bool:
        """Whether a broken power of an even power of something of either sign is whole again: √(x²)."""
        if is_whole(exponent) or not is_factor(piece) or piece[0][0].positive:
            return False
        inner = piece[0][2]
        return is_whole(inner) and inner % 2 == 0 and is_whole(Fraction(inner) * Fraction(exponent))

    def _root_of_square(self, draft: Draft, factor: Factor, exponent: Number) -> Terms:
        """√(x²) = |x| = x·sign(x): puts the power of x, returns the sign 2·step(x) − 1."""
        atom, labels, inner = factor
        total = int(Fraction(inner) * Fraction(exponent))
        self.note("√(x²) = |x|")
        self.put(draft, atom, labels, total)
        if total % 2 == 0:
            return constant(1)
        switch = self.rename(single(((atom, labels, 1),)), {x: x for x in labels if 0 <= x < UNIT})
        result = scaled(self.function("step", switch), 2)
        accumulate(result, constant(1), -1)
        return result

    def splits(self, piece: list[Factor], exponent: Number) -> bool:
        if is_whole(exponent):
            return True
        if is_factor(piece):
            atom, _, inner = piece[0]
            return atom.positive or not is_whole(inner) or atom.kind in (Kind.DELTA, Kind.BLOCK)
        return positive(single(tuple(piece)))

    def _raise_piece(self, draft: Draft, piece: list[Factor], exponent: Number) -> None:
        if not is_factor(piece):
            self._raise_atom(draft, {canonical(piece, self.budget): 1}, exponent)
            return
        atom, labels, inner = piece[0]
        if exponent < 0 and atom.kind in (Kind.DELTA, Kind.BLOCK):
            raise UndefinedValueError("an entry of the inverse is 1/0")
        if inner < 0 and exponent < 0:
            self.assume_nonzero(atom)
        total = Fraction(inner) * exponent
        if not is_whole(inner) and is_whole(total) and not atom.positive:
            self.assume_not_negative(atom)
        self.put(draft, atom, labels, tidy(total))

    def _raise_atom(self, draft: Draft, terms: Terms, exponent: Number) -> None:
        unit, atom, labels = self.atom("", terms, itself if is_whole(exponent) else magnitude)
        self._raise_number(draft, unit, exponent)
        atom.reduced = is_whole(exponent)
        self.put(draft, atom, labels, exponent)

    def _raise_number(self, draft: Draft, value: Number, exponent: Number) -> None:
        if is_whole(exponent):
            draft.coefficient *= tidy(Fraction(value) ** int(exponent))
            return
        for prime, inner in primes(Fraction(value)):
            total = inner * Fraction(exponent)
            draft.coefficient *= tidy(Fraction(prime) ** floor(total))
            if total != floor(total):
                self.put(draft, built("", {ONE: prime}, (), ()), (), total - floor(total))

    def _power_sum(self, terms: Terms, exponent: Number) -> Terms:
        whole = is_whole(exponent)
        common = content(terms, lambda factor: whole or factor[0].positive)
        if common:
            rest = self.power(self.divided(terms, common), exponent)
            outside = self._power_monomial({canonical(common, self.budget): 1}, exponent)
            return self.multiply(outside, rest)
        draft = Draft()
        self._raise_atom(draft, terms, exponent)
        return self.reduce([draft])

    def divided(self, terms: Terms, common: list[Factor]) -> Terms:
        """The terms without their common factors; no condition arises, for the factors are put back outside."""
        if not common:
            return terms
        inverse = tuple((atom, labels, -exponent) for atom, labels, exponent in common)
        before, factors = dict(self.conditions), {atom for atom, _, _ in common}
        result = self.multiply(terms, single(inverse))
        self.conditions = {
            text: atom for text, atom in self.conditions.items() if text in before or atom not in factors
        }
        return result


_SPECIAL: dict[str, Callable[[Elementary, Terms], Terms]] = {
    "exp": Elementary.exponential_of,
    "log": Elementary.logarithm,
    "step": piecewise.step,
    "relu": piecewise.relu,
    "abs": piecewise.absolute,
    "sign": piecewise.sign,
    "softplus": piecewise.softplus,
    "floor": piecewise.whole_part,
}
_EXPONENTIAL: dict[str, Callable[[Elementary, Terms], Terms]] = {
    "tanh": Elementary._tanh_by_exp,
    "sigma": Elementary._sigma_by_exp,
}
