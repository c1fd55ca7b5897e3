"""Difference quotients along a line, and what their convergence tells of a claimed slope.

A central difference (f(h) − f(−h))/2h differs from f'(0) by a multiple of h², until rounding takes over: against the
right slope the error falls by four with every halving, *order 2*; against a wrong one it stays, *order 0*; where it
grows again there is only noise (Nocedal and Wright, *Numerical Optimization*, 2nd ed., §8.1). Two extrapolations after
Romberg bound how well the limit is known. At a kink the central quotients converge all the same, to the middle of the
two one-sided slopes; there (f(h) − 2f(0) + f(−h))/h tends to the jump of the slope instead of zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, log2

import numpy as np

from numeric.agreement import Outcome

Line = Callable[[float], float]

DOUBLE = 2.0**-52
STEPS = (1 / 32, 1 / 256, 1 / 2048, 1 / 16384)
"""Where halving begins: the first at which the quotients behave is taken. Single precision begins four times higher."""
LEAST_RATIO = 3.0  # of the changes at two halvings; 4 for the second order
ROUNDINGS = 4.0  # how many units in the last place a value of the function may be off
BLURRED = 1e-3  # relative uncertainty beyond which nothing is said
SLACK = 4.0  # how many uncertainties a right slope may be away


@dataclass(frozen=True, slots=True)
class Limit:
    """What the quotients at ``steps`` tend to, within ``uncertainty``; ``sides`` are the two slopes of a kink."""

    steps: tuple[float, ...]
    quotients: tuple[float, ...]
    value: float
    uncertainty: float
    noise: float
    sides: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Convergence:
    """A claimed slope against difference quotients: relative errors at three steps and the order at which they fall.

    ``order`` is None where the errors are nothing but rounding, or where there is no limit.
    """

    outcome: Outcome
    conclusion: str
    steps: tuple[float, ...] = ()
    errors: tuple[float, ...] = ()
    order: float | None = None
    error: float = inf

    def to_json(self) -> dict[str, object]:
        return {
            "outcome": self.outcome.value,
            "conclusion": self.conclusion,
            "steps": list(self.steps),
            "errors": list(self.errors),
            "order": self.order,
            "error": self.error if isfinite(self.error) else None,
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a line: the size of slope that counts as large, of the addends of its values (which may cancel),
    the precision in which it computes, and the relative uncertainty that needs no better step."""

    scale: float = 0.0
    magnitude: float = 0.0
    epsilon: float = DOUBLE
    good: float = 1e-9


def limit(line: Line, setting: Setting = Setting()) -> Limit | None:
    """The slope of ``line`` at 0; None where no step gives quotients that converge."""
    best: Limit | None = None
    middle = line(0.0)
    for start in STEPS:
        found = _at(line, middle, start if setting.epsilon <= DOUBLE else 4 * start, setting)
        if found is not None and (best is None or found.uncertainty < best.uncertainty):
            best = found
        if best is not None and best.uncertainty <= setting.good * max(setting.scale, abs(best.value)):
            break
    return best


def _at(line: Line, middle: float, start: float, setting: Setting) -> Limit | None:
    steps = (start, start / 2, start / 4)
    values = [(line(h), line(-h)) for h in steps]
    if not all(isfinite(x) for pair in values for x in (*pair, middle)):
        return None
    largest = max(setting.magnitude, *(abs(x) for pair in values for x in (*pair, middle)))
    noise = ROUNDINGS * setting.epsilon * largest / steps[-1]
    quotients = tuple((ahead - behind) / (2 * h) for h, (ahead, behind) in zip(steps, values, strict=True))
    coarse, fine = (abs(a - b) for a, b in pairwise(quotients))
    if fine > noise and fine * LEAST_RATIO > coarse:
        return None
    first, second = ((4 * b - a) / 3 for a, b in pairwise(quotients))
    value = (16 * second - first) / 15
    bends = [(ahead + behind - 2 * middle) / h for h, (ahead, behind) in zip(steps, values, strict=True)]
    jump = _jump(bends, noise)
    sides = None if jump == 0 else (value - jump / 2, value + jump / 2)
    return Limit(steps, quotients, value, abs(value - second) + noise, noise, sides)


def _jump(bends: list[float], noise: float) -> float:
    """How much the slope changes at 0: what stays of the bends when their linear part is taken out."""
    first, second = (2 * b - a for a, b in pairwise(bends))
    return second if abs(second) > 8 * noise and 2 * abs(second) > abs(first) else 0.0


def converge(line: Line, slope: float, tolerance: float, setting: Setting = Setting()) -> Convergence:
    """Compare a claimed slope at 0 with the difference quotients of ``line``.

    Errors are relative to the scale of the setting, or to the slope itself where that is larger.
    """
    found = limit(line, setting)
    if not isfinite(slope):
        return Convergence(Outcome.WRONG, "not a number")
    if found is None:
        return Convergence(Outcome.UNDECIDED, "the difference quotients do not converge")
    scale = max(setting.scale, abs(slope), abs(found.value)) or 1.0
    errors = tuple(abs(q - slope) / scale for q in found.quotients)
    outcome, conclusion, error = _conclude(found, slope, scale, tolerance)
    order = None if found.sides is not None else _order(errors, found.noise / scale)
    return Convergence(outcome, conclusion, found.steps, errors, order, error)


def _order(errors: tuple[float, ...], noise: float) -> float | None:
    return float(log2(errors[0] / errors[-1]) / 2) if errors[-1] > 2 * noise and errors[0] > 0 else None


def _conclude(found: Limit, slope: float, scale: float, tolerance: float) -> tuple[Outcome, str, float]:
    error, blur = abs(found.value - slope) / scale, found.uncertainty / scale
    if found.sides is not None:
        low, high = sorted(found.sides)
        margin = (tolerance + SLACK * blur) * scale
        if low - margin <= slope <= high + margin:
            return Outcome.AGREES, f"a kink: any slope from {low:.3g} to {high:.3g} will do", 0.0
        return Outcome.WRONG, f"a kink with slopes {low:.3g} and {high:.3g}, and {slope:.3g} is not between", error
    if error > tolerance + SLACK * blur:
        return Outcome.WRONG, "converges to another value", error
    if blur > BLURRED:
        return Outcome.UNDECIDED, "lost in rounding noise", error
    return Outcome.AGREES, "converges to it", error


def typical(gradient: np.ndarray, direction: np.ndarray) -> float:
    """How large the slope along a random direction is, cancellations aside: the norm of the entries' contributions."""
    return float(np.sqrt(np.square(gradient * direction).sum()))
