"""Softmax regression on a batch of rows."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    N, d, k = size.m, size.d, size.n
    X, W = normal(rng, N, d), normal(rng, d, k)
    Y = torch.stack([one_hot(rng, k) for _ in range(N)])
    Z = X @ W
    P = torch.softmax(Z, 1)
    loss = -(Y * torch.log(P)).sum() / N
    return [
        [grad(loss, P), -Y / (N * P)],
        [grad(loss, Z), (P - Y) / N],
        [grad(loss, W), X.T @ (P - Y) / N],
        [grad(loss, X), (P - Y) @ W.T / N],
        [grad(loss, W), torch.einsum("ij,ik->jk", X, P - Y) / N],
        [grad(loss, Z), P - Y],
        [grad(loss, Z), (P * Y - Y) / N],
        [grad(loss, W), attempt(lambda: W.T @ (P - Y) / N)],
    ]
