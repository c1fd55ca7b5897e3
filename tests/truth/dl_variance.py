"""Batch normalisation with the variance as a quantity of its own."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n + 1
    x, r, gamma, beta, eps = normal(rng, n), normal(rng, n), normal(rng), normal(rng), normal(rng).exp().detach()
    mu = x.sum() / n
    variance = ((x - mu) ** 2).sum() / n
    deviation = torch.sqrt(variance)
    hat = (x - mu) / torch.sqrt(variance + eps)
    error = gamma * hat + beta - r
    loss = (error**2).sum() / 2
    by_variance = grad(loss, variance)
    return [
        [grad(variance, x), 2 / n * (x - mu)],
        [grad(deviation, x), (x - mu) / (n * deviation)],
        [variance, (x**2).sum() / n - mu**2],
        [by_variance, -gamma / 2 * (variance + eps) ** -1.5 * (error * (x - mu)).sum()],
        [(x - mu).sum(), number(0)],
        [grad(variance, x), (x - mu) / n],
        [grad(deviation, x), 2 / n * (x - mu)],
        [by_variance, -gamma / 2 * (variance + eps) ** -0.5 * (error * (x - mu)).sum()],
        [variance, (x**2).sum() / n - mu],
    ]
