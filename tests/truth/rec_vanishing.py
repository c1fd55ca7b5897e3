"""A recurrent network that applies the nonlinearity before the matrix; k is three steps before t."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, product


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, t = size.n, size.d, 4
    W_r, W_i, b = normal(rng, n, n), normal(rng, n, d), normal(rng, n)
    x, s = [normal(rng, d) for _ in range(t + 1)], [normal(rng, n)]
    for i in range(1, t + 1):
        s.append(W_r @ torch.tanh(s[i - 1]) + W_i @ x[i] + b)
    slope = [torch.diag(1 - torch.tanh(state) ** 2) for state in s]
    jac = [torch.zeros(())] + [grad(s[i], s[i - 1]) for i in range(1, t + 1)]
    k = t - 3
    return [
        [grad(s[t], s[t - 1]), W_r @ slope[t - 1]],
        [grad(s[t], s[t - 2]), W_r @ slope[t - 1] @ W_r @ slope[t - 2]],
        [grad(s[t], s[k]), product([jac[i] for i in range(t, k, -1)])],
        [grad(s[t], s[t - 3]), jac[t] @ jac[t - 1] @ jac[t - 2]],
        [grad(s[t], x[t]), W_i],
        [grad(s[t], x[t - 1]), W_r @ slope[t - 1] @ W_i],
        [grad(s[t], s[t - 1]), slope[t - 1] @ W_r],
        [grad(s[t], s[t - 1]), W_r @ slope[t]],
        [grad(s[t], s[t - 1]), W_r @ torch.diag(1 - s[t - 1] ** 2)],
        [grad(s[t], s[k]), product([jac[i] for i in range(t, k - 1, -1)])],
    ]
