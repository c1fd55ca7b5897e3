"""Attention of one query."""

from __future__ import annotations

import math

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    m, d, p = size.m, size.d, size.n
    K, V, q, y = normal(rng, m, d), normal(rng, m, p), normal(rng, d), normal(rng, p)
    s = K @ q / math.sqrt(d)
    alpha = torch.softmax(s, 0)
    o = V.T @ alpha
    loss = ((o - y) ** 2).sum() / 2
    e = o - y
    one = torch.ones(m, dtype=torch.float64)
    jacobian = torch.diag(alpha) - torch.outer(alpha, alpha)
    return [
        [grad(loss, alpha), V @ e],
        [grad(loss, s), alpha * (V @ e) - alpha * (alpha @ V @ e)],
        [grad(loss, s), alpha * (V @ e - one * (o @ e))],
        [grad(loss, q), K.T @ jacobian @ V @ e / math.sqrt(d)],
        [grad(loss, V), torch.outer(alpha, e)],
        [grad(loss, s), alpha * (V @ e)],
        [grad(loss, q), K.T @ jacobian @ V @ e],
        [grad(loss, alpha), attempt(lambda: V.T @ e)],
    ]
