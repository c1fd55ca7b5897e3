"""Piecewise functions of polynomials: everything is brought to step functions, which are 0 or 1.

A function of a polynomial in which step functions occur is taken apart by cases: f(P) = s·f(P with s = 1) +
(1 − s)·f(P with s = 0). At the kink itself step(−a) = 1 − step(a) fails, so it is recorded as a condition.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Protocol

from derivations.polynomial_text import terms_text
from derivations.polynomials import (
    ONE,
    Atom,
    Key,
    Kind,
    Number,
    Terms,
    accumulate,
    positive,
    scaled,
    single,
)
from derivations.terms import Labels


class Functions(Protocol):
    """What is needed of the algebra of polynomials."""

    conditions: dict[str, Atom]

    def note(self, rule: str) -> None: ...

    def multiply(self, left: Terms, right: Terms) -> Terms: ...

    def function(self, name: str, terms: Terms) -> Terms: ...

    def atom(self, name: str, terms: Terms, unit_of: Callable[[Number], Number]) -> tuple[Number, Atom, Labels]: ...


def by_cases(algebra: Functions, terms: Terms, act: Callable[[Terms], Terms]) -> Terms | None:
    """f(P) by the two values of a step function that P contains; None where it contains none outside of sums."""
    switch = min((key for key in _switches(terms)), default=None)
    if switch is None:
        return None
    algebra.note("f(P) = s·f(P with s = 1) + (1 - s)·f(P with s = 0), for a step function s")
    on: Terms = {}
    off: Terms = {}
    for monomial, value in terms.items():
        rest = tuple(factor for factor in monomial if factor[:2] != switch)
        accumulate(on, single(rest, value))
        if len(rest) == len(monomial):
            off[monomial] = value
    above, below = act(on), act(off)
    accumulate(above, below, -1)
    result = dict(below)
    accumulate(result, algebra.multiply(single(((*switch, 1),)), above))
    return result


def _switches(terms: Terms) -> set[Key]:
    return {
        (atom, labels)
        for monomial in terms
        for atom, labels, exponent in monomial
        if atom.kind is Kind.APPLY and atom.function == "step" and exponent > 0 and all(x >= 0 for x in labels)
    }


def step(algebra: Functions, terms: Terms) -> Terms:
    """step(c·a) = step(a) for c > 0, step(−a) = 1 − step(a) for a ≠ 0; 1 and 0 where the sign is visible."""
    if not terms or positive(scaled(terms, -1)):
        return {}
    if positive(terms):
        return single(ONE)
    unit, atom, labels = algebra.atom("step", terms, _itself)
    value = single(((atom, labels, 1),))
    if unit > 0:
        return value
    algebra.note("step(-a) = 1 - step(a)")
    algebra.conditions.setdefault(f"{terms_text(atom.terms)} ≠ 0", atom)
    return _complement(value)


def relu(algebra: Functions, terms: Terms) -> Terms:
    """ReLU(a) = a·step(a) = a − a·step(−a), at the kink too."""
    if not terms or positive(scaled(terms, -1)):
        return {}
    if positive(terms):
        return terms
    algebra.note("ReLU(a) = a·step(a)")
    unit, atom, labels = algebra.atom("step", terms, _itself)
    value = single(((atom, labels, 1),))
    return algebra.multiply(terms, value if unit > 0 else _complement(value))


def absolute(algebra: Functions, terms: Terms) -> Terms:
    """|a| = 2·ReLU(a) − a."""
    algebra.note("|a| = 2·ReLU(a) - a")
    result = scaled(algebra.function("relu", terms), 2)
    accumulate(result, terms, -1)
    return result


def sign(algebra: Functions, terms: Terms) -> Terms:
    """sign(a) = step(a) − step(−a)."""
    algebra.note("sign(a) = step(a) - step(-a)")
    result = dict(algebra.function("step", terms))
    accumulate(result, algebra.function("step", scaled(terms, -1)), -1)
    return result


def softplus(algebra: Functions, terms: Terms) -> Terms:
    """softplus(a) = log(1 + exp a)."""
    algebra.note("softplus(a) = log(1 + exp(a))")
    argument = dict(algebra.function("exp", terms))
    accumulate(argument, single(ONE))
    return algebra.function("log", argument)


def whole_part(algebra: Functions, terms: Terms) -> Terms:
    """⌊a + k⌋ = ⌊a⌋ + k for an integer k."""
    shift = floor(Fraction(terms.get(ONE, 0)))
    rest = dict(terms)
    accumulate(rest, single(ONE), -shift)
    result: Terms = single(ONE, shift) if shift else {}
    if set(rest) <= {ONE}:
        return result
    _, atom, labels = algebra.atom("floor", rest, _unscaled)
    accumulate(result, single(((atom, labels, 1),)))
    return result


def _complement(value: Terms) -> Terms:
    result = single(ONE)
    accumulate(result, value, -1)
    return result


def _itself(value: Number) -> Number:
    return value


def _unscaled(value: Number) -> Number:
    return 1
