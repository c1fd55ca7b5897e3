"""Values of the operators of :mod:`derivations.operators` over floats, balls, exact rationals and residues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat, nmod_mat
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


def objects(values: list[Any], shape: tuple[int, ...]) -> Array:
    """An object array from its entries in C order."""
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result.reshape(shape)


def along_last(act: Callable[[list[Any]], list[Any]], x: Array, keep: bool) -> Array:
    """``act`` on every list of entries along the last axis; it returns as many (``keep``) or one."""
    rows = x.reshape(-1, x.shape[-1])
    found = [value for row in rows for value in act(list(row))]
    return objects(found, x.shape if keep else x.shape[:-1])


def _largest_float(x: Array) -> Array:
    return np.asarray(x.max(axis=-1))


def _winner_float(x: Array) -> Array:
    one_hot = (x == x.max(axis=-1, keepdims=True)).astype(float)
    return np.where((one_hot.sum(axis=-1, keepdims=True) == 1) & np.isfinite(x), one_hot, np.nan)


def _inverse_float(x: Array) -> Array:
    try:
        return np.asarray(np.linalg.inv(x))
    except np.linalg.LinAlgError:
        return np.full(x.shape, np.nan)


FLOATS: dict[str, Callable[[Array], Array]] = {
    "inverse": _inverse_float,
    "det": lambda x: np.asarray(np.linalg.det(x)),
    "max": _largest_float,
    "winner": _winner_float,
}


def _inverse_balls(x: Array) -> Array:
    try:
        found = arb_mat(x.tolist()).inv().entries()
    except ZeroDivisionError:
        found = [arb.nan()] * x.size
    return objects(found, x.shape)


def _largest_ball(row: list[arb]) -> list[arb]:
    result = row[0]
    for x in row[1:]:
        result = result.max(x)
    return [result]


def _winner_balls(row: list[arb]) -> list[arb]:
    """Certain where one entry is above all others; else each entry may be zero or one."""
    if not all(x.is_finite() for x in row):
        return [arb.nan()] * len(row)
    return [_wins(place, row) for place in range(len(row))]


def _wins(place: int, row: list[arb]) -> arb:
    others = row[:place] + row[place + 1 :]
    if all(row[place] > x for x in others):
        return arb(1)
    return arb(0) if any(row[place] < x for x in others) else arb(0.5, 0.5)


BALLS: dict[str, Callable[[Array], Array]] = {
    "inverse": _inverse_balls,
    "det": lambda x: objects([arb_mat(x.tolist()).det()], ()),
    "max": lambda x: along_last(_largest_ball, x, keep=False),
    "winner": lambda x: along_last(_winner_balls, x, keep=True),
}


def _inverse_exact(x: Array) -> Array | None:
    try:
        return objects(fmpq_mat(x.tolist()).inv().entries(), x.shape)
    except ZeroDivisionError:
        return None


def _winner_exact(row: list[fmpq]) -> list[fmpq]:
    return [fmpq(int(x == max(row))) for x in row]


EXACT: dict[str, Callable[[Array], Array | None]] = {
    "inverse": _inverse_exact,
    "det": lambda x: objects([fmpq_mat(x.tolist()).det()], ()),
    "max": lambda x: along_last(lambda row: [max(row)], x, keep=False),
    "winner": lambda x: along_last(_winner_exact, x, keep=True),
}


def inverse_residue(x: Array, prime: int) -> Array | None:
    """The inverse modulo a prime, None where there is none."""
    try:
        found = nmod_mat(x.shape[0], x.shape[1], [int(v) for v in x.flat], prime).inv()
    except ZeroDivisionError:
        return None
    return np.array([int(v) for v in found.entries()], dtype=np.int64).reshape(x.shape)


def determinant_residue(x: Array, prime: int) -> Array:
    """The determinant modulo a prime."""
    return np.asarray(int(nmod_mat(x.shape[0], x.shape[1], [int(v) for v in x.flat], prime).det()), dtype=np.int64)
