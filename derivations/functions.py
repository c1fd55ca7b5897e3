"""The elementwise functions: one row each, with everything that is known of it.

A row gives the LaTeX form, the derivative as a term, the values in float64, in ball arithmetic and by the name of the
torch function, how the function behaves under a change of sign, and where it has no derivative. A function that is
not in the table is *generic*: its derivative is a further generic function, written with a prime.

Piecewise functions rest on ``step``, step(x) = 1 for x > 0 and 0 elsewhere, whose derivative is taken as zero; a row
with a ``definition`` is written by other rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from derivations.tensors import hadamard
from derivations.terms import Term, add, apply, number, power, scale, subtract, zeros

Derivative = Callable[[Term], Term]


@dataclass(frozen=True, slots=True)
class Function:
    """One elementwise function f.

    ``reflection`` is c where f(−a) = c − f(a), None where there is no such rule; ``at_zero`` is f(0) where it is
    rational, ``exact`` the value at any rational number where that is rational; ``definition`` writes the function by
    others; ``kink`` says of an argument where there is no derivative, empty where there is one everywhere.
    """

    name: str
    latex: str
    derivative: Derivative
    real: Callable[[Any], Any]
    ball: Callable[[arb], arb]
    torch: str
    reflection: Fraction | None = None
    at_zero: Fraction | None = None
    exact: Callable[[fmpq], fmpq] | None = None
    definition: Derivative | None = None
    kink: str = ""


def _sigmoid_derivative(a: Term) -> Term:
    value = apply("sigma", a)
    return hadamard(value, subtract(number(1, a.shape), value))


def _tanh_derivative(a: Term) -> Term:
    return subtract(number(1, a.shape), power(apply("tanh", a), 2))


def _real_sigmoid(x: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _ball_sigmoid(x: arb) -> arb:
    return 1 / (1 + (-x).exp())


def _ball_step(x: arb) -> arb:
    """Either value where the ball reaches zero: an enclosure under any convention for step(0)."""
    if not x.is_finite():
        return arb.nan()
    return arb(1) if x > 0 else arb(0) if x <= 0 else arb(0.5, 0.5)


def _step(a: Term) -> Term:
    return apply("step", a)


def _softplus(a: Term) -> Term:
    return apply("log", add(number(1, a.shape), apply("exp", a)))


def _zero(a: Term) -> Term:
    return zeros(a.shape)


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
        Function(
            "step",
            r"\operatorname{step}",
            _zero,
            lambda x: np.heaviside(x, 0.0),
            _ball_step,
            "step",
            exact=lambda q: fmpq(int(q > 0)),
            kink="= 0",
        ),
        Function(
            "floor",
            r"\operatorname{floor}",
            _zero,
            np.floor,
            arb.floor,
            "floor",
            exact=lambda q: fmpq(q.floor()),
            kink="is an integer",
        ),
        Function(
            "sign",
            r"\operatorname{sign}",
            _zero,
            np.sign,
            arb.sgn,
            "sign",
            Fraction(0),
            Fraction(0),
            exact=lambda q: fmpq(int(q > 0) - int(q < 0)),
            definition=lambda a: subtract(_step(a), _step(scale(-1, a))),
            kink="= 0",
        ),
        Function(
            "abs",
            r"\operatorname{abs}",
            lambda a: apply("sign", a),
            np.abs,
            abs,
            "abs",
            exact=abs,
            definition=lambda a: subtract(scale(2, apply("relu", a)), a),
            kink="= 0",
        ),
        Function(
            "relu",
            r"\operatorname{ReLU}",
            _step,
            lambda x: np.maximum(x, 0.0),
            lambda x: x.max(arb(0)),
            "relu",
            exact=lambda q: max(q, fmpq(0)),
            definition=lambda a: hadamard(a, _step(a)),
            kink="= 0",
        ),
        Function(
            "softplus",
            r"\operatorname{softplus}",
            lambda a: apply("sigma", a),
            lambda x: np.logaddexp(0.0, x),
            lambda x: (1 + x.exp()).log(),
            "softplus",
            definition=_softplus,
        ),
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
