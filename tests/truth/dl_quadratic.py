"""Quadratic forms with a matrix that need not be symmetric."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n
    A, x, b, c = normal(rng, n, n), normal(rng, n), normal(rng, n), normal(rng)

    def quadratic(u: Tensor) -> Tensor:
        return u @ A @ u / 2 - b @ u + c

    f = quadratic(x)
    g = (x - b) @ A.T @ A @ (x - b)
    apart = x - b
    return [
        [grad(f, x), (A + A.T) @ x / 2 - b],
        [torch.autograd.functional.hessian(quadratic, x), (A + A.T) / 2],
        [grad(f, A), torch.outer(x, x) / 2],
        [grad(f, b), -x],
        [g, ((A @ x - A @ b) ** 2).sum()],
        [grad(g, x), 2 * A.T @ A @ apart],
        [grad(g, b), -grad(g, x)],
        [grad(g, A), 2 * A @ torch.outer(apart, apart)],
        [grad(f, x), A @ x - b],
        [grad(g, x), A.T @ A @ apart],
        [grad(g, A), 2 * torch.outer(apart, apart) @ A],
    ]
