"""A layer of row vectors; the count of parameters at the sizes that the sheet declares."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m = size.n, size.d, size.m
    W, b, V, c, x = normal(rng, d, n), normal(rng, 1, n), normal(rng, n, m), normal(rng, m, 1), normal(rng, 1, d)
    h = torch.tanh(x @ W + b)
    loss = (h @ V @ c)[0, 0]
    back = (V @ c).T * (1 - h**2)
    return [
        [grad(loss, h), (V @ c).T],
        [grad(loss, b), back],
        [grad(loss, W), x.T @ back],
        [grad(loss, W), MISFIT],
        [grad(loss, x), back @ W.T],
        [grad(loss, x), MISFIT],
        [number(30 * 20 + 20), number(30) * 20 + 20, number(620)],
    ]
