"""Convolutions of matrices of numbers worked out by hand: every entry as the sum that it is, exact throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Final

import sympy

from derivations.convolution_words import Way
from derivations.convolutions import out_shape, padded
from derivations.errors import ShapeError, UsageError

Matrix = tuple[tuple[Fraction, ...], ...]
MOST_ENTRIES: Final = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a result, counted from 1: weights with the pixels they meet inside the image, and their sum."""

    row: int
    column: int
    terms: tuple[tuple[Fraction, Fraction], ...]
    value: Fraction


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: ``result`` is image * kernel, ``skipped`` with the input of the block added, ``output`` the end."""

    image: Matrix
    kernel: Matrix
    way: Way
    padding: tuple[int, int]
    entries: tuple[Entry, ...]
    result: Matrix
    skipped: Matrix | None
    output: Matrix
    relu: bool


def matrix(text: str) -> Matrix:
    """``1 0; -1/2 0.25`` as exact rows. Raises UsageError for anything but numbers in rows of one length."""
    rows = [row.replace(",", " ").split() for row in text.replace("\n", ";").split(";") if row.strip()]
    try:
        found = tuple(tuple(Fraction(entry) for entry in row) for row in rows)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{text.strip()} is no matrix of numbers; write rows such as 1 0; -1/2 0.25") from None
    if not found or len({len(row) for row in found}) != 1:
        raise UsageError(f"{text.strip() or 'nothing'}: the rows of a matrix have one length, one number at least")
    if len(found) * len(found[0]) > MOST_ENTRIES:
        raise UsageError(f"a matrix of more than {MOST_ENTRIES} entries is not worked out by hand")
    return found


def shape_of(entries: Matrix) -> tuple[int, int]:
    """Rows and columns."""
    return len(entries), len(entries[0])


def convolve(image: Matrix, kernel: Matrix, way: Way) -> tuple[Entry, ...]:
    """The entries of image * kernel, row after row. Raises UsageError where the kernel does not fit."""
    one, other = (tuple(map(sympy.Integer, shape_of(x))) for x in (image, kernel))
    try:
        rows, columns = (int(dim) for dim in out_shape(one, other, way))
        pads = padding_of(image, kernel, way)
    except ShapeError as error:
        raise UsageError(f"{error}") from error
    taken = tuple(row[::-1] for row in kernel[::-1]) if way.turned else kernel
    return tuple(
        _entry(image, taken, way.stride, pads, row, column) for row, column in product(range(rows), range(columns))
    )


def padding_of(image: Matrix, kernel: Matrix, way: Way) -> tuple[int, int]:
    """The zeros above and below, and left and right. Raises ShapeError where ``same`` is not symmetric."""
    sizes = zip(shape_of(image), shape_of(kernel), strict=True)
    above, left = (padded(sympy.Integer(k), sympy.Integer(n), way) for n, k in sizes)
    return above, left


def _entry(image: Matrix, kernel: Matrix, stride: int, pads: tuple[int, int], row: int, column: int) -> Entry:
    """The weights that meet a pixel; those that meet the zeros outside add nothing."""
    height, width = shape_of(image)
    terms = []
    for a, b in product(range(len(kernel)), range(len(kernel[0]))):
        i, j = row * stride + a - pads[0], column * stride + b - pads[1]
        if 0 <= i < height and 0 <= j < width:
            terms.append((kernel[a][b], image[i][j]))
    return Entry(row + 1, column + 1, tuple(terms), sum((w * x for w, x in terms), Fraction(0)))


def work_out(image: Matrix, kernels: Sequence[Matrix], way: Way, relu: bool = False, skip: bool = False) -> list[Layer]:
    """The layers of a block one after the other; ``skip`` adds its input to the last one before the activation.

    Raises UsageError where shapes do not fit.
    """
    found: list[Layer] = []
    current = image
    for number, kernel in enumerate(kernels, start=1):
        entries = convolve(current, kernel, way)
        width = max(entry.column for entry in entries)
        values = [entry.value for entry in entries]
        result = tuple(tuple(values[k : k + width]) for k in range(0, len(values), width))
        skipped = _added(result, image) if skip and number == len(kernels) else None
        output = skipped or result
        output = tuple(tuple(max(x, Fraction(0)) for x in row) for row in output) if relu else output
        pads = padding_of(current, kernel, way)
        found.append(Layer(current, kernel, way, pads, entries, result, skipped, output, relu))
        current = output
    return found


def _added(one: Matrix, other: Matrix) -> Matrix:
    if shape_of(one) != shape_of(other):
        shapes = " and ".join("×".join(map(str, shape_of(x))) for x in (one, other))
        raise UsageError(f"the skip connection adds matrices of {shapes}: choose same padding and stride 1")
    return tuple(tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in zip(one, other, strict=True))
