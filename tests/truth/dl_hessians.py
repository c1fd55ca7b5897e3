"""Hessians of small losses."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, m = size.n, size.m
    u, w, X, y = normal(rng, n), normal(rng, n), normal(rng, m, n), normal(rng, m)
    hessian = torch.autograd.functional.hessian
    sigma, diag = torch.sigmoid, torch.diag
    p, h, s = torch.softmax(u, 0), torch.tanh(X @ w), sigma(w @ u)
    peak = hessian(lambda a: torch.log(torch.exp(a).sum()), u)
    margin = torch.log(1 + torch.exp(-w @ u))
    curved = hessian(lambda a: torch.log(1 + torch.exp(-a @ u)), w)
    unit = ((h - y) ** 2).sum() / 2
    bent = hessian(lambda a: ((torch.tanh(X @ a) - y) ** 2).sum() / 2, w)
    newton = (1 - h**2) ** 2
    return [
        [grad(torch.logsumexp(u, 0), u), p],
        [peak, diag(p) - torch.outer(p, p)],
        [grad(margin, w), -sigma(-w @ u) * u],
        [curved, s * (1 - s) * torch.outer(u, u)],
        [grad(unit, w), X.T @ ((h - y) * (1 - h**2))],
        [bent, X.T @ diag(newton - 2 * (h - y) * h * (1 - h**2)) @ X],
        [peak, diag(p)],
        [curved, s * torch.outer(u, u)],
        [grad(margin, w), sigma(-w @ u) * u],
        [bent, X.T @ diag(newton) @ X],
    ]
