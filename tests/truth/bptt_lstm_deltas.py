"""The deltas of the hidden state and the cell of an LSTM with a loss at every step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, T = size.n, size.d, size.T
    W = {gate: normal(rng, n, d) for gate in "fiog"}
    U = {gate: normal(rng, n, n) for gate in "fiog"}
    b = {gate: normal(rng, n) for gate in "fiog"}
    x, y = [normal(rng, d) for _ in range(T + 1)], [normal(rng, n) for _ in range(T + 1)]
    h, c = [normal(rng, n)], [normal(rng, n)]
    f, i, o, g = ([torch.zeros(n, dtype=torch.float64)] for _ in range(4))
    for t in range(1, T + 1):
        pre = {gate: W[gate] @ x[t] + U[gate] @ h[t - 1] + b[gate] for gate in "fiog"}
        f.append(torch.sigmoid(pre["f"]))
        i.append(torch.sigmoid(pre["i"]))
        o.append(torch.sigmoid(pre["o"]))
        g.append(torch.tanh(pre["g"]))
        c.append(f[t] * c[t - 1] + i[t] * g[t])
        h.append(o[t] * torch.tanh(c[t]))
    L = torch.stack([((h[t] - y[t]) ** 2).sum() / 2 for t in range(1, T + 1)]).sum()
    dh, dc = [grad(L, state) for state in h], [grad(L, cell) for cell in c]
    steps, t = range(1, T + 1), T - 1
    out, later = dh[t] * o[t] * (1 - torch.tanh(c[t]) ** 2), t + 1
    returned = (
        U["f"].T @ (dc[later] * c[t] * f[later] * (1 - f[later]))
        + U["i"].T @ (dc[later] * g[later] * i[later] * (1 - i[later]))
        + U["g"].T @ (dc[later] * i[later] * (1 - g[later] ** 2))
        + U["o"].T @ (dh[later] * torch.tanh(c[later]) * o[later] * (1 - o[later]))
    )
    older = f[T] * f[t] * c[t - 1]
    return [
        [c[T], older + f[T] * i[t] * g[t] + i[T] * g[T]],
        [c[T], older + i[t] * g[t] + i[T] * g[T]],
        [dc[t], out + dc[later] * f[later]],
        [dh[t], h[t] - y[t] + returned],
        [grad(L, o[t]), dh[t] * torch.tanh(c[t])],
        [grad(L, f[t]), dc[t] * c[t - 1]],
        [grad(L, i[t]), dc[t] * g[t]],
        [grad(L, U["f"]), sum(torch.outer(dc[k] * c[k - 1] * f[k] * (1 - f[k]), h[k - 1]) for k in steps)],
        [grad(L, W["i"]), sum(torch.outer(dc[k] * g[k] * i[k] * (1 - i[k]), x[k]) for k in steps)],
        [grad(L, b["o"]), sum(dh[k] * torch.tanh(c[k]) * o[k] * (1 - o[k]) for k in steps)],
        [grad(L, U["g"]), sum(torch.outer(dc[k] * i[k] * (1 - g[k] ** 2), h[k - 1]) for k in steps)],
        [dc[t], dc[later] * f[later]],
        [dc[t], dh[t] * (1 - torch.tanh(c[t]) ** 2) + dc[later] * f[later]],
        [dc[t], out + dc[later] * f[t]],
        [grad(L, U["f"]), sum(torch.outer(dc[k] * c[k] * f[k] * (1 - f[k]), h[k - 1]) for k in steps)],
        [grad(L, W["i"]), sum(torch.outer(dc[k] * g[k] * f[k] * (1 - f[k]), x[k]) for k in steps)],
    ]
