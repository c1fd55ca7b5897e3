"""Laws of logarithms, of quotients of exponentials and of inverses: what is proved, and on what condition."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivations.budget import Budget
from derivations.decide import decide
from derivations.normal_form import prove_equal
from derivations.operators import inverse
from derivations.report import Verdict
from derivations.tensors import hadamard, matmul, transpose
from derivations.terms import Term, add, apply, number, power, scale, subtract, var

P, R, X = var("p", "n"), var("r", "n"), var("x", "n")
A, B = var("A", "n", "n"), var("B", "n", "n")
ONE = number(1, P.shape)


def log(x: Term) -> Term:
    return apply("log", x)


def exp(x: Term) -> Term:
    return apply("exp", x)


def tanh_by_quotient(x: Term) -> Term:
    return hadamard(subtract(exp(x), exp(scale(-1, x))), power(add(exp(x), exp(scale(-1, x))), -1))


def sigma_by_quotient(x: Term) -> Term:
    return power(add(ONE, exp(scale(-1, x))), -1)


RIGHT = [
    (log(hadamard(P, R)), add(log(P), log(R))),
    (log(power(P, 2)), scale(2, log(P))),
    (log(hadamard(P, power(R, -1))), subtract(log(P), log(R))),
    (exp(add(log(P), log(R))), hadamard(P, R)),
    (log(power(P, 3)), scale(3, log(P))),
    (log(power(P, -1)), scale(-1, log(P))),
    (log(scale(2, power(P, -3))), subtract(log(number(2, P.shape)), scale(3, log(P)))),
    (inverse(scale(2, A)), scale(Fraction(1, 2), inverse(A))),
    (inverse(scale(-3, transpose(A))), scale(Fraction(-1, 3), transpose(inverse(A)))),
    (inverse(add(scale(2, A), scale(4, B))), scale(Fraction(1, 2), inverse(add(scale(2, B), A)))),
    (hadamard(exp(X), sigma_by_quotient(X)), subtract(exp(X), apply("sigma", X))),
    (subtract(ONE, power(tanh_by_quotient(X), 2)), subtract(ONE, power(apply("tanh", X), 2))),
    (
        matmul(A, hadamard(exp(scale(-1, X)), power(sigma_by_quotient(X), 2))),
        matmul(A, hadamard(exp(scale(-1, X)), power(apply("sigma", X), 2))),
    ),
]
WRONG = [
    (exp(scale(Fraction(1, 2), log(power(P, 2)))), P),
    (exp(scale(Fraction(1, 2), log(hadamard(power(P, 2), power(R, 2))))), hadamard(P, R)),
    (log(power(P, 3)), log(P)),
    (log(add(P, R)), add(log(P), log(R))),
    (log(hadamard(P, R)), subtract(log(P), log(R))),
    (log(power(P, -2)), scale(2, log(P))),
    (inverse(scale(2, A)), scale(2, inverse(A))),
    (inverse(add(scale(2, A), B)), scale(Fraction(1, 2), inverse(add(A, B)))),
    (hadamard(exp(scale(-1, X)), sigma_by_quotient(X)), subtract(exp(scale(-1, X)), apply("sigma", X))),
    (hadamard(exp(X), sigma_by_quotient(X)), subtract(exp(X), apply("tanh", X))),
]


@pytest.mark.parametrize(("left", "right"), RIGHT)
def test_a_law_that_holds_wherever_both_sides_have_a_value(left: Term, right: Term) -> None:
    proof = prove_equal(left, right, Budget())
    assert proof is not None
    assert proof.conditions == ()
    assert decide(left, right, 0, Budget()).verdict is Verdict.PROVED


@pytest.mark.parametrize(("left", "right"), WRONG)
def test_a_law_that_does_not_hold(left: Term, right: Term) -> None:
    assert prove_equal(left, right, Budget()) is None
    assert decide(left, right, 0, Budget()).verdict is Verdict.WRONG
