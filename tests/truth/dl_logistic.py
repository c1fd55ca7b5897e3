"""Binary logistic regression: gradient and Hessian."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    N, d = size.m + size.d, size.d
    X, w = normal(rng, N, d), normal(rng, d)
    y = (normal(rng, N) > 0).to(torch.float64)

    def loss_of(probability: Tensor) -> Tensor:
        return -(y * torch.log(probability) + (1 - y) * torch.log(1 - probability)).sum()

    z = X @ w
    p = torch.sigmoid(z)
    J = loss_of(p)
    hessian = torch.autograd.functional.hessian(lambda u: loss_of(torch.sigmoid(X @ u)), w)
    return [
        [grad(J, p), -y / p + (1 - y) / (1 - p)],
        [grad(J, p), (p - y) / (p * (1 - p))],
        [grad(J, z), p - y],
        [grad(J, w), X.T @ (p - y)],
        [hessian, X.T @ torch.diag(p * (1 - p)) @ X],
        [grad(J, w), X.T @ (y - p)],
        [grad(J, w), X.T @ ((p - y) * p * (1 - p))],
        [hessian, X.T @ X],
    ]
