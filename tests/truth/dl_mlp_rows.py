"""A network of two layers on a batch of rows."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    N, d, n, m = size.T + size.m, size.d, size.n, size.m
    X, W, V, Y = normal(rng, N, d), normal(rng, d, n), normal(rng, n, m), normal(rng, N, m)
    A = X @ W
    H = torch.tanh(A)
    out = H @ V
    loss = ((out - Y) ** 2).sum() / 2
    delta = out - Y
    slope = 1 - H * H
    return [
        [grad(loss, out), delta],
        [grad(loss, V), H.T @ delta],
        [grad(loss, H), delta @ V.T],
        [grad(loss, A), (delta @ V.T) * slope],
        [grad(loss, W), X.T @ ((delta @ V.T) * slope)],
        [grad(loss, V), delta.T @ X],
        [grad(loss, A), (delta @ V.T) * (1 - H)],
        [grad(loss, W), attempt(lambda: ((delta @ V.T) * slope) @ X.T)],
        [grad(loss, H), MISFIT],
    ]
