"""Constant 0/1 tensors that move entries about: merged axes, and the windows of a correlation.

With them a Kronecker product, a reshaping and a convolution are Einstein sums like all others, and their derivatives
need no rules of their own. Selecting a part of a vector is a :class:`~derivations.terms.Block`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import sympy
from numpy.typing import NDArray

from derivations.errors import ShapeError
from derivations.terms import Dim, Shape, Term, pattern

MERGE = "merge"
WINDOW = "window"
ZERO = sympy.Integer(0)


def merge(rows: Dim, columns: Dim) -> Term:
    """M with M_kij = 1 for k = i·columns + j: it merges two axes into one, the last running fastest.

    Shape (rows·columns, rows, columns).
    """
    return pattern(MERGE, (sympy.expand(rows * columns), rows, columns), (rows, columns))


def window(length: Dim, kernel: Dim, stride: Dim = sympy.S.One, padding: Dim = ZERO) -> Term:
    """P with P_kja = 1 for j = k·stride + a − padding: entry k of a correlation meets entry j with weight a.

    Shape (⌊(length + 2·padding − kernel)/stride⌋ + 1, length, kernel) (Dumoulin and Visin, *A guide to convolution
    arithmetic for deep learning*, 2016, relationship 6). Raises ShapeError for a stride below one or a negative
    padding, and where the kernel does not fit.
    """
    if stride.is_positive is False or padding.is_negative:
        raise ShapeError(f"a stride of {stride} and a padding of {padding} make no correlation")
    span = length + 2 * padding - kernel
    out = sympy.expand(sympy.floor(span / stride) + 1)
    if out.is_positive is False:
        raise ShapeError(f"a kernel of {kernel} does not fit into {length} entries padded by {padding}")
    return pattern(WINDOW, (out, length, kernel), (stride, padding))


def entries(family: str, extents: Sequence[int], params: Sequence[int]) -> NDArray[np.int_]:
    """The entries of a pattern whose dimensions are the numbers ``extents``."""
    return ENTRIES[family](tuple(extents), tuple(params))


def _merge_entries(extents: tuple[int, ...], params: tuple[int, ...]) -> NDArray[np.int_]:
    whole, rows, columns = extents
    return np.eye(whole, dtype=int).reshape(whole, rows, columns)


def _window_entries(extents: tuple[int, ...], params: tuple[int, ...]) -> NDArray[np.int_]:
    stride, padding = params
    k, j, a = np.indices(extents)
    return np.asarray(j == k * stride + a - padding, dtype=int)


ENTRIES: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], NDArray[np.int_]]] = {
    MERGE: _merge_entries,
    WINDOW: _window_entries,
}


def merged_shape(shape: Shape) -> Dim:
    """The dimension that all axes make when they are merged."""
    result: Dim = sympy.S.One
    for dim in shape:
        result = sympy.expand(result * dim)
    return result
