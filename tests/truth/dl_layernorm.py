"""Layer normalisation of one vector."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d = size.n + 1
    x, gamma, beta, t = (normal(rng, d) for _ in range(4))
    one, eye = torch.ones(d, dtype=torch.float64), torch.eye(d, dtype=torch.float64)
    m = one @ x / d
    s = torch.sqrt(((x - m * one) ** 2).sum() / d)
    hat = (x - m * one) / s
    y = gamma * hat + beta
    e = y - t
    loss = (e**2).sum() / 2
    centre = eye - torch.outer(one, one) / d
    jacobian = (centre - torch.outer(hat, hat) / d) / s
    return [
        [grad(loss, beta), e],
        [grad(loss, gamma), e * hat],
        [one @ hat, number(0)],
        [hat @ hat, number(d)],
        [grad(hat, x), jacobian],
        [grad(loss, x), jacobian @ (gamma * e)],
        [grad(hat, x), centre / s],
        [grad(loss, x), jacobian @ e],
        [hat @ hat, number(1)],
    ]
