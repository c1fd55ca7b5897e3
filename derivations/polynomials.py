"""Polynomials in indexed atoms: what a term looks like when everything is multiplied out.

A polynomial maps monomials to rational coefficients. A monomial is a tuple of factors ``(atom, labels, exponent)``: a
label from 0 on is an axis of the result, a negative label is summed over all factors that carry it, and ``UNIT`` is
the only index of an axis of length one. Labels that no factor carries are broadcast, so a scalar needs no rewriting
when it is spread over a tensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from hashlib import blake2b
from typing import Any, TypeAlias

import sympy

from derivations.terms import (
    Block,
    Delta,
    Dim,
    Labels,
    Operator,
    Pattern,
    Shape,
    Size,
    Term,
    apply,
    linear,
    power,
    product,
)

Number: TypeAlias = "int | Fraction"
Factor: TypeAlias = "tuple[Atom, Labels, Number]"
Monomial: TypeAlias = "tuple[Factor, ...]"
Terms: TypeAlias = "dict[Monomial, Number]"
Key: TypeAlias = "tuple[Atom, Labels]"

UNIT = 1 << 30
ONE: Monomial = ()
POSITIVE_FUNCTIONS = frozenset({"exp", "sigma"})


class Kind(Enum):
    """What an atom stands for. A POWER is a polynomial that is only ever raised to negative or broken exponents."""

    LEAF = "leaf"
    DELTA = "delta"
    BLOCK = "block"
    PATTERN = "pattern"
    OPERATOR = "operator"
    SIZE = "size"
    APPLY = "apply"
    POWER = "power"


class Atom(bytes):
    """A tensor that is not taken apart. The bytes are a digest of its structure, so equal atoms are equal bytes.

    ``symmetries`` are the axis permutations (identity left out) that change nothing; ``positive`` means that every
    entry is > 0 wherever it is defined; ``active`` that some relation may apply to it; ``lead`` is the monomial
    that is replaced when it meets the inverse (None where no monomial of the polynomial is the largest); ``reduced``
    that a POWER has no content left that a whole exponent would let out; ``inner`` is the argument of an OPERATOR.
    """

    kind: Kind
    shape: Shape
    term: Term | None
    function: str
    terms: Terms
    inner: Terms
    symmetries: tuple[tuple[int, ...], ...]
    positive: bool
    active: bool
    lead: Monomial | None
    reduced: bool


_LEAF_KINDS: dict[type[Term], Kind] = {
    Delta: Kind.DELTA,
    Block: Kind.BLOCK,
    Pattern: Kind.PATTERN,
    Operator: Kind.OPERATOR,
    Size: Kind.SIZE,
}
ZERO_ONE = frozenset({Kind.DELTA, Kind.BLOCK, Kind.PATTERN})
ACTIVE_FUNCTIONS = frozenset({"sin", "step"})


def leaf(term: Term, opaque: bool = False) -> Atom:
    """The atom of a variable, an identity, a block, a size or, if ``opaque``, of any term taken as a whole."""
    kind = Kind.LEAF if opaque else _LEAF_KINDS.get(type(term), Kind.LEAF)
    atom = Atom(term.digest)
    atom.kind, atom.shape, atom.term, atom.function, atom.terms, atom.lead = kind, term.shape, term, "", {}, None
    atom.inner = {}
    atom.symmetries = ((1, 0),) if kind is Kind.DELTA else ()
    atom.positive = isinstance(term, Size) and bool(term.dim.is_positive)
    atom.active = kind in ZERO_ONE or kind is Kind.OPERATOR
    return atom


def built(function: str, terms: Terms, shape: Shape, symmetries: tuple[tuple[int, ...], ...]) -> Atom:
    """The atom of a function (or of the power, for ``function`` empty) of a polynomial in canonical form."""
    atom = Atom(encode(function, terms))
    atom.kind = Kind.APPLY if function else Kind.POWER
    atom.shape, atom.term, atom.function, atom.terms, atom.symmetries = shape, None, function, terms, symmetries
    atom.inner = {}
    atom.positive = function in POSITIVE_FUNCTIONS or (not function and positive(terms))
    atom.active = atom.kind is Kind.POWER or function in ACTIVE_FUNCTIONS or len(shape) > 1
    atom.lead = None if function else leading(terms)
    atom.reduced = False
    return atom


def encode(function: str, terms: Terms) -> bytes:
    """A digest of a function of a polynomial, independent of the order of its monomials."""
    code = blake2b(function.encode(), digest_size=16)
    for monomial in sorted(terms):
        code.update(f"|{terms[monomial]}".encode())
        for atom, labels, exponent in monomial:
            code.update(b"*" + atom + f"{labels}^{exponent}".encode())
    return code.digest()


@dataclass(frozen=True)
class Poly:
    """A polynomial with the shape of the term it came from; two are equal if they agree monomial by monomial."""

    terms: Terms
    shape: Shape


def single(monomial: Monomial, value: Number = 1) -> Terms:
    """One monomial as a polynomial."""
    return {monomial: value}


def tidy(value: Fraction) -> Number:
    """A rational number, as an int where it is one (sums and products of ints are many times faster)."""
    return value.numerator if value.denominator == 1 else value


def is_whole(value: Number) -> bool:
    """Whether a rational number is an integer."""
    return isinstance(value, int) or value.denominator == 1


def scaled(terms: Terms, factor: Number) -> Terms:
    """A rational multiple of a polynomial."""
    return {monomial: value * factor for monomial, value in terms.items()} if factor else {}


def accumulate(into: Terms, terms: Terms, factor: Number = 1) -> None:
    """Add a multiple of a polynomial to ``into``."""
    for monomial, value in terms.items():
        total = into.get(monomial, 0) + factor * value
        if total:
            into[monomial] = total
        else:
            into.pop(monomial, None)


def axis_labels(shape: Shape) -> Labels:
    """The labels of a whole tensor's axes."""
    return tuple(UNIT if dim is sympy.S.One else axis for axis, dim in enumerate(shape))


def free_dims(terms: Iterable[Monomial]) -> dict[int, Dim]:
    """The axes on which a polynomial depends, in order, each with its dimension."""
    found: dict[int, Dim] = {}
    for monomial in terms:
        for atom, labels, _ in monomial:
            found.update((label, dim) for label, dim in zip(labels, atom.shape, strict=True) if 0 <= label < UNIT)
    return dict(sorted(found.items()))


def positive(terms: Terms) -> bool:
    """Whether a polynomial is visibly > 0: positive coefficients, no negative factor, one factor free of zeros."""
    return nowhere_negative(terms) and any(all(map(_is_positive, monomial)) or _picks(monomial) for monomial in terms)


def _is_positive(factor: Factor) -> bool:
    return factor[0].positive


def _picks(monomial: Monomial) -> bool:
    """Whether a monomial is one of the entries of something that is > 0: Σ_i e_i x_i for a one-hot e."""
    if not monomial:
        return False
    (atom, labels, exponent), *others = sorted(monomial, key=_is_positive)
    one_hot = is_one_hot(atom) and exponent == 1 and len(labels) == 1 and labels[0] < 0
    return one_hot and all(map(_is_positive, others))


def is_one_hot(atom: Atom) -> bool:
    """Whether an atom has one entry that is one along its last axis, and zeros."""
    return isinstance(atom.term, Operator) and atom.term.name == "winner"


def nowhere_negative(terms: Terms) -> bool:
    """Whether a polynomial is visibly ≥ 0 wherever it is defined: positive coefficients, no negative factor."""
    return all(value > 0 and all(map(not_negative, monomial)) for monomial, value in terms.items())


def not_negative(factor: Factor) -> bool:
    """Whether a factor is visibly ≥ 0 wherever it is defined."""
    atom, _, exponent = factor
    even = not is_whole(exponent) or exponent % 2 == 0
    return atom.positive or even or atom.kind in ZERO_ONE or is_one_hot(atom) or atom.function == "step"


def leading(terms: Terms) -> Monomial | None:
    """The monomial that is strictly the largest when labels are forgotten.

    Degree first, then the atoms in order: a monomial order, so that replacing it by the others comes to an end.
    None if there is a tie, or an exponent is negative (then no such order is known).
    """
    if any(exponent < 0 for monomial in terms for _, _, exponent in monomial):
        return None
    ranked = sorted(((_weight(monomial), monomial) for monomial in terms), reverse=True)
    if not ranked or not ranked[0][1] or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return ranked[0][1]


def _weight(monomial: Monomial) -> tuple[Number, list[tuple[bytes, Number]]]:
    counts: dict[bytes, Number] = {}
    for atom, _, exponent in monomial:
        counts[atom] = counts.get(atom, 0) + exponent
    return sum(counts.values()), sorted(counts.items(), reverse=True)


def to_term(poly: Poly) -> Term:
    """The polynomial as a term: a sum of Einstein products."""
    return linear([(Fraction(poly.terms[m]), _monomial_term(m, poly.shape)) for m in sorted(poly.terms)], poly.shape)


def _monomial_term(monomial: Monomial, shape: Shape) -> Term:
    pairs: list[tuple[Term, Sequence[Any]]] = []
    for place, (atom, labels, exponent) in enumerate(monomial):
        axes = [("unit", place, axis) if label == UNIT else label for axis, label in enumerate(labels)]
        pairs.append((power(_atom_term(atom), Fraction(exponent)), axes))
    return product(pairs, range(len(shape)), dict(enumerate(shape)))


def _atom_term(atom: Atom) -> Term:
    if atom.term is not None:
        return atom.term
    inner = to_term(Poly(atom.terms, atom.shape))
    return apply(atom.function, inner) if atom.function else inner
