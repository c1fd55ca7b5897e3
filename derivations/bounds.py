"""How large elementwise functions get: exact bounds of polynomials in σ(x) or tanh(x), such as their slopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import sympy

from derivations.terms import Apply, Power, Product, Sum, Term

U: Final = sympy.Symbol("u", real=True)
RANGES: Final[dict[str, tuple[int, int]]] = {"sigma": (0, 1), "tanh": (-1, 1), "sin": (-1, 1), "cos": (-1, 1)}
"""The values of functions: those of σ and tanh come as near to the ends as one likes, and never there."""
OPEN: Final = frozenset({"sigma", "tanh"})


@dataclass(frozen=True, slots=True)
class Bounded:
    """A polynomial in the value u of one function at one argument."""

    polynomial: Any
    function: str

    def least(self) -> tuple[Any, bool]:
        """The greatest lower bound, and whether a value reaches it."""
        low, high = RANGES.get(self.function, (0, 0))
        inner = [x for x in sympy.real_roots(sympy.diff(self.polynomial, U)) if low < x < high] if self._varies else []
        ends = [sympy.Integer(low), sympy.Integer(high)]
        values = [(sympy.nsimplify(self.polynomial.subs(U, x)), k >= len(ends)) for k, x in enumerate([*ends, *inner])]
        least = min((value for value, _ in values), key=sympy.N)
        reached = self.function not in OPEN or any(
            inside for value, inside in values if sympy.simplify(value - least) == 0
        )
        return least, reached

    @property
    def _varies(self) -> bool:
        return bool(sympy.diff(self.polynomial, U).free_symbols)


def bounded(term: Term) -> Bounded | None:
    """A term as a polynomial in σ(x), tanh(x), sin(x) or cos(x), entry by entry; None where it is none."""
    bases = list(dict.fromkeys(_outermost(term)))
    if len(bases) > 1 or not all(base.function in RANGES for base in bases):
        return None
    base = bases[0] if bases else None
    found = _polynomial(term, base)
    if found is None:
        return None
    return Bounded(found, base.function if base is not None else "sigma")


def _outermost(term: Term) -> Iterator[Apply]:
    """The functions of a term that stand in no other function."""
    if isinstance(term, Apply):
        yield term
        return
    for child in term.children:
        yield from _outermost(child)


def signature(term: Term) -> object:
    """What tells two slopes of the same function apart from others, whatever their argument; None for no slope."""
    if isinstance(term, Apply):
        return term.function
    found = bounded(term)
    return None if found is None or not found.polynomial.free_symbols else (found.function, found.polynomial)


def is_never_negative(term: Term, strictly: bool = False) -> bool | None:
    """Whether a term is ≥ 0 (> 0) at every point; None where that is not known."""
    found = bounded(term)
    if found is None:
        return None
    least, reached = found.least()
    return bool(least > 0 or (least == 0 and not (strictly and reached)))


def largest(term: Term) -> Fraction | None:
    """The least number that no absolute value of an entry exceeds; None where it is not known or not rational."""
    found = bounded(term)
    if found is None:
        return None
    sides = (found, Bounded(-found.polynomial, found.function))
    most = max((-side.least()[0] for side in sides), key=sympy.N)
    return Fraction(int(most.p), int(most.q)) if most.is_Rational else None


def _polynomial(term: Term, base: Term | None) -> Any:
    """The polynomial in u = ``base``; None where something else occurs."""
    if term is base:
        return U
    match term:
        case Sum():
            parts = [(q, _polynomial(x, base)) for q, x in term.addends]
            return (
                None
                if any(p is None for _, p in parts)
                else sum((_rational(q) * p for q, p in parts), sympy.Integer(0))
            )
        case Power() if term.exponent.denominator == 1 and term.exponent > 0:
            inner = _polynomial(term.base, base)
            return None if inner is None else inner ** int(term.exponent)
        case Product():
            whole = tuple(range(term.rank))
            if any(labels != whole and x.rank for x, labels in term.factors):
                return None
            factors = [_polynomial(x, base) for x, _ in term.factors]
            return None if None in factors else sympy.Mul(*factors)
    return None


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)
