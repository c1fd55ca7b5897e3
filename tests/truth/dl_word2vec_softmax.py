"""word2vec, skip-gram with the full softmax."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, attempt, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    d, V = size.d, size.m + size.T
    U, v, y = normal(rng, d, V), normal(rng, d), one_hot(rng, V)

    def loss_of(centre: Tensor) -> Tensor:
        return -y @ torch.log(torch.softmax(U.T @ centre, 0))

    theta = U.T @ v
    p = torch.softmax(theta, 0)
    J = -y @ torch.log(p)
    hessian = torch.autograd.functional.hessian(loss_of, v)
    return [
        [grad(J, theta), p - y],
        [grad(J, v), U @ (p - y)],
        [grad(J, U), torch.outer(v, p - y)],
        [grad(J, v), U @ p - U @ y],
        [hessian, U @ (torch.diag(p) - torch.outer(p, p)) @ U.T],
        [grad(J, v), attempt(lambda: U.T @ (p - y))],
        [grad(J, v), U @ (y - p)],
        [grad(J, U), torch.outer(v, p)],
    ]
