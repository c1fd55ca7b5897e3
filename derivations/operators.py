"""Functions of whole arrays along their last axes: inverse, determinant, the largest entry and where it stands.

They have no Einstein sum of their own. A row of :data:`OPERATORS` holds what is known of one: the shape, the
derivative, where it is undefined or has none, and the LaTeX form. Their values are in :mod:`derivations.evaluate` and,
for torch, in :mod:`numeric.torch_domain`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derivations.errors import ShapeError
from derivations.tensors import hadamard, matmul, transpose
from derivations.terms import (
    Delta,
    Labels,
    Operator,
    Product,
    Shape,
    Term,
    ones,
    operator,
    power,
    product,
    scale,
    shape_text,
    zeros,
)

Pullback = Callable[[Operator, Term, int], Term]


@dataclass(frozen=True, slots=True)
class Row:
    """One operator.

    ``shape`` gives the shape of the value and raises ShapeError where there is none; ``pull_back`` the cotangent of
    the argument from the term, its cotangent and the number of leading axes of that; ``condition`` where value or
    derivative exist.
    """

    latex: str
    shape: Callable[[Shape], Shape]
    pull_back: Pullback
    condition: str


def _square(shape: Shape) -> Shape:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"a square matrix is needed, not {shape_text(shape)}")
    return shape


def _reduced(shape: Shape) -> Shape:
    if not shape:
        raise ShapeError("an axis to look along is needed, not a scalar")
    return shape[:-1]


def _same(shape: Shape) -> Shape:
    _reduced(shape)
    return shape


def _leading(count: int) -> list[tuple[str, int]]:
    return [("lead", k) for k in range(count)]


def _inverse_back(term: Operator, cotangent: Term, leading: int) -> Term:
    """−Yᵀ Ȳ Yᵀ for Y = X⁻¹ (Giles, *Collected matrix derivative results*, 2008, §2.2.3)."""
    front = _leading(leading)
    return scale(-1, product([(cotangent, [*front, "i", "j"]), (term, "ik"), (term, "lj")], [*front, "k", "l"]))


def _determinant_back(term: Operator, cotangent: Term, leading: int) -> Term:
    """d̄·det(X)·X⁻ᵀ (Giles 2008, §2.2.4)."""
    front = _leading(leading)
    return product([(cotangent, front), (term, ()), (inverse(term.argument), "lk")], [*front, "k", "l"])


def _largest_back(term: Operator, cotangent: Term, leading: int) -> Term:
    """All of the cotangent goes to the entry that is the largest."""
    front = [*_leading(leading), *range(term.rank)]
    return product([(cotangent, front), (winner(term.argument), [*range(term.rank), "last"])], [*front, "last"])


def _nowhere(term: Operator, cotangent: Term, leading: int) -> Term:
    return zeros(cotangent.shape[:leading] + term.argument.shape)


OPERATORS: dict[str, Row] = {
    "inverse": Row("{}^{{-1}}", _square, _inverse_back, "is invertible"),
    "det": Row(r"\det({})", lambda shape: _square(shape)[:0], _determinant_back, "is invertible"),
    "max": Row(r"\max({})", _reduced, _largest_back, "has one largest entry"),
    "winner": Row(r"\operatorname{{onehot}}(\arg\max({}))", _same, _nowhere, "has one largest entry"),
}


def inverse(matrix: Term) -> Term:
    """X⁻¹; (AB)⁻¹ = B⁻¹A⁻¹ for square factors. Raises ShapeError for anything but a square matrix."""
    _square(matrix.shape)
    if isinstance(matrix, Delta):
        return matrix
    if isinstance(matrix, Operator) and matrix.name == "inverse":
        return matrix.argument
    chain = _chain(matrix)
    if chain is None:
        return operator("inverse", matrix, matrix.shape)
    left, right = chain
    return matmul(inverse(right), inverse(left))


def determinant(matrix: Term) -> Term:
    """det X; det AB = det A · det B for square factors. Raises ShapeError for anything but a square matrix."""
    _square(matrix.shape)
    if isinstance(matrix, Delta):
        return ones()
    if isinstance(matrix, Operator) and matrix.name == "inverse":
        return power(determinant(matrix.argument), -1)
    chain = _chain(matrix)
    if chain is None:
        return operator("det", matrix, ())
    return hadamard(determinant(chain[0]), determinant(chain[1]))


def _chain(matrix: Term) -> tuple[Term, Term] | None:
    """A product of matrices with at least two factors as its first factor and the rest, if all are square.

    A single transposed matrix is Xᵀ = (Xᵀ)·1, which is none.
    """
    if not isinstance(matrix, Product) or len(matrix.factors) < 2 or any(len(ls) != 2 for _, ls in matrix.factors):
        return None
    if len(set(matrix.label_dims)) > 1 or len(matrix.label_dims) != len(matrix.factors) + 1:
        return None
    path = _path(list(matrix.factors))
    if path is None:
        return None
    first, *rest = path
    joined = rest[0]
    for factor in rest[1:]:
        joined = matmul(joined, factor)
    return first, joined


def _path(factors: list[tuple[Term, Labels]]) -> list[Term] | None:
    """The factors in the order of a walk from the first axis to the second, transposed where needed."""
    path: list[Term] = []
    place = 0
    while factors:
        found = next((f for f in factors if place in f[1] and f[1][0] != f[1][1]), None)
        if found is None:
            return None
        factors.remove(found)
        term, (row, column) = found
        path.append(term if row == place else transpose(term))
        place = column if row == place else row
    return path if place == 1 else None


def largest(term: Term) -> Term:
    """The largest entry along the last axis, shape without it."""
    return operator("max", term, _reduced(term.shape))


def winner(term: Term) -> Term:
    """One at the largest entry along the last axis and zero elsewhere: a one-hot tensor of the same shape.

    With a variable as argument it is *any* one-hot tensor.
    """
    return operator("winner", term, _same(term.shape))


BUILDERS: dict[str, Callable[[Term], Term]] = {
    "inverse": inverse,
    "det": determinant,
    "max": largest,
    "winner": winner,
}
