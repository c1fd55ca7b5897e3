"""An autoencoder whose decoder uses the transposed matrix of its encoder."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W, x, b, c = normal(rng, n, d), normal(rng, d), normal(rng, n), normal(rng, d)
    h = torch.tanh(W @ x + b)
    rebuilt = W.T @ h + c
    e = rebuilt - x
    E = (e**2).sum() / 2
    inner = (W @ e) * (1 - h * h)
    return [
        [grad(E, c), e],
        [grad(E, h), W @ e],
        [grad(E, b), inner],
        [grad(E, W), torch.outer(inner, x) + torch.outer(h, e)],
        [grad(E, x), W.T @ inner - e],
        [grad(E, W), torch.outer(h, e)],
        [grad(E, W), attempt(lambda: torch.outer(inner, x) + torch.outer(e, h))],
        [grad(E, x), W.T @ inner],
        [grad(E, h), attempt(lambda: W.T @ e)],
    ]
