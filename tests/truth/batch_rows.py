"""A network of two layers on a batch of rows, with biases."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    N, d, n, q = size.T + size.m, size.d, size.n, size.m
    X, W, b, V, c, Y = (normal(rng, *shape) for shape in ((N, d), (d, n), (n,), (n, q), (q,), (N, q)))
    H = torch.tanh(X @ W + b)
    out = H @ V + c
    loss = ((out - Y) ** 2).sum() / 2
    error, arriving = out - Y, grad(loss, H)
    return [
        [grad(loss, V), H.T @ error],
        [grad(loss, c), error.sum(0)],
        [arriving, error @ V.T],
        [grad(loss, W), X.T @ (arriving * (1 - H * H))],
        [grad(loss, b), (arriving * (1 - H * H)).sum(0)],
        [grad(loss, V), MISFIT],
        [grad(loss, c), MISFIT],
        [grad(loss, b), (arriving * (1 - H)).sum(0)],
    ]
