"""Walks over the DAG of a term: all of them visit shared parts once and none of them recurses."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import sympy

from derivations.terms import (
    Apply,
    Dim,
    Operator,
    Pattern,
    Power,
    Product,
    Size,
    Sum,
    Term,
    Var,
    apply,
    dim_text,
    linear,
    operator,
    power,
    product,
)


def postorder(roots: Iterable[Term]) -> Iterator[Term]:
    """Every term below ``roots`` once, children first, without recursion."""
    roots = tuple(roots)
    if len(roots) == 1:
        return chain(_below(roots[0]), roots)
    return iter(dict.fromkeys(term for root in roots for term in (*_below(root), root)))


def _below(root: Term) -> tuple[Term, ...]:
    """All terms below one, without itself: a term that held itself would outlive those who use it."""
    if root.below is None:
        root.below = tuple(postorder_of_unknown(root, ()))[:-1]
    return root.below


def postorder_of_unknown(root: Term, known: Container[Term]) -> Iterator[Term]:
    """A term and every one below it once, children first, but for what is ``known`` and what is below that only."""
    seen: set[Term] = set()
    stack = [(root, False)]
    while stack:
        term, ready = stack.pop()
        if ready:
            yield term
        elif term not in seen and term not in known:
            seen.add(term)
            stack.append((term, True))
            stack.extend((child, False) for child in reversed(term.children) if child not in seen)


def rebuild(term: Term, children: Sequence[Term]) -> Term:
    """The same operation on other children (given in the order of ``term.children``)."""
    if isinstance(term, Sum):
        return linear([(q, child) for (q, _), child in zip(term.addends, children, strict=True)], term.shape)
    if isinstance(term, Product):
        pairs = [(child, labels) for (_, labels), child in zip(term.factors, children, strict=True)]
        return product(pairs, range(term.rank), dict(enumerate(term.label_dims)))
    if isinstance(term, Apply):
        return apply(term.function, children[0])
    if isinstance(term, Power):
        return power(children[0], term.exponent)
    if isinstance(term, Operator):
        return operator(term.name, children[0], term.shape)
    return term


def substitute(roots: Sequence[Term], replacement: dict[Term, Term]) -> list[Term]:
    """Every occurrence of a key replaced by its value, in all roots, shared parts once."""
    done: dict[Term, Term] = dict(replacement)
    for term in postorder(roots):
        if term not in done:
            children = term.children
            mapped = [done[child] for child in children]
            changed = any(new is not old for new, old in zip(mapped, children, strict=True))
            done[term] = rebuild(term, mapped) if changed else term
    return [done[root] for root in roots]


def free_variables(roots: Iterable[Term]) -> list[Var]:
    """The variables below ``roots``, ordered by name."""
    return sorted((t for t in postorder(roots) if isinstance(t, Var)), key=lambda v: (v.name, v.digest))


@lru_cache(maxsize=4096)
def _symbols_in(dim: Dim) -> frozenset[Any]:
    return frozenset(dim.free_symbols)


def dim_symbols(roots: Iterable[Term]) -> list[sympy.Symbol]:
    """The symbols in the dimensions of all terms below ``roots``, ordered by name."""
    return dim_symbols_of(postorder(roots))


def dim_symbols_of(terms: Iterable[Term]) -> list[sympy.Symbol]:
    """The symbols in the dimensions of these terms alone, ordered by name."""
    found: set[Any] = set()
    for term in terms:
        dims = term.label_dims if isinstance(term, Product) else term.shape
        more = (term.dim,) if isinstance(term, Size) else term.params if isinstance(term, Pattern) else ()
        for dim in (*dims, *more):
            found |= _symbols_in(dim)
    return sorted(found, key=dim_text)
