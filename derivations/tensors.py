"""The matrix operations of the field, each one Einstein sum or a combination of a few."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.errors import ShapeError
from derivations.terms import (
    Apply,
    Power,
    Product,
    Shape,
    Sum,
    Term,
    add,
    block,
    delta,
    linear,
    product,
    shape_text,
)
from derivations.traverse import postorder, rebuild


def matmul(left: Term, right: Term) -> Term:
    """Contract the last axis of ``left`` with the first of ``right`` (matrix, vector or tensor)."""
    labels_left = [("l", axis) for axis in range(left.rank - 1)] + ["k"]
    labels_right = ["k"] + [("r", axis) for axis in range(1, right.rank)]
    return product([(left, labels_left), (right, labels_right)], labels_left[:-1] + labels_right[1:])


def transpose(term: Term) -> Term:
    """Axes in reverse order."""
    axes = range(term.rank)
    return product([(term, axes)], axes[::-1])


def hadamard(*terms: Term) -> Term:
    """The entry-by-entry product; scalars are spread."""
    rank = max(term.rank for term in terms)
    return product([(term, range(rank) if term.rank else ()) for term in terms], range(rank))


def outer(left: Term, right: Term) -> Term:
    """The outer product, shape left.shape + right.shape."""
    axes = range(left.rank + right.rank)
    return product([(left, axes[: left.rank]), (right, axes[left.rank :])], axes)


def total(term: Term) -> Term:
    """The sum of all entries."""
    return product([(term, range(term.rank))], ())


def diagonal(vector: Term) -> Term:
    """The diagonal matrix of a vector."""
    return product([(vector, "i"), (delta(vector.shape[0]), "ij")], "ij")


def spread(term: Term, shape: Shape) -> Term:
    """A scalar as a constant tensor of ``shape``; any other term must already have it."""
    if term.shape == shape:
        return term
    if term.shape:
        raise ShapeError(f"{shape_text(term.shape)} where {shape_text(shape)} is needed")
    return product([(term, ())], range(len(shape)), dict(enumerate(shape)))


def concatenate(parts: Sequence[Term]) -> Term:
    """``[a, b, …]`` of vectors (or of matrices, along the first axis)."""
    dims = tuple(part.shape[0] for part in parts)
    axes = range(1, parts[0].rank)
    placed = [product([(block(dims, k), ("a", 0)), (part, (0, *axes))], ("a", *axes)) for k, part in enumerate(parts)]
    return add(*placed)


def entrywise(term: Term, variable: Term, argument: Term) -> Term:
    """A scalar formula in ``variable`` applied to every entry of ``argument``; other variables are spread."""
    found: dict[Term, Term] = {variable: argument}
    for node in postorder([term]):
        if node in found:
            continue
        children = [found[child] for child in node.children]
        if isinstance(node, Sum):
            pairs = [(q, child) for (q, _), child in zip(node.addends, children, strict=True)]
            found[node] = linear(pairs, argument.shape)
        elif isinstance(node, Product) and children:
            found[node] = hadamard(*children)
        elif isinstance(node, Apply | Power):
            found[node] = rebuild(node, children)
        else:
            found[node] = spread(node, argument.shape)
    return found[term]
