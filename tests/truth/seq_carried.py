"""A step whose mask lets the new state in or carries the old one."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n
    h, x, W, U, m = normal(rng, n), normal(rng, size.d), normal(rng, n, n), normal(rng, n, size.d), normal(rng)
    new = torch.tanh(W @ h + U @ x)
    after, carried = m * new + (1 - m) * h, number(0) * new + (1 - number(0)) * h
    eye, slope = torch.eye(n, dtype=torch.float64), torch.diag(1 - new**2)
    return [
        [grad(after, h), m * slope @ W + (1 - m) * eye],
        [grad(after, x), m * slope @ U],
        [grad(after, h), slope @ W + (1 - m) * eye],
        [grad(after, h), m * slope @ W],
        [carried, h],
        [grad(carried, h), eye],
        [grad(carried, x), torch.zeros(n, size.d, dtype=torch.float64)],
        [grad(carried, h), W],
    ]
