"""A kernel of two taps on a signal of length four."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    x, w, r = normal(rng, 4), normal(rng, 2), normal(rng, 3)
    y = torch.nn.functional.conv1d(x[None, None], w[None, None])[0, 0]
    loss = ((y - r) ** 2).sum() / 2
    g = y - r
    by_kernel, by_input = grad(loss, w), grad(loss, x)
    return [
        [by_kernel[0], g[0] * x[0] + g[1] * x[1] + g[2] * x[2]],
        [by_kernel[1], g[0] * x[1] + g[1] * x[2] + g[2] * x[3]],
        [by_input[0], g[0] * w[0]],
        [by_input[1], g[0] * w[1] + g[1] * w[0]],
        [by_input[3], g[2] * w[1]],
        [by_input[1], g[0] * w[0] + g[1] * w[1]],
        [by_kernel[1], g[0] * x[0] + g[1] * x[1] + g[2] * x[2]],
        [by_input[0], g[0] * w[1] + g[1] * w[0]],
    ]
