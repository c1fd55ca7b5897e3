"""The time gate of the phased LSTM and its derivatives, piece by piece.

Neil, Pfeiffer and Liu, *Phased LSTM: accelerating recurrent network training for long or event-based sequences*, 2016,
eqs. 2–3: with the phase φ = ((t − s) mod τ)/τ the gate rises over the first half of the open part r_on, falls over the
second and leaks by α for the rest of the period.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from math import floor
from typing import Any

import sympy

from derivations.errors import UsageError

TIME, SHIFT, PERIOD, OPEN, LEAK = (sympy.Symbol(x, real=True) for x in ("t", "s", r"\tau", "r_{on}", r"\alpha"))
PHASE = sympy.Symbol(r"\phi", real=True)
TURNS = sympy.Symbol("m", integer=True)
"""How many whole periods lie behind: constant within a piece."""
WITHIN = (TIME - SHIFT) / PERIOD - TURNS
BY = (TIME, SHIFT, PERIOD, OPEN, LEAK)
"""What the gate depends on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: its ``name``, between which phases it lies (``lower``, ``upper``), and the gate as a function of φ."""

    name: str
    lower: Any
    upper: Any
    gate: Any

    def derivative(self, by: Any) -> Any:
        """∂k/∂by within the piece, in terms of φ, by the chain rule through the phase."""
        own = sympy.diff(self.gate, by)
        return sympy.simplify(own + sympy.diff(self.gate, PHASE) * sympy.diff(WITHIN, by))


RISING = Piece("rising", sympy.Integer(0), OPEN / 2, 2 * PHASE / OPEN)
FALLING = Piece("falling", OPEN / 2, OPEN, 2 - 2 * PHASE / OPEN)
CLOSED = Piece("closed", OPEN, sympy.Integer(1), LEAK * PHASE)
PIECES = (RISING, FALLING, CLOSED)


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where two pieces meet: the phase, the values and the slopes ∂k/∂t on both sides."""

    phase: Any
    before: Any
    after: Any
    slope_before: Any
    slope_after: Any

    @property
    def jumps(self) -> bool:
        return bool(sympy.simplify(self.before - self.after) != 0)


def boundaries() -> list[Boundary]:
    """All three: at the start of a period, in the middle of the open part and at its end."""
    pairs = zip((CLOSED, RISING, FALLING), PIECES, strict=True)
    return [
        Boundary(
            second.lower,
            first.gate.subs(PHASE, first.upper),
            second.gate.subs(PHASE, second.lower),
            first.derivative(TIME).subs(PHASE, first.upper),
            second.derivative(TIME).subs(PHASE, second.lower),
        )
        for first, second in pairs
    ]


@dataclass(frozen=True, slots=True)
class TimeGate:
    """A gate with its numbers; raises UsageError for a period or an open ratio that makes no gate."""

    tau: Fraction
    r_on: Fraction
    shift: Fraction = Fraction(0)
    leak: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.tau <= 0:
            raise UsageError("the period tau must be positive")
        if not 0 < self.r_on <= 1:
            raise UsageError("the open ratio r-on must lie between 0 and 1")

    def values(self) -> dict[Any, Fraction]:
        named = dict(zip((field.name for field in fields(self)), (PERIOD, OPEN, SHIFT, LEAK), strict=True))
        return {symbol: getattr(self, name) for name, symbol in named.items()}

    def phase(self, time: Fraction) -> Fraction:
        """φ in [0, 1)."""
        turns = (time - self.shift) / self.tau
        return turns - floor(turns)

    def piece(self, time: Fraction) -> Piece:
        """The piece at a time; at a boundary the later one, but the rising one up to its end as in the paper."""
        phase = self.phase(time)
        return RISING if phase < self.r_on / 2 else FALLING if phase < self.r_on else CLOSED

    def gate(self, time: Fraction) -> Fraction:
        """k(t), exactly."""
        return self._value(self.piece(time).gate, time)

    def slope(self, time: Fraction, by: Any = TIME) -> Fraction:
        """∂k/∂by at a time, exactly; at a boundary the slope of the later piece."""
        return self._value(self.piece(time).derivative(by), time)

    def edges(self, start: Fraction, end: Fraction) -> list[Fraction]:
        """The times of the boundaries between two times."""
        first = floor((start - self.shift) / self.tau)
        last = floor((end - self.shift) / self.tau)
        phases = (Fraction(0), self.r_on / 2, self.r_on)
        found = {self.shift + self.tau * (k + phase) for k in range(first, last + 1) for phase in phases}
        return sorted(x for x in found if start <= x <= end)

    def _value(self, expression: Any, time: Fraction) -> Fraction:
        known = {**self.values(), TIME: time, PHASE: self.phase(time)}
        found = sympy.Rational(expression.subs({symbol: sympy.Rational(x) for symbol, x in known.items()}))
        return Fraction(int(found.p), int(found.q))
