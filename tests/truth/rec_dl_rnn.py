"""A basic cell with a linear output, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m = size.n, size.d, size.m
    W_ax, W_aa, b_a = normal(rng, n, d), normal(rng, n, n), normal(rng, n)
    W_ya, b_y = normal(rng, m, n), normal(rng, m)
    x, before, y = normal(rng, d), normal(rng, n), normal(rng, m)
    z = W_ax @ x + W_aa @ before + b_a
    a = torch.tanh(z)
    out = W_ya @ a + b_y
    loss = ((out - y) ** 2).sum() / 2
    d_a, d_z = grad(loss, a), grad(loss, z)
    return [
        [grad(a, z), torch.diag(1 - a**2)],
        [d_a, W_ya.T @ (out - y)],
        [d_z, d_a * (1 - a**2)],
        [grad(loss, W_ax), torch.outer(d_z, x)],
        [grad(loss, W_aa), torch.outer(d_z, before)],
        [grad(loss, b_a), d_z],
        [grad(loss, before), W_aa.T @ d_z],
        [grad(loss, x), W_ax.T @ d_z],
        [grad(loss, W_aa), torch.outer(d_z, a)],
        [d_z, d_a * (1 - a) ** 2],
        [grad(loss, x), attempt(lambda: W_ax @ d_z)],
    ]
