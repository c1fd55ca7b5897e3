"""The witnesses agree with right derivatives, and object to every wrong one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from derivations import functions
from derivations.calculus import jacobian
from derivations.errors import InternalError
from derivations.tensors import hadamard, matmul, outer, spread, total, transpose
from derivations.terms import Term, add, apply, dimension, number, ones, power, product, scale, subtract, var, zeros
from derivations.traverse import substitute
from numeric import witness as module
from numeric.witness import Claim, witness, witness_all

N, D = dimension("n"), dimension("d")
x, y, A, W, u, b = var("x", N), var("y", N), var("A", N, N), var("W", N, D), var("u", D), var("b", N)


def sigma(z: Term) -> Term:
    return apply("sigma", z)


def wrong_slope(z: Term) -> Term:
    """σ(1 − σ²) for σ(1 − σ)."""
    return hadamard(sigma(z), subtract(ones(z.shape), power(sigma(z), 2)))


def step(h: Term, name: str) -> Term:
    return apply("tanh", add(matmul(A, h), matmul(W, var(name, D)), b))


def test_a_right_derivative_passes() -> None:
    output = step(step(x, "x1"), "x2")
    for v in (A, W, b, x):
        found = witness(output, v, jacobian(output, [v])[0], 0)
        assert found is not None
        assert found.autograd < 1e-14
        assert found.finite_differences < 1e-9


def test_a_constant_output() -> None:
    found = witness(ones((N,)), x, zeros((N, N)), 0)
    assert found is not None
    assert (found.autograd, found.finite_differences) == (0.0, 0.0)


PLANTED: dict[str, tuple[Term, Term, Term]] = {
    "transposed": (matmul(A, x), x, transpose(A)),
    "factor": (hadamard(x, x), x, product([(x, "i"), (x, "j")], "ij")),
    "zero": (sigma(x), x, zeros((N, N))),
    "constant": (ones((N,)), x, ones((N, N))),
    "one part in a million": (matmul(A, x), x, scale(Fraction(1_000_001, 1_000_000), A)),
    "wrong slope": (sigma(matmul(W, u)), W, jacobian(sigma(matmul(W, u)), [W], {"sigma": wrong_slope})[0]),
    "wrong slope, saturated": (
        sigma(scale(30, matmul(W, u))),
        W,
        jacobian(sigma(scale(30, matmul(W, u))), [W], {"sigma": wrong_slope})[0],
    ),
    "dropped path": (step(step(x, "x1"), "x2"), x, jacobian(step(x, "x2"), [x])[0]),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", PLANTED)
def test_wrong_claims_are_caught(name: str, seed: int) -> None:
    with pytest.raises(InternalError):
        witness(*PLANTED[name], seed)


@pytest.mark.parametrize("name", [name for name in PLANTED if "million" not in name and "saturated" not in name])
def test_finite_differences_alone_catch_wrong_claims(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AUTOGRAD_TOLERANCE", np.inf)
    with pytest.raises(InternalError, match="finite differences"):
        witness(*PLANTED[name], 0)


def test_a_small_dropped_term_is_caught() -> None:
    """The path through the earlier state is a thousandth of the whole."""
    h = apply("tanh", scale(Fraction(1, 1000), matmul(A, x)))
    output = apply("tanh", add(matmul(A, h), b))
    (full,) = jacobian(output, [A])
    held = var("held", N)
    (dropped,) = jacobian(apply("tanh", add(matmul(A, held), b)), [A])
    assert witness(output, A, full, 0) is not None
    with pytest.raises(InternalError):
        witness(output, A, substitute([dropped], {held: h})[0], 0)


def test_a_wrong_row_of_the_table_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    output = apply("tanh", x)
    (claim,) = jacobian(output, [x])
    monkeypatch.setitem(functions.FUNCTIONS, "tanh", replace(functions.FUNCTIONS["tanh"], torch="sin"))
    with pytest.raises(InternalError, match="autograd"):
        witness(output, x, claim, 0)


@pytest.mark.parametrize(
    "output",
    [
        total(apply("log", x)),
        total(power(x, Fraction(1, 2))),
        total(apply("log", subtract(number(1, (N,)), power(x, 2)))),
        total(apply("log", subtract(x, number(1, (N,))))),
        total(hadamard(x, apply("log", power(subtract(number(2, (N,)), x), -1)))),
        apply("log", total(apply("exp", scale(20, x)))),
        total(power(add(x, number(2, (N,))), -5)),
        total(apply("exp", scale(5, x))),
    ],
    ids=str,
)
def test_restricted_domains_and_large_slopes(output: Term) -> None:
    found = witness(output, x, jacobian(output, [x])[0], 0)
    assert found is not None
    assert found.finite_differences < 1e-7


def test_nowhere_defined_terms_have_no_witness() -> None:
    output = apply("log", scale(-1, hadamard(x, x)))
    assert witness(output, x, jacobian(output, [x])[0], 0) is None


def test_one_claim_without_a_witness_does_not_cost_the_others_theirs() -> None:
    outputs = [apply("log", scale(-1, hadamard(x, x))), sigma(x)]
    first, second = witness_all([Claim(output, x, jacobian(output, [x])[0]) for output in outputs], 0)
    assert first is None
    assert second is not None


def test_huge_arrays_have_no_witness() -> None:
    p = var("P", 1000, 1000)
    output = hadamard(p, p)
    assert witness(output, p, outer(p, p), 0) is None


def test_claims_must_fit() -> None:
    with pytest.raises(ValueError, match="shape"):
        witness(x, x, x, 0)
    with pytest.raises(ValueError, match="variable"):
        witness(x, sigma(x), spread(number(1), (N, N)), 0)


def test_same_seed_same_numbers() -> None:
    output = step(x, "x1")
    claim = Claim(output, A, jacobian(output, [A])[0])
    assert witness_all([claim, claim], 5) == witness_all([claim, claim], 5)
    assert witness_all([claim], 5) != witness_all([claim], 6)


def test_a_sheet_of_twenty_derivatives() -> None:
    output = step(step(step(x, "x1"), "x2"), "x3")
    by = [A, W, b, x] * 5
    claims = [Claim(output, v, j) for v, j in zip(by, jacobian(output, by), strict=True)]
    assert len(witness_all(claims, 0)) == 20
