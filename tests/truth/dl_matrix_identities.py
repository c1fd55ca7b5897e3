"""Derivatives of traces, determinants and inverses."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n = size.n
    A, B, a, b = normal(rng, n, n), normal(rng, n, n), normal(rng, n), normal(rng, n)
    M = normal(rng, n, n).detach()
    X = (M @ M.T + torch.eye(n, dtype=torch.float64) + 0.1 * normal(rng, n, n).detach()).requires_grad_()
    tr, inverse = torch.trace, torch.linalg.inv(X)
    form = a @ inverse @ b
    return [
        [grad(tr(A @ X), X), A.T],
        [grad(tr(X.T @ A @ X), X), (A + A.T) @ X],
        [grad(tr(A @ X @ B), X), A.T @ B.T],
        [tr(A @ B), tr(B @ A)],
        [grad(a @ X @ b, X), torch.outer(a, b)],
        [grad(torch.logdet(X), X), inverse.T],
        [grad(form, X), -inverse.T @ torch.outer(a, b) @ inverse.T],
        [grad((X**2).sum(), X), 2 * X],
        [grad(tr(X.T @ A @ X), X), 2 * A @ X],
        [tr(A @ B), tr(A) * tr(B)],
        [grad(form, X), inverse.T @ torch.outer(a, b) @ inverse.T],
        [grad((X**2).sum(), X), X],
    ]
