"""The deltas of a GRU with a loss at every step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, product


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, T = size.n, size.d, size.T
    Wz, Wr, W = (normal(rng, n, d) for _ in range(3))
    Uz, Ur, U = (normal(rng, n, n) for _ in range(3))
    bz, br, b = (normal(rng, n) for _ in range(3))
    x, y = [normal(rng, d) for _ in range(T + 1)], [normal(rng, n) for _ in range(T + 1)]
    h = [normal(rng, n)]
    z, r, s = ([torch.zeros(n, dtype=torch.float64)] for _ in range(3))
    for t in range(1, T + 1):
        z.append(torch.sigmoid(Wz @ x[t] + Uz @ h[t - 1] + bz))
        r.append(torch.sigmoid(Wr @ x[t] + Ur @ h[t - 1] + br))
        s.append(torch.tanh(W @ x[t] + U @ (r[t] * h[t - 1]) + b))
        h.append((1 - z[t]) * h[t - 1] + z[t] * s[t])
    L = torch.stack([((h[t] - y[t]) ** 2).sum() / 2 for t in range(1, T + 1)]).sum()
    delta = [grad(L, state) for state in h]
    eps = [delta[k] * z[k] * (1 - s[k] * s[k]) for k in range(T + 1)]
    steps, t, i = range(1, T + 1), T - 1, 1
    k = t + 1
    kept = h[t] - y[t] + delta[k] * (1 - z[k]) + r[k] * (U.T @ eps[k])
    kept = kept + Uz.T @ (delta[k] * (s[k] - h[t]) * z[k] * (1 - z[k]))
    reset = Ur.T @ ((U.T @ eps[k]) * h[t] * r[k] * (1 - r[k]))
    jacobians = {j: grad(h[j], h[j - 1]) for j in steps}
    gates = [torch.outer(delta[j] * (s[j] - h[j - 1]) * z[j] * (1 - z[j]), h[j - 1]) for j in steps]
    resets = [torch.outer((U.T @ eps[j]) * h[j - 1] * r[j] * (1 - r[j]), x[j]) for j in steps]
    return [
        [grad(L, z[t]), delta[t] * (s[t] - h[t - 1])],
        [grad(L, r[t]), (U.T @ eps[t]) * h[t - 1]],
        [grad(L, U), sum(torch.outer(eps[j], r[j] * h[j - 1]) for j in steps)],
        [grad(L, Uz), sum(gates)],
        [grad(L, Wr), sum(resets)],
        [grad(L, b), sum(eps[j] for j in steps)],
        [grad(h[T], h[i]), product([jacobians[j] for j in range(T, i, -1)])],
        [delta[t], kept + reset],
        [delta[t], kept],
        [grad(L, U), sum(torch.outer(eps[j], h[j - 1]) for j in steps)],
        [grad(L, z[t]), delta[t] * (h[t - 1] - s[t])],
        [grad(h[T], h[i]), product([jacobians[j] for j in range(T - 1, i, -1)])],
    ]
