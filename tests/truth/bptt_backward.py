"""Deltas that are computed from the last step to the first."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, T = size.n, size.d, size.T
    W, U, b = normal(rng, n, d), normal(rng, n, n), normal(rng, n)
    x, y = [normal(rng, d) for _ in range(T + 1)], [normal(rng, n) for _ in range(T + 1)]
    a, h = [torch.zeros(n)], [normal(rng, n)]
    for t in range(1, T + 1):
        a.append(W @ x[t] + U @ h[t - 1] + b)
        h.append(torch.tanh(a[t]))
    L = torch.stack([((h[t] - y[t]) ** 2).sum() / 2 for t in range(1, T + 1)]).sum()
    slope = [1 - state**2 for state in h]
    delta = {T: (h[T] - y[T]) * slope[T]}
    for t in range(T - 1, 0, -1):
        delta[t] = (h[t] - y[t] + U.T @ delta[t + 1]) * slope[t]
    steps, t = range(1, T + 1), T - 1
    return [
        [grad(L, a[t]), delta[t]],
        [grad(L, U), sum(torch.outer(delta[k], h[k - 1]) for k in steps)],
        [grad(L, h[t]), h[t] - y[t] + U.T @ delta[t + 1]],
        [delta[t], (h[t] - y[t] + U.T @ delta[T]) * slope[t]],
        [delta[t], (h[t] - y[t] + U.T @ delta[T]) * slope[t]],
        [grad(L, h[t]), delta[t]],
        [grad(L, U), sum(torch.outer(delta[k], h[k]) for k in steps)],
        [grad(L, h[t]), U.T @ delta[t + 1]],
        [delta[t], (h[t] - y[t] + U @ delta[T]) * slope[t]],
        [delta[t], (U.T @ delta[T]) * slope[t]],
    ]
