"""A network with two layers; components as whole arrays."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    v, w = normal(rng, size.n, size.d), normal(rng, size.m, size.n)
    x, t = normal(rng, size.d), normal(rng, size.m)
    a = v @ x
    z = torch.tanh(a)
    y = w @ z
    error = ((y - t) ** 2).sum() / 2
    delta = y - t
    back = grad(error, a)
    return [
        [grad(error, w), torch.outer(delta, z)],
        [back, (1 - z**2) * (w.T @ delta)],
        [grad(error, v), torch.outer(back, x)],
        [grad(error, x), v.T @ back],
        [back, (1 - z) * (w.T @ delta)],
        [back, w.T @ delta],
        [grad(error, w), torch.outer(delta, a)],
    ]
