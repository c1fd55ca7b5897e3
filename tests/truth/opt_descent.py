"""Momentum, decay of weights and of the rate, unrolled."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, T = size.n, size.T
    eta, beta, lam, gamma = (normal(rng).sigmoid() for _ in range(4))
    g = [normal(rng, n) for _ in range(T + 1)]
    theta, v = [normal(rng, n)], [torch.zeros(n, dtype=torch.float64)]
    for t in range(T + 1):
        v.append(beta * v[t] + g[t])
        theta.append(theta[t] - eta * v[t + 1])
    momentum = [
        [theta[2], theta[0] - eta * (1 + beta) * g[0] - eta * g[1]],
        [theta[T + 1], theta[T] - eta * g[T] + beta * (theta[T] - theta[T - 1])],
        [v[T], sum(beta ** (T - 1 - i) * g[i] for i in range(T))],
        [theta[T], theta[0] - eta * sum(v[1 : T + 1])],
        [theta[T + 1], theta[T] - eta * g[T] + beta * (theta[T + 1] - theta[T])],
        [v[T], sum(beta ** (T - i) * g[i] for i in range(T))],
        [theta[2], theta[0] - eta * (1 + eta * beta) * g[0] - eta * g[1]],
    ]
    a, u = normal(rng, n), torch.zeros(n, dtype=torch.float64)
    for _ in range(T):
        u = beta * u - eta * a
    constant = [
        [u, -eta * (1 - beta**T) / (1 - beta) * a],
        [u, -eta * sum(beta**k for k in range(T)) * a],
        [u, -eta * (1 - beta ** (T + 1)) / (1 - beta) * a],
        [u, -eta / (1 - beta) * a],
    ]
    w = [normal(rng, n)]
    for _ in range(T):
        w.append((1 - eta * lam) * w[-1])
    decay = [
        [w[T], (1 - eta * lam) ** T * w[0]],
        [w[T], (1 - eta * lam) ** (T - 1) * w[1]],
        [w[T], (1 - eta * lam) ** (T - 1) * w[0]],
        [w[T], (1 - eta**T * lam**T) * w[0]],
    ]
    r, z, first = [normal(rng, n) for _ in range(T + 1)], [normal(rng, n)], normal(rng)
    for t in range(T):
        z.append(z[t] - first * gamma**t * r[t])
    rate = [
        [first * gamma ** (T + 1), gamma * first * gamma**T],
        [z[2], z[0] - first * r[0] - first * gamma * r[1]],
        [z[T], z[0] - first * sum(gamma**k * r[k] for k in range(T))],
        [z[3], z[0] - first * r[0] - first * gamma * r[1] - first * gamma * r[2]],
        [z[T], z[0] - first * sum(gamma**T * r[k] for k in range(T))],
    ]
    return [*momentum, *constant, *decay, *rate]
