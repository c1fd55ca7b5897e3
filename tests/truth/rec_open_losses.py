"""A linear recurrent network under a loss of no special form, averaged over T steps; a step t is tried at 2 < T."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, attempt, grad, normal


def loss(o: Tensor, y: Tensor) -> Tensor:
    return torch.logsumexp(o * y, 0) + (torch.sin(o) * y**2).sum() + o[0] * y[-1]


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, q, T = size.n, size.d, size.m, size.T
    Whx, Whh, Wqh = normal(rng, n, d), normal(rng, n, n), normal(rng, q, n)
    x, y = [normal(rng, d) for _ in range(T + 1)], [normal(rng, q) for _ in range(T + 1)]
    h = [normal(rng, n)]
    for k in range(1, T + 1):
        h.append(Whx @ x[k] + Whh @ h[k - 1])
    o = [Wqh @ state for state in h]
    losses = [loss(o[k], y[k]) for k in range(T + 1)]
    steps, t = range(1, T + 1), 2
    L = sum(losses[k] for k in steps) / T
    at_h = [torch.empty(0), *(grad(L, h[k]) for k in steps)]
    at_o = [torch.empty(0), *(grad(L, o[k]) for k in steps)]
    return [
        [at_o[t], grad(losses[t], o[t]) / T],
        [grad(L, Wqh), sum(torch.outer(at_o[k], h[k]) for k in steps)],
        [at_h[T], Wqh.T @ at_o[T]],
        [at_h[t], Whh.T @ at_h[t + 1] + Wqh.T @ at_o[t]],
        [grad(L, Whx), sum(torch.outer(at_h[k], x[k]) for k in steps)],
        [grad(L, Whh), sum(torch.outer(at_h[k], h[k - 1]) for k in steps)],
        [at_o[t], grad(losses[t], o[t])],
        [at_h[T], attempt(lambda: Wqh @ at_o[T])],
        [at_h[t], Wqh.T @ at_o[t]],
        [grad(L, Whh), sum(torch.outer(at_h[k], h[k]) for k in steps)],
    ]
