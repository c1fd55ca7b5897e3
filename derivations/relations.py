"""Rewriting inside one monomial: identities, blocks of a concatenation, inverses, sin² + cos² = 1.

Every rule replaces a monomial by a sum of monomials and is an identity over the reals for all dimensions. The rules
for inverses are those of a Gröbner basis of P·P⁻¹ − 1: the largest monomial of P times P⁻¹ is replaced by
1 − (the rest of P)·P⁻¹ (Cox, Little and O'Shea, *Ideals, Varieties, and Algorithms*, ch. 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import floor

from derivations.algebra import Algebra, Draft, Rule, UndefinedValueError, moved
from derivations.operator_rules import inverse_meets, merge_alone, merge_meets, one_hot
from derivations.polynomials import (
    ONE,
    UNIT,
    Key,
    Kind,
    Monomial,
    Number,
    Terms,
    accumulate,
    built,
    is_whole,
    leaf,
    positive,
    single,
)
from derivations.rewriting import find, take
from derivations.terms import Block, Labels, block, delta


def _renamed(algebra: Algebra, draft: Draft, old: int, new: int, kept: Key | None = None) -> Draft:
    result = Draft(draft.coefficient, {}, {x: dim for x, dim in draft.loose.items() if x != old})
    for (atom, labels), exponent in draft.factors.items():
        names = labels if (atom, labels) == kept else tuple([new if x == old else x for x in labels])
        algebra.put(result, atom, names, exponent)
    return result


def _zero_one(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Identities and blocks have entries 0 and 1, so their positive powers are themselves."""
    if draft.factors[key] < 0:
        raise UndefinedValueError("an entry of the inverse is 1/0")
    if draft.factors[key] == 1:
        return None
    draft.factors[key] = 1
    return [draft]


def _identity(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Σ_j δ_ij x_j = x_i;  δ_ij x_j = δ_ij x_i;  δ_ii = 1."""
    low, high = sorted(key[1])
    if low == high:
        draft.remove(key)
        return [draft]
    if low < 0:
        algebra.note("an identity matrix contracted: Σ_j δ_ij x_j = x_i")
        draft.remove(key)
        return [_renamed(algebra, draft, low, high)]
    if not draft.mentions(high, key):
        return None
    algebra.note("δ_ij x_j = δ_ij x_i")
    return [_renamed(algebra, draft, high, low, key)]


def _other_blocks(draft: Draft, key: Key, axis: int) -> Iterator[tuple[Block, Key]]:
    for other in draft.factors:
        if other is not key and other != key and other[0].kind is Kind.BLOCK and other[1][axis] == key[1][axis]:
            term = other[0].term
            if isinstance(term, Block):
                yield term, other


def _blocks_meet(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Parts of a concatenation do not overlap: Σ_a A_ai A_aj = δ_ij, Σ_a A_ai B_aj = 0;  A_ai A_bi = δ_ab A_ai."""
    mine = key[0].term
    for term, other in list(_other_blocks(draft, key, 0)):
        if isinstance(mine, Block) and term.parts == mine.parts:
            algebra.note("the parts of a concatenation do not overlap")
            return _matched(algebra, draft, key, other, 1) if term.place == mine.place else []
    for term, other in list(_other_blocks(draft, key, 1)):
        if term is mine and key[1][1] != UNIT:
            algebra.note("the parts of a concatenation do not overlap")
            return _matched(algebra, draft, key, other, 0)
    return None


def _matched(algebra: Algebra, draft: Draft, key: Key, other: Key, axis: int) -> list[Draft]:
    draft.remove(other)
    pair = (key[1][axis], other[1][axis])
    if pair[0] != pair[1]:
        algebra.put(draft, leaf(delta(key[0].shape[axis])), pair, 1)
    return [draft]


def _block_alone(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Σ_a A_ai = 1: every entry of a part has one place in the whole."""
    whole = key[1][0]
    if whole >= 0 or draft.mentions(whole, key):
        return None
    draft.remove(key)
    del draft.loose[whole]
    return [draft]


def _last_block(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """The parts cover the whole: Σ_i Z_ai = 1 − Σ_i A_ai − …, for the last part Z."""
    (atom, (whole, part)), term = key, key[0].term
    if not isinstance(term, Block) or term.place < len(term.parts) - 1 or 0 <= part < UNIT:
        return None
    if part < 0 and draft.mentions(part, key):
        return None
    algebra.note("the parts of a concatenation cover the whole")
    del draft.factors[key]
    draft.loosen((atom, (whole, UNIT)))
    draft.loose.pop(part, None)
    result = [draft.copy()]
    for place, dim in enumerate(term.parts[:-1]):
        other = draft.copy(-1)
        label = UNIT if dim == 1 else draft.lowest() - 1
        algebra.put(other, leaf(block(term.parts, place)), (whole, label), 1)
        result.append(other)
    return result


def _block_selects(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """A_ai f(z)_a = A_ai f(Aᵀz)_i: selecting a part commutes with elementwise functions."""
    block, (whole, part) = key
    found = next((other for other in sorted(draft.factors) if other[0].terms and whole in other[1]), None)
    if found is None:
        return None
    algebra.note("the part of f(z) is f of the part of z")
    atom, labels = found
    axes = {axis: -1 if label == whole else axis for axis, label in enumerate(labels)}
    selector = Draft(1, {(block, (-1, UNIT if part == UNIT else len(labels))): 1})
    inner = algebra.reduce(algebra.spread([selector], moved(atom.terms, axes, -1)))
    return _reapplied(algebra, draft, found, inner, (*labels, part))


def _repeated_labels(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """f(A)_ii is f of the diagonal of A."""
    atom, labels = key
    if len(set(labels)) == len(labels):
        return None
    inner = algebra.rename(atom.terms, {axis: labels.index(label) for axis, label in enumerate(labels)})
    return _reapplied(algebra, draft, key, inner, labels)


def _reapplied(algebra: Algebra, draft: Draft, key: Key, inner: Terms, labels: Labels) -> list[Draft]:
    """Replace f(…) by f(inner), the axes of ``inner`` put on ``labels``."""
    exponent = draft.factors[key]
    if key[0].function:
        value = algebra.function(key[0].function, inner)
        value = algebra.power(value, exponent) if exponent != 1 else value
    else:
        value = algebra.power(inner, exponent)
    draft.remove(key)
    return algebra.times(draft, value, labels)


def _sine_squared(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """sin² = 1 − cos²."""
    atom, labels = key
    exponent = draft.factors[key]
    if atom.function != "sin" or not is_whole(exponent) or exponent < 2:
        return None
    algebra.note("sin² = 1 − cos²")
    if exponent == 2:
        draft.remove(key)
    else:
        draft.factors[key] = exponent - 2
    cosine = built("cos", atom.terms, atom.shape, atom.symmetries)
    other = draft.copy(-1)
    algebra.put(other, cosine, labels, 2)
    return [draft, other]


def _step_power(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """step² = step."""
    if key[0].function != "step" or draft.factors[key] <= 0 or draft.factors[key] == 1:
        return None
    draft.factors[key] = 1
    return [draft]


def _steps_in_order(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """step(a)·step(b) = step(b) where a − b is visibly positive."""
    atom, labels = key
    if atom.function != "step" or draft.factors[key] < 0:
        return None
    for other in sorted(draft.factors):
        if other[0].function != "step" or other == key or other[1] != labels or draft.factors[other] < 0:
            continue
        gap = dict(atom.terms)
        accumulate(gap, other[0].terms, -1)
        if positive(gap):
            algebra.note("step(a)·step(b) = step(b) for a > b")
            draft.remove(key)
            return [draft]
    return None


def _prime_power(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """A root of a number keeps an exponent between 0 and 1."""
    base, exponent = key[0].terms.get(ONE), draft.factors[key]
    if base is None or len(key[0].terms) > 1 or 0 < exponent < 1:
        return None
    whole = floor(exponent)
    algebra.budget.spend(abs(whole))
    draft.coefficient *= Fraction(base) ** whole
    if exponent == whole:
        draft.remove(key)
    else:
        draft.factors[key] = exponent - whole
    return [draft]


def _expand(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """P^k is multiplied out while k ≥ 1."""
    exponent = draft.factors[key]
    if exponent < 1:
        return None
    if exponent == 1:
        draft.remove(key)
    else:
        draft.factors[key] = exponent - 1
    return algebra.times(draft, key[0].terms, key[1])


def _whole_again(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """Roots that multiply to P^-k: the content of P, which stayed under the root, can be taken out."""
    (atom, labels), exponent = key, draft.factors[key]
    if atom.reduced or exponent > 0 or not is_whole(exponent):
        return None
    value = algebra.power(atom.terms, exponent)
    if value == single(((atom, tuple(range(len(labels))), exponent),)):
        atom.reduced = True
        return None
    draft.remove(key)
    return algebra.times(draft, value, labels)


def _cancel(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """(largest monomial of P)·P^-k = P^(1-k) − (the rest of P)·P^-k."""
    (atom, labels), exponent = key, draft.factors[key]
    lead = atom.lead
    if exponent > 0 or lead is None:
        return None
    found = find(draft, lead, dict(enumerate(labels)), algebra.budget)
    if found is None:
        return None
    algebra.note("P·P⁻¹ = 1")
    algebra.assume_nonzero(atom)
    take(draft, *found)
    divisor = atom.terms[lead]
    rest: Terms = {m: -value / Fraction(divisor) for m, value in atom.terms.items() if m != lead}
    others = algebra.times(draft, rest, labels)
    draft.coefficient = draft.coefficient / Fraction(divisor)
    algebra.put(draft, atom, labels, 1)
    return [draft, *others]


def _partial_fractions(algebra: Algebra, draft: Draft, key: Key) -> list[Draft] | None:
    """1/(M·P) = (1/M − m/P)/(r·R) for P = m·M + r·R, M the larger monomial and R of positive factors or 1."""
    (atom, labels), exponent = key, draft.factors[key]
    lead = atom.lead
    if exponent > 0 or not is_whole(exponent) or lead is None or len(atom.terms) != 2:
        return None
    ((rest, divisor),) = ((m, Fraction(value)) for m, value in atom.terms.items() if m != lead)
    below, beside = _placed(lead, labels), _placed(rest, labels)
    if below is None or beside is None or not all(factor[0].positive for factor, _ in beside):
        return None
    if any(draft.factors.get(factor, 0) > -power for factor, power in below):
        return None
    algebra.note("1/(a·(a + b)) = (1/a - 1/(a + b))/b")
    for factor, power in beside:
        algebra.put(draft, *factor, -power)
    other = draft.copy(-atom.terms[lead] / divisor)
    for factor, power in below:
        algebra.put(other, *factor, power)
    draft.coefficient = draft.coefficient / divisor
    algebra.put(draft, atom, labels, 1)
    return [draft, other]


def _placed(monomial: Monomial, labels: Labels) -> list[tuple[Key, Number]] | None:
    """The factors of a monomial with its axes on ``labels``; None where it has a summed label."""
    if any(label < 0 for _, axes, _ in monomial for label in axes):
        return None
    return [((atom, tuple([x if x == UNIT else labels[x] for x in axes])), power) for atom, axes, power in monomial]


RULES: dict[Kind, tuple[Rule, ...]] = {
    Kind.DELTA: (_zero_one, _identity),
    Kind.BLOCK: (_zero_one, _blocks_meet, _block_alone, _last_block, _block_selects),
    Kind.PATTERN: (_zero_one, merge_meets, merge_alone),
    Kind.OPERATOR: (one_hot, inverse_meets),
    Kind.APPLY: (_repeated_labels, _sine_squared, _step_power, _steps_in_order),
    Kind.POWER: (_prime_power, _repeated_labels, _expand, _whole_again, _cancel, _partial_fractions),
}
