"""A convolution as the product with a banded matrix."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, attempt, grad, normal


def slid(signal: Tensor, kernel: Tensor) -> Tensor:
    return torch.nn.functional.conv1d(signal[None, None], kernel[None, None])[0, 0]


def column(*entries: float) -> Tensor:
    return torch.tensor(entries, dtype=torch.float64)


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    taps, x, r = normal(rng, 3), normal(rng, 4), normal(rng, 2)
    M = torch.zeros(2, 4, dtype=torch.float64)
    M = torch.stack([torch.cat([taps, M[0, :1]]), torch.cat([M[0, :1], taps])])
    y = M @ x
    loss = ((y - r) ** 2).sum() / 2
    g = y - r
    kernel, signal = column(1, 2, -1), column(3, 0, 1, 2).requires_grad_()
    back = grad(slid(signal, kernel) @ column(1, -1), signal)
    return [
        [grad(loss, y), g],
        [grad(loss, x), M.T @ g],
        [grad(slid(x, taps), x), M],
        [slid(signal, kernel), column(2, 0)],
        [back, column(1, 1, -3, 1)],
        [grad(loss, x), attempt(lambda: M @ g)],
        [grad(loss, x), M.T @ y],
        [back, column(1, 3, -3, 1)],
        [slid(signal, column(-1, 2, 1)), column(2, 0)],
    ]
