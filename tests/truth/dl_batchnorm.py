"""Batch normalisation of one feature."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n + 1
    x, gamma, beta, eps = normal(rng, n), normal(rng), normal(rng), normal(rng).exp().detach()
    mu = x.sum() / n
    v = ((x - mu) ** 2).sum() / n
    hat = (x - mu) / torch.sqrt(v + eps)
    y = gamma * hat + beta
    loss = ((y - normal(rng, n)) ** 2).sum() / 2
    g = grad(loss, y)
    scale = gamma / (n * torch.sqrt(v + eps))
    return [
        [grad(mu, x), torch.full((n,), 1 / n, dtype=torch.float64)],
        [grad(v, x), 2 * (x - mu) / n],
        [hat.sum(), torch.zeros((), dtype=torch.float64)],
        [grad(loss, beta), g.sum()],
        [grad(loss, gamma), (g * hat).sum()],
        [grad(loss, x), scale * (n * g - g.sum() - hat * (g * hat).sum())],
        [grad(loss, x), gamma / torch.sqrt(v + eps) * g],
        [grad(loss, x), scale * (n * g - g.sum())],
        [grad(v, x), 2 * (x - mu) / (n - 1)],
    ]
