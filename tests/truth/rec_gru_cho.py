"""A GRU that keeps the share z of the old state and resets before the matrix, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_z, W_r, W = (normal(rng, n, d) for _ in range(3))
    U_z, U_r, U = (normal(rng, n, n) for _ in range(3))
    b_z, b_r, b = (normal(rng, n) for _ in range(3))
    x, before, y = normal(rng, d), normal(rng, n), normal(rng, n)
    z = torch.sigmoid(W_z @ x + U_z @ before + b_z)
    r = torch.sigmoid(W_r @ x + U_r @ before + b_r)
    new = torch.tanh(W @ x + U @ (r * before) + b)
    h = z * before + (1 - z) * new
    loss = ((h - y) ** 2).sum() / 2
    e = h - y
    inner = e * (1 - z) * (1 - new**2)
    d_z, d_r = grad(loss, z), grad(loss, r)
    paths = U_z.T @ (d_z * z * (1 - z)) + U_r.T @ (d_r * r * (1 - r)) + r * (U.T @ inner)
    return [
        [d_z, e * (before - new)],
        [grad(loss, new), e * (1 - z)],
        [grad(loss, W), torch.outer(inner, x)],
        [grad(loss, U), torch.outer(inner, r * before)],
        [d_r, (U.T @ inner) * before],
        [grad(loss, U_r), torch.outer(d_r * r * (1 - r), before)],
        [grad(loss, b_z), e * (before - new) * z * (1 - z)],
        [grad(loss, before), e * z + paths],
        [d_r, (U.T @ before) * inner],
        [d_z, e * (new - before)],
    ]
