"""Functions and powers of polynomials: what is known of exp, log, σ, tanh, roots and quotients.

Everything here is an identity over the reals wherever both sides are defined; where a rule makes a term defined at
more points (x·x⁻¹ = 1), the condition is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import permutations
from math import floor

import sympy
from flint import fmpq

from derivations import piecewise
from derivations.algebra import Algebra, Draft, UndefinedValueError, moved
from derivations.budget import Budget
from derivations.canonical import canonical, pieces
from derivations.functions import FUNCTIONS
from derivations.polynomials import (
    ONE,
    UNIT,
    Atom,
    Factor,
    Key,
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
HALF = Fraction(1, 2)
_LOG_RULE = "log(a·b) = log a + log b, log(exp a) = a"
_MOST_AXES = 4


class Elementary(Algebra):
    """The algebra with powers and elementwise functions.

    In the ``exponential`` mode σ and tanh are written as quotients of exponentials.
    """

    rules = RULES

    def __init__(self, budget: Budget, exponential: bool = False) -> None:
        super().__init__(budget)
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
        unit, atom, labels = self.atom(name, terms, _sign if signed else _unscaled)
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
        if _is_factor(monomial) and monomial[0][0].function == "log" and monomial[0][2] == 1:
            self.note("exp(log x) = x")
            atom, labels, _ = monomial[0]
            return self.power(self.rename(atom.terms, dict(enumerate(labels))), exponent)
        _, atom, labels = self.atom("exp", {monomial: 1}, _unscaled)
        return single(((atom, labels, exponent),))

    def logarithm(self, terms: Terms) -> Terms:
        """log(a·b) = log a + log b for a > 0; log(exp a) = a; the rest becomes an atom."""
        common = _content(terms, lambda factor: factor[0].positive)
        if not common:
            return self._log_monomial(terms) if len(terms) == 1 else self._log_atom(terms)
        self.note(_LOG_RULE)
        result = self.logarithm(self._divided(terms, common))
        for atom, labels, exponent in common:
            accumulate(result, self._log_factor(atom, labels), exponent)
        return result

    def _log_factor(self, atom: Atom, labels: Labels) -> Terms:
        axes = dict(enumerate(labels))
        if atom.function == "exp":
            return self.rename(atom.terms, axes)
        if atom.kind is Kind.POWER:
            return self.logarithm(self.rename(atom.terms, axes))
        return self._log_atom(single(((atom, labels, 1),)))

    def _log_monomial(self, terms: Terms) -> Terms:
        """Summed parts that are visibly positive are split off; x^k with a broken k has x ≥ 0."""
        ((monomial, value),) = terms.items()
        rest: list[Factor] = []
        result: Terms = {}
        for piece in pieces(monomial):
            if not self._splits(piece, HALF):
                rest += piece
            elif _is_factor(piece):
                self.note(_LOG_RULE)
                accumulate(result, self._log_factor(*piece[0][:2]), piece[0][2])
            else:
                accumulate(result, self._log_atom(single(canonical(piece, self.budget))))
        if rest or value != 1:
            accumulate(result, self._log_atom({canonical(rest, self.budget): value}))
        return result

    def _log_atom(self, terms: Terms) -> Terms:
        """log(c·a) = log c + log a for a number c > 0, and log c as a sum over primes."""
        if not terms:
            raise UndefinedValueError("the logarithm of zero")
        if set(terms) == {ONE}:
            if terms[ONE] < 0:
                raise UndefinedValueError("the logarithm of a negative number")
            unit, result = terms[ONE], constant(0)
        else:
            unit, atom, labels = self.atom("log", terms, _size_of)
            result = single(((atom, labels, 1),))
        for prime, exponent in _primes(Fraction(unit)):
            atom = built("log", {ONE: prime}, (), ())
            accumulate(result, single(((atom, (), 1),), exponent))
        return result

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
        for piece in pieces(monomial):
            if self._splits(piece, exponent):
                self._raise_piece(draft, piece, exponent)
            else:
                rest += piece
        sign = 1 if is_whole(exponent) or value > 0 else -1
        self._raise_number(draft, value * sign, exponent)
        if rest and sign > 0 and _is_factor(rest) and rest[0][2] == 1:
            self.put(draft, *rest[0][:2], exponent)
        elif rest:
            self._raise_atom(draft, {canonical(rest, self.budget): sign}, exponent)
        elif sign < 0:
            raise UndefinedValueError("a root of a negative number")
        return self.reduce([draft])

    def _splits(self, piece: list[Factor], exponent: Number) -> bool:
        if is_whole(exponent):
            return True
        if _is_factor(piece):
            atom, _, inner = piece[0]
            return atom.positive or not is_whole(inner) or atom.kind in (Kind.DELTA, Kind.BLOCK)
        return positive(single(tuple(piece)))

    def _raise_piece(self, draft: Draft, piece: list[Factor], exponent: Number) -> None:
        if not _is_factor(piece):
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
        unit, atom, labels = self.atom("", terms, _itself if is_whole(exponent) else _size_of)
        self._raise_number(draft, unit, exponent)
        atom.reduced = is_whole(exponent)
        self.put(draft, atom, labels, exponent)

    def _raise_number(self, draft: Draft, value: Number, exponent: Number) -> None:
        if is_whole(exponent):
            draft.coefficient *= tidy(Fraction(value) ** int(exponent))
            return
        for prime, inner in _primes(Fraction(value)):
            total = inner * Fraction(exponent)
            draft.coefficient *= tidy(Fraction(prime) ** floor(total))
            if total != floor(total):
                self.put(draft, built("", {ONE: prime}, (), ()), (), total - floor(total))

    def _power_sum(self, terms: Terms, exponent: Number) -> Terms:
        whole = is_whole(exponent)
        common = _content(terms, lambda factor: whole or factor[0].positive)
        if common:
            rest = self.power(self._divided(terms, common), exponent)
            outside = self._power_monomial({canonical(common, self.budget): 1}, exponent)
            return self.multiply(outside, rest)
        draft = Draft()
        self._raise_atom(draft, terms, exponent)
        return self.reduce([draft])

    def _divided(self, terms: Terms, common: list[Factor]) -> Terms:
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


def _is_factor(piece: Sequence[Factor]) -> bool:
    """Whether a piece is one factor, not a sum over labels."""
    return len(piece) == 1 and all(label >= 0 for label in piece[0][1])


def constant(value: Number) -> Terms:
    """A number as a polynomial."""
    value = tidy(Fraction(value))
    return {ONE: value} if value else {}


def _content(terms: Terms, allowed: Callable[[Factor], bool]) -> list[Factor]:
    """The factors without summed labels that all monomials share, each with its least exponent."""
    least: dict[Key, Number] = {}
    counts: dict[Key, int] = {}
    for factor in (f for monomial in terms for f in monomial):
        atom, labels, exponent = factor
        if allowed(factor) and atom.kind not in (Kind.DELTA, Kind.BLOCK) and all(x >= 0 for x in labels):
            least[atom, labels] = min(exponent, least.get((atom, labels), exponent))
            counts[atom, labels] = counts.get((atom, labels), 0) + 1
    full = {key: e if counts[key] == len(terms) else min(e, 0) for key, e in least.items()}
    return [(*key, full[key]) for key in sorted(full) if full[key]]


def _primes(value: Fraction) -> Iterable[tuple[int, int]]:
    """A positive rational as a product of powers; numbers too large to be factored quickly are left whole."""
    found: dict[int, int] = {}
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        for base, exponent in sympy.factorint(part, limit=10_000).items():
            found[int(base)] = found.get(int(base), 0) + sign * int(exponent)
    return [(base, exponent) for base, exponent in sorted(found.items()) if base != 1 and exponent]


def _unscaled(value: Number) -> Number:
    return 1


def _itself(value: Number) -> Number:
    return value


def _sign(value: Number) -> Number:
    return 1 if value > 0 else -1


def _size_of(value: Number) -> Number:
    return value if value > 0 else -value


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
