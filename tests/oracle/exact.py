"""The second judge of truth: exact arithmetic, in a model of the real field where all values are known.

What follows from the laws of fields, exp(a + b) = exp(a)·exp(b), log(a·b) = log a + log b and (√q)² = q is true in
every such model (:mod:`oracle.numbers`); what does not is false at almost all points. Variables are random rationals,
derivatives are those of dual numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from random import Random
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from oracle.numbers import ONE, PRIMES, ZERO, AbstainError, Dual, Model, both, inverse
from oracle.trees import Tree

Array = NDArray[Any]


class ExactPoint:
    """Random rationals for all variables at some sizes; the values of trees are kept."""

    def __init__(self, seed: int, sizes: Mapping[str, int], model: Model | None = None) -> None:
        self.seed = seed
        self.sizes = sizes
        self.model = model or Model()
        self.known: dict[Tree, Array] = {}

    def extent(self, dim: str) -> int:
        return sum(self.sizes[part] for part in dim.split("+"))

    def full(self, tree: Tree) -> tuple[int, ...]:
        return tuple(map(self.extent, tree.shape))

    def copy(self) -> ExactPoint:
        """A point with the same values, so that what is asked of it leaves no trace in this one."""
        result = ExactPoint(self.seed, self.sizes, self.model.copy())
        result.known = dict(self.known)
        return result

    def value(self, tree: Tree) -> Array:
        """The value of a tree. Raises AbstainError."""
        if tree not in self.known:
            if tree.op == "grad":
                self.known[tree] = self._gradient(*tree.children)
            else:
                found = OPERATIONS[tree.op](self, tree, [self.value(child) for child in tree.children])
                self.known[tree] = _array(found)
        return self.known[tree]

    def _gradient(self, output: Tree, by: Tree) -> Array:
        base = self.value(by)
        result = np.empty(base.shape, dtype=object)
        for place in np.ndindex(base.shape):
            moved = base.copy()
            moved[place] = Dual(base[place], ONE)
            inner = ExactPoint(self.seed, self.sizes, self.model)
            inner.known[by] = moved
            result[place] = both(inner.value(output)[()])[1]
        return result

    def draw(self, tree: Tree) -> Array:
        name, _, positive = tree.value
        random = Random(f"{self.seed}|{name}")
        result = np.empty(self.full(tree), dtype=object)
        for place in np.ndindex(result.shape):
            sign = 1 if positive else random.choice((1, -1))
            result[place] = fmpq(sign * random.randint(100, 1999), random.choice(PRIMES))
        return result

    def function(self, name: str, x: Any) -> Any:
        if not isinstance(x, Dual):
            return VALUES[name](self, x)
        return Dual(self.function(name, x.value), SLOPES[name](self, x.value) * x.slope)

    def power(self, x: Any, exponent: Fraction) -> Any:
        if isinstance(x, Dual):
            slope = self.power(x.value, exponent - 1) * number(exponent) * x.slope
            return Dual(self.power(x.value, exponent), slope)
        if exponent.denominator == 2:
            return self.power(self.model.root(x), exponent * 2)
        if exponent.denominator != 1 or abs(exponent) > 12:
            raise AbstainError
        base, result = (x if exponent > 0 else inverse(x)), ONE
        for _ in range(abs(int(exponent))):
            result = result * base
        return result


def number(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _sigmoid(point: ExactPoint, x: Any) -> Any:
    t = point.model.exp(x)
    return t / (1 + t)


def _tanh(point: ExactPoint, x: Any) -> Any:
    t = point.model.exp(x * 2)
    return (t - 1) / (t + 1)


def _bump(x: Any, slope: bool) -> Any:
    """f(x) = 3x/2 − 2/(1 + (x − 1/3)²), which stands for any function, and its derivative."""
    u = x + fmpq(-1, 3)
    w = inverse(u * u + 1)
    return fmpq(3, 2) + u * w * w * 4 if slope else x * fmpq(3, 2) + w * -2


def _bump_curvature(x: Any) -> Any:
    u = x + fmpq(-1, 3)
    w = inverse(u * u + 1)
    return w * w * 4 + u * u * w * w * w * -16


def _step(point: ExactPoint, x: Any) -> fmpq:
    if not isinstance(x, fmpq):
        raise AbstainError
    return fmpq(int(x > 0))


Function = Callable[[ExactPoint, Any], Any]
VALUES: dict[str, Function] = {
    "exp": lambda p, x: p.model.exp(x),
    "log": lambda p, x: p.model.log(x),
    "sigma": _sigmoid,
    "tanh": _tanh,
    "softplus": lambda p, x: p.model.log(1 + p.model.exp(x)),
    "step": _step,
    "relu": lambda p, x: x * _step(p, x),
    "f": lambda p, x: _bump(x, False),
    "f'": lambda p, x: _bump(x, True),
}
SLOPES: dict[str, Function] = {
    "exp": lambda p, x: p.model.exp(x),
    "log": lambda p, x: inverse(x),
    "sigma": lambda p, x: _sigmoid(p, x) * (1 - _sigmoid(p, x)),
    "tanh": lambda p, x: 1 - _tanh(p, x) * _tanh(p, x),
    "softplus": _sigmoid,
    "step": lambda p, x: ZERO,
    "relu": _step,
    "f": lambda p, x: _bump(x, True),
    "f'": lambda p, x: _bump_curvature(x),
}


def _array(x: Any) -> Array:
    if isinstance(x, np.ndarray):
        return x
    result = np.empty((), dtype=object)
    result[()] = x
    return result


def _each(act: Callable[[Any], Any], x: Array) -> Array:
    return _array(np.frompyfunc(act, 1, 1)(x))


def _had(point: ExactPoint, tree: Tree, c: list[Array]) -> Array:
    result = c[0]
    for x in c[1:]:
        result = _array(result * x)
    return np.broadcast_to(result, point.full(tree))


def _ein(point: ExactPoint, tree: Tree, c: list[Array]) -> Array:
    return _array(np.einsum(tree.value, *c))


def _eliminated(x: Array) -> tuple[Any, Array]:
    """The determinant and the inverse by Gauss and Jordan."""
    n = len(x)
    rows = [[*row, *(ONE if i == j else ZERO for j in range(n))] for i, row in enumerate(x)]
    det: Any = ONE
    for column in range(n):
        pivot = next((r for r in range(column, n) if rows[r][column] != 0), None)
        if pivot is None:
            raise AbstainError
        if pivot != column:
            rows[pivot], rows[column] = rows[column], rows[pivot]
            det = det * -1
        head = rows[column][column]
        det, factor = det * head, inverse(head)
        rows[column] = [entry * factor for entry in rows[column]]
        for r in range(n):
            if r != column:
                lead = rows[r][column] * -1
                rows[r] = [a + b * lead for a, b in zip(rows[r], rows[column], strict=True)]
    return det, np.array([row[n:] for row in rows], dtype=object)


def _diag(point: ExactPoint, tree: Tree, c: list[Array]) -> Array:
    result = np.full((len(c[0]),) * 2, ZERO, dtype=object)
    for k, entry in enumerate(c[0]):
        result[k, k] = entry
    return result


def _eye(point: ExactPoint, tree: Tree, c: list[Array]) -> Array:
    return _diag(point, tree, [np.full(point.extent(tree.value), ONE, dtype=object)])


OPERATIONS: dict[str, Callable[[ExactPoint, Tree, list[Array]], Any]] = {
    "var": lambda p, t, c: p.draw(t),
    "num": lambda p, t, c: number(t.value),
    "size": lambda p, t, c: fmpq(p.extent(t.value)),
    "eye": _eye,
    "ones": lambda p, t, c: np.full(p.full(t), ONE, dtype=object),
    "add": lambda p, t, c: reduce(lambda x, y: _array(x + y), c),
    "scale": lambda p, t, c: c[0] * number(t.value),
    "fun": lambda p, t, c: _each(lambda x: p.function(t.value, x), c[0]),
    "pow": lambda p, t, c: _each(lambda x: p.power(x, t.value), c[0]),
    "had": _had,
    "dot": lambda p, t, c: np.dot(c[0], c[1]),
    "outer": lambda p, t, c: np.multiply.outer(c[0], c[1]),
    "T": lambda p, t, c: c[0].T,
    "diag": _diag,
    "diagonal": lambda p, t, c: np.diagonal(c[0]),
    "trace": lambda p, t, c: np.trace(c[0]),
    "det": lambda p, t, c: _eliminated(c[0])[0],
    "inv": lambda p, t, c: _eliminated(c[0])[1],
    "total": lambda p, t, c: c[0].sum(),
    "rowsum": lambda p, t, c: c[0].sum(axis=1),
    "rows": lambda p, t, c: np.broadcast_to(c[0], p.full(t)),
    "cols": lambda p, t, c: np.broadcast_to(c[0][:, None], p.full(t)),
    "cat": lambda p, t, c: np.concatenate(c),
    "ein": _ein,
}


def same(point: ExactPoint, left: Tree, right: Tree) -> bool | None:
    """Whether two trees are exactly equal at the point; None where one has no value in the model."""
    try:
        a, b = point.value(left), point.value(right)
    except (AbstainError, ZeroDivisionError):
        return None
    return all(bool(x == y) for x, y in zip(a.flat, b.flat, strict=True))
