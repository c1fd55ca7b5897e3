"""An LSTM with named arguments of its gates, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_c, W_f, W_i, W_o = (normal(rng, n, d) for _ in range(4))
    U_c, U_f, U_i, U_o = (normal(rng, n, n) for _ in range(4))
    b_c, b_f, b_i, b_o = (normal(rng, n) for _ in range(4))
    x, before, c_before, y = normal(rng, d), normal(rng, n), normal(rng, n), normal(rng, n)
    a_c, a_f = W_c @ x + U_c @ before + b_c, W_f @ x + U_f @ before + b_f
    a_i, a_o = W_i @ x + U_i @ before + b_i, W_o @ x + U_o @ before + b_o
    new, f, i, o = torch.tanh(a_c), torch.sigmoid(a_f), torch.sigmoid(a_i), torch.sigmoid(a_o)
    c = f * c_before + i * new
    h = o * torch.tanh(c)
    loss = ((h - y) ** 2).sum() / 2
    d_c, by_c, by_f, by_i = grad(loss, c), grad(loss, a_c), grad(loss, a_f), grad(loss, a_i)
    return [
        [grad(loss, a_o), (h - y) * torch.tanh(c) * o * (1 - o)],
        [d_c, (h - y) * o * (1 - torch.tanh(c) ** 2)],
        [by_f, d_c * c_before * f * (1 - f)],
        [by_i, d_c * new * i * (1 - i)],
        [by_c, d_c * i / torch.cosh(a_c) ** 2],
        [grad(loss, W_f), torch.outer(by_f, x)],
        [grad(loss, U_i), torch.outer(by_i, before)],
        [grad(loss, b_c), by_c],
        [by_c, d_c * i / torch.cosh(c) ** 2],
        [grad(loss, b_c), by_i],
    ]
