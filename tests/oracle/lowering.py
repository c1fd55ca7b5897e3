"""Trees as terms of the checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derivations.calculus import gradient
from derivations.operators import determinant, inverse
from derivations.tensors import concatenate, diagonal, hadamard, matmul, outer, total, transpose
from derivations.terms import Dim, Term, add, apply, delta, dimension, number, ones, power, product, scale, size, var
from oracle.trees import Tree

Lowered = list[Term]


def dim(name: str) -> Dim:
    """A dimension; ``n+d`` is that of a concatenation."""
    first, *rest = (dimension(part) for part in name.split("+"))
    return sum(rest, first)


def lower(tree: Tree, known: dict[Tree, Term] | None = None) -> Term:
    """The term of a tree, shared nodes once."""
    known = {} if known is None else known
    if tree not in known:
        known[tree] = LOWER[tree.op](tree, [lower(child, known) for child in tree.children])
    return known[tree]


def _ein(tree: Tree, children: Lowered) -> Term:
    inputs, out = tree.value.split("->")
    return product(list(zip(children, inputs.split(","), strict=True)), out)


def _concatenated(tree: Tree, children: Lowered) -> Term:
    return concatenate(children)


LOWER: dict[str, Callable[[Tree, Lowered], Any]] = {
    "var": lambda t, _: var(t.value[0], *map(dim, t.shape)),
    "num": lambda t, _: number(t.value),
    "size": lambda t, _: size(dim(t.value)),
    "eye": lambda t, _: delta(dim(t.value)),
    "ones": lambda t, _: ones(tuple(map(dim, t.value))),
    "add": lambda _, c: add(*c),
    "scale": lambda t, c: scale(t.value, c[0]),
    "fun": lambda t, c: apply(t.value, c[0]),
    "pow": lambda t, c: power(c[0], t.value),
    "had": lambda _, c: hadamard(*c),
    "dot": lambda _, c: matmul(*c),
    "outer": lambda _, c: outer(*c),
    "T": lambda _, c: transpose(c[0]),
    "diag": lambda _, c: diagonal(c[0]),
    "diagonal": lambda _, c: product([(c[0], "ij"), (delta(c[0].shape[0]), "ij")], "i"),
    "trace": lambda _, c: product([(c[0], "ii")], ""),
    "det": lambda _, c: determinant(c[0]),
    "inv": lambda _, c: inverse(c[0]),
    "total": lambda _, c: total(c[0]),
    "rowsum": lambda _, c: product([(c[0], "ij")], "i"),
    "rows": lambda t, c: product([(c[0], "j")], "ij", {"i": dim(t.value)}),
    "cols": lambda t, c: product([(c[0], "i")], "ij", {"j": dim(t.value)}),
    "cat": _concatenated,
    "ein": _ein,
    "grad": lambda _, c: gradient(c[0], [c[1]])[0],
}
