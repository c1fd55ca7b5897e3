"""A model of characters over T steps under the sum of its losses; what is said of a step t is tried at t = 2 < T."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m, T = size.n, size.d, size.m, size.T
    Whh, Wxh, Why = normal(rng, n, n), normal(rng, n, d), normal(rng, m, n)
    bh, by = normal(rng, n), normal(rng, m)
    x, k = [normal(rng, d) for _ in range(T + 1)], [one_hot(rng, m) for _ in range(T + 1)]
    h = [normal(rng, n)]
    for j in range(1, T + 1):
        h.append(torch.tanh(Whh @ h[j - 1] + Wxh @ x[j] + bh))
    s = [Why @ state + by for state in h]
    p = [torch.softmax(entry, 0) for entry in s]
    steps, t = range(1, T + 1), 2
    L = -sum(torch.log(p[j] @ k[j]) for j in steps)
    ds = [torch.empty(0), *(grad(L, s[j]) for j in steps)]
    dh = [torch.empty(0), *(grad(L, h[j]) for j in steps)]
    slope = [1 - state * state for state in h]
    return [
        [ds[t], p[t] - k[t]],
        [grad(L, Why), sum(torch.outer(ds[j], h[j]) for j in steps)],
        [dh[t], Why.T @ ds[t] + Whh.T @ (slope[t + 1] * dh[t + 1])],
        [grad(L, bh), sum(slope[j] * dh[j] for j in steps)],
        [grad(L, Whh), sum(torch.outer(slope[j] * dh[j], h[j - 1]) for j in steps)],
        [ds[t], k[t] - p[t]],
        [grad(L, Why), sum(torch.outer(ds[j], h[j - 1]) for j in steps)],
        [dh[t], Why.T @ ds[t] + Whh.T @ (slope[t] * dh[t + 1])],
    ]
