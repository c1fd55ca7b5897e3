"""Momentum on a quadratic function."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n
    root, theta, v = normal(rng, n, n), normal(rng, n), normal(rng, n)
    A = root + root.T
    mu, eta = normal(rng).sigmoid(), normal(rng).exp()
    faster = mu * v - eta * A @ theta
    moved = theta + faster
    eye = torch.eye(n, dtype=torch.float64)
    return [
        [moved, (eye - eta * A) @ theta + mu * v],
        [grad(faster, v), mu * eye],
        [grad(faster, theta), -eta * A],
        [grad(moved, v), mu * eye],
        [moved, (eye + eta * A) @ theta + mu * v],
        [grad(faster, theta), -A],
        [grad(faster, v), (1 - mu) * eye],
    ]
