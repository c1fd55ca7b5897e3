"""One step of the phased LSTM's cell, with the gate open in part and closed."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n
    before, h0, f, i, g, o, k = (normal(rng, n) for _ in range(7))
    proposed = f * before + i * g
    c = k * proposed + (1 - k) * before
    h = k * (o * torch.tanh(proposed)) + (1 - k) * h0
    by_c = grad(c, before)
    shut = torch.zeros(n, dtype=torch.float64)
    kept = shut * proposed + (1 - shut) * before
    return [
        [by_c, torch.diag(k * f + 1 - k)],
        [grad(c, k), torch.diag(proposed - before)],
        [grad(c, g), torch.diag(k * i)],
        [grad(h, h0), torch.diag(1 - k)],
        [grad(h, before), torch.diag(k * o * (1 - torch.tanh(proposed) ** 2) * f)],
        [by_c, torch.diag(f + 1 - k)],
        [grad(c, k), torch.diag(proposed)],
        [grad(c, g), torch.diag(i)],
        [grad(h, h0), torch.diag(k)],
        [kept, before],
        [grad(kept, before), torch.eye(n, dtype=torch.float64)],
        [grad(kept, before), torch.diag(f)],
    ]
