"""An LSTM of one unit with numbers, one step."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, grad, number


def rounded(value: Tensor, places: int) -> Tensor:
    """A value to so many decimals."""
    return torch.round(value.detach(), decimals=places)


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    x, h0, c0 = number(0.5), number(0.2), number(-0.4)
    i = torch.sigmoid(0.6 * x + 0.1 * h0 + 0.1).requires_grad_()
    f = torch.sigmoid(0.4 * x - 0.3 * h0 + 1).requires_grad_()
    o = torch.sigmoid(-0.2 * x + 0.5 * h0).requires_grad_()
    g = torch.tanh(0.9 * x + 0.7 * h0)
    c1 = f * c0 + i * g
    h1 = o * torch.tanh(c1)
    return [
        [rounded(i, 4), rounded(torch.sigmoid(number(0.42)), 4), number(0.6035)],
        [rounded(f, 3), rounded(torch.sigmoid(number(1.14)), 3), number(0.758)],
        [o, number(0.5)],
        [rounded(g, 4), rounded(torch.tanh(number(0.59)), 4), number(0.5299)],
        [rounded(c1, 5), number(0.01671)],
        [rounded(h1, 6), number(0.008355)],
        [rounded(grad(h1, c1), 4), rounded(o * (1 - torch.tanh(c1) ** 2), 4), number(0.4999)],
        [rounded(grad(h1, f), 1), rounded(o * (1 - torch.tanh(c1) ** 2) * c0, 1), number(-0.2)],
        [rounded(grad(h1, o), 4), number(0.0167)],
        [rounded(i, 2), number(0.42)],
        [rounded(c1, 4), number(0.6228)],
        [rounded(c1, 4), number(0.0157)],
        [rounded(h1, 4), number(0.0167)],
    ]
