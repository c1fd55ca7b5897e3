"""A recurrent language model with a softmax over the vocabulary, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m = size.n, size.d, size.m
    W_h, W_e, b_1 = normal(rng, n, n), normal(rng, n, d), normal(rng, n)
    U, b_2 = normal(rng, m, n), normal(rng, m)
    before, e, y = normal(rng, n), normal(rng, d), one_hot(rng, m)
    v = W_h @ before + W_e @ e + b_1
    h = torch.sigmoid(v)
    theta = U @ h + b_2
    p = torch.softmax(theta, 0)
    loss = -(y * torch.log(p)).sum()
    back = U.T @ (p - y)
    return [
        [grad(loss, theta), p - y],
        [grad(loss, U), torch.outer(p - y, h)],
        [grad(loss, b_2), p - y],
        [grad(loss, h), back],
        [grad(loss, e), W_e.T @ (back * h * (1 - h))],
        [grad(loss, W_h), torch.outer(back * h * (1 - h), before)],
        [grad(loss, theta), -y / p],
        [grad(loss, theta), y - p],
        [grad(loss, U), torch.outer(p - y, before)],
        [grad(loss, theta), p * y - y],
    ]
