"""A recurrent layer whose vectors are rows: 1 × n matrices."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m = size.n, size.d, size.m
    W_x, W_h, b = normal(rng, d, n), normal(rng, n, n), normal(rng, 1, n)
    V, c = normal(rng, n, m), normal(rng, 1, m)
    x, y, before = normal(rng, 1, d), normal(rng, 1, m), normal(rng, 1, n)
    s = x @ W_x + before @ W_h + b
    h = torch.sigmoid(s)
    p = h @ V + c
    loss = ((p - y) @ (p - y).T)[0, 0] / 2
    e = p - y
    eps = grad(loss, s)
    slope = torch.autograd.grad(h.sum(), s, retain_graph=True)[0]
    return [
        [slope, h * (1 - h)],
        [grad(loss, V), h.T @ e],
        [grad(loss, c), e],
        [grad(loss, h), e @ V.T],
        [eps, (e @ V.T) * h * (1 - h)],
        [grad(loss, W_x), x.T @ eps],
        [grad(loss, b), eps],
        [grad(loss, x), eps @ W_x.T],
        [grad(loss, W_h), h.T @ eps],
        [grad(loss, before), eps @ W_h.T],
        [grad(loss, before), eps @ W_h],
    ]
