"""Relations of the atoms that are no numbers' functions: patterns, inverses and one-hot tensors."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derivations.algebra import Algebra, Draft
from derivations.patterns import MERGE
from derivations.polynomials import UNIT, ZERO_ONE, Atom, Key, Monomial, Terms, leading, leaf
from derivations.rewriting import find, take
from derivations.terms import Dim, Operator, Pattern, Term, delta


def merge_meets(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Σ_k M_kij M_kpq = δ_ip δ_jq;  M_kij M_lij = δ_kl M_kij: merging axes is one to one."""
    (atom, labels), term = key, key[0].term
    if not isinstance(term, Pattern) or term.family != MERGE:
        return None
    for other in sorted(draft.factors):
        if other[0] != atom or other == key:
            continue
        pairs = list(zip(labels, other[1], atom.shape, strict=True))
        if labels[0] == other[1][0] and labels[0] < 0 and not draft.mentions(labels[0], key, other):
            draft.remove(key)
            draft.loose.pop(labels[0], None)
            return _tied(algebra, draft, other, pairs[1:], labels[0])
        if labels[1:] == other[1][1:] or labels[0] == other[1][0]:
            return _tied(algebra, draft, other, pairs)
    return None


def _tied(
    algebra: Algebra, draft: Draft, gone: Key, pairs: list[tuple[int, int, Dim]], contracted: int = 0
) -> list[Draft]:
    """The draft without a factor, the labels that it shared with another one made equal."""
    algebra.note("merged axes come apart in one way")
    draft.remove(gone)
    if contracted:
        draft.loose.pop(contracted, None)
    for one, other, dim in pairs:
        if one != other:
            algebra.put(draft, leaf(delta(dim)), (one, other), 1)
    return [draft]


def merge_alone(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Σ_k M_kij = 1 and Σ_ij M_kij = 1."""
    (_, labels), term = key, key[0].term
    if not isinstance(term, Pattern) or term.family != MERGE:
        return None
    for gone in (labels[:1], labels[1:]):
        if all(label < 0 and not draft.mentions(label, key) for label in gone):
            draft.remove(key)
            for label in gone:
                draft.loose.pop(label, None)
            return [draft]
    return None


def one_hot(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """y_i y_j = δ_ij y_i, y_i² = y_i and Σ_i y_i = 1 for a one-hot y."""
    (atom, labels), exponent = key, draft.factors[key]
    if not isinstance(atom.term, Operator) or atom.term.name != "winner" or exponent < 0:
        return None
    if exponent != 1:
        algebra.note("y_i² = y_i for a one-hot y")
        draft.factors[key] = 1
        return [draft]
    last = labels[-1]
    if last == UNIT or (last < 0 and not draft.mentions(last, key)):
        algebra.note("Σ_i y_i = 1 for a one-hot y")
        draft.remove(key)
        draft.loose.pop(last, None)
        return [draft]
    for other in sorted(draft.factors):
        if other[0] == atom and other[1][:-1] == labels[:-1] and other != key and draft.factors[other] > 0:
            algebra.note("y_i y_j = δ_ij y_i for a one-hot y")
            draft.remove(other)
            algebra.put(draft, leaf(delta(atom.shape[-1])), (last, other[1][-1]), 1)
            return [draft]
    return None


def inverse_meets(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Σ_j X_ij (X⁻¹)_jk = δ_ik and the same from the left; for a sum X its largest monomial is replaced."""
    atom, exponent = key[0], draft.factors[key]
    if not isinstance(atom.term, Operator) or atom.term.name != "inverse" or exponent != 1:
        return None
    lead = leading({m: v for m, v in atom.inner.items() if any(f[0].kind not in ZERO_ONE for f in m)})
    if lead is None:
        return None
    for outer, summed, kept, axes in _contractions(draft, key):
        found = find(draft, lead, dict(enumerate(axes)), algebra.budget)
        if found and not draft.mentions(summed, key, *found[0]):
            algebra.note("X·X⁻¹ = I")
            take(draft, *found)
            return _contracted(algebra, draft, key, lead, axes, (outer, kept), summed)
    return None


def _contractions(draft: Draft, key: Key) -> Iterator[tuple[int, int, int, tuple[int, int]]]:
    """Labels of X where it may meet its inverse: the outer label, the summed one, the one that the inverse keeps."""
    row, column = key[1]
    others = sorted({label for _, labels in draft.factors for label in labels})
    for outer in others:
        if row < 0 and outer != row:
            yield outer, row, column, (outer, row)
        if column < 0 and outer != column:
            yield outer, column, row, (column, outer)


def _contracted(
    algebra: Algebra,
    draft: Draft,
    key: Key,
    lead: Monomial,
    axes: tuple[int, int],
    ends: tuple[int, int],
    summed: int,
) -> list[Draft]:
    atom = key[0]
    divisor = Fraction(atom.inner[lead])
    rest: Terms = {m: -value / divisor for m, value in atom.inner.items() if m != lead}
    others = algebra.times(draft, rest, axes) if rest else []
    draft.coefficient = draft.coefficient / divisor
    draft.remove(key)
    draft.loose.pop(summed, None)
    if ends[0] != ends[1]:
        algebra.put(draft, leaf(delta(atom.shape[0])), ends, 1)
    return [draft, *others]


def operator_atom(term: Term, inner: Terms) -> Atom:
    """The atom of an operator of a term whose normal form is ``inner``."""
    atom = leaf(term)
    atom.inner = inner
    return atom
