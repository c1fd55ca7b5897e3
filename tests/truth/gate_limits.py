"""Gates near their limits: the functions far out, the cell with its gates there."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, normal

FAR = 80.0


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    a, zero, one = (torch.full((size.n,), x, dtype=torch.float64) for x in (FAR, 0.0, 1.0))
    before, candidate = normal(rng, size.n), normal(rng, size.n)
    write = torch.sigmoid(normal(rng, size.n))
    forget = torch.sigmoid(normal(rng, size.n))

    def cell(f: torch.Tensor, i: torch.Tensor) -> torch.Tensor:
        return f * before + i * candidate

    return [
        [torch.sigmoid(a), one],
        [torch.sigmoid(-a), zero],
        [torch.sigmoid(a) * (1 - torch.sigmoid(a)), zero],
        [1 / (1 + torch.exp(a)), zero],
        [torch.sigmoid(a), one],
        [torch.tanh(-a), zero],
        [torch.sigmoid(-a), one],
        [cell(zero, one), candidate],
        [cell(one, zero), before],
        [cell(one, write), before + write * candidate],
        [cell(zero, write), candidate],
        [cell(forget, zero), before],
        [-a * torch.sigmoid(-a), zero],
    ]
