"""Backpropagation through time with states as rows."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m, T = size.n, size.d, size.m, size.T
    W, U, b = normal(rng, d, n), normal(rng, n, n), normal(rng, 1, n)
    V, c = normal(rng, n, m), normal(rng, 1, m)
    x, y = [normal(rng, 1, d) for _ in range(T + 1)], [normal(rng, 1, m) for _ in range(T + 1)]
    a, h = [torch.zeros(1, n)], [normal(rng, 1, n)]
    for t in range(1, T + 1):
        a.append(x[t] @ W + h[t - 1] @ U + b)
        h.append(torch.tanh(a[t]))
    o = [state @ V + c for state in h]
    E = torch.stack([((o[t] - y[t]) ** 2).sum() / 2 for t in range(1, T + 1)]).sum()
    delta = [torch.zeros(1, n)] + [grad(E, a[t]) for t in range(1, T + 1)]
    error = [(o[t] - y[t]) for t in range(T + 1)]
    slope = [1 - state * state for state in h]
    steps, t = range(1, T + 1), T - 1
    return [
        [delta[T], (error[T] @ V.T) * slope[T]],
        [delta[t], (error[t] @ V.T + delta[t + 1] @ U.T) * slope[t]],
        [grad(E, U), sum(h[k - 1].T @ delta[k] for k in steps)],
        [grad(E, W), sum(x[k].T @ delta[k] for k in steps)],
        [grad(E, b), sum(delta[k] for k in steps)],
        [grad(E, V), sum(h[k].T @ error[k] for k in steps)],
        [grad(E, c), sum(error[k] for k in steps)],
        [delta[t], (error[t] @ V.T + delta[t + 1] @ U) * slope[t]],
        [delta[t], (error[t] @ V.T + delta[t + 1] @ U.T) * slope[t + 1]],
        [grad(E, U), sum(h[k].T @ delta[k] for k in steps)],
        [grad(E, W), sum(x[k].T @ delta[k] for k in steps[:-1])],
        [grad(E, U), sum(h[k].T @ delta[k] for k in steps[:-1])],
    ]
