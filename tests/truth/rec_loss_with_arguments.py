"""A language model at one step; the vocabulary has m words, the target is one-hot, the earlier state is held."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m = size.n, size.d, size.m
    E, H, M, U = normal(rng, d, m), normal(rng, n, n), normal(rng, n, d), normal(rng, m, n)
    b1, b2, before = normal(rng, n), normal(rng, m), normal(rng, n)
    x, y = one_hot(rng, m), one_hot(rng, m)
    z = H @ before + M @ (E @ x) + b1
    h = torch.sigmoid(z)
    s = U @ h + b2
    q = torch.softmax(s, 0)
    J = -(y @ torch.log(q))
    return [
        [torch.nn.functional.cross_entropy(s, y), -sum(y[i] * torch.log(q[i]) for i in range(m))],
        [grad(J, s), q - y],
        [grad(J, U), torch.outer(q - y, h)],
        [grad(J, z), U.T @ (q - y) * h * (1 - h)],
        [grad(J, s), y - q],
        [grad(J, h), attempt(lambda: U @ (q - y))],
        [grad(J, z), U.T @ (q - y) * z * (1 - z)],
    ]
