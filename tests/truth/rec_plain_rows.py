"""An LSTM in rows, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_i, W_f, W_g, W_o = (normal(rng, d, n) for _ in range(4))
    U_i, U_f, U_g, U_o = (normal(rng, n, n) for _ in range(4))
    b_i, b_f, b_g, b_o = (normal(rng, n) for _ in range(4))
    x, before, c_before, y = normal(rng, d), normal(rng, n), normal(rng, n), normal(rng, n)
    i = torch.sigmoid(x @ W_i + before @ U_i + b_i)
    f = torch.sigmoid(x @ W_f + before @ U_f + b_f)
    g = torch.tanh(x @ W_g + before @ U_g + b_g)
    o = torch.sigmoid(x @ W_o + before @ U_o + b_o)
    c = f * c_before + i * g
    h = o * torch.tanh(c)
    loss = 0.5 * (h - y) @ (h - y)
    d_h, d_c = grad(loss, h), grad(loss, c)
    return [
        [d_h, h - y],
        [d_c, d_h * o * (1 - torch.tanh(c) ** 2)],
        [grad(loss, W_i), torch.outer(x, d_c * g * i * (1 - i))],
        [grad(loss, U_f), torch.outer(before, d_c * c_before * f * (1 - f))],
        [grad(loss, b_o), d_h * torch.tanh(c) * o * (1 - o)],
        [grad(loss, W_g), torch.outer(x, d_c * i * (1 - g**2))],
        [grad(loss, W_g), torch.outer(x, d_c * i * g * (1 - g))],
        [grad(loss, U_f), torch.outer(c_before, d_c * c_before * f * (1 - f))],
        [d_c, d_h * o * (1 - c**2)],
    ]
