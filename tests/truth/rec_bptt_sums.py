"""Backpropagation through time over T steps; the weights of every step are copies, so that paths can be cut."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, product


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m, T = size.n, size.d, size.m, size.T
    W, U, V = normal(rng, n, n), normal(rng, n, d), normal(rng, m, n)
    x, y = [normal(rng, d) for _ in range(T + 1)], [normal(rng, m) for _ in range(T + 1)]
    h, copies = [normal(rng, n)], [W]
    for t in range(1, T + 1):
        copies.append(1 * W)
        h.append(torch.tanh(copies[t] @ h[t - 1] + U @ x[t]))
    o = [V @ state for state in h]
    losses = [((o[t] - y[t]) ** 2).sum() / 2 for t in range(T + 1)]
    total, last, k = sum(losses[1:]), losses[T], 1
    steps = [torch.zeros(())] + [grad(h[t], h[t - 1]) for t in range(1, T + 1)]
    reached = [grad(last, h[T]) @ grad(h[T], h[j]) @ grad(h[j], copies[j]).reshape(n, n * n) for j in range(1, T + 1)]
    read_out = [torch.outer(o[t] - y[t], h[t]) for t in range(T + 1)]
    late = [torch.outer(o[t] - y[t], h[t - 1]) for t in range(1, T + 1)]
    return [
        [grad(total, W), sum(grad(losses[t], W) for t in range(1, T + 1))],
        [grad(total, V), sum(read_out[1:])],
        [grad(last, h[T]), V.T @ (o[T] - y[T])],
        [grad(h[T], h[T - 1]), torch.diag(1 - h[T] ** 2) @ W],
        [grad(h[T], h[k]), product([steps[j] for j in range(T, k, -1)])],
        [grad(last, W), sum(reached).reshape(n, n)],
        [grad(h[T], h[k]), product([steps[j] for j in range(T, k - 1, -1)])],
        [grad(total, V), sum(read_out[1:T])],
        [grad(total, V), sum(late)],
        [grad(h[T], h[T - 1]), W @ torch.diag(1 - h[T] ** 2)],
    ]
