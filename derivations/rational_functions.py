"""Equality of rational functions of numbers, exactly: products of polynomials with whole exponents, cancelled first.

Faster than normal forms where many variables are added and divided, as the states of a distribution are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from derivations.budget import Budget
from derivations.terms import Power, Product, Sum, Term, Var
from derivations.traverse import free_variables, postorder

MOST_MONOMIALS: Final = 400_000
Polynomial = Any
Factored = dict[int, int]
"""A product of powers of polynomials, by their numbers; a factor zero is a value zero."""


class _NotRationalError(Exception):
    """Something else than sums, products and whole powers of numbers."""


def equal_as_fractions(left: Term, right: Term, budget: Budget) -> bool | None:
    """Whether two rational functions are the same; None for anything else, or where they would grow too large.

    Raises BudgetError when the budget is used up.
    """
    variables = sorted(x.name for x in free_variables([left, right]) if isinstance(x, Var))
    try:
        engine = _Engine(variables, budget)
        one, other = engine.values([left, right])
        return bool(engine.expanded(_quotient(one, other, 1)) == engine.expanded(_quotient(one, other, -1)))
    except _NotRationalError:
        return None


def _quotient(one: Factored, other: Factored, sign: int) -> Factored:
    """The numerator (sign 1) or the denominator (−1) of a quotient."""
    found = dict(one)
    for factor, exponent in other.items():
        found[factor] = found.get(factor, 0) - exponent
    return {factor: exponent * sign for factor, exponent in found.items() if exponent * sign > 0}


class _Engine:
    def __init__(self, variables: Sequence[str], budget: Budget) -> None:
        self.budget = budget
        self.ring = fmpq_mpoly_ctx.get(tuple(f"x{k}" for k in range(max(len(variables), 1))), Ordering.lex)
        self.polynomials: list[Polynomial] = []
        self.numbers: dict[object, int] = {}
        self.known = dict(zip(variables, self.ring.gens(), strict=False))

    def numbered(self, polynomial: Polynomial) -> int:
        """The number of a polynomial, the same for equal ones."""
        key = frozenset(polynomial.to_dict().items())
        if key not in self.numbers:
            self.numbers[key] = len(self.polynomials)
            self.polynomials.append(polynomial)
        return self.numbers[key]

    def values(self, roots: Sequence[Term]) -> list[Factored]:
        found: dict[Term, Factored] = {}
        for term in postorder(roots):
            found[term] = self.value(term, found)
        return [found[root] for root in roots]

    def value(self, term: Term, found: Mapping[Term, Factored]) -> Factored:
        self.budget.spend()
        if term.shape:
            raise _NotRationalError
        if isinstance(term, Var):
            return {self.numbered(self.known[term.name]): 1}
        if isinstance(term, Sum):
            return self.sum([(value, found[addend]) for value, addend in term.addends])
        if isinstance(term, Product) and not term.label_dims:
            return self.product([found[factor] for factor, _ in term.factors])
        if isinstance(term, Power) and term.exponent.denominator == 1:
            return self.product([{x: exponent * int(term.exponent) for x, exponent in found[term.base].items()}])
        raise _NotRationalError

    def product(self, factors: Sequence[Factored]) -> Factored:
        found: Factored = {}
        for factor in factors:
            for number, exponent in factor.items():
                if exponent < 0 and not len(self.polynomials[number]):
                    raise _NotRationalError
                found[number] = found.get(number, 0) + exponent
        return {number: exponent for number, exponent in found.items() if exponent}

    def sum(self, addends: Sequence[tuple[Fraction, Factored]]) -> Factored:
        """A sum over the common denominator."""
        below: Factored = {}
        for _, value in addends:
            for factor, exponent in value.items():
                below[factor] = max(below.get(factor, 0), -exponent)
        below = {factor: exponent for factor, exponent in below.items() if exponent}
        whole = self.ring.constant(0)
        for coefficient, value in addends:
            number = fmpq(coefficient.numerator, coefficient.denominator)
            whole += self.expanded(self.product([value, below])) * number
        return self.product([{self.numbered(whole): 1}, {factor: -exponent for factor, exponent in below.items()}])

    def expanded(self, value: Factored) -> Polynomial:
        """A product of positive powers, multiplied out."""
        found = self.ring.constant(1)
        for number, exponent in value.items():
            factor = self.polynomials[number]
            if exponent < 0:
                raise _NotRationalError
            for _ in range(exponent):
                self.budget.spend(1 + len(found) * len(factor) // 64)
                if len(found) * len(factor) > MOST_MONOMIALS:
                    raise _NotRationalError
                found *= factor
        return found
