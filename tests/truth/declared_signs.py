"""A gated cell: the centred dot is the elementwise product, the asterisk the matrix product."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m = size.n, size.d, size.m
    W_f, W_g, U_f, U_g = normal(rng, n, n), normal(rng, n, n), normal(rng, n, d), normal(rng, n, d)
    b_f, b_g, V, q = normal(rng, n), normal(rng, n), normal(rng, m, n), normal(rng, m)
    before, old, x, y = normal(rng, n), normal(rng, n), normal(rng, d), one_hot(rng, m)
    z = W_f @ before + U_f @ x + b_f
    gate, g = torch.sigmoid(z), torch.tanh(W_g @ before + U_g @ x + b_g)
    c = gate * old + (1 - gate) * g
    s = V @ torch.tanh(c) + q
    p = torch.softmax(s, 0)
    loss = -y @ torch.log(p)
    e, dc, dz = grad(loss, s), grad(loss, c), grad(loss, z)
    slope = 1 - torch.tanh(c) * torch.tanh(c)
    return [
        [e, p - y],
        [e, y - p],
        [dc, (V.T @ e) * slope],
        [dc, MISFIT],
        [dz, dc * (old - g) * gate * (1 - gate)],
        [dz, dc * (old - g)],
        [grad(loss, b_f), dz],
        [W_f * W_f, W_f @ W_f],
    ]
