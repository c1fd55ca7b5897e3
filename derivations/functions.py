"""The elementwise functions: one row each, with everything that is known of it.

A row gives the LaTeX form, the derivative as a term, the values in float64, in ball arithmetic and by the name of the
torch function, and how the function behaves under a change of sign. A function that is not in the table is *generic*:
its derivative is a further generic function, written with a prime.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from derivations.tensors import hadamard
from derivations.terms import Term, apply, number, power, subtract

Derivative = Callable[[Term], Term]


@dataclass(frozen=True, slots=True)
class Function:
    """One elementwise function f.

    ``reflection`` is c where f(−a) = c − f(a), None where there is no such rule; ``at_zero`` is f(0) where it is
    rational; ``smooth`` is False where the derivative does not exist everywhere.
    """

    name: str
    latex: str
    derivative: Derivative
    real: Callable[[Any], Any]
    ball: Callable[[arb], arb]
    torch: str
    reflection: Fraction | None = None
    at_zero: Fraction | None = None


def _sigmoid_derivative(a: Term) -> Term:
    value = apply("sigma", a)
    return hadamard(value, subtract(number(1, a.shape), value))


def _tanh_derivative(a: Term) -> Term:
    return subtract(number(1, a.shape), power(apply("tanh", a), 2))


def _real_sigmoid(x: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _ball_sigmoid(x: arb) -> arb:
    return 1 / (1 + (-x).exp())


FUNCTIONS: dict[str, Function] = {
    row.name: row
    for row in (
        Function(
            "sigma",
            r"\sigma",
            _sigmoid_derivative,
            _real_sigmoid,
            _ball_sigmoid,
            "sigmoid",
            Fraction(1),
            Fraction(1, 2),
        ),
        Function("tanh", r"\tanh", _tanh_derivative, np.tanh, arb.tanh, "tanh", Fraction(0), Fraction(0)),
        Function("exp", r"\exp", lambda a: apply("exp", a), np.exp, arb.exp, "exp", None, Fraction(1)),
        Function("log", r"\log", lambda a: power(a, -1), np.log, arb.log, "log"),
        Function("sin", r"\sin", lambda a: apply("cos", a), np.sin, arb.sin, "sin", Fraction(0), Fraction(0)),
        Function("cos", r"\cos", lambda a: _minus_sin(a), np.cos, arb.cos, "cos", None, Fraction(1)),
    )
}


def _minus_sin(a: Term) -> Term:
    return subtract(number(0, a.shape), apply("sin", a))


def derivative(function: str, argument: Term, rules: dict[str, Derivative] | None = None) -> Term:
    """f'(argument). ``rules`` overrides rows of the table (an author's own rule put in force)."""
    if rules and function in rules:
        return rules[function](argument)
    row = FUNCTIONS.get(function)
    return row.derivative(argument) if row else apply(function + "'", argument)
