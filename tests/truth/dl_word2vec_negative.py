"""word2vec, negative sampling."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d, k = size.d, size.n
    v, u, N = normal(rng, d), normal(rng, d), normal(rng, k, d)
    one = torch.ones(k, dtype=torch.float64)
    sigma = torch.sigmoid
    J = -torch.log(sigma(u @ v)) - torch.stack([torch.log(sigma(-N[i] @ v)) for i in range(k)]).sum()
    s = N @ v
    return [
        [J, -torch.log(sigma(u @ v)) - one @ torch.log(sigma(-s))],
        [grad(J, u), (sigma(u @ v) - 1) * v],
        [grad(J, v), (sigma(u @ v) - 1) * u + N.T @ sigma(N @ v)],
        [grad(J, N), torch.outer(sigma(N @ v), v)],
        [grad(J, v), -sigma(-u @ v) * u + N.T @ (one - sigma(-s))],
        [grad(J, u), sigma(u @ v) * v],
        [grad(J, v), (sigma(u @ v) - 1) * u - N.T @ sigma(N @ v)],
        [grad(J, v), (sigma(u @ v) - 1) * u],
    ]
