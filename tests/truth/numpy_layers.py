"""Two layers on a batch of columns, the backward pass in the calls of NumPy."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d, n, m = size.d, size.n, size.T + size.m
    X, Y = normal(rng, d, m), torch.sigmoid(normal(rng, n, m))
    W1, W2, b1, b2 = normal(rng, n, d), normal(rng, n, n), normal(rng, n), normal(rng, n)
    Z1 = W1 @ X + b1[:, None]
    A1 = torch.tanh(Z1)
    Z2 = W2 @ A1 + b2[:, None]
    A2 = torch.sigmoid(Z2)
    loss = -(Y * torch.log(A2) + (1 - Y) * torch.log(1 - A2)).sum() / m
    dZ2, dZ1 = grad(loss, Z2), grad(loss, Z1)
    dW2, db2 = grad(loss, W2), grad(loss, b2)
    return [
        [dZ2, (A2 - Y) / m],
        [dW2, dZ2 @ A1.T],
        [db2, dZ2.sum(1)],
        [dZ1, (W2.T @ dZ2) * (1 - A1**2)],
        [grad(loss, W1), dZ1 @ X.T],
        [grad(loss, b1), m * dZ1.mean(1)],
        [dW2, MISFIT],
        [db2, dZ2.mean(1)],
        [db2, MISFIT],
        [dZ1, (W2 @ dZ2) * (1 - A1**2)],
        [dZ1, (W2.T @ dZ2) * (1 - A1)],
        [dZ1, MISFIT],
    ]
