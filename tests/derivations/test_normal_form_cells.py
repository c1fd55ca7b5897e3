"""Gradients of whole models, proved for all sizes: recurrent cells, normalisation, attention, losses."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

import pytest

from derivations.budget import Budget
from derivations.calculus import gradient, jacobian
from derivations.errors import BudgetError
from derivations.normal_form import prove_equal
from derivations.tensors import hadamard, matmul, outer, spread, total, transpose
from derivations.terms import Term, add, apply, delta, dimension, ones, power, product, scale, size, subtract, var

N, D, M, K = map(dimension, "ndmk")
X, Y, S, A = var("x", N), var("y", N), var("s"), var("A", N, N)
HALF = Fraction(1, 2)


def sigma(a: Term) -> Term:
    return apply("sigma", a)


def tanh(a: Term) -> Term:
    return apply("tanh", a)


def one_minus(a: Term) -> Term:
    return subtract(ones(a.shape), a)


def inverse(a: Term) -> Term:
    return power(a, -1)


def dot(a: Term, b: Term) -> Term:
    return total(hadamard(a, b))


def affine(a: Term, x: Term, b: Term, h: Term, c: Term) -> Term:
    return add(matmul(transpose(a), x), matmul(transpose(b), h), c)


class Gru:
    """A GRU cell with h' = z ⊙ h + (1 − z) ⊙ g, its inner values kept by name."""

    weights: ClassVar = {
        gate: (var(f"W_x{gate}", D, N), var(f"W_h{gate}", N, N), var(f"b_{gate}", N)) for gate in "zrg"
    }

    def __init__(self, x: Term, h: Term) -> None:
        gate = {name: (lambda a, b, c: lambda v: affine(a, x, b, v, c))(*w) for name, w in self.weights.items()}
        self.x, self.h = x, h
        self.z, self.r = sigma(gate["z"](h)), sigma(gate["r"](h))
        self.g = tanh(gate["g"](hadamard(self.r, h)))
        self.next = add(hadamard(self.z, h), hadamard(one_minus(self.z), self.g))

    def deltas(self, e: Term) -> dict[str, Term]:
        """The derivatives by the pre-activations, distributed in another way than the calculus does."""
        dz = subtract(
            hadamard(e, self.h, self.z, one_minus(self.z)),
            hadamard(self.g, subtract(self.z, power(self.z, 2)), e),
        )
        slope = one_minus(power(self.g, 2))
        dg = subtract(hadamard(slope, e), hadamard(self.z, slope, e))
        dr = hadamard(subtract(self.r, hadamard(self.r, self.r)), matmul(self.weights["g"][1], dg), self.h)
        return {"z": dz, "r": dr, "g": dg}

    def back(self, e: Term) -> Term:
        d, w = self.deltas(e), {gate: weights[1] for gate, weights in self.weights.items()}
        return add(
            hadamard(matmul(w["g"], d["g"]), self.r),
            add(matmul(w["r"], d["r"]), matmul(w["z"], d["z"])),
            hadamard(e, self.z),
        )

    def gradients(self, e: Term) -> list[Term]:
        d = self.deltas(e)
        states = {"z": self.h, "r": self.h, "g": hadamard(self.r, self.h)}
        return [t for gate in "zrg" for t in (outer(self.x, d[gate]), outer(states[gate], d[gate]), d[gate])]


def unrolled(steps: int) -> tuple[list[Term], list[Term]]:
    """Gradients of ½‖h_T − y‖² through a GRU: by the calculus and by hand."""
    cells: list[Gru] = []
    h: Term = var("h_0", N)
    for step in range(steps):
        cells.append(Gru(var(f"x_{step}", D), h))
        h = cells[-1].next
    error = subtract(h, Y)
    weights = [w for gate in "zrg" for w in Gru.weights[gate]]
    derived = gradient(scale(HALF, total(hadamard(error, error))), weights)
    by_hand: list[list[Term]] = []
    for cell in reversed(cells):
        by_hand.append(cell.gradients(error))
        error = cell.back(error)
    return derived, [add(*parts) for parts in zip(*by_hand, strict=True)]


@pytest.mark.parametrize("steps", [1, 2, 3, 6])
def test_gradients_of_a_gru_are_proved_for_all_sizes(steps: int) -> None:
    for derived, by_hand in zip(*unrolled(steps), strict=True):
        assert prove_equal(derived, by_hand, Budget(units=1_000 * steps)) is not None


@pytest.mark.parametrize("steps", [1, 2, 12])
def test_spoiled_gradients_of_a_gru_are_not_proved(steps: int) -> None:
    for derived, by_hand in zip(*unrolled(steps), strict=True):
        try:
            assert prove_equal(derived, scale(2, by_hand), Budget(units=20_000)) is None
        except BudgetError:
            assert steps > 1, "one step is small enough to be decided"


def test_layer_normalisation() -> None:
    over_n = inverse(size(N))
    centred = subtract(X, spread(hadamard(total(X), over_n), (N,)))
    root = power(add(hadamard(dot(centred, centred), over_n), S), -HALF)
    normal = hadamard(centred, root)
    by_hand = subtract(subtract(delta(N), spread(over_n, (N, N))), hadamard(outer(normal, normal), over_n))
    assert prove_equal(jacobian(normal, [X])[0], hadamard(by_hand, root), Budget()) is not None
    assert prove_equal(jacobian(normal, [X])[0], by_hand, Budget()) is None


def test_attention() -> None:
    q, k, v, g = var("Q", N, D), var("K", M, D), var("V", M, D), var("G", N, D)
    weights = apply("exp", hadamard(matmul(q, transpose(k)), power(size(D), -HALF)))
    weights = product([(weights, "ij"), (inverse(product([(weights, "ij")], "i")), "i")], "ij")
    by_q, by_k, by_v = gradient(dot(matmul(weights, v), g), [q, k, v])
    slope = matmul(g, transpose(v))
    mean = product([(slope, "il"), (weights, "il"), (ones((M,)), "j")], "ij")
    scores = hadamard(weights, subtract(slope, mean), power(size(D), -HALF))
    assert prove_equal(by_v, matmul(transpose(weights), g), Budget()) is not None
    assert prove_equal(by_q, matmul(scores, k), Budget()) is not None
    assert prove_equal(by_k, matmul(transpose(scores), q), Budget()) is not None
    assert prove_equal(by_q, matmul(hadamard(weights, slope), k), Budget()) is None


def test_cross_entropy_of_a_batch() -> None:
    w, x, y = var("W", K, D), var("X", M, D), var("Y", M, K)
    exps = apply("exp", matmul(x, transpose(w)))
    p = product([(exps, "ij"), (inverse(product([(exps, "ij")], "i")), "i")], "ij")
    loss = scale(-1, hadamard(inverse(size(M)), dot(y, apply("log", p))))
    weighted = product([(p, "ij"), (product([(y, "ij")], "i"), "i")], "ij")
    by_hand = hadamard(inverse(size(M)), matmul(transpose(subtract(weighted, y)), x))
    assert prove_equal(gradient(loss, [w])[0], by_hand, Budget()) is not None
    assert prove_equal(gradient(loss, [w])[0], scale(-1, by_hand), Budget()) is None


def test_likelihood_of_a_normal_distribution() -> None:
    rest = subtract(Y, matmul(A, X))
    likelihood = scale(
        -1, add(scale(HALF, hadamard(dot(rest, rest), power(S, -2))), hadamard(size(N), apply("log", S)))
    )
    by_s, by_a = gradient(likelihood, [S, A])
    by_hand = subtract(hadamard(dot(rest, rest), power(S, -3)), hadamard(size(N), inverse(S)))
    assert prove_equal(by_s, by_hand, Budget()) is not None
    assert prove_equal(by_a, hadamard(outer(rest, X), power(S, -2)), Budget()) is not None
    assert prove_equal(by_a, hadamard(outer(X, rest), power(S, -2)), Budget()) is None
