"""Two recurrent layers on top of each other, within one step; the first is n wide, the second n + 1."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, k, d, m = size.n, size.n + 1, size.d, size.m
    W1, U1, b1 = normal(rng, n, d), normal(rng, n, n), normal(rng, n)
    W2, U2, b2 = normal(rng, k, n), normal(rng, k, k), normal(rng, k)
    V, c = normal(rng, m, k), normal(rng, m)
    x, before1, before2, y = normal(rng, d), normal(rng, n), normal(rng, k), normal(rng, m)
    h1 = torch.tanh(W1 @ x + U1 @ before1 + b1)
    h2 = torch.tanh(W2 @ h1 + U2 @ before2 + b2)
    o = V @ h2 + c
    loss = ((o - y) ** 2).sum() / 2
    inner = (1 - h2**2) * (V.T @ (o - y))
    d_h1 = grad(loss, h1)
    return [
        [grad(loss, h2), V.T @ (o - y)],
        [grad(h2, h1), torch.diag(1 - h2**2) @ W2],
        [d_h1, W2.T @ inner],
        [grad(loss, W2), torch.outer(inner, h1)],
        [grad(loss, b1), (1 - h1**2) * d_h1],
        [grad(loss, W1), torch.outer((1 - h1**2) * d_h1, x)],
        [grad(h1, before1), torch.diag(1 - h1**2) @ U1],
        [grad(h1, before1), attempt(lambda: torch.diag(1 - h1**2) @ U2)],
        [grad(loss, W2), torch.outer(inner, h2)],
        [grad(loss, h2), attempt(lambda: W2 @ (o - y))],
    ]
