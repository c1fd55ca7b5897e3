"""Activation functions, entry by entry."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n + 2
    z, beta = normal(rng, n), normal(rng)
    z = torch.cat([z[:1].abs(), -z[1:2].abs(), z[2:]]).detach().requires_grad_()
    relu, sigma, diag = torch.relu, torch.sigmoid, torch.diag
    step = (z > 0).to(torch.float64)
    s = z * sigma(z)
    q = torch.log(1 + torch.exp(z))
    g = z * (1 + torch.tanh(beta * z)) / 2
    return [
        [torch.clamp(z, min=0), z * step],
        [relu(z) - relu(-z), z],
        [z.abs(), relu(z) + relu(-z)],
        [grad(s, z), diag(sigma(z) + z * sigma(z) * (1 - sigma(z)))],
        [grad(s, z), diag(s + sigma(z) * (1 - s))],
        [grad(q, z), diag(sigma(z))],
        [g, z * sigma(2 * beta * z)],
        [torch.tanh(z), 2 * sigma(2 * z) - 1],
        [grad(s, z), diag(sigma(z) * (1 - sigma(z)))],
        [grad(q, z), diag(sigma(q))],
        [g, z * sigma(beta * z)],
        [z.abs(), relu(z) - relu(-z)],
    ]
