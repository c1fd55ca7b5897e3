"""A scalar network over two steps with numbers: what is claimed are the values rounded to the digits that are shown."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, grad, number


def rounded(value: Tensor, places: int) -> Tensor:
    """A value to so many decimals."""
    return torch.round(value.detach(), decimals=places)


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    w, u, b, v, c = (number(x).requires_grad_() for x in (0.5, 0.3, 0.1, 1.2, -0.2))
    a1 = u + b
    h1 = torch.tanh(a1)
    a2 = w * h1 + u * 0.5 + b
    h2 = torch.tanh(a2)
    z = v * h2 + c
    p = torch.sigmoid(z)
    loss = -torch.log(p)
    slope = (p - 1) * v * (1 - h2**2)
    return [
        [a1, number(0.4)],
        [rounded(h1, 4), number(0.3799)],
        [rounded(w * rounded(h1, 4) + u * 0.5 + b, 5), number(0.43995)],
        [rounded(h2, 4), number(0.4136)],
        [rounded(z, 4), number(0.2963)],
        [rounded(p, 4), number(0.5735)],
        [rounded(loss, 4), number(0.5559)],
        [rounded(grad(loss, z), 4), rounded(p - 1, 4), number(-0.4265)],
        [rounded(grad(loss, a2), 4), rounded(slope, 4), number(-0.4242)],
        [rounded(grad(loss, w), 4), rounded(grad(loss, a2) * h1, 4), number(-0.1612)],
        [rounded(grad(loss, u), 5), number(-0.39357)],
        [rounded(h1, 4), number(0.3979)],
        [rounded(p - 1, 4), number(0.4265)],
        [rounded(grad(loss, a2), 4), number(-0.5117)],
        [rounded(z, 5), number(0.02963)],
        [rounded(grad(loss, u), 4), number(-0.2121)],
    ]
