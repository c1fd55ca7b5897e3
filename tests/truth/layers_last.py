"""Four layers, each of a width of its own; l is 2 and L is 4."""

from __future__ import annotations

from itertools import pairwise

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    widths = [size.d, size.n, size.m, size.n + 1, size.d + size.m]
    w = [torch.empty(0), *(normal(rng, b, a) for a, b in pairwise(widths))]
    b = [torch.empty(0), *(normal(rng, k) for k in widths[1:])]
    a, z = [normal(rng, widths[0])], [torch.empty(0)]
    for k in range(1, 5):
        z.append(w[k] @ a[k - 1] + b[k])
        a.append(torch.sigmoid(z[k]))
    y = normal(rng, widths[4])
    cost = ((y - a[4]) ** 2).sum() / 2
    delta = [torch.empty(0), *(grad(cost, z[k]) for k in range(1, 5))]
    last = (a[4] - y) * slope(z[4])
    return [
        [delta[4], grad(cost, a[4]) * slope(z[4])],
        [delta[4], grad(cost, a[4]) * slope(z[4])],
        [delta[4], last],
        [grad(cost, w[4]), torch.outer(delta[4], a[3])],
        [delta[2], w[3].T @ delta[3] * slope(z[2])],
        [grad(cost, b[2]), delta[2]],
        [grad(cost, w[2]), torch.outer(delta[2], a[1])],
        [grad(cost, a[2]), w[3].T @ delta[3]],
        [delta[4], (y - a[4]) * slope(z[4])],
        [delta[4], (a[4] - y) * slope(a[4])],
        [delta[4], a[4] - y],
        [delta[2], w[3].T @ delta[3] * slope(a[2])],
        [delta[2], w[3].T @ delta[3]],
        [delta[2], MISFIT],
        [grad(cost, w[2]), MISFIT],
        [grad(cost, b[2]), MISFIT],
    ]


def slope(z: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(z) * (1 - torch.sigmoid(z))
