"""A GRU in rows that resets behind the matrix, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_u, W_r, W_n = (normal(rng, d, n) for _ in range(3))
    U_u, U_r, U_n = (normal(rng, n, n) for _ in range(3))
    b_u, b_r, b_n, c = (normal(rng, n) for _ in range(4))
    x, before, y = normal(rng, d), normal(rng, n), normal(rng, n)
    u = torch.sigmoid(x @ W_u + before @ U_u + b_u)
    r = torch.sigmoid(x @ W_r + before @ U_r + b_r)
    g = before @ U_n + c
    new = torch.tanh(x @ W_n + r * g + b_n)
    h = (1 - u) * before + u * new
    loss = (h - y) @ (h - y) / 2
    mu = (h - y) * u * (1 - new**2)
    return [
        [grad(loss, new), (h - y) * u],
        [grad(loss, b_n), mu],
        [grad(loss, W_n), torch.outer(x, mu)],
        [grad(loss, r), mu * g],
        [grad(loss, U_n), torch.outer(before, mu * r)],
        [grad(loss, c), mu * r],
        [grad(loss, u), (h - y) * (new - before)],
        [grad(loss, U_n), torch.outer(r * before, mu)],
        [grad(loss, W_n), torch.outer(x, mu * r)],
        [grad(loss, u), (h - y) * (before - new)],
    ]
