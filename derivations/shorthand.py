"""What people write for a derivative of more axes: a column for its diagonal matrix, ``∂z/∂W = x`` for the tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from derivations.tensors import diagonal
from derivations.terms import Term, delta, product
from derivations.traverse import free_variables

DIAGONAL: Final = "a column standing for the diagonal matrix of its entries"
NUMBER: Final = "a number standing for that multiple of the identity"
COLUMN: Final = "a column standing for the tensor of it and the identity"
MATRIX: Final = "a matrix standing for the tensor of its rows, one for each entry of what is differentiated"
SHORTHAND: Final = frozenset({DIAGONAL, NUMBER, COLUMN, MATRIX})


def expansions(short: Term, tensor: Term) -> Iterator[tuple[Term, str]]:
    """The tensors of the shape of ``tensor``, a derivative, that ``short`` may stand for, each with its reading.

    A derivative ∂z_i/∂W_{jk} is δ_{ij} x_k for z = W x, and δ_{ik} x_j for z = W^T x.
    """
    shape = tensor.shape
    if len(shape) == 2 and shape[0] == shape[1]:
        if short.shape == shape[:1]:
            yield diagonal(short), DIAGONAL
        elif not short.shape and not free_variables([short]):
            yield _multiple(short, tensor), NUMBER
    if len(shape) == 3:
        for own, other in ((1, 2), (2, 1)):
            if shape[0] == shape[own] and short.shape == (shape[other],):
                yield product([(delta(shape[0]), (0, own)), (short, (other,))], (0, 1, 2)), COLUMN
            elif shape[0] == shape[own] and short.shape == shape[1:]:
                yield product([(delta(shape[0]), (0, own)), (short, (1, 2))], (0, 1, 2)), MATRIX


def _multiple(number: Term, tensor: Term) -> Term:
    return product([(number, ()), (delta(tensor.shape[0]), (0, 1))], (0, 1))
