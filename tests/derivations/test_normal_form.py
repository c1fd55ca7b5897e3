"""The proof engine on identities that must be proved and on near misses that must not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivations.budget import Budget
from derivations.calculus import gradient, jacobian
from derivations.errors import BudgetError
from derivations.normal_form import normal_form, prove_equal
from derivations.polynomials import to_term
from derivations.tensors import concatenate, diagonal, hadamard, matmul, outer, spread, total, transpose
from derivations.terms import (
    Term,
    add,
    apply,
    block,
    delta,
    dimension,
    number,
    ones,
    power,
    product,
    scale,
    size,
    subtract,
    var,
    zeros,
)

N, D = dimension("n"), dimension("d")
X, Y, Z = var("x", N), var("y", N), var("z", N)
H = var("h", D)
A, B, C = var("A", N, N), var("B", N, N), var("C", N, N)
W = var("W", N, D)
S, T, U = var("s"), var("t"), var("u")
HALF = Fraction(1, 2)


def sigma(a: Term) -> Term:
    return apply("sigma", a)


def tanh(a: Term) -> Term:
    return apply("tanh", a)


def exp(a: Term) -> Term:
    return apply("exp", a)


def log(a: Term) -> Term:
    return apply("log", a)


def one_minus(a: Term) -> Term:
    return subtract(ones(a.shape), a)


def softmax(a: Term) -> Term:
    return hadamard(exp(a), power(total(exp(a)), -1))


def trace(a: Term) -> Term:
    return product([(a, "ii")], "")


def norm(a: Term) -> Term:
    return power(total(hadamard(a, a)), HALF)


def dot(a: Term, b: Term) -> Term:
    return product([(a, "i"), (b, "i")], "")


def inverse(a: Term) -> Term:
    return power(a, -1)


ANTISYMMETRIC = subtract(A, transpose(A))
PARTS = (N, D)

EQUAL: dict[str, tuple[Term, Term]] = {
    "distributive": (hadamard(X, add(Y, Z)), add(hadamard(Z, X), hadamard(X, Y))),
    "matrix products associate": (matmul(A, matmul(B, matmul(C, X))), matmul(matmul(matmul(A, B), C), X)),
    "transpose of a product": (transpose(matmul(A, W)), matmul(transpose(W), transpose(A))),
    "transpose twice": (transpose(transpose(sigma(A))), sigma(A)),
    "transpose inside a function": (transpose(sigma(A)), sigma(transpose(A))),
    "trace is cyclic": (trace(matmul(matmul(A, B), C)), trace(matmul(matmul(C, A), B))),
    "trace of a transpose": (trace(matmul(A, B)), trace(matmul(transpose(A), transpose(B)))),
    "outer product applied": (matmul(outer(X, Y), Z), hadamard(X, dot(Y, Z))),
    "diagonal matrix applied": (matmul(diagonal(X), Y), hadamard(X, Y)),
    "two diagonal matrices": (matmul(diagonal(X), diagonal(Y)), diagonal(hadamard(Y, X))),
    "trace of the identity": (trace(delta(N)), size(N)),
    "sum of ones": (total(ones((N, D))), size(N * D)),
    "sum over a concatenation": (total(ones((N + D,))), add(size(D), size(N))),
    "mean of a constant": (product([(total(spread(S, (N,))), ()), (inverse(size(N)), ())], ""), S),
    "square of a sum": (
        power(add(X, Y), 2),
        add(hadamard(X, X), scale(2, hadamard(X, Y)), hadamard(Y, Y)),
    ),
    "square of a dot product": (power(dot(X, Y), 2), product([(X, "i"), (X, "j"), (Y, "j"), (Y, "i")], "")),
    "x·x⁻¹": (hadamard(X, inverse(X)), ones((N,))),
    "common factor cancels": (
        hadamard(add(hadamard(X, Y), hadamard(X, Z)), inverse(X)),
        add(Z, Y),
    ),
    "third binomial formula": (
        hadamard(subtract(hadamard(S, S), hadamard(T, T)), inverse(add(S, T))),
        subtract(S, T),
    ),
    "partial fractions": (
        subtract(inverse(S), inverse(add(S, T))),
        hadamard(T, inverse(S), inverse(add(S, T))),
    ),
    "partial fractions of two sums": (
        subtract(inverse(add(S, U)), inverse(add(S, T))),
        hadamard(subtract(T, U), inverse(add(S, T)), inverse(add(S, U))),
    ),
    "compound fraction": (
        inverse(add(ones(), hadamard(S, inverse(T)))),
        hadamard(T, inverse(add(T, S))),
    ),
    "negated denominators": (inverse(subtract(S, T)), scale(-1, inverse(subtract(T, S)))),
    "scaled denominators": (inverse(add(scale(2, X), scale(4, Y))), scale(HALF, inverse(add(X, scale(2, Y))))),
    "softmax sums to one": (total(softmax(X)), ones()),
    "softmax is shift invariant": (softmax(add(X, spread(S, (N,)))), softmax(X)),
    "softmax Jacobian": (
        jacobian(softmax(X), [X])[0],
        subtract(diagonal(softmax(X)), outer(softmax(X), softmax(X))),
    ),
    "log softmax": (log(softmax(X)), subtract(X, spread(log(total(exp(X))), (N,)))),
    "cross entropy": (
        gradient(scale(-1, dot(Y, log(softmax(X)))), [X])[0],
        subtract(hadamard(softmax(X), total(Y)), Y),
    ),
    "exp of a sum": (exp(add(X, Y)), hadamard(exp(Y), exp(X))),
    "exp of an outer sum": (
        exp(add(product([(X, "i")], "ij", {"j": D}), product([(H, "j")], "ij", {"i": N}))),
        outer(exp(X), exp(H)),
    ),
    "exp of a log": (exp(scale(3, log(S))), power(S, 3)),
    "log of an exp": (log(exp(X)), X),
    "log of a product": (log(hadamard(exp(X), sigma(Y))), add(X, log(sigma(Y)))),
    "log of numbers": (log(number(12)), add(scale(2, log(number(2))), log(number(3)))),
    "log of a ratio of sizes": (log(hadamard(size(N), inverse(size(D)))), subtract(log(size(N)), log(size(D)))),
    "roots multiply": (hadamard(power(S, HALF), power(S, HALF)), S),
    "root of a number": (power(number(8), HALF), scale(2, power(number(2), HALF))),
    "inverse root of a number": (power(number(2), -HALF), scale(HALF, power(number(2), HALF))),
    "root of exp": (power(exp(X), HALF), exp(scale(HALF, X))),
    "norm squared": (power(norm(X), 2), dot(X, X)),
    "norm over norm": (hadamard(dot(X, X), inverse(norm(X))), norm(X)),
    "gradient of the norm": (gradient(norm(X), [X])[0], hadamard(X, inverse(norm(X)))),
    "σ is odd about one half": (sigma(scale(-1, X)), one_minus(sigma(X))),
    "σ of a difference": (sigma(subtract(X, Y)), one_minus(sigma(subtract(Y, X)))),
    "σ of an antisymmetric matrix": (sigma(ANTISYMMETRIC), one_minus(transpose(sigma(ANTISYMMETRIC)))),
    "σ(0)": (sigma(zeros((N,))), number(HALF, (N,))),
    "tanh is odd": (tanh(subtract(X, Y)), scale(-1, tanh(subtract(Y, X)))),
    "cos is even": (apply("cos", subtract(X, Y)), apply("cos", subtract(Y, X))),
    "sin² + cos²": (add(power(apply("sin", X), 2), power(apply("cos", X), 2)), ones((N,))),
    "σ' twice": (
        hadamard(sigma(X), one_minus(sigma(X))),
        subtract(sigma(X), power(sigma(X), 2)),
    ),
    "σ by exp": (sigma(X), inverse(add(ones((N,)), exp(scale(-1, X))))),
    "σ by exp, other form": (sigma(X), hadamard(exp(X), inverse(add(ones((N,)), exp(X))))),
    "σ' by exp": (
        hadamard(sigma(X), one_minus(sigma(X))),
        hadamard(exp(scale(-1, X)), power(add(ones((N,)), exp(scale(-1, X))), -2)),
    ),
    "tanh by σ": (tanh(X), subtract(scale(2, sigma(scale(2, X))), ones((N,)))),
    "tanh by exp": (
        tanh(S),
        hadamard(subtract(exp(S), exp(scale(-1, S))), inverse(add(exp(S), exp(scale(-1, S))))),
    ),
    "tanh' by σ": (
        one_minus(power(tanh(X), 2)),
        scale(4, hadamard(sigma(scale(2, X)), one_minus(sigma(scale(2, X))))),
    ),
    "softplus' is σ": (gradient(total(log(add(ones((N,)), exp(X)))), [X])[0], sigma(X)),
    "log σ": (log(sigma(S)), scale(-1, log(add(ones(), exp(scale(-1, S)))))),
    "binary cross entropy": (
        gradient(scale(-1, add(hadamard(T, log(sigma(S))), hadamard(one_minus(T), log(one_minus(sigma(S)))))), [S])[0],
        subtract(sigma(S), T),
    ),
    "tanh of a symmetric outer product": (tanh(outer(X, X)), transpose(tanh(outer(X, X)))),
    "contracted symmetric atom": (
        product([(tanh(outer(X, X)), "ij"), (A, "jk")], "ik"),
        product([(tanh(outer(X, X)), "ji"), (A, "jk")], "ik"),
    ),
    "diagonal of a function": (
        product([(sigma(A), "ii")], "i"),
        sigma(product([(A, "ii")], "i")),
    ),
    "concatenation times a matrix": (
        matmul(var("V", N, N + D), concatenate([X, H])),
        add(
            matmul(product([(var("V", N, N + D), "ia"), (block(PARTS, 0), "aj")], "ij"), X),
            matmul(product([(var("V", N, N + D), "ia"), (block(PARTS, 1), "aj")], "ij"), H),
        ),
    ),
    "norm of a concatenation": (
        dot(concatenate([X, H]), concatenate([X, H])),
        add(dot(X, X), dot(H, H)),
    ),
    "function of a concatenation": (sigma(concatenate([X, H])), concatenate([sigma(X), sigma(H)])),
    "power of a concatenation": (inverse(concatenate([X, H])), concatenate([inverse(X), inverse(H)])),
    "part of a function": (
        product([(sigma(var("v", N + D)), "a"), (block(PARTS, 1), "ai")], "i"),
        sigma(product([(var("v", N + D), "a"), (block(PARTS, 1), "ai")], "i")),
    ),
    "part of a concatenation": (
        product([(concatenate([X, H]), "a"), (block(PARTS, 1), "ai")], "i"),
        H,
    ),
    "exp of a concatenation with a zero part": (
        exp(concatenate([X, zeros((D,))])),
        concatenate([exp(X), ones((D,))]),
    ),
    "axes of length one": (
        product([(var("R", N, 1), "ik"), (var("Q", 1, D), "kj")], "ij"),
        product([(var("R", N, 1), "ik"), (var("Q", 1, D), "lj")], "ij"),
    ),
    "generic function": (apply("f", add(X, Y)), apply("f", add(Y, X))),
}

X4 = hadamard(X, X, X, X)
WRONG: dict[str, tuple[Term, Term]] = {
    "σ(1 − σ²)": (hadamard(sigma(X), one_minus(sigma(X))), hadamard(sigma(X), one_minus(power(sigma(X), 2)))),
    "1 − tanh": (one_minus(power(tanh(X), 2)), one_minus(tanh(X))),
    "transposed": (A, transpose(A)),
    "transposed inside": (sigma(A), sigma(transpose(A))),
    "matrices do not commute": (matmul(A, B), matmul(B, A)),
    "transposed matrix applied": (matmul(A, X), matmul(transpose(A), X)),
    "swapped outer product": (outer(X, Y), outer(Y, X)),
    "swapped Hadamard": (hadamard(A, B), matmul(A, B)),
    "dropped term": (add(X, hadamard(Y, Z)), X),
    "dot product split": (dot(X, Y), hadamard(total(X), total(Y))),
    "square of a sum": (total(hadamard(X, X)), power(total(X), 2)),
    "fourth powers": (total(X4), power(dot(X, X), 2)),
    "factor 2": (gradient(dot(X, X), [X])[0], X),
    "sign": (subtract(X, Y), subtract(Y, X)),
    "quotient": (inverse(add(X, Y)), add(inverse(X), inverse(Y))),
    "root of a square": (power(power(S, 2), HALF), S),
    "root of a product": (power(hadamard(S, T), HALF), hadamard(power(S, HALF), power(T, HALF))),
    "log of a sum": (log(add(X, Y)), add(log(X), log(Y))),
    "exp of a product": (exp(hadamard(X, Y)), hadamard(exp(X), exp(Y))),
    "exp of a sum of logs": (exp(total(log(X))), total(X)),
    "root of a sum": (power(total(X), HALF), total(power(X, HALF))),
    "log of a sum of exp": (log(total(exp(X))), total(X)),
    "root of a sum of squares": (norm(X), total(X)),
    "function of a sum": (total(exp(X)), exp(total(X))),
    "sum outside a function": (sigma(matmul(A, X)), matmul(sigma(A), X)),
    "σ is not odd": (sigma(scale(-1, X)), scale(-1, sigma(X))),
    "σ of an antisymmetric matrix": (sigma(ANTISYMMETRIC), transpose(sigma(ANTISYMMETRIC))),
    "softmax without the outer product": (jacobian(softmax(X), [X])[0], diagonal(softmax(X))),
    "softmax along the other sum": (softmax(X), hadamard(exp(X), inverse(total(X)))),
    "size instead of one": (total(ones((N,))), ones()),
    "wrong size": (size(N), size(D)),
    "trace of a square": (trace(matmul(A, A)), power(trace(A), 2)),
    "trace with a transpose": (trace(matmul(A, A)), trace(matmul(A, transpose(A)))),
    "wrong part": (concatenate([X, X]), concatenate([X, Y])),
    "parts exchanged": (
        product([(var("v", N + N), "a"), (block((N, N), 0), "ai")], "i"),
        product([(var("v", N + N), "a"), (block((N, N), 1), "ai")], "i"),
    ),
    "diagonal dropped": (hadamard(delta(N), A), A),
    "generic functions": (apply("f", X), apply("g", X)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_proves(name: str) -> None:
    left, right = EQUAL[name]
    assert prove_equal(left, right, Budget()) is not None
    assert prove_equal(right, left, Budget()) is not None


@pytest.mark.parametrize("name", WRONG)
def test_does_not_prove(name: str) -> None:
    left, right = WRONG[name]
    assert prove_equal(left, right, Budget()) is None


@pytest.mark.parametrize("name", EQUAL)
@pytest.mark.parametrize("exponential", [False, True])
def test_normal_form_is_idempotent(name: str, exponential: bool) -> None:
    for term in EQUAL[name]:
        once = normal_form(term, Budget(), exponential=exponential)
        assert normal_form(to_term(once), Budget(), exponential=exponential) == once


@pytest.mark.parametrize("name", EQUAL)
def test_a_spoiled_side_is_not_proved(name: str) -> None:
    left, right = EQUAL[name]
    assert prove_equal(left, scale(Fraction(3, 2), right), Budget()) is None
    assert prove_equal(left, add(right, ones(right.shape)), Budget()) is None


def test_conditions_name_what_was_cancelled() -> None:
    proof = prove_equal(hadamard(X, inverse(X)), ones((N,)), Budget())
    assert proof is not None
    assert proof.conditions == ("x ≠ 0",)
    proof = prove_equal(total(softmax(X)), ones(), Budget())
    assert proof is not None
    assert proof.conditions == ()
    proof = prove_equal(hadamard(power(S, HALF), power(S, HALF)), S, Budget())
    assert proof is not None
    assert proof.conditions == ("s ≥ 0",)


def test_conditions_that_hold_anyway_are_left_out() -> None:
    proof = prove_equal(power(norm(X), 2), dot(X, X), Budget())
    assert proof is not None
    assert proof.conditions == ()
    proof = prove_equal(inverse(hadamard(S, add(T, U))), hadamard(inverse(S), inverse(add(U, T))), Budget())
    assert proof is not None
    assert proof.conditions == (), "neither side has a value where s or t + u vanishes"


def test_the_log_names_the_rules() -> None:
    proof = prove_equal(sigma(scale(-1, X)), one_minus(sigma(X)), Budget())
    assert proof is not None
    assert "sigma(-a) = 1 - sigma(a)" in proof.log


def test_shapes_that_differ_are_not_equal() -> None:
    assert prove_equal(S, spread(S, (N,)), Budget()) is None


def test_an_inverse_of_zero_is_not_equal_to_anything() -> None:
    nothing = inverse(subtract(S, hadamard(S, ones())))
    assert prove_equal(nothing, S, Budget()) is None
    assert prove_equal(inverse(subtract(add(S, T), add(T, S))), zeros(), Budget()) is None


def test_a_blow_up_ends_in_a_budget_error() -> None:
    many = [var(f"v_{k}") for k in range(12)]
    with pytest.raises(BudgetError):
        prove_equal(power(add(*many), 12), power(add(*many[:-1]), 12), Budget(units=20_000))
