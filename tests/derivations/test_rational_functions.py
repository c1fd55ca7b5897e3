"""Equality of rational functions: against sums worked out by hand, and near misses."""

from __future__ import annotations

import pytest

from derivations.budget import Budget
from derivations.errors import BudgetError
from derivations.rational_functions import equal_as_fractions
from derivations.tensors import hadamard
from derivations.terms import Term, add, apply, number, power, scale, subtract, var

A, B, C = var("a"), var("b"), var("c")


def over(one: Term, other: Term) -> Term:
    return hadamard(one, power(other, -1))


EQUAL = [
    (over(A, add(A, B)), subtract(number(1), over(B, add(A, B)))),
    (hadamard(add(A, B), subtract(A, B)), subtract(power(A, 2), power(B, 2))),
    (add(over(A, C), over(B, C)), over(add(A, B), C)),
    (over(over(A, B), over(C, B)), over(A, C)),
    (power(add(A, B), -2), over(number(1), add(power(A, 2), scale(2, hadamard(A, B)), power(B, 2)))),
]
DIFFERENT = [
    (over(A, add(A, B)), over(B, add(A, B))),
    (power(add(A, B), 2), add(power(A, 2), power(B, 2))),
    (add(over(A, C), over(B, C)), over(add(A, B), scale(2, C))),
    (A, number(0)),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal(one: Term, other: Term) -> None:
    assert equal_as_fractions(one, other, Budget()) is True


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: Term, other: Term) -> None:
    assert equal_as_fractions(one, other, Budget()) is False


@pytest.mark.parametrize("one", [apply("log", A), apply("exp", A), var("x", "n")])
def test_what_is_no_rational_function_is_left_open(one: Term) -> None:
    assert equal_as_fractions(one, one, Budget()) is None


def test_a_division_by_nothing_is_left_open() -> None:
    nothing = subtract(add(A, B), add(B, A))
    assert equal_as_fractions(over(A, add(subtract(A, B), subtract(B, A), nothing)), A, Budget()) is not True


def test_the_budget_ends_it() -> None:
    many = add(*(var(f"x{k}") for k in range(40)))
    with pytest.raises(BudgetError):
        equal_as_fractions(power(many, 9), many, Budget(units=2000))
