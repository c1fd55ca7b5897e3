"""Fingerprints: values of terms at a random point over a prime field.

The value of a function is a random field element that hangs on its argument and respects σ(−a) = 1 − σ(a),
tanh a = 2σ(2a) − 1, the parity of sin and cos and sin² + cos² = 1. Terms that are equal by these relations and the
laws of a field have equal fingerprints. The addition theorems of σ, exp, log, sin and cos and the laws of broken powers
cannot be respected; ``exact`` is False where one of them could matter, and then a mismatch is only a hint.
A match of two different terms of degree k has a probability of at most about k/2³¹ (Schwartz and Zippel).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from hashlib import blake2b

import numpy as np
import sympy

from derivations.errors import UsageError
from derivations.evaluate import Array, as_array, eliminate, evaluate, extents, work
from derivations.functions import FUNCTIONS
from derivations.operator_values import determinant_residue, inverse_residue
from derivations.terms import Apply, Labels, Operator, Power, Term, var
from derivations.traverse import dim_symbols, free_variables, postorder

PRIME = 2**31 - 1  # 3 modulo 4, so that −1 is no square and 1 + t² never zero
HALF = (PRIME + 1) // 2
MOST_DRAWS = 32
MOST_WORK = 5_000_000
INEXACT_FUNCTIONS = frozenset({"exp", "log", "sin", "cos", "step", "floor"})


class UnluckyPointError(Exception):
    """The point is unlucky: a division by zero, or the root of a non-residue."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The fingerprints of some terms, to be compared with each other only.

    With ``exact`` set, terms with different fingerprints are different.
    """

    prints: tuple[bytes, ...]
    exact: bool


def fingerprint(terms: Sequence[Term], seed: int) -> Fingerprints | None:
    """The fingerprints of ``terms`` at a common point.

    None where every point drawn divides by zero, where the arrays would be too large, or where a dimension is no
    positive integer at small sizes.
    """
    sizes = {symbol: 2 + place for place, symbol in enumerate(dim_symbols(terms))}
    if not _affordable(terms, sizes):
        return None
    for draw in range(MOST_DRAWS):
        field = Residues(f"{seed}:{draw}")
        try:
            found = evaluate(terms, field.point(terms, sizes), sizes, field)
        except UnluckyPointError:
            continue
        return Fingerprints(tuple(x.tobytes() for x in found), _respected(terms) and not field.has_related_arguments())
    return None


def _affordable(terms: Sequence[Term], sizes: Mapping[sympy.Symbol, int]) -> bool:
    try:
        return work(terms, sizes) <= MOST_WORK
    except UsageError:
        return False


def agree(left: Term, right: Term, seed: int) -> bool | None:
    """Whether two terms of one shape have equal fingerprints; None where a mismatch means nothing.

    Raises ValueError on different shapes.
    """
    if left.shape != right.shape:
        raise ValueError("terms of different shapes cannot be compared")
    if left is right:
        return True
    found = fingerprint([left, right], seed)
    if found is None:
        return None
    equal = found.prints[0] == found.prints[1]
    return equal if equal or found.exact else None


def _respected(terms: Sequence[Term]) -> bool:
    """Whether all relations between the functions that occur are respected."""
    return not any(
        (isinstance(term, Apply) and not _is_exact(term.function))
        or (isinstance(term, Power) and term.exponent.denominator != 1)
        or isinstance(term, Operator)
        for term in postorder(terms)
    )


def _is_exact(function: str) -> bool:
    return function not in INEXACT_FUNCTIONS and (function not in FUNCTIONS or not FUNCTIONS[function].definition)


@cache
def _definition(function: str) -> tuple[Term, Term] | None:
    """A variable and the function of it, written by other functions; None for a function that is not."""
    row = FUNCTIONS.get(function)
    argument = var("argument", "entries")
    return (argument, row.definition(argument)) if row and row.definition else None


class Residues:
    """Integers modulo a prime, as int64 arrays with entries below it. ``key`` seeds points and function values."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.arguments: list[Array] = []

    def point(self, terms: Sequence[Term], sizes: Mapping[sympy.Symbol, int]) -> dict[Term, Array]:
        """A random value for every variable, which hangs on nothing but the key, its name and its shape."""
        point: dict[Term, Array] = {}
        for variable in free_variables(terms):
            shape = extents(variable.shape, sizes)
            places = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
            point[variable] = self._hashed(f"variable {variable.name}", places)
        return point

    def array(self, entries: Array) -> Array:
        if entries.dtype != object:
            return entries.astype(np.int64) % PRIME
        return as_array(np.frompyfunc(_residue, 1, 1)(entries)).astype(np.int64)

    def combine(self, addends: Sequence[tuple[Fraction, Array]]) -> Array:
        total = np.zeros_like(addends[0][1])
        for value, x in addends:
            total = (total + x * _residue(value)) % PRIME
        return total

    def contract(self, operands: Sequence[Array], labels: Sequence[Labels], out: Labels) -> Array:
        return eliminate(operands, labels, out, lambda x: x % PRIME)

    def apply(self, function: str, x: Array) -> Array:
        if function == "tanh":
            return (2 * self._sigmoid(2 * x % PRIME) - 1) % PRIME
        if function == "sigma":
            return self._sigmoid(x)
        if function in ("sin", "cos"):
            return self._circle(function, x)
        if function == "exp":
            return np.where(x == 0, 1, self._hashed("exp", x))
        if function == "step":
            return self._step(x)
        written = _definition(function)
        return self._by_definition(*written, x) if written else self._hashed(function, x)

    def _by_definition(self, argument: Term, value: Term, x: Array) -> Array:
        sizes = dict.fromkeys(dim_symbols([argument]), x.size)
        return evaluate([value], {argument: x.reshape(-1)}, sizes, self)[0].reshape(x.shape)

    def _step(self, x: Array) -> Array:
        """A random bit with step(−a) = 1 − step(a) for a ≠ 0."""
        negative = x > PRIME // 2
        bit = self._hashed("step", np.where(negative, PRIME - x, x)) % 2
        return np.where(x == 0, 0, np.where(negative, 1 - bit, bit))

    def operate(self, name: str, x: Array) -> Array:
        """Inverse and determinant modulo the prime; the largest entry is the one that is first in a random order."""
        if name == "inverse":
            found = inverse_residue(x, PRIME)
            if found is None:
                raise UnluckyPointError
            return found
        if name == "det":
            return determinant_residue(x, PRIME)
        rank = self._hashed("order", x)
        one_hot = (rank == rank.max(axis=-1, keepdims=True)).astype(np.int64)
        if (one_hot.sum(axis=-1) > 1).any():
            raise UnluckyPointError
        return one_hot if name == "winner" else np.asarray((one_hot * x).sum(axis=-1))

    def power(self, x: Array, exponent: Fraction) -> Array:
        if exponent < 0:
            return _inverse(self.power(x, -exponent))
        if exponent.denominator == 1:
            return _power(x, exponent.numerator)
        if exponent.denominator == 2:
            return _power(_square_root(x), exponent.numerator)
        return _power(self._hashed(f"root {exponent.denominator}", x), exponent.numerator)

    def has_related_arguments(self) -> bool:
        """Whether an argument of σ is the sum or difference of two others: then σ(a + b) follows from σ(a), σ(b)."""
        if not self.arguments:
            return False
        found = np.unique(np.concatenate([x.ravel() for x in self.arguments]))
        found = found[found != 0]
        signed = np.concatenate([found, PRIME - found])
        sums = (found[:, None] + signed[None, :]) % PRIME
        return bool(np.isin(sums, found).any())

    def _sigmoid(self, x: Array) -> Array:
        negative = x > PRIME // 2
        size = np.where(negative, PRIME - x, x)
        self.arguments.append(size)
        value = np.where(x == 0, HALF, self._hashed("sigma", size))
        return np.where(negative, (1 - value) % PRIME, value)

    def _circle(self, function: str, x: Array) -> Array:
        """A point of the unit circle, (2t, 1 − t²)/(1 + t²), with t odd in x."""
        negative = x > PRIME // 2
        t = np.where(x == 0, 0, self._hashed("circle", np.where(negative, PRIME - x, x)))
        t = np.where(negative, (PRIME - t) % PRIME, t)
        square = t * t % PRIME
        over = 2 * t if function == "sin" else 1 - square
        return over % PRIME * _inverse(1 + square) % PRIME

    def _hashed(self, name: str, x: Array) -> Array:
        """A random function of the entries (the finalizer of SplitMix64 on a keyed entry)."""
        key = int.from_bytes(blake2b(f"{self.key}|{name}".encode(), digest_size=8).digest(), "big")
        z = x.reshape(-1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(key)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        return ((z ^ (z >> np.uint64(31))) % np.uint64(PRIME)).astype(np.int64).reshape(x.shape)


def _residue(value: Fraction | int) -> int:
    number = Fraction(value)
    if number.denominator % PRIME == 0:
        raise UnluckyPointError
    return number.numerator * pow(number.denominator, -1, PRIME) % PRIME


def _bits(exponent: int) -> Iterator[bool]:
    return (digit == "1" for digit in f"{exponent:b}")


def _power(x: Array, exponent: int) -> Array:
    result = np.ones_like(x)
    for bit in _bits(exponent):
        result = result * result % PRIME
        result = result * x % PRIME if bit else result
    return result


def _inverse(x: Array) -> Array:
    if not x.all():
        raise UnluckyPointError
    return _power(x, PRIME - 2)


def _square_root(x: Array) -> Array:
    root = _power(x, (PRIME + 1) // 4)
    if (root * root % PRIME != x).any():
        raise UnluckyPointError
    return root
