"""Layers written from primitives: correlations, normalisations, attention, embedding, dropout."""

from __future__ import annotations

from fractions import Fraction

import sympy

from derivations.patterns import window
from derivations.reductions import HALF, Numeric, mean_axis, need_rank, softmax
from derivations.tensors import hadamard, matmul, transpose
from derivations.terms import (
    Dim,
    Term,
    add,
    block,
    delta,
    number,
    ones,
    power,
    product,
    scale,
    size,
    subtract,
)


def correlation1d(x: Term, w: Term, stride: int = 1, padding: int = 0) -> Term:
    """y_k = Σ_a x_{k·stride + a − padding} w_a, zero outside: what deep learning calls a convolution."""
    need_rank(x, 1)
    need_rank(w, 1)
    shifts = window(x.shape[0], w.shape[0], sympy.Integer(stride), sympy.Integer(padding))
    return product([(shifts, "kja"), (x, "j"), (w, "a")], "k")


def correlation2d(x: Term, w: Term, stride: int = 1, padding: int | tuple[int, ...] = 0) -> Term:
    """The same over two axes, of one channel; the padding may differ for rows and columns."""
    need_rank(x, 2)
    need_rank(w, 2)
    pads = padding if isinstance(padding, tuple) else (padding, padding)
    step, pad = sympy.Integer(stride), [sympy.Integer(amount) for amount in pads]
    rows, columns = (window(x.shape[k], w.shape[k], step, pad[k]) for k in (0, 1))
    return product([(rows, "kia"), (columns, "ljb"), (x, "ij"), (w, "ab")], "kl")


def convolution1d(x: Term, w: Term, stride: int = 1, padding: int = 0) -> Term:
    """The correlation with the kernel turned round."""
    return correlation1d(x, reversed_vector(w), stride, padding)


def convolution2d(x: Term, w: Term, stride: int = 1, padding: int | tuple[int, ...] = 0) -> Term:
    """The correlation over two axes with the kernel turned by 180°."""
    need_rank(w, 2)
    rows, columns = (_reversal(dim) for dim in w.shape)
    return correlation2d(x, product([(rows, "ia"), (columns, "jb"), (w, "ab")], "ij"), stride, padding)


def _reversal(n: Dim) -> Term:
    """The matrix that puts n entries in reverse order."""
    shifts = window(n, n, sympy.S.One, n - 1)
    return product([(shifts, ("k", "j", "a")), (_first(n), "j"), (_kept(n), ("i", "k"))], ("i", "a"))


def reversed_vector(w: Term) -> Term:
    """The entries in reverse order: after n − 1 zeros, entry k of a correlation meets weight n − 1 − k first."""
    need_rank(w, 1)
    n = w.shape[0]
    shifts = window(n, n, sympy.S.One, n - 1)
    return product([(shifts, ("k", "j", "a")), (_first(n), "j"), (w, "a"), (_kept(n), ("i", "k"))], "i")


def _first(n: Dim) -> Term:
    return product([(block((sympy.S.One, n - 1), 0), "ij")], "i") if n != 1 else ones((n,))


def _kept(n: Dim) -> Term:
    """Takes the first n of 2n − 1 entries."""
    return transpose(block((n, n - 1), 0)) if n != 1 else delta(n)


def _normalised(x: Term, axis: int, epsilon: Term | Numeric) -> Term:
    axes = list(range(x.rank))
    rest = axes[:axis] + axes[axis + 1 :]
    dims = dict(enumerate(x.shape))
    centred = subtract(x, product([(mean_axis(x, axis), rest)], axes, dims))
    variance = mean_axis(power(centred, 2), axis)
    fudge = (
        product([(epsilon, ())], range(variance.rank), dict(enumerate(variance.shape)))
        if isinstance(epsilon, Term)
        else number(epsilon, variance.shape)
    )
    return product([(centred, axes), (power(add(variance, fudge), -HALF), rest)], axes)


def batch_norm(x: Term, gamma: Term, beta: Term, epsilon: Term | Numeric = 0) -> Term:
    """γ(x − μ)/√(σ² + ε) + β, mean and variance over the first axis (Ioffe and Szegedy 2015, algorithm 1)."""
    return _affine(_normalised(x, 0, epsilon), gamma, beta)


def layer_norm(x: Term, gamma: Term, beta: Term, epsilon: Term | Numeric = 0) -> Term:
    """γ(x − μ)/√(σ² + ε) + β, mean and variance over the last axis (Ba, Kiros and Hinton 2016, eq. 3)."""
    return _affine(_normalised(x, x.rank - 1, epsilon), gamma, beta)


def _affine(x: Term, gamma: Term, beta: Term) -> Term:
    axes = list(range(x.rank))
    dims = dict(enumerate(x.shape))
    return add(product([(x, axes), (gamma, axes[-1:])], axes), product([(beta, axes[-1:])], axes, dims))


def attention(q: Term, k: Term, v: Term) -> Term:
    """softmax(QKᵀ/√d) V, rows are positions (Vaswani et al. 2017, eq. 1)."""
    for x in (q, k, v):
        need_rank(x, 2)
    scores = hadamard(matmul(q, transpose(k)), power(size(q.shape[1]), -HALF))
    return matmul(softmax(scores), v)


def embedding(table: Term, token: Term) -> Term:
    """The row of the table that a one-hot token selects."""
    return product([(table, "vd"), (token, "v")], "d")


def dropout(x: Term, mask: Term, rate: Term | Numeric = HALF) -> Term:
    """x ⊙ mask / (1 − rate) for a given 0/1 mask (inverted dropout)."""
    if isinstance(rate, Term):
        return hadamard(x, mask, power(subtract(number(1), rate), -1))
    return scale(1 / (1 - Fraction(rate)), hadamard(x, mask))
