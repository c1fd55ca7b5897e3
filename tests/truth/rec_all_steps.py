"""A plain network over T steps with a mean of squared errors; what is said of a step t is tried at t = 2 < T."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m, T = size.n, size.d, size.m, size.T
    W, U, V, b = normal(rng, n, n), normal(rng, n, d), normal(rng, m, n), normal(rng, n)
    x, y = [normal(rng, d) for _ in range(T + 1)], [normal(rng, m) for _ in range(T + 1)]
    h = [normal(rng, n)]
    for k in range(1, T + 1):
        h.append(torch.tanh(W @ h[k - 1] + U @ x[k] + b))
    o = [V @ state for state in h]
    L = sum(((o[k] - y[k]) ** 2).sum() / 2 for k in range(1, T + 1)) / T
    steps, t = range(1, T + 1), 2
    at_h = [torch.empty(0), *(grad(L, h[k]) for k in steps)]
    at_o = [torch.empty(0), *(grad(L, o[k]) for k in steps)]
    slope = [1 - state**2 for state in h]
    ahead = W.T @ torch.diag(slope[t + 1]) @ at_h[t + 1]
    return [
        [at_o[t], (o[t] - y[t]) / T],
        [at_h[T], V.T @ at_o[T]],
        [at_h[t], ahead + V.T @ at_o[t]],
        [grad(L, V), sum(torch.outer(at_o[k], h[k]) for k in steps)],
        [grad(L, b), sum(torch.diag(slope[k]) @ at_h[k] for k in steps)],
        [grad(L, W), sum(torch.outer(torch.diag(slope[k]) @ at_h[k], h[k - 1]) for k in steps)],
        [grad(L, U), sum(torch.outer(slope[k] * at_h[k], x[k]) for k in steps)],
        [grad(L, V), sum(torch.outer(o[k] - y[k], h[k]) for k in steps) / T],
        [at_o[t], o[t] - y[t]],
        [grad(L, W), sum(torch.outer(torch.diag(slope[k]) @ at_h[k], h[k]) for k in steps)],
        [grad(L, W), sum(torch.outer(at_h[k], h[k - 1]) for k in steps)],
        [at_h[t], ahead],
        [grad(L, V), sum(torch.outer(o[k] - y[k], h[k]) for k in steps)],
    ]
