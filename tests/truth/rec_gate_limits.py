"""Cells with free gates, and a cell whose forget gate is open and whose input gate is shut."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n
    f, i, o, z = (torch.rand(n, dtype=torch.float64, generator=rng).requires_grad_() for _ in range(4))
    g, q, c_before, s_before = (normal(rng, n) for _ in range(4))
    c = f * c_before + i * g
    h = o * torch.tanh(c)
    s = z * s_before + (1 - z) * q
    kept = torch.ones_like(f) * c_before + torch.zeros_like(i) * g
    return [
        [kept, c_before],
        [s, s_before + (1 - z) * (q - s_before)],
        [s, q + z * (s_before - q)],
        [s - q, z * (s_before - q)],
        [grad(s, q), torch.diag(1 - z)],
        [grad(s, z), torch.diag(s_before - q)],
        [grad(c, i), torch.diag(g)],
        [grad(h, o), torch.diag(torch.tanh(c))],
        [s, s_before + z * (q - s_before)],
        [grad(s, q), torch.diag(z)],
        [grad(h, c), torch.diag(o * (1 - torch.tanh(c)))],
    ]
