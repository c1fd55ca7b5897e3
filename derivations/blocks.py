"""Matrices written out by their entries or blocks, and what is put on top of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import sympy

from derivations.errors import ShapeError
from derivations.terms import Dim, Shape, Term, add, block, is_zero, product, shape_text, zeros
from derivations.values import Value, bounded, merge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much room a block takes: rows and columns. Zero, written as a number, takes whatever room there is."""

    rows: Dim
    columns: Dim
    elastic: bool = False


def extent(shape: Shape, row: bool = False, elastic: bool = False) -> Extent:
    """The room that a value takes. Raises ShapeError for more than two axes."""
    if len(shape) > 2:
        raise ShapeError(f"a block of a matrix has two axes, not {shape_text(shape)}")
    if len(shape) == 2:
        return Extent(*shape)
    length = shape[0] if shape else sympy.S.One
    return Extent(sympy.S.One, length) if row else Extent(length, sympy.S.One, elastic)


def cells(items: Sequence[T], columns: int) -> list[list[T]]:
    """A flat list as rows."""
    return [list(items[k : k + columns]) for k in range(0, len(items), columns)]


def measured(
    extents: Sequence[Extent], columns: int, agree: Callable[[Dim, Dim], object]
) -> tuple[list[Dim], list[Dim]]:
    """The heights of the rows and the widths of the columns of a matrix of blocks.

    ``agree`` is told every two dimensions that must be one and raises ShapeError where they cannot.
    """
    grid = cells(extents, columns)
    heights = [_common([x.rows for x in row if not x.elastic], agree) for row in grid]
    widths = [_common([x.columns for x in column if not x.elastic], agree) for column in zip(*grid, strict=True)]
    return heights, widths


def _common(dims: Sequence[Dim], agree: Callable[[Dim, Dim], object]) -> Dim:
    for a, b in pairwise(dims):
        agree(a, b)
    return dims[0] if dims else sympy.S.One


def whole_shape(heights: Iterable[Dim], widths: Iterable[Dim]) -> Shape:
    """The shape of the whole matrix; a single column is a vector, a single entry a number."""
    shape = (sum(heights, sympy.S.Zero), sum(widths, sympy.S.Zero))
    if shape[1] != 1:
        return shape
    return shape[:1] if shape[0] != 1 else ()


def must_be_one(a: Dim, b: Dim) -> None:
    """Raises ShapeError for dimensions that are not the same."""
    if a != b:
        raise ShapeError(f"blocks of {a} and of {b} beside or on top of each other")


def assembled(values: Sequence[Value], columns: int) -> Value:
    """The matrix of some blocks, row after row. Raises ShapeError where they do not fit together."""
    extents = [extent(v.term.shape, v.row, is_zero(v.term) and not v.term.shape) for v in values]
    heights, widths = measured(extents, columns, must_be_one)
    shape = whole_shape(heights, widths)
    placed = [
        _placed(value, (tuple(heights), k // columns), (tuple(widths), k % columns), len(shape))
        for k, value in enumerate(values)
        if not is_zero(value.term)
    ]
    return merge(values, add(*placed) if placed else zeros(shape))


def fitting(options: Sequence[Sequence[Value]], columns: int) -> list[Value]:
    """The matrix of some blocks under every reading of them that fits."""
    found: list[Value] = []
    for row in bounded(options):
        with suppress(ShapeError):
            found.append(assembled(row, columns))
    return found


def _placed(value: Value, row: tuple[Shape, int], column: tuple[Shape, int], rank: int) -> Term:
    """A block at its place in the whole matrix."""
    above, beside = block(*row), block(*column)
    inner = {0: (), 1: ("c",) if value.row else ("r",), 2: ("r", "c")}[value.term.rank]
    factors = [(value.term, inner), (above, ("R", "r")), (beside, ("C", "c"))]
    return product(factors, ("R", "C")[:rank])
