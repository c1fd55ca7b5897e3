"""Fingerprints keep the relations they promise, tell everything else apart, and say when they know nothing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sample_cells import CELLS, D, N

from derivations.calculus import jacobian
from derivations.fingerprint import PRIME, Residues, agree, fingerprint
from derivations.tensors import hadamard, matmul, outer, total, transpose
from derivations.terms import Term, add, apply, number, ones, power, product, scale, size, subtract, var, zeros

x, y, A, B = var("x", N), var("y", N), var("A", N, N), var("B", N, D)
a = matmul(A, x)
one = ones((N,))


def sigma(z: Term) -> Term:
    return apply("sigma", z)


EQUAL: dict[str, tuple[Term, Term]] = {
    "square": (power(add(x, y), 2), add(power(x, 2), scale(2, hadamard(x, y)), power(y, 2))),
    "transpose of a product": (transpose(matmul(A, B)), matmul(transpose(B), transpose(A))),
    "quotient": (hadamard(x, power(hadamard(x, y), -1)), power(y, -1)),
    "reflection": (sigma(scale(-1, a)), subtract(one, sigma(a))),
    "tanh is odd": (apply("tanh", scale(-1, a)), scale(-1, apply("tanh", a))),
    "tanh by sigma": (apply("tanh", a), subtract(scale(2, sigma(scale(2, a))), one)),
    "sigma of zero": (sigma(zeros((N,))), number(Fraction(1, 2), (N,))),
    "tanh of zero": (apply("tanh", zeros((N,))), zeros((N,))),
    "generic": (apply("f", add(x, y)), apply("f", add(y, x))),
    "sizes": (total(ones((N, D))), product([(size(N), ()), (size(D), ())], ())),
    "circle": (add(power(apply("sin", a), 2), power(apply("cos", a), 2)), one),
    "sin is odd": (apply("sin", scale(-1, a)), scale(-1, apply("sin", a))),
    "cos is even": (apply("cos", scale(-1, a)), apply("cos", a)),
    "root": (power(power(add(power(x, 2), power(y, 2)), Fraction(1, 2)), 2), add(power(x, 2), power(y, 2))),
    "root of a product": (
        power(hadamard(x, y), Fraction(1, 2)),
        hadamard(power(x, Fraction(1, 2)), power(y, Fraction(1, 2))),
    ),
    "cube root": (power(power(total(x), Fraction(1, 3)), 2), power(total(x), Fraction(2, 3))),
}

DIFFERENT: dict[str, tuple[Term, Term]] = {
    "order of factors": (matmul(A, A), transpose(matmul(A, A))),
    "sign": (sigma(scale(-1, a)), sigma(a)),
    "square in the slope": (
        hadamard(sigma(a), subtract(one, sigma(a))),
        hadamard(sigma(a), subtract(one, power(sigma(a), 2))),
    ),
    "tanh by a wrong sigma": (apply("tanh", a), subtract(scale(2, sigma(scale(3, a))), one)),
    "function and slope": (apply("f", x), apply("f'", x)),
    "two functions": (apply("f", x), apply("g", x)),
    "outer products": (outer(x, y), outer(y, x)),
    "tiny factor": (x, scale(1 + Fraction(1, 10**12), x)),
    "inverse": (power(x, -1), power(x, -2)),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", EQUAL)
def test_equal_terms_agree(name: str, seed: int) -> None:
    assert agree(*EQUAL[name], seed) is True


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", DIFFERENT)
def test_different_terms_differ(name: str, seed: int) -> None:
    assert agree(*DIFFERENT[name], seed) is False


UNSURE: dict[str, tuple[Term, Term]] = {
    "exp of a sum": (apply("exp", add(x, y)), hadamard(apply("exp", x), apply("exp", y))),
    "log of a product": (apply("log", hadamard(x, y)), add(apply("log", x), apply("log", y))),
    "sin of a sum": (apply("sin", scale(2, x)), scale(2, hadamard(apply("sin", x), apply("cos", x)))),
    "double sigma": (
        sigma(scale(2, a)),
        hadamard(power(sigma(a), 2), power(add(power(sigma(a), 2), power(subtract(one, sigma(a)), 2)), -1)),
    ),
    "sigma of a sum": (sigma(add(x, y)), add(sigma(x), sigma(y))),
    "cube roots": (power(power(x, 3), Fraction(1, 3)), x),
}


@pytest.mark.parametrize("name", UNSURE)
def test_relations_that_are_not_kept_give_no_answer(name: str) -> None:
    assert agree(*UNSURE[name], 0) is None


@pytest.mark.parametrize("cell", CELLS)
def test_cells_have_exact_fingerprints(cell: str) -> None:
    output, named = CELLS[cell](2)
    right = jacobian(output, list(named.values()))
    wrong = jacobian(output, list(named.values()), {"sigma": sigma, "tanh": lambda z: apply("tanh", z)})
    assert all(agree(r, w, 0) is False for r, w in zip(right, wrong, strict=True))


def test_a_division_by_zero_everywhere_gives_none() -> None:
    assert fingerprint([power(zeros((N,)), -1)], 0) is None
    assert agree(power(zeros((N,)), -1), x, 0) is None


def test_huge_arrays_are_refused() -> None:
    assert fingerprint([outer(var("P", 1000, 1000), var("Q", 1000, 1000))], 0) is None


def test_dimensions_without_small_sizes_give_none() -> None:
    assert fingerprint([var("p", N - 7)], 0) is None


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shapes"):
        agree(x, A, 0)


def test_same_seed_same_print() -> None:
    terms = [term for pair in DIFFERENT.values() for term in pair]
    assert fingerprint(terms, 3) == fingerprint(terms, 3)
    first, second = fingerprint(terms, 3), fingerprint(terms, 4)
    assert first is not None
    assert second is not None
    assert first.prints != second.prints


def test_values_hang_on_names_not_on_order() -> None:
    sizes = {N: 2, D: 3}
    one_way = Residues("0").point([x, y], sizes)
    other_way = Residues("0").point([y, x], sizes)
    assert all(np.array_equal(one_way[v], other_way[v]) for v in (x, y))


def test_no_overflow() -> None:
    largest = np.full((64, 64), PRIME - 1)
    field = Residues("0")
    product_ = field.contract([field.array(largest)] * 2, [(0, 1), (1, 2)], (0, 2))
    assert (product_ == 64).all()
    assert (
        field.combine([(Fraction(-1), field.array(largest)), (Fraction(1, 2), field.array(2 * largest))]) == 0
    ).all()


def test_all_functions_stay_below_the_prime() -> None:
    field = Residues("0")
    points = np.array([0, 1, 2, PRIME // 2, PRIME // 2 + 1, PRIME - 2, PRIME - 1])
    for function in ("sigma", "tanh", "sin", "cos", "exp", "log", "f"):
        found = field.apply(function, points)
        assert ((found >= 0) & (found < PRIME)).all()
