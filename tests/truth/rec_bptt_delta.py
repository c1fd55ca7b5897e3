"""The deltas of backpropagation through time, taken at the net input."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, T = size.n, size.d, size.T
    W, R, b = normal(rng, n, d), normal(rng, n, n), normal(rng, n)
    x, y = [normal(rng, d) for _ in range(T + 1)], [normal(rng, n) for _ in range(T + 1)]
    a, h = [torch.zeros(n)], [normal(rng, n)]
    for t in range(1, T + 1):
        a.append(W @ x[t] + R @ h[t - 1] + b)
        h.append(torch.sigmoid(a[t]))
    E = sum(((h[t] - y[t]) ** 2).sum() / 2 for t in range(1, T + 1))
    delta = [torch.zeros(n)] + [grad(E, a[t]) for t in range(1, T + 1)]
    slope = [state * (1 - state) for state in h]
    steps, t = range(1, T + 1), T - 1
    return [
        [delta[T], (h[T] - y[T]) * slope[T]],
        [delta[t], (h[t] - y[t] + R.T @ delta[t + 1]) * slope[t]],
        [grad(E, R), sum(torch.outer(delta[k], h[k - 1]) for k in steps)],
        [grad(E, W), sum(torch.outer(delta[k], x[k]) for k in steps)],
        [grad(E, b), sum(delta[k] for k in steps)],
        [grad(E, R), sum(torch.outer(delta[k], h[k]) for k in steps)],
        [grad(E, b), sum(delta[k] for k in steps[:-1])],
        [delta[t], (h[t] - y[t] + R @ delta[t + 1]) * slope[t]],
    ]
