"""A plain layer over two steps: every derivative is total; those of a vector stand with rows as the variable."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W, U, b, v = normal(rng, n, n), normal(rng, n, d), normal(rng, n), normal(rng, n)
    start, x1, x2 = normal(rng, n), normal(rng, d), normal(rng, d)
    a1 = W @ start + U @ x1 + b
    h1 = torch.tanh(a1)
    a2 = W @ h1 + U @ x2 + b
    h2 = torch.tanh(a2)
    loss = v @ h1 + v @ h2
    d1, d2 = grad(loss, a1), grad(loss, a2)
    return [
        [d2, (1 - h2**2) * v],
        [d1, (1 - h1**2) * (v + W.T @ d2)],
        [d1, (1 - h1**2) * v],
        [grad(h2, h1).T, W.T @ torch.diag(1 - h2**2)],
        [grad(loss, U), torch.outer(d1, x1) + torch.outer(d2, x2)],
        [grad(loss, U), torch.outer(d2, x2)],
        [grad(loss, b), d1 + d2],
        [grad(h2, b).T, torch.diag(1 - h2**2)],
    ]
