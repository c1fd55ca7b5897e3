"""Searching for what a wrong gradient was multiplied by or added to: slopes, factors, terms made of the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, permutations

import numpy as np

from derivations.evaluate import Array
from numeric.diagnosis import FEWEST, Context, constant_gap, plain_slip, ratio, wrong_part

MOST_CANDIDATES = 40
Elementwise = Callable[[Array], Array]


def _logistic(x: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


SLOPES: dict[str, Elementwise] = {
    "{}": lambda x: x,
    "σ({0})(1 − σ({0}))": lambda x: _logistic(x) * (1 - _logistic(x)),
    "1 − tanh²({})": lambda x: 1 - np.tanh(x) ** 2,
    "{0}(1 − {0})": lambda x: x * (1 - x),
    "1 − {}²": lambda x: 1 - x**2,
    "σ({})": _logistic,
    "1 − σ({})": lambda x: 1 - _logistic(x),
    "tanh({})": np.tanh,
    "1 − {}": lambda x: 1 - x,
    "step({})": lambda x: (x > 0).astype(float),
}


def diagnose(given: Array, reference: Array, context: Context) -> str:
    """Where ``given`` departs from ``reference`` and how; empty where no finding explains it."""
    return (
        plain_slip(given, reference, context)
        or wrong_part(given, reference, context)
        or searched_slip(given, reference, context)
    )


def searched_slip(given: Array, reference: Array, context: Context) -> str:
    """A term or a factor that is made of the inputs."""
    return next((words for find in SEARCHES if (words := find(given, reference, context))), "")


def _additive(given: Array, reference: Array, context: Context) -> str:
    gap = given - reference
    for name, x in context.inputs.items():
        if x.shape != gap.shape or x.size < FEWEST:
            continue
        factor = ratio(gap, x.astype(float), context)
        if factor is not None:
            verb = "a term too much" if factor > 0 else "misses a term"
            return f"has {verb}: {abs(factor):.6g}·{name}" if factor > 0 else f"{verb}: {abs(factor):.6g}·{name}"
    return ""


def _slope(given: Array, reference: Array, context: Context) -> str:
    """given = reference · p/q for two slopes p and q of one candidate, where one of them may be 1."""
    for name, x in _candidates(context.inputs):
        for spread in _spreads(x, given.shape):
            with np.errstate(all="ignore"):
                values = {form.format(name): act(spread) for form, act in SLOPES.items()}
            words = _exchanged(given, reference, values, context)
            if words:
                return words
    return ""


def _exchanged(given: Array, reference: Array, values: dict[str, Array], context: Context) -> str:
    usable = {n: v for n, v in values.items() if np.isfinite(v).all() and np.ptp(v) > 1e-3 * np.abs(v).max()}
    for name, p in usable.items():
        if _proportional(given * p, reference, context):
            return f"lacks a factor {name}"
        if _proportional(given, reference * p, context):
            return f"has a factor {name} too much"
    for wrong, p in usable.items():
        for right, q in usable.items():
            if wrong != right and context.near(given * q, reference * p):
                return f"has the slope {wrong} where {right} belongs"
    return ""


def _proportional(left: Array, right: Array, context: Context) -> bool:
    return context.near(left, right) and int((np.abs(right) > 0).sum()) >= FEWEST


def _candidates(inputs: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """The inputs, their matrix products, and all products of one shape together with the biases: pre-activations."""
    found = [(name, x.astype(float)) for name, x in inputs.items() if x.size > 1]
    yield from found[:MOST_CANDIDATES]
    sums: dict[tuple[int, ...], list[tuple[str, Array]]] = {}
    for (left, a), (right, b) in permutations(found[:MOST_CANDIDATES], 2):
        for name, x, y in ((f"{left} {right}", a, b), (f"{left}ᵀ {right}", a.T, b), (f"{left} {right}ᵀ", a, b.T)):
            if x.ndim and y.ndim and x.ndim + y.ndim > 2 and x.ndim < 3 > y.ndim and x.shape[-1] == y.shape[0]:
                product = x @ y
                sums.setdefault(product.shape, []).append((name, product))
                yield name, product
    for shape, products in sums.items():
        yield from _biased(shape, products, found)


def _biased(
    shape: tuple[int, ...], products: list[tuple[str, Array]], found: list[tuple[str, Array]]
) -> Iterator[tuple[str, Array]]:
    biases = [(name, x) for name, x in found if x.ndim == 1 and shape and x.shape[0] in (shape[0], shape[-1])]
    for count in (1, 2):
        for chosen in combinations(products[:6], count):
            name, whole = " + ".join(n for n, _ in chosen), np.sum([x for _, x in chosen], axis=0)
            if count > 1:
                yield name, whole
            for bias, b in biases:
                for spread in _spreads(b, shape):
                    yield f"{name} + {bias}", whole + spread


def _spreads(x: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    """An array brought to a shape: as it is, a vector along the first axis or along the last."""
    if x.shape == shape:
        yield x
    elif x.ndim == 1 and len(shape) == 2:
        if x.shape[0] == shape[0]:
            yield np.broadcast_to(x[:, None], shape)
        if x.shape[0] == shape[1]:
            yield np.broadcast_to(x, shape)


def _outer(given: Array, reference: Array, context: Context) -> str:
    """The gap is one outer product: a term of a sum over time or over a batch."""
    gap = given - reference
    if gap.ndim != 2 or min(gap.shape) < 2:
        return ""
    left, values, right = np.linalg.svd(gap)
    if values[1] > context.closeness * values[0]:
        return ""
    named = [
        f"{side} {name}"
        for vector, side in ((right[0], "row vector"), (left[:, 0], "column vector"))
        for name, x in _vectors(context.inputs)
        if x.shape == vector.shape and _parallel(x, vector, context)
    ]
    along = f", with the {' and the '.join(named[:2])}" if named else ""
    return f"misses or has too much one outer product{along}: one term of a sum over time or over the batch"


def _vectors(inputs: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    for name, x in inputs.items():
        if x.ndim == 1:
            yield name, x.astype(float)
        if x.ndim == 2:
            yield from ((f"{name}[{k}]", row.astype(float)) for k, row in enumerate(x[:MOST_CANDIDATES]))
            yield from ((f"{name}[:, {k}]", row.astype(float)) for k, row in enumerate(x.T[:MOST_CANDIDATES]))


def _parallel(x: Array, y: Array, context: Context) -> bool:
    norms = float(np.linalg.norm(x) * np.linalg.norm(y))
    return norms > 0 and len(x) > 1 and abs(abs(float(x @ y)) / norms - 1) <= context.closeness


def _by_line(given: Array, reference: Array, context: Context) -> str:
    """Every row, or every column, is off by a factor of its own."""
    if given.ndim != 2 or min(given.shape) < 2:
        return ""
    for axis, noun in ((1, "row"), (0, "column")):
        squares = (reference**2).sum(axis=axis, keepdims=True)
        if not squares.all():
            continue
        factors = (given * reference).sum(axis=axis, keepdims=True) / squares
        if context.near(given, factors * reference):
            low, high = float(factors.min()), float(factors.max())
            hint = "lacks" if low >= 1 else "has too often or too small" if 0 <= low <= high <= 1 else "has a wrong"
            slope = "a slope such as σ(1 − σ) or 1 − tanh²"
            return f"is off by a factor in every {noun}, from {low:.3g} to {high:.3g}: it {hint} {slope}"
    return ""


SEARCHES = (constant_gap, _additive, _slope, _outer, _by_line)
