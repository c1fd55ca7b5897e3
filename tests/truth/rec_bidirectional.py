"""Two recurrent networks, one in each direction, three positions long; t is the middle one."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m, t = size.n, size.d, size.m, 1
    W_f, W_g = normal(rng, n, d), normal(rng, n, d)
    U_f, U_g = normal(rng, n, n), normal(rng, n, n)
    b_f, b_g = normal(rng, n), normal(rng, n)
    V_f, V_g, c = normal(rng, m, n), normal(rng, m, n), normal(rng, m)
    x, y = [normal(rng, d) for _ in range(3)], normal(rng, m)
    f, g = [normal(rng, n)], [normal(rng, n)]
    for k in (1, 2):
        f.append(torch.tanh(W_f @ x[k] + U_f @ f[-1] + b_f))
    for k in (1, 0):
        g.insert(0, torch.tanh(W_g @ x[k] + U_g @ g[0] + b_g))
    s = V_f @ f[t] + V_g @ g[t] + c
    e = ((s - y) ** 2).sum() / 2
    rho = s - y
    zero = torch.zeros(n, n, dtype=torch.float64)
    return [
        [grad(e, f[t]), V_f.T @ rho],
        [grad(e, g[t]), V_g.T @ rho],
        [grad(e, V_g), torch.outer(rho, g[t])],
        [grad(e, c), rho],
        [grad(f[t], f[t - 1]), torch.diag(1 - f[t] ** 2) @ U_f],
        [grad(g[t], g[t + 1]), torch.diag(1 - g[t] ** 2) @ U_g],
        [grad(e, g[t + 1]), U_g.T @ ((1 - g[t] ** 2) * (V_g.T @ rho))],
        [grad(g[t], g[t - 1]), zero],
        [grad(e, f[t]), V_g.T @ rho],
        [grad(g[t], g[t + 1]), torch.diag(1 - g[t + 1] ** 2) @ U_g],
        [grad(e, f[t - 1]), U_f.T @ ((1 - g[t] ** 2) * (V_f.T @ rho))],
    ]
