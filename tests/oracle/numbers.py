"""Exact numbers in a model of the real field: rationals, square roots, dual numbers, and the pair of exp and log.

Roots generate an extension ℚ(√q₁, √q₂, …), and exp is a homomorphism from sums to products: every argument that is no
small whole combination of former ones gets a new prime (to the fourth power, so that halves and quarters of it have
rational exponentials too). log is the inverse, from the factors of its argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

from flint import fmpq, fmpz

PRIMES = tuple(p for p in range(401, 1000) if fmpz(p).is_prime())
ZERO, ONE = fmpq(0), fmpq(1)
MOST_BITS = 160
MODULUS = 2**61 - 1
MULTIPLES = (1, 2, 3, 4, 6, 8, 16, -1, -2, -3, -4, -6, -8, -16)


class AbstainError(Exception):
    """The model has no value here: a division by zero, a root of a root, a number too large to be factored."""


def inverse(x: Any) -> Any:
    if x == 0:
        raise AbstainError
    return ONE / x if isinstance(x, fmpq) else x.inverse()


class Surd:
    """A combination of products of square roots; ``parts`` maps a set of roots to its coefficient."""

    def __init__(self, parts: Mapping[frozenset[int], fmpq], radicands: Sequence[fmpq]) -> None:
        self.parts = {key: value for key, value in parts.items() if value != 0}
        self.radicands = radicands

    def _like(self, other: Any) -> Surd:
        return other if isinstance(other, Surd) else Surd({frozenset(): fmpq(other)}, self.radicands)

    def _known(self, other: Surd) -> Sequence[fmpq]:
        """The radicands of both; one list is the beginning of the other."""
        return max(self.radicands, other.radicands, key=len)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Dual):
            return NotImplemented
        other, parts = self._like(other), dict(self.parts)
        for key, value in other.parts.items():
            parts[key] = parts.get(key, ZERO) + value
        return Surd(parts, self._known(other)).simple()

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Dual):
            return NotImplemented
        other = self._like(other)
        parts: dict[frozenset[int], fmpq] = {}
        for one, a in self.parts.items():
            for two, b in other.parts.items():
                value = a * b
                for root in one & two:
                    value *= self.radicands[root]
                parts[one ^ two] = parts.get(one ^ two, ZERO) + value
        return Surd(parts, self._known(other)).simple()

    __radd__, __rmul__ = __add__, __mul__

    def simple(self) -> Any:
        """A plain rational where no root is left."""
        if set(self.parts) <= {frozenset()}:
            return self.parts.get(frozenset(), ZERO)
        return self

    def inverse(self) -> Any:
        root = min(root for key in self.parts for root in key)
        other = Surd({key: -value if root in key else value for key, value in self.parts.items()}, self.radicands)
        return other * inverse(self * other)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Surd) and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]


class Dual:
    """A value and its slope along one direction."""

    def __init__(self, value: Any, slope: Any) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: Any) -> Dual:
        value, slope = both(other)
        return Dual(self.value + value, self.slope + slope)

    def __mul__(self, other: Any) -> Dual:
        value, slope = both(other)
        return Dual(self.value * value, self.slope * value + self.value * slope)

    __radd__, __rmul__ = __add__, __mul__

    def inverse(self) -> Dual:
        value = inverse(self.value)
        return Dual(value, self.slope * value * value * -1)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == both(other)[0])

    __hash__ = None  # type: ignore[assignment]


def both(x: Any) -> tuple[Any, Any]:
    return (x.value, x.slope) if isinstance(x, Dual) else (x, ZERO)


@dataclass(frozen=True, slots=True)
class Unit:
    """An argument of exp and its value."""

    argument: fmpq
    value: fmpq


def _residue(x: fmpq) -> int:
    return int(x.p) * pow(int(x.q), -1, MODULUS) % MODULUS


class Model:
    """exp, log and roots of rationals, chosen as they are asked for."""

    def __init__(self) -> None:
        self.units: list[tuple[int, Unit]] = [(0, Unit(ZERO, ONE))]
        self.multiples: dict[int, Unit] = {}
        self.logs: dict[int, fmpq] = {}
        self.exps: dict[fmpq, fmpq] = {ZERO: ONE}
        self.radicands: list[fmpq] = []
        self.prime = 53

    def copy(self) -> Model:
        """A model that goes on from this one."""
        result = Model()
        result.units, result.radicands, result.prime = list(self.units), list(self.radicands), self.prime
        result.multiples, result.logs, result.exps = dict(self.multiples), dict(self.logs), dict(self.exps)
        return result

    def _fresh_prime(self) -> int:
        self.prime = next(p for p in count(self.prime + 2, 2) if fmpz(p).is_prime())
        return self.prime

    def exp(self, x: fmpq) -> fmpq:
        if not isinstance(x, fmpq):
            raise AbstainError
        if x not in self.exps:
            found = self._combined(x)
            if found is None:
                prime = fmpq(self._fresh_prime())
                self._unit(x / 4, prime if x > 0 else 1 / prime)
                self.logs[int(prime.p)] = x / 4 if x > 0 else -x / 4
                found = prime**4 if x > 0 else prime**-4
            self.exps[x] = found
        return self.exps[x]

    def _unit(self, argument: fmpq, value: fmpq) -> None:
        """Make exp(argument) = value known, and that of small multiples."""
        for k in MULTIPLES:
            multiple = Unit(argument * k, value**k)
            residue = _residue(multiple.argument)
            self.multiples.setdefault(residue, multiple)
            if abs(k) in (1, 2, 4):
                self.units.append((residue, multiple))

    def _combined(self, x: fmpq) -> fmpq | None:
        """The exponential of a sum of at most three known arguments, found by residues and then verified."""
        whole = _residue(x)
        for place, (residue, first) in enumerate(self.units):
            rest = whole - residue
            for other, second in self.units[: place + 1]:
                third = self.multiples.get((rest - other) % MODULUS)
                if third is not None and first.argument + second.argument + third.argument == x:
                    return first.value * second.value * third.value
        return None

    def log(self, x: fmpq) -> fmpq:
        if not isinstance(x, fmpq) or x <= 0 or x.p.bit_length() + x.q.bit_length() > MOST_BITS:
            raise AbstainError
        total = ZERO
        for part, sign in ((x.p, 1), (x.q, -1)):
            for prime, exponent in part.factor():
                total += sign * int(exponent) * self._log_of_prime(int(prime))
        self.exps.setdefault(total, x)
        return total

    def _log_of_prime(self, prime: int) -> fmpq:
        if prime not in self.logs:
            random = Random(prime)
            self.logs[prime] = fmpq(random.randint(10_000, 999_999), random.choice(PRIMES) * random.choice(PRIMES))
            self._unit(self.logs[prime], fmpq(prime))
        return self.logs[prime]

    def root(self, x: fmpq) -> Any:
        if not isinstance(x, fmpq) or x < 0:
            raise AbstainError
        for subset in [(), *((k,) for k in range(len(self.radicands))), *_pairs(len(self.radicands))]:
            inside = x
            for k in subset:
                inside /= self.radicands[k]
            root = _square_root(inside)
            if root is not None:
                return Surd({frozenset(subset): root}, self.radicands).simple()
        self.radicands.append(x)
        return Surd({frozenset([len(self.radicands) - 1]): ONE}, self.radicands)


def _pairs(n: int) -> list[tuple[int, int]]:
    return [(i, j) for j in range(n) for i in range(j)]


def _square_root(x: fmpq) -> fmpq | None:
    over, under = x.p.isqrt(), x.q.isqrt()
    return fmpq(over, under) if over * over == x.p and under * under == x.q else None
