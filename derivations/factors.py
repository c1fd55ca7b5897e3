"""Factors of monomials and of numbers: common ones, single ones, primes; and the units that atoms are divided by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

import sympy

from derivations.polynomials import ONE, Factor, Key, Kind, Number, Terms, tidy


def constant(value: Number) -> Terms:
    """A number as a polynomial."""
    value = tidy(Fraction(value))
    return {ONE: value} if value else {}


def is_factor(piece: Sequence[Factor]) -> bool:
    """Whether a piece is one factor, not a sum over labels."""
    return len(piece) == 1 and all(label >= 0 for label in piece[0][1])


def content(terms: Terms, allowed: Callable[[Factor], bool]) -> list[Factor]:
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


def primes(value: Fraction) -> Iterable[tuple[int, int]]:
    """A positive rational as a product of powers; numbers too large to be factored quickly are left whole."""
    found: dict[int, int] = {}
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        for base, exponent in sympy.factorint(part, limit=10_000).items():
            found[int(base)] = found.get(int(base), 0) + sign * int(exponent)
    return [(base, exponent) for base, exponent in sorted(found.items()) if base != 1 and exponent]


def unscaled(value: Number) -> Number:
    return 1


def itself(value: Number) -> Number:
    return value


def sign_of(value: Number) -> Number:
    return 1 if value > 0 else -1


def magnitude(value: Number) -> Number:
    return value if value > 0 else -value
