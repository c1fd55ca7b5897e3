"""Least squares and ridge regression."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    N, d = size.m + size.d, size.d
    X, y, w = normal(rng, N, d), normal(rng, N), normal(rng, d)
    lam = normal(rng).exp()
    least = ((X @ w - y) ** 2).sum() / 2
    ridge = least + lam / 2 * (w @ w)
    eye = torch.eye(d, dtype=torch.float64)
    hat = torch.linalg.inv(X.T @ X + lam * eye) @ X.T @ y
    return [
        [least, w @ X.T @ X @ w / 2 - w @ X.T @ y + y @ y / 2],
        [grad(least, w), X.T @ (X @ w - y)],
        [grad(ridge, w), (X.T @ X + lam * eye) @ w - X.T @ y],
        [torch.autograd.functional.hessian(lambda u: ((X @ u - y) ** 2).sum() / 2, w), X.T @ X],
        [
            torch.autograd.functional.hessian(lambda u: ((X @ u - y) ** 2).sum() / 2 + lam / 2 * (u @ u), w),
            X.T @ X + lam * eye,
        ],
        [(X.T @ X + lam * eye) @ hat, X.T @ y],
        [X.T @ (y - X @ hat), lam * hat],
        [grad(least, w), X.T @ (y - X @ w)],
        [grad(least, w), attempt(lambda: X @ (X @ w - y))],
        [grad(ridge, w), X.T @ (X @ w - y) + 2 * lam * w],
        [X.T @ (y - X @ hat), torch.zeros(d, dtype=torch.float64)],
    ]
