"""An Elman network with a linear output layer, in columns."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, attempt, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m = size.n, size.d, size.m
    W_hx, W_hh, b_h = normal(rng, n, d), normal(rng, n, n), normal(rng, n)
    W_yh, b_y = normal(rng, m, n), normal(rng, m)
    x, y, before = normal(rng, d), normal(rng, m), normal(rng, n)
    a = W_hx @ x + W_hh @ before + b_h
    h = torch.tanh(a)
    out = W_yh @ h + b_y
    loss = ((out - y) ** 2).sum() / 2
    error = out - y
    delta = (W_yh.T @ error) * (1 - h * h)
    return [
        [grad(loss, out), error],
        [grad(loss, W_yh), torch.outer(error, h)],
        [grad(loss, b_y), error],
        [grad(loss, h), W_yh.T @ error],
        [grad(loss, a), delta],
        [grad(h, before), torch.diag(1 - h**2) @ W_hh],
        [grad(loss, x), W_hx.T @ delta],
        [grad(loss, before), W_hh.T @ delta],
        [grad(h, before), torch.diag(1 - before**2) @ W_hh],
        [grad(loss, before), attempt(lambda: W_yh.T @ delta)],
    ]
