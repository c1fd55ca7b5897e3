"""Softmax with cross-entropy, one-hot targets."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    k = size.n
    z, y = normal(rng, k), one_hot(rng, k)
    p = torch.softmax(z, 0)
    loss = -(y * torch.log(p)).sum()
    eye = torch.eye(k, dtype=torch.float64)
    others = torch.stack([sum((y[j] * p[i] for j in range(k) if j != i), torch.zeros(())) for i in range(k)])
    return [
        [grad(p, z), torch.stack([torch.stack([p[i] * (eye[i, j] - p[j]) for j in range(k)]) for i in range(k)])],
        [grad(p, z), torch.diag(p) - torch.outer(p, p)],
        [grad(loss, p), -y / p],
        [grad(loss, z), p - y],
        [grad(loss, z), -y * (1 - p) + others, p - y],
        [grad(p, z), torch.diag(p * (1 - p))],
        [grad(loss, z), y - p],
        [grad(loss, z), p * y - y],
    ]
