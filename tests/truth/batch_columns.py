"""A layer on a batch of columns, with a bias."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d, n, m = size.d, size.n, size.T + size.m
    X, W, b, Y = normal(rng, d, m), normal(rng, n, d), normal(rng, n), normal(rng, n, m)
    Z = W @ X + b[:, None]
    A = torch.tanh(Z)
    loss = ((A - Y) ** 2).sum() / 2
    arriving = grad(loss, Z)
    return [
        [arriving, (A - Y) * (1 - A**2)],
        [grad(loss, W), arriving @ X.T],
        [grad(loss, b), arriving @ torch.ones(m, dtype=torch.float64)],
        [grad(loss, b), arriving.sum(1)],
        [grad(loss, X), W.T @ arriving],
        [grad(loss, b), MISFIT],
        [arriving, (A - Y) * (1 - A)],
        [grad(loss, W), MISFIT],
        [grad(loss, b), 2 * arriving.sum(1)],
    ]
