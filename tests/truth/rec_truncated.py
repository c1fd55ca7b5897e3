"""Three steps of a recurrent network with a loss at the end."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    A, B, b, y = normal(rng, n, n), normal(rng, n, d), normal(rng, n), normal(rng, n)
    x, h = [normal(rng, d) for _ in range(4)], [normal(rng, n)]
    for t in (1, 2, 3):
        h.append(torch.sigmoid(A @ h[t - 1] + B @ x[t] + b))
    loss = (h[3] - y) @ (h[3] - y) / 2
    D = [torch.diag(state * (1 - state)) for state in h]
    last = D[3] @ (h[3] - y)
    delta = [torch.zeros(n), D[1] @ A.T @ D[2] @ A.T @ last, D[2] @ A.T @ last, last]
    by_A = [torch.outer(delta[t], h[t - 1]) for t in (1, 2, 3)]
    return [
        [grad(loss, h[3]), h[3] - y],
        [grad(h[3], h[1]), D[3] @ A @ D[2] @ A],
        [grad(loss, h[1]), A.T @ D[2] @ A.T @ D[3] @ (h[3] - y)],
        [grad(loss, x[1]), B.T @ D[1] @ A.T @ D[2] @ A.T @ D[3] @ (h[3] - y)],
        [grad(loss, A), sum(by_A)],
        [grad(loss, B), sum(torch.outer(delta[t], x[t]) for t in (1, 2, 3))],
        [grad(loss, b), delta[1] + delta[2] + delta[3]],
        [grad(loss, A), by_A[2] + by_A[1]],
        [grad(loss, h[1]), A @ D[2] @ A @ D[3] @ (h[3] - y)],
        [grad(h[3], h[1]), D[2] @ A @ D[3] @ A],
        [grad(loss, A), sum(torch.outer(delta[t], h[t]) for t in (1, 2, 3))],
    ]
