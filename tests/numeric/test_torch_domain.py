"""Terms in torch have the values they have in NumPy, and autograd sees through them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from derivations.evaluate import Floats, evaluate
from derivations.functions import FUNCTIONS
from derivations.tensors import concatenate, diagonal, matmul, spread, transpose
from derivations.terms import Term, apply, block, delta, dimension, linear, ones, power, product, size, var, zeros
from numeric.torch_domain import Tensors

N, D = dimension("n"), dimension("d")
SIZES = {N: 2, D: 3}
A, B, x, s = var("A", N, N), var("B", N, D), var("x", N), var("s")
VALUES = {
    A: np.array([[0.5, -1.5], [2.0, 0.25]]),
    B: np.array([[1.0, -0.5, 0.75], [0.125, 2.0, -1.0]]),
    x: np.array([0.75, 1.25]),
    s: np.array(-0.625),
}
TERMS: list[Term] = [
    zeros((N, D)),
    ones((N, D)),
    delta(N),
    block((N, D), 1),
    size(N * D + 1),
    spread(s, (N, D)),
    product([(A, "ii")], ""),
    product([(A, "ii"), (x, "i"), (B, "ij")], "j"),
    product([(x, "i")], "ji", {"i": N, "j": D}),
    linear([(Fraction(1, 3), x), (Fraction(-2), matmul(A, x))], (N,)),
    transpose(matmul(A, B)),
    diagonal(x),
    concatenate([x, matmul(A, x)]),
    power(x, Fraction(-3, 2)),
    power(A, 2),
    apply("f", A),
    apply("f'", A),
    apply("g''", s),
    *(apply(name, x) for name in FUNCTIONS),
]


@pytest.mark.parametrize("place", range(len(TERMS)))
def test_values_are_those_of_numpy(place: int) -> None:
    tensors = {v: torch.tensor(value, dtype=torch.float64) for v, value in VALUES.items()}
    (theirs,) = evaluate([TERMS[place]], tensors, SIZES, Tensors())
    (ours,) = evaluate([TERMS[place]], VALUES, SIZES, Floats())
    assert theirs.dtype == torch.float64
    assert theirs.shape == ours.shape
    assert np.allclose(theirs.numpy(), ours, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("order", range(4))
def test_generic_functions_are_differentiated_by_autograd(order: int) -> None:
    leaf = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    domain = Tensors(seed=7)
    (slope,) = torch.autograd.grad(domain.apply("f" + "'" * order, leaf).sum(), leaf)
    assert torch.allclose(slope, domain.apply("f" + "'" * (order + 1), leaf), rtol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_row_names_its_torch_function(name: str) -> None:
    points = torch.linspace(0.25, 3, 7, dtype=torch.float64)
    assert np.allclose(Tensors().apply(name, points).numpy(), FUNCTIONS[name].real(points.numpy()), rtol=1e-14)
