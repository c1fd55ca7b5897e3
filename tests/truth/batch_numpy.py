"""A layer on a batch of columns, written with the calls of NumPy."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d, n, m = size.d, size.n, size.T + size.m
    X, W, b, Y = normal(rng, d, m), normal(rng, n, d), normal(rng, n), normal(rng, n, m)
    Z = W @ X + b[:, None]
    A = torch.tanh(Z)
    loss = ((A - Y) ** 2).sum() / 2
    arriving, bias = grad(loss, Z), grad(loss, b)
    return [
        [arriving, (A - Y) * (1 - A**2)],
        [grad(loss, W), arriving @ X.T],
        [bias[:, None], arriving.sum(1, keepdim=True)],
        [bias, arriving.sum(1)],
        [bias[:, None], m * arriving.mean(-1, keepdim=True)],
        [grad(loss, X), W.T @ arriving],
        [loss, ((A - Y) * (A - Y)).sum(0).sum() / 2],
        [loss, torch.linalg.norm(A - Y) ** 2 / 2],
        [bias, MISFIT],
        [bias, MISFIT],
        [bias, arriving.mean(1)],
        [grad(loss, W), MISFIT],
        [arriving, MISFIT],
        [arriving, (A - Y) * (1 - A)],
        [loss, ((A - Y) ** 2).sum()],
    ]
