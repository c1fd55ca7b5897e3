"""Large numbers as dimensions: ``x ∈ ℝ^784`` is a vector of some size that happens to be 784.

Such a size is a symbol named by its number. What is proved for all sizes holds for that one, and a difference is
looked for, and shown, at small sizes. Only where a term holds a number that may have come from a size (Σ_i 1 = 784)
are the sizes themselves put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import sympy

from derivations.terms import (
    Block,
    Delta,
    Dim,
    Operator,
    Pattern,
    Product,
    Size,
    Sum,
    Term,
    Var,
    block,
    delta,
    dim_text,
    dimension,
    linear,
    operator,
    pattern,
    product,
    size,
    var,
)
from derivations.traverse import dim_symbols, postorder, rebuild

SMALLEST = 17
"""From here on a number is a size of its own; products of two of the constants below stay smaller."""
PLAIN = 4
"""Numerators and denominators up to this come from the mathematics, not from a size."""


def numeral(value: int) -> Dim:
    """A number as a dimension."""
    return dimension(str(value)) if value >= SMALLEST else dimension(value)


def is_numeral(symbol: sympy.Basic) -> bool:
    return dim_text(symbol).isdigit()


def valued(dim: Dim) -> Dim:
    """A dimension with the numbers that its symbols stand for."""
    return cast(Dim, dim.xreplace({s: sympy.Integer(str(s)) for s in dim.free_symbols if is_numeral(s)}))


def pinned(left: Term, right: Term) -> tuple[Term, Term]:
    """Two terms with their sizes as numbers where a constant may have come from a size, else as they are."""
    if not any(map(is_numeral, dim_symbols([left, right]))) or not _has_a_large_constant([left, right]):
        return left, right
    found: dict[Term, Term] = {}
    for term in postorder([left, right]):
        found[term] = _valued_term(term, [found[child] for child in term.children])
    return found[left], found[right]


def _has_a_large_constant(terms: Sequence[Term]) -> bool:
    constants = (q for term in postorder(terms) if isinstance(term, Sum) for q, _ in term.addends)
    return any(max(abs(q.numerator), q.denominator) > PLAIN for q in constants)


def _valued_term(term: Term, children: Sequence[Term]) -> Term:
    shape = tuple(map(valued, term.shape))
    match term:
        case Var():
            return var(term.name, *shape)
        case Delta():
            return delta(shape[0])
        case Block():
            return block(tuple(map(valued, term.parts)), term.place)
        case Size():
            return size(valued(term.dim))
        case Pattern():
            return pattern(term.family, shape, tuple(map(valued, term.params)))
        case Operator():
            return operator(term.name, children[0], shape)
        case Sum():
            return linear([(q, child) for (q, _), child in zip(term.addends, children, strict=True)], shape)
        case Product():
            pairs = [(child, labels) for (_, labels), child in zip(term.factors, children, strict=True)]
            return product(pairs, range(term.rank), dict(enumerate(map(valued, term.label_dims))))
    return rebuild(term, children)
