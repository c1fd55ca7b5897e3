"""Cells whose gates are clamped: an LSTM, a GRU, and the LSTM that is a GRU."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    return [*_lstm(size, rng), *_gru(size, rng)]


def _lstm(size: Sizes, rng: torch.Generator) -> Claims:
    before, candidate = normal(rng, size.n), torch.tanh(normal(rng, size.n))
    f, i = (torch.sigmoid(normal(rng, size.n)) for _ in range(2))
    zero, one = torch.zeros_like(f), torch.ones_like(f)

    def cell(forget: torch.Tensor, write: torch.Tensor) -> torch.Tensor:
        return forget * before + write * candidate

    return [
        [cell(zero, one), candidate],
        [cell(zero, i), candidate],
        [cell(one, zero), before],
        [cell(f, zero), before],
        [cell(f, zero), f * before],
    ]


def _gru(size: Sizes, rng: torch.Generator) -> Claims:
    x, h = normal(rng, size.d), normal(rng, size.n)
    pre = [x @ normal(rng, size.d, size.n) + h @ normal(rng, size.n, size.n) + normal(rng, size.n) for _ in range(2)]
    z, r = map(torch.sigmoid, pre)
    u, w, b = normal(rng, size.d, size.n), normal(rng, size.n, size.n), normal(rng, size.n)
    zero, one = torch.zeros_like(z), torch.ones_like(z)

    def candidate(reset: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x @ u + (h * reset) @ w + b)

    def gru(update: torch.Tensor, reset: torch.Tensor) -> torch.Tensor:
        return (1 - update) * candidate(reset) + update * h

    def lstm(forget: torch.Tensor, write: torch.Tensor) -> torch.Tensor:
        """With an open output gate, a linear output and the state of the GRU in both places."""
        return forget * h + write * candidate(one)

    return [
        [gru(zero, zero), torch.tanh(x @ u + b)],
        [gru(zero, r), torch.tanh(x @ u + b)],
        [gru(one, r), h],
        [gru(zero, r), h],
        [gru(one, r), h],
        [lstm(z, 1 - z), gru(z, one)],
        [lstm(z, 1 - z), gru(z, r)],
        [lstm(z, z), gru(z, one)],
    ]
