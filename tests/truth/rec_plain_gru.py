"""A GRU that moves the share z towards the candidate, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_z, W_r, W_h = (normal(rng, n, d) for _ in range(3))
    U_z, U_r, U_h = (normal(rng, n, n) for _ in range(3))
    b_z, b_r, b_h = (normal(rng, n) for _ in range(3))
    x, before, y = normal(rng, d), normal(rng, n), normal(rng, n)
    z = torch.sigmoid(W_z @ x + U_z @ before + b_z)
    r = torch.sigmoid(W_r @ x + U_r @ before + b_r)
    new = torch.tanh(W_h @ x + U_h @ (r * before) + b_h)
    h = (1 - z) * before + z * new
    loss = ((h - y) ** 2).sum() / 2
    e = h - y
    q = e * z * (1 - new**2)
    return [
        [grad(loss, z), e * (new - before)],
        [grad(loss, new), e * z],
        [grad(loss, W_h), torch.outer(q, x)],
        [grad(loss, U_h), torch.outer(q, r * before)],
        [grad(loss, b_h), q],
        [grad(loss, r), (U_h.T @ q) * before],
        [grad(loss, W_z), torch.outer(e * (new - before) * z * (1 - z), x)],
        [grad(loss, z), e * new],
        [grad(loss, U_h), torch.outer(q, before)],
        [grad(loss, r), (U_h @ q) * before],
    ]
