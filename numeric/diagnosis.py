"""What is wrong with an array that should equal another one, in plain words.

Each finding is exact up to rounding: a diagnosis is only given where, with the named slip mended, the two arrays agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np

from derivations.evaluate import Array

FEWEST = 3  # entries that a relation must explain


@dataclass(frozen=True)
class Context:
    """What a gradient may be made of: the inputs by name, and how near two arrays are that count as equal."""

    inputs: Mapping[str, Array] = field(default_factory=dict)
    closeness: float = 1e-6

    def near(self, left: Array, right: Array) -> bool:
        """Relative to the largest entry; NaN is near nothing."""
        if left.shape != right.shape:
            return False
        scale = float(np.abs(right).max(initial=0.0))
        return bool((np.abs(left - right) <= self.closeness * scale).all()) and (scale > 0 or not left.any())


def plain_slip(given: Array, reference: Array, context: Context) -> str:
    """Shape, NaN, zero, sign, a constant factor, the order of axes or blocks: what is true of the whole array."""
    if given.shape != reference.shape:
        return shape_words(given, reference, context)
    return _whole(given, reference, context) if np.isfinite(given).all() else _not_finite(given)


def shape_words(given: Array, reference: Array, context: Context) -> str:
    """What became of the shape."""
    what = f"has the shape {_shape(given)}, but the input has {_shape(reference)}"
    for order in list(permutations(range(given.ndim)))[1:24]:
        if given.transpose(order).shape == reference.shape and context.near(given.transpose(order), reference):
            return f"is transposed: it {what}"
    if given.size == reference.size:
        same = context.near(given.reshape(reference.shape), reference)
        return f"{what}; {'the entries are right, only the shape is not' if same else 'and the entries differ too'}"
    for axis in range(given.ndim):
        for name, reduced in (("sum", given.sum(axis=axis)), ("mean", given.mean(axis=axis))):
            if reduced.size == reference.size and context.near(reduced.reshape(reference.shape), reference):
                return f"{what}: the {name} over axis {axis} (the batch) is missing"
    return what


def _shape(x: Array) -> str:
    return "×".join(map(str, x.shape)) or "scalar"


def _not_finite(given: Array) -> str:
    kind = "NaN" if np.isnan(given).any() else "infinite"
    bad = ~np.isfinite(given)
    if bad.all():
        return f"is {kind} everywhere"
    return f"is {kind} {_where(bad)}"


# The whole array


def _whole(given: Array, reference: Array, context: Context) -> str:
    if not given.any():
        return "is zero everywhere"
    for find in (_factor, _rearranged):
        words = find(given, reference, context)
        if words:
            return words
    return ""


def _factor(given: Array, reference: Array, context: Context) -> str:
    factor = ratio(given, reference, context)
    if factor is None or (given.size < 2 and simple(factor, context.closeness) is None):
        return ""
    if factor == -1:
        return "has the wrong sign"
    sign = "has the wrong sign and " if factor < 0 else ""
    return f"{sign}is {factor_words(abs(factor), context)} what it should be{_batch(abs(factor), context)}"


def ratio(given: Array, reference: Array, context: Context) -> float | None:
    """The number that ``reference`` is multiplied by, the simple fraction if it is near one; None if there is none."""
    square = float((reference * reference).sum())
    if square == 0 or not np.isfinite(square):
        return None
    factor = float((given * reference).sum()) / square
    if factor == 0 or not context.near(given / factor, reference):
        return None
    fraction = simple(factor, context.closeness)
    return float(fraction) if fraction is not None else factor


def simple(factor: float, closeness: float = 1e-6) -> Fraction | None:
    """The fraction of small numbers, the whole number, or the inverse of one that a number is."""
    whole, inverse = Fraction(round(factor)), round(1 / factor) if factor else 0
    candidates = [Fraction(factor).limit_denominator(12), whole, Fraction(1, inverse) if inverse else whole]
    near = (x for x in candidates if x and abs(float(x) - factor) <= closeness * abs(factor))
    return next(near, None)


def factor_words(factor: float, context: Context) -> str:
    """``2 times``, ``1/3 of``, ``1.0003 times``."""
    fraction = simple(factor, context.closeness)
    if fraction is None:
        return f"{factor:.9g} times"
    return f"{fraction} times" if fraction > 1 else f"{fraction} of"


def _batch(factor: float, context: Context) -> str:
    """A factor 1/B or B for a number B of rows or columns of an input."""
    sizes = [(name, axis, n) for name, x in context.inputs.items() for axis, n in enumerate(x.shape) if n > 1]
    for name, axis, n in sizes:
        lines = ("rows", "columns")[axis] if axis < 2 else f"entries along axis {axis}"
        for target, taken, wanted in ((1 / n, "mean", "sum"), (n, "sum", "mean")):
            if abs(factor - target) <= 1e-6 * target:
                return f"; {name} has {n} {lines}: is it the {taken} over a batch in place of the {wanted}?"
    whole = simple(1 / factor)
    if whole is not None and whole.denominator == 1 and whole > 2:
        return f"; is it the mean over {whole} cases in place of the sum?"
    return ""


def _rearranged(given: Array, reference: Array, context: Context) -> str:
    if given.ndim == 2 and given.shape[0] == given.shape[1] and context.near(given.T, reference):
        return "is transposed"
    for order in list(permutations(range(given.ndim)))[1:24] if given.ndim > 2 else []:
        if given.transpose(order).shape == reference.shape and context.near(given.transpose(order), reference):
            return f"has its axes permuted: transpose{order} of it is right"
    for axis in range(given.ndim):
        if given.shape[axis] > 1 and context.near(np.flip(given, axis), reference):
            return f"is reversed along axis {axis}"
        for words in _moved(given, reference, axis, context):
            return words
    return ""


def _moved(given: Array, reference: Array, axis: int, context: Context) -> Iterator[str]:
    for shift in (1, -1):
        if given.shape[axis] > 2 and context.near(np.roll(given, -shift, axis), reference):
            yield f"is shifted by one along axis {axis}"
    for count in (2, 3, 4):
        if given.shape[axis] % count or given.shape[axis] == count:
            continue
        blocks = np.split(given, count, axis)
        for first, second in combinations(range(count), 2):
            order = list(range(count))
            order[first], order[second] = second, first
            if context.near(np.concatenate([blocks[k] for k in order], axis), reference):
                which = f"{first + 1} and {second + 1} of {count} along axis {axis}"
                yield f"has blocks {which} exchanged (the order of the gates?)"


# A part of the array


def wrong_part(given: Array, reference: Array, context: Context) -> str:
    """Rows, columns, blocks or entries to which the mistake is confined, and what it is there; empty for none."""
    if given.ndim == 0:
        return ""
    wrong = differing(given, reference, context)
    sets = [np.unique(index) for index in np.nonzero(wrong)]
    if not wrong.any():
        return ""
    if all(len(s) == n for s, n in zip(sets, given.shape, strict=True)):
        return _scattered(given - reference, wrong, context)
    box = np.ix_(*sets)
    inside, expected = given[box], reference[box]
    words = _whole(inside, expected, context)
    if not words:
        words = constant_gap(inside, expected, context)
    return f"is right but {_where(wrong)}" + (f", where it {words}" if words else "")


def _scattered(gap: Array, wrong: Array, context: Context) -> str:
    """A few entries all over the array that are off by one amount."""
    off = gap[wrong]
    if 2 * off.size > gap.size or not context.near(off, np.full(off.shape, off[0])):
        return ""
    each = gap.ndim == 2 and next((n for n, axis in (("row", 1), ("column", 0)) if (wrong.sum(axis) == 1).all()), "")
    hint = f", one in every {each} (a one-hot target?)" if each else ""
    return f"is right but in {off.size} entries{hint}, where it is off by {off[0]:.6g}"


def constant_gap(given: Array, reference: Array, context: Context) -> str:
    """The same amount too much in every entry."""
    gap = given - reference
    if gap.size < FEWEST or not context.near(gap, np.full(gap.shape, gap.flat[0])):
        return ""
    return f"is off by the same amount, {gap.flat[0]:.6g}, in every entry"


def differing(given: Array, reference: Array, context: Context) -> Array:
    """Which entries differ by more than the closeness, relative to the largest one."""
    scale = float(np.abs(reference).max(initial=0.0))
    return np.asarray(~(np.abs(given - reference) <= context.closeness * scale))


def _where(wrong: Array) -> str:
    """The smallest box around the marked entries, in words."""
    if wrong.sum() == 1:
        return f"at entry {_index(next(zip(*np.nonzero(wrong), strict=True)))}"
    parts = []
    for axis, index in enumerate(np.nonzero(wrong)):
        marked = np.unique(index)
        if len(marked) < wrong.shape[axis]:
            parts.append(_lines(marked, axis, wrong.shape[axis], wrong.ndim))
    return "in " + " and ".join(parts) if parts else "in entries all over the array"


def _index(index: Sequence[int]) -> str:
    return "[" + ", ".join(str(int(k)) for k in index) + "]"


def _lines(marked: Array, axis: int, length: int, rank: int) -> str:
    noun = "entries" if rank == 1 else ("rows", "columns")[axis] if rank == 2 else f"indices of axis {axis}:"
    first, last, count = int(marked[0]), int(marked[-1]), len(marked)
    if count == 1:
        one = {"entries": "entry", "rows": "row", "columns": "column"}.get(noun, f"index of axis {axis}:")
        return f"{one} {first}"
    if last - first + 1 != count:
        return f"{noun} {', '.join(map(str, marked.tolist()[:8]))}{', …' if count > 8 else ''}"
    blocks = length // count if length % count == 0 and first % count == 0 else 0
    part = f" (block {first // count + 1} of {blocks}, such as one gate)" if 2 <= blocks <= 4 else ""
    return f"{noun} {first} to {last}{part}"
