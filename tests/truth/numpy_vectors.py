"""One layer on one example, and sums along the axes of a matrix."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d, n = size.d, size.n
    x, U, b, u, M = normal(rng, d), normal(rng, n, d), normal(rng, n), normal(rng, n), normal(rng, n, n)
    z = U @ x + b
    h = torch.tanh(z)
    loss = u @ h
    dz = grad(loss, z)
    dU = grad(loss, U)
    return [
        [dz, u * (1 - h**2)],
        [dU, torch.outer(dz, x)],
        [dU, dz[:, None] @ x[None, :]],
        [grad(loss, x), U.T @ dz],
        [loss, (u * h).sum()],
        [M.sum(1), M @ torch.ones(n, dtype=torch.float64)],
        [M.sum(0).sum(), M.sum()],
        [M.T.sum(0), M.sum(1)],
        [dz, MISFIT],
        [dU, MISFIT],
        [loss, MISFIT],
        [M.sum(0), M.sum(1)],
        [M.mean(0).sum(), M.sum()],
    ]
