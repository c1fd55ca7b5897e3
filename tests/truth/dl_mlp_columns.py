"""A network of three layers of different widths, in columns."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d, n, m, k = size.d, size.n, size.m, size.T
    W1, W2, W3 = normal(rng, n, d), normal(rng, m, n), normal(rng, k, m)
    b1, b2, b3, x, y = normal(rng, n), normal(rng, m), normal(rng, k), normal(rng, d), normal(rng, k)
    z1 = W1 @ x + b1
    a1 = torch.tanh(z1)
    z2 = W2 @ a1 + b2
    a2 = torch.sigmoid(z2)
    z3 = W3 @ a2 + b3
    C = ((z3 - y) ** 2).sum() / 2
    d1, d2, d3 = grad(C, z1), grad(C, z2), grad(C, z3)
    return [
        [d3, z3 - y],
        [d2, (W3.T @ d3) * a2 * (1 - a2)],
        [d1, (W2.T @ d2) * (1 - a1 * a1)],
        [grad(C, W3), torch.outer(d3, a2)],
        [grad(C, W1), torch.outer(d1, x)],
        [grad(C, b2), d2],
        [grad(C, x), W1.T @ d1],
        [d1, (W2.T @ d2) * a1 * (1 - a1)],
        [grad(C, W2), attempt(lambda: torch.outer(d2, a2) + torch.zeros_like(W2))],
        [grad(C, x), attempt(lambda: W1 @ d1)],
    ]
