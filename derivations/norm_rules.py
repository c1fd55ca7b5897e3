"""What norms obey: a product of them that bounds the norm of a product of matrices, diagonals and a vector.

A norm is submultiplicative, ‖AB‖ ≤ ‖A‖‖B‖; the spectral one of a diagonal matrix is its largest entry, and multiplying
by one enlarges no norm by more (Horn and Johnson, *Matrix Analysis*, 5.6).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

from derivations.bounds import largest, signature
from derivations.errors import SheetError
from derivations.tensors import diagonal
from derivations.terms import Delta, Product, Term


@dataclass(slots=True)
class Monomial:
    """A number times norms and free scalars, each so many times; what is raised to the number of steps apart."""

    number: Fraction = Fraction(1)
    factors: Counter[Term] = field(default_factory=Counter)
    steps: Monomial | None = None

    def times(self, other: Monomial) -> Monomial:
        """The product."""
        steps = self.steps.times(other.steps) if self.steps and other.steps else self.steps or other.steps
        return Monomial(self.number * other.number, self.factors + other.factors, steps)

    def bounds(self, other: Monomial) -> bool:
        """Whether this is at least the other one, whatever the norms are."""
        if (self.steps is None) != (other.steps is None):
            return False
        within = self.steps is None or other.steps is None or self.steps.bounds(other.steps)
        return within and self.number >= other.number and self.factors == other.factors


class UnboundedError(SheetError):
    """An expression has no bound that the rules know."""


class Chain:
    """Products of matrices, of diagonals and of a vector at the end, bounded by norms that are known."""

    def __init__(self, known: set[Term], frobenius: bool, limits: list[tuple[object, Term]]) -> None:
        self.known = known
        self.frobenius = frobenius
        self.limits = limits

    def bound(self, term: Term) -> Monomial:
        """A monomial that the norm of a term does not exceed. Raises UnboundedError where there is none."""
        term = untransposed(term)
        if term in self.known:
            return Monomial(factors=Counter([term]))
        if term.rank not in (1, 2):
            raise UnboundedError("this is neither a vector nor a matrix")
        if not isinstance(term, Product):
            return Monomial(factors=Counter([term]))
        if term.rank == 2 and _is_diagonal(term):
            vectors = [self._entries(x) for x, _ in term.factors if not isinstance(x, Delta)]
            return reduce(Monomial.times, vectors, Monomial())
        return self._along(term)

    def _along(self, term: Product) -> Monomial:
        """The factors from the first axis of a product to the second, or to the vector at its end."""
        found, at, left, seen = Monomial(), 0, list(term.factors), {0}
        while left:
            x, labels = min((pair for pair in left if at in pair[1]), key=lambda pair: pair[0].rank, default=(None, ()))
            if x is None or x.rank > 2:
                raise UnboundedError("this is no chain of products")
            left.remove((x, labels))
            at_end = not left and term.rank == 1
            if at_end and x.rank != 1:
                raise UnboundedError("this product has no vector at its end")
            found = found.times(self.bound(x) if at_end or x.rank == 2 else self._entries(x))
            following = next((label for label in labels if label != at), at)
            if x.rank == 2 and following in seen:
                raise UnboundedError("this is no chain of products")
            at = following
            seen.add(at)
        if term.rank == 2 and at != 1:
            raise UnboundedError("this is no chain of products")
        return found

    def _entries(self, vector: Term) -> Monomial:
        """What multiplying by the entries of a vector does at most."""
        if self.frobenius and diagonal(vector) in self.known:
            raise UnboundedError("the Frobenius norm of a diagonal matrix is not used")
        if diagonal(vector) in self.known:
            return Monomial(factors=Counter([diagonal(vector)]))
        limit = next((term for slope, term in self.limits if term in self.known and slope == signature(vector)), None)
        if limit is not None:
            return Monomial(factors=Counter([limit]))
        most = largest(vector)
        if most is None:
            raise UnboundedError("no bound of the entries of a diagonal matrix is known")
        return Monomial(most)


def _is_diagonal(term: Product) -> bool:
    """Whether a matrix is diagonal by its factors: vectors along the diagonal of an identity."""
    identity = any(isinstance(x, Delta) and set(labels) == {0, 1} for x, labels in term.factors)
    return identity and all(x.rank == 1 or (isinstance(x, Delta) and set(ls) == {0, 1}) for x, ls in term.factors)


def untransposed(term: Term) -> Term:
    """A matrix for its transpose, which has the same norm."""
    only = term.factors[0] if isinstance(term, Product) and len(term.factors) == 1 else None
    return only[0] if only is not None and term.rank == 2 and only[1] == (1, 0) else term


def keys(monomial: Monomial) -> set[Term]:
    """The norms and scalars of a monomial."""
    return set(monomial.factors) | (keys(monomial.steps) if monomial.steps is not None else set())
