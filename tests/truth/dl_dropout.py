"""Inverted dropout with a given mask; a penalty on the weights."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    x, r, W, y = normal(rng, d), normal(rng, n), normal(rng, n, d), normal(rng, n)
    p, lam = normal(rng).sigmoid(), normal(rng).exp()
    h = torch.tanh(W @ x)
    u = r * h / (1 - p)
    loss = ((u - y) ** 2).sum() / 2
    R = loss + lam / 2 * (W**2).sum()
    by_weights = grad(loss, W)
    return [
        [grad(loss, u), u - y],
        [grad(loss, h), r * (u - y) / (1 - p)],
        [by_weights, torch.outer(r * (u - y) * (1 - h**2), x) / (1 - p)],
        [grad(u, h), torch.diag(r) / (1 - p)],
        [grad(R, W), by_weights + lam * W],
        [grad(loss, h), r * (u - y)],
        [by_weights, torch.outer((u - y) * (1 - h**2), x) / (1 - p)],
        [grad(R, W), by_weights + 2 * lam * W],
    ]
