"""Adam, its moments unrolled and its first steps."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    T = size.T
    g = [normal(rng, size.n) for _ in range(T + 1)]
    start = normal(rng, size.n)
    eta, one, two, eps = normal(rng).exp(), normal(rng).sigmoid(), normal(rng).sigmoid(), normal(rng).exp()
    m, v = [torch.zeros(size.n, dtype=torch.float64)], [torch.zeros(size.n, dtype=torch.float64)]
    for t in range(1, T + 1):
        m.append(one * m[-1] + (1 - one) * g[t])
        v.append(two * v[-1] + (1 - two) * g[t] ** 2)
    mean = [m[t] / (1 - one**t) for t in range(1, T + 1)]
    square = [v[t] / (1 - two**t) for t in range(1, T + 1)]
    steps = range(1, T + 1)
    weights = sum((1 - two) * two ** (T - i) for i in steps)
    return [
        [m[T], sum((1 - one) * one ** (T - i) * g[i] for i in steps)],
        [v[T], sum((1 - two) * two ** (T - i) * g[i] ** 2 for i in steps)],
        [weights, 1 - two**T],
        [sum(one**k for k in range(T)), (1 - one**T) / (1 - one)],
        [mean[0], g[1]],
        [square[0], g[1] ** 2],
        [start - eta * mean[0] / (square[0].sqrt() + eps), start - eta * g[1] / (g[1].abs() + eps)],
        [m[2], one * (1 - one) * g[1] + (1 - one) * g[2]],
        [mean[1], (one * g[1] + g[2]) / (1 + one)],
        [m[T], sum((1 - one) * one ** (T - i + 1) * g[i] for i in steps)],
        [m[T], sum((1 - one) * one ** (T - i) * g[i] for i in range(1, T))],
        [weights, 1 - two ** (T - 1)],
        [mean[0], (1 - one) * g[1]],
        [square[0], g[1]],
        [mean[0], m[1] / (1 - two)],
    ]
