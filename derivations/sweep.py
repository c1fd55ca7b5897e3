"""Cut points: sub-terms of the two sides that have the same value, so that a long proof falls into short ones.

Fingerprints choose the candidates, which are then to be proved equal from the leaves up; they decide nothing.
(Sweeping, as in the equivalence checking of circuits: Kuehlmann and Krohm, *Equivalence checking using cuts and
heaps*, 1997.)
"""

from __future__ import annotations

from derivations.errors import UsageError
from derivations.fingerprint import fingerprint
from derivations.terms import Product, Shape, Sum, Term
from derivations.traverse import postorder


def candidates(left: Term, right: Term) -> list[list[Term]]:
    """Sets of sub-terms that occur on both sides and seem to be equal, lower ones first; shared ones stand alone."""
    sides = [set(postorder([side])) for side in (left, right)]
    alike: dict[tuple[Shape, bytes], list[Term]] = {}
    for term, value in _values(left, right):
        alike.setdefault((term.shape, value), []).append(term)
    heights = _heights(left, right)
    common = [terms for terms in alike.values() if all(any(term in side for term in terms) for side in sides)]
    return sorted(common, key=lambda terms: max(heights[term] for term in terms))


def _values(left: Term, right: Term) -> list[tuple[Term, bytes]]:
    terms = [term for term in postorder([left, right]) if isinstance(term, Sum | Product)]
    try:
        found = fingerprint(terms, seed=0)
    except UsageError:
        return []  # a dimension such as n − 5 has no small size; then there is nothing to go by
    return list(zip(terms, found.prints, strict=True)) if found else []


def _heights(left: Term, right: Term) -> dict[Term, int]:
    heights: dict[Term, int] = {}
    for term in postorder([left, right]):
        heights[term] = 1 + max((heights[child] for child in term.children), default=0)
    return heights
