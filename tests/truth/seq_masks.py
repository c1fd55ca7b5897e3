"""A loss that is masked and divided by the number of steps that count."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    T = size.T
    y, guess = normal(rng, T, size.n), normal(rng, T, size.n)
    m = normal(rng, T).exp()
    loss = (m * 0.5 * ((guess - y) ** 2).sum(1)).sum() / m.sum()
    slope, error = grad(loss, guess)[1], guess[1] - y[1]
    return [
        [slope, m[1] * error / m.sum()],
        [slope, m[1] * error / T],
        [slope, error / m.sum()],
        [slope, m[1] * error],
    ]
