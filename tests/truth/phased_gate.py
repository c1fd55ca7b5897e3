"""The time gate of the phased LSTM at many times, so that every piece is met."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, normal

POINTS = 60


def slope(of: Tensor, by: Tensor) -> Tensor:
    """The derivative of every entry by the same entry."""
    (found,) = torch.autograd.grad(of.sum(), by, retain_graph=True, allow_unused=True)
    return torch.zeros_like(by) if found is None else found


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    t, s, a = normal(rng, POINTS), normal(rng, POINTS), normal(rng, POINTS)
    tau, r = normal(rng, POINTS).exp(), normal(rng, POINTS).sigmoid()
    turns = torch.floor((t - s) / tau)
    phi = torch.remainder(t - s, tau) / tau

    def pieces(rising: Tensor, falling: Tensor, closed: Tensor) -> Tensor:
        return torch.where(phi < r / 2, rising, torch.where(phi < r, falling, closed))

    k = pieces(2 * phi / r, 2 - 2 * phi / r, a * phi)
    by_t, by_s, by_tau, by_r = (slope(k, x) for x in (t, s, tau, r))
    nothing = torch.zeros_like(phi)
    return [
        [phi, (t - s) / tau - turns],
        [slope(phi, t), 1 / tau],
        [slope(phi, tau), -(t - s) / tau**2],
        [slope(phi, tau), -phi / tau],
        [by_t, pieces(2 / (r * tau), -2 / (r * tau), a / tau)],
        [by_s, -by_t],
        [by_r, pieces(-2 * phi / r**2, 2 * phi / r**2, nothing)],
        [by_tau, -(t - s) / tau * by_t],
        [by_t, pieces(2 / (r * tau), 2 / (r * tau), a / tau)],
        [by_r, pieces(-2 * phi / r**2, 2 * phi / r**2, a)],
        [by_t, pieces(2 / r, -2 / r, a)],
        [by_tau, -phi / tau * by_t],
    ]
