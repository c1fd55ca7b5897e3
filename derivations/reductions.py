"""Sums, means, norms and softmax along an axis."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derivations.errors import ShapeError
from derivations.tensors import hadamard, total
from derivations.terms import Term, apply, power, product, shape_text, size

HALF = Fraction(1, 2)
Numeric = Fraction | int


def need(fits: bool, message: str) -> None:
    if not fits:
        raise ShapeError(message)


def need_rank(term: Term, *allowed: int) -> None:
    names = {0: "a scalar", 1: "a vector", 2: "a matrix", 3: "an array of three axes"}
    wanted = " or ".join(names[rank] for rank in allowed)
    need(term.rank in allowed, f"{wanted} is needed, not {shape_text(term.shape)}")


def sum_axis(x: Term, axis: int = -1) -> Term:
    """Σ along one axis, shape without it."""
    need(-x.rank <= axis < x.rank, f"there is no axis {axis} in {shape_text(x.shape)}")
    axes = list(range(x.rank))
    return product([(x, axes)], axes[: axis % x.rank] + axes[axis % x.rank + 1 :])


def mean_axis(x: Term, axis: int = -1) -> Term:
    """The mean along one axis, shape without it."""
    return hadamard(sum_axis(x, axis), power(size(x.shape[axis]), -1))


def over_last(x: Term, reduced: Term, act: Callable[[Term, Term], Term]) -> Term:
    """``act`` on x and on what was reduced along its last axis, spread over it again."""
    axes = list(range(x.rank))
    dims = dict(enumerate(x.shape))
    return act(x, product([(reduced, axes[:-1])], axes, dims))


def frobenius(x: Term) -> Term:
    """√Σ x², the Euclidean norm of a vector and the Frobenius norm of a matrix."""
    return power(total(power(x, 2)), HALF)


def softmax(x: Term) -> Term:
    """exp x_i / Σ_j exp x_j along the last axis, of the shape of x."""
    need(x.rank > 0, "softmax needs an axis, not a scalar")
    exponential = apply("exp", x)
    return over_last(exponential, power(sum_axis(exponential), -1), hadamard)
