"""Scaled dot-product attention with a quadratic loss."""

from __future__ import annotations

import math

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m, p = size.n, size.d, size.m, size.T
    Q, K, V, Y = normal(rng, n, d), normal(rng, m, d), normal(rng, m, p), normal(rng, n, p)
    S = Q @ K.T / math.sqrt(d)
    A = torch.softmax(S, 1)
    out = A @ V
    loss = ((out - Y) ** 2).sum() / 2
    G = grad(loss, S)
    return [
        [grad(loss, out), out - Y],
        [grad(loss, V), A.T @ (out - Y)],
        [grad(loss, A), (out - Y) @ V.T],
        [grad(loss, Q), G @ K / math.sqrt(d)],
        [grad(loss, K), G.T @ Q / math.sqrt(d)],
        [grad(loss, Q), G @ K],
        [grad(loss, K), attempt(lambda: G @ Q / math.sqrt(d))],
        [grad(loss, Q), (out - Y) @ V.T @ K / math.sqrt(d)],
    ]
