"""Values of terms over several number domains, by one evaluator.

A :class:`Domain` knows arrays of one kind of number: float64 (:class:`Floats`), balls of rigorous interval arithmetic
(:class:`Balls`), exact rationals (:class:`Rationals`), residues (:mod:`derivations.fingerprint`), torch tensors
(:mod:`numeric.torch_domain`). The walk over the DAG, the shapes and the sizes are the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from math import inf, prod
from random import Random
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
import sympy
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

from derivations.errors import InternalError, UsageError
from derivations.functions import FUNCTIONS
from derivations.operator_values import BALLS, EXACT, FLOATS
from derivations.patterns import entries as pattern_entries
from derivations.terms import (
    Apply,
    Block,
    Delta,
    Dim,
    Labels,
    Operator,
    Pattern,
    Power,
    Product,
    Shape,
    Size,
    Sum,
    Term,
)
from derivations.traverse import postorder

Array: TypeAlias = NDArray[Any]
Sizes: TypeAlias = Mapping[sympy.Symbol, int]
A = TypeVar("A")


class Domain(Protocol[A]):
    """Arithmetic on arrays of one kind of number."""

    def array(self, entries: Array) -> A:
        """Exact numbers (integers or Fractions) as an array of the same shape."""

    def combine(self, addends: Sequence[tuple[Fraction, A]]) -> A:
        """A linear combination of at least one array, all of one shape."""

    def contract(self, operands: Sequence[A], labels: Sequence[Labels], out: Labels) -> A:
        """The Einstein sum; every label of ``out`` is carried by an operand, and none occurs twice in it."""

    def apply(self, function: str, x: A) -> A:
        """An elementwise function of :data:`FUNCTIONS`, or a generic one."""

    def power(self, x: A, exponent: Fraction) -> A:
        """Every entry raised to a rational exponent."""

    def operate(self, name: str, x: A) -> A:
        """An operator of :data:`~derivations.operators.OPERATORS`."""


def evaluate(roots: Sequence[Term], values: Mapping[Term, A], sizes: Sizes, domain: Domain[A]) -> list[A]:
    """The values of ``roots``, shared nodes once.

    ``values`` gives every variable as an array of the domain. Raises UsageError where a variable or a size is missing
    or a dimension is no positive integer.
    """
    known: dict[Term, A] = {}
    with np.errstate(all="ignore"):
        for term in postorder(roots):
            known[term] = values[term] if term in values else node_value(term, known, sizes, domain)
    return [known[root] for root in roots]


def node_value(term: Term, known: Mapping[Term, A], sizes: Sizes, domain: Domain[A]) -> A:
    """The value of one term other than a variable, from the values of its children."""
    if isinstance(term, Product):
        return _contraction(term, known, sizes, domain)
    if isinstance(term, Sum) and term.addends:
        return domain.combine([(value, known[addend]) for value, addend in term.addends])
    if isinstance(term, Apply):
        return domain.apply(term.function, known[term.argument])
    if isinstance(term, Power):
        return domain.power(known[term.base], term.exponent)
    if isinstance(term, Operator):
        return domain.operate(term.name, known[term.argument])
    return domain.array(_constant(term, sizes))


def _contraction(term: Product, known: Mapping[Term, A], sizes: Sizes, domain: Domain[A]) -> A:
    """Axes that no factor carries become factors of ones."""
    carried = {label for _, labels in term.factors for label in labels}
    spread = [label for label in range(term.rank) if label not in carried]
    operands = [known[factor] for factor, _ in term.factors]
    operands += [domain.array(np.ones(extent(term.shape[label], sizes), dtype=int)) for label in spread]
    if not operands:
        return domain.array(np.ones((), dtype=int))
    labels = [labels for _, labels in term.factors] + [(label,) for label in spread]
    return domain.contract(operands, labels, tuple(range(term.rank)))


def _constant(term: Term, sizes: Sizes) -> Array:
    if isinstance(term, Delta):
        return np.eye(extent(term.shape[0], sizes), dtype=int)
    if isinstance(term, Block):
        parts = extents(term.parts, sizes)
        return np.eye(sum(parts), parts[term.place], -sum(parts[: term.place]), dtype=int)
    if isinstance(term, Pattern):
        params = [int(_measure(param, sizes)) for param in term.params]
        return pattern_entries(term.family, extents(term.shape, sizes), params)
    if isinstance(term, Size):
        return exact_array([_measure(term.dim, sizes)], ())
    if isinstance(term, Sum):
        return np.zeros(extents(term.shape, sizes), dtype=int)
    raise UsageError(f"no value is given for {getattr(term, 'name', term)}")


def extents(shape: Shape, sizes: Sizes) -> tuple[int, ...]:
    """A shape in numbers. Raises UsageError like :func:`extent`."""
    return tuple(extent(dim, sizes) for dim in shape)


def extent(dim: Dim, sizes: Sizes) -> int:
    """A dimension as a number. Raises UsageError where it is not a positive integer."""
    value = sizes[dim] if dim in sizes else _measure(dim, sizes)
    if value.denominator != 1 or value < 1:
        raise UsageError(f"the dimension {dim} would be {value}")
    return int(value)


def work(roots: Sequence[Term], sizes: Sizes) -> int:
    """About how many multiplications an evaluation takes: the index ranges of all nodes together."""
    return work_of(postorder(roots), sizes)


def work_of(terms: Iterable[Term], sizes: Sizes) -> int:
    """The same for these nodes alone."""
    total = 0
    for term in terms:
        if isinstance(term, Block):
            extents(term.parts, sizes)
        total += prod(extents(term.label_dims if isinstance(term, Product) else term.shape, sizes))
    return total


def _measure(dim: Dim, sizes: Sizes) -> Fraction:
    return _measured(dim, tuple(sizes.items()))


@lru_cache(maxsize=4096)
def _measured(dim: Dim, sizes: tuple[tuple[sympy.Symbol, int], ...]) -> Fraction:
    value = dim.xreplace({symbol: sympy.Integer(number) for symbol, number in sizes})
    if not value.is_Rational:
        raise UsageError(f"no size is given for {', '.join(sorted(map(str, value.free_symbols))) or dim}")
    return Fraction(int(value.p), int(value.q))


def exact_array(entries: Sequence[Any], shape: tuple[int, ...]) -> Array:
    """An object array from its entries in C order."""
    result = np.empty(len(entries), dtype=object)
    result[:] = entries
    return result.reshape(shape)


# Einstein sums of anything that multiplies and adds


def eliminate(
    operands: Sequence[Array], labels: Sequence[Labels], out: Labels, tidy: Callable[[Array], Array]
) -> Array:
    """The Einstein sum by eliminating one summed label after the other, the cheapest first.

    ``tidy`` is applied after every product and every sum (reduction by a modulus).
    """
    pending = [_without_twins(x, own) for x, own in zip(operands, labels, strict=True)]
    summed = {label for _, own in pending for label in own} - set(out)
    while summed:
        label = min(summed, key=lambda x: (len({y for _, own in pending if x in own for y in own}), x))
        summed.remove(label)
        product, own = _multiplied([pair for pair in pending if label in pair[1]], tidy)
        pending = [pair for pair in pending if label not in pair[1]]
        axis = own.index(label)
        pending.append((tidy(as_array(product.sum(axis=axis))), own[:axis] + own[axis + 1 :]))
    result, own = _multiplied(pending, tidy)
    return result.transpose([own.index(label) for label in out])


def as_array(x: Any) -> Array:
    """An array from what NumPy returns: it turns arrays of rank 0 into bare numbers."""
    if isinstance(x, np.ndarray | np.generic):
        return np.asarray(x)  # keeps the machine type, which an array of objects would lose
    return exact_array([x], ())


def _without_twins(x: Array, labels: Labels) -> tuple[Array, Labels]:
    """Repeated labels of one operand replaced by its diagonal."""
    for axis, label in enumerate(labels):
        first = labels.index(label)
        if first < axis:
            rest = tuple(y for k, y in enumerate(labels) if k not in (first, axis))
            return _without_twins(np.diagonal(x, axis1=first, axis2=axis), (*rest, label))
    return x, labels


def _multiplied(pairs: Sequence[tuple[Array, Labels]], tidy: Callable[[Array], Array]) -> tuple[Array, Labels]:
    labels = tuple(dict.fromkeys(label for _, own in pairs for label in own))
    aligned = [_aligned(x, own, labels) for x, own in pairs]
    return reduce(lambda x, y: tidy(as_array(x * y)), aligned), labels


def _aligned(x: Array, own: Labels, labels: Labels) -> Array:
    if own == labels:
        return x
    order = [own.index(label) for label in labels if label in own]
    return as_array(x.transpose(order)[tuple(slice(None) if label in own else None for label in labels)])


# Generic functions


@dataclass(frozen=True, slots=True)
class Generic:
    """A fixed smooth stand-in for a function of which nothing is known: f(x) = a·x + b/(1 + (x − c)²).

    It and all its derivatives are rational functions without poles on the real line.
    """

    slope: Fraction
    height: Fraction
    shift: Fraction

    def __str__(self) -> str:
        sign = "-" if self.shift > 0 else "+"
        return f"x ↦ ({self.slope})·x + ({self.height})/(1 + (x {sign} {abs(self.shift)})²)"

    def value(self, x: Any, order: int, number: Callable[[Fraction], Any]) -> Any:
        """The derivative of the given order, for anything with arithmetic.

        g = 1/w with w = 1 + u² satisfies w·g⁽ⁿ⁾ + 2n·u·g⁽ⁿ⁻¹⁾ + n(n−1)·g⁽ⁿ⁻²⁾ = 0 (Leibniz's rule on w·g = 1).
        """
        u = x - number(self.shift)
        inverse = (u * u + number(Fraction(1))) ** -1
        before, now = inverse * number(Fraction(0)), inverse
        for n in range(1, order + 1):
            pulled = u * now * number(Fraction(-2 * n)) - before * number(Fraction(n * (n - 1)))
            before, now = now, pulled * inverse
        linear = x * number(self.slope) if order == 0 else number(self.slope if order == 1 else Fraction(0))
        return now * number(self.height) + linear


def generic(function: str, seed: int) -> tuple[Generic, int]:
    """The stand-in for a generic function and the order of derivative that its primes ask for."""
    base = function.rstrip("'")
    if base in FUNCTIONS:
        raise InternalError(f"the derivative {function} must be written out")
    random = Random(f"{seed}:{base}")
    halves = [Fraction(k, 2) for k in range(-4, 5) if k]
    return Generic(random.choice(halves), random.choice(halves), random.choice(halves)), len(function) - len(base)


# Domains


def as_float(value: Fraction) -> float:
    """A rational number in float64, infinite where it is too large."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


class Floats:
    """float64 arrays of NumPy; contraction by :func:`numpy.einsum`. Undefined values become NaN."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def array(self, entries: Array) -> Array:
        return entries.astype(float)

    def combine(self, addends: Sequence[tuple[Fraction, Array]]) -> Array:
        return np.asarray(reduce(np.add, [x if value == 1 else x * as_float(value) for value, x in addends]))

    def contract(self, operands: Sequence[Array], labels: Sequence[Labels], out: Labels) -> Array:
        arguments = [part for pair in zip(operands, labels, strict=True) for part in pair]
        return np.asarray(np.einsum(*arguments, out))

    def apply(self, function: str, x: Array) -> Array:
        row = FUNCTIONS.get(function)
        if row:
            return np.asarray(row.real(x))
        stand_in, order = generic(function, self.seed)
        return np.asarray(stand_in.value(x, order, float))

    def power(self, x: Array, exponent: Fraction) -> Array:
        return np.asarray(np.power(x, float(exponent)))

    def operate(self, name: str, x: Array) -> Array:
        return FLOATS[name](x)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """The working precision of balls; the former one is put back in any case."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


class _Objects:
    """Object arrays of numbers with exact or enclosing arithmetic."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def number(self, value: Fraction) -> Any:
        return fmpq(*value.as_integer_ratio())

    def array(self, entries: Array) -> Array:
        return self._each(self.number, entries.astype(object))

    def combine(self, addends: Sequence[tuple[Fraction, Array]]) -> Array:
        return as_array(reduce(np.add, [x if value == 1 else x * self.number(value) for value, x in addends]))

    def contract(self, operands: Sequence[Array], labels: Sequence[Labels], out: Labels) -> Array:
        return eliminate(operands, labels, out, as_array)

    def apply(self, function: str, x: Array) -> Array:
        if function in FUNCTIONS:
            return self._each(lambda entry: self._function(function, entry), x)
        stand_in, order = generic(function, self.seed)
        return self._each(lambda entry: stand_in.value(entry, order, self.number), x)

    def power(self, x: Array, exponent: Fraction) -> Array:
        return self._each(lambda entry: self._power(entry, exponent), x)

    def operate(self, name: str, x: Array) -> Array:
        return BALLS[name](x)

    def _each(self, act: Callable[[Any], Any], x: Array) -> Array:
        return as_array(np.frompyfunc(act, 1, 1)(x))

    def _function(self, function: str, x: Any) -> Any:
        raise NotImplementedError

    def _power(self, x: Any, exponent: Fraction) -> Any:
        raise NotImplementedError


class Balls(_Objects):
    """Real balls, which enclose the true value; to be used inside :func:`precision`. Undefined values are NaN."""

    def number(self, value: Fraction) -> arb:
        return arb(super().number(value))

    def _function(self, function: str, x: arb) -> arb:
        return FUNCTIONS[function].ball(x)

    def _power(self, x: arb, exponent: Fraction) -> arb:
        root = x if exponent.denominator == 1 else x.root(exponent.denominator)
        return root**exponent.numerator


class Unknown:
    """A real number that is not known to be rational. It swallows all arithmetic but a product with zero."""

    def _swallow(self, other: object = None) -> Unknown:
        return self

    def _times(self, other: object) -> object:
        return other if not isinstance(other, Unknown) and other == 0 else self

    __add__ = __radd__ = __sub__ = __rsub__ = __truediv__ = __rtruediv__ = __pow__ = __neg__ = _swallow
    __mul__ = __rmul__ = _times


UNKNOWN = Unknown()
_LOG_OF_ONE = fmpq(0)


class Rationals(_Objects):
    """Exact rationals; entries that have no rational value, or no value at all, are :data:`UNKNOWN`.

    Whether an unknown entry is defined at all must be known from elsewhere (from a finite ball).
    """

    def _function(self, function: str, x: Any) -> Any:
        row = FUNCTIONS[function]
        if isinstance(x, Unknown):
            return UNKNOWN
        if row.exact is not None:
            return row.exact(x)
        if x == 0 and row.at_zero is not None:
            return self.number(row.at_zero)
        return _LOG_OF_ONE if function == "log" and x == 1 else UNKNOWN

    def operate(self, name: str, x: Array) -> Array:
        known = not any(isinstance(entry, Unknown) for entry in x.flat)
        found = EXACT[name](x) if known else None
        if found is not None:
            return found
        shape = {"det": (), "max": x.shape[:-1]}.get(name, x.shape)
        return exact_array([UNKNOWN] * prod(shape), shape)

    def _power(self, x: Any, exponent: Fraction) -> Any:
        if isinstance(x, Unknown) or (x == 0 and exponent < 0):
            return UNKNOWN
        root = x if exponent.denominator == 1 else _exact_root(x, exponent.denominator)
        return root if isinstance(root, Unknown) else root**exponent.numerator


def _exact_root(x: fmpq, degree: int) -> Any:
    if x < 0:
        return UNKNOWN
    over, exact_over = sympy.integer_nthroot(int(x.p), degree)
    under, exact_under = sympy.integer_nthroot(int(x.q), degree)
    return fmpq(int(over), int(under)) if exact_over and exact_under else UNKNOWN
