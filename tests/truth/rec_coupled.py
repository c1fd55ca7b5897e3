"""An LSTM whose input gate is one minus its forget gate, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_f, W_o, W_g = (normal(rng, n, d) for _ in range(3))
    U_f, U_o, U_g = (normal(rng, n, n) for _ in range(3))
    b_f, b_o, b_g = (normal(rng, n) for _ in range(3))
    x, before, c_before, y = normal(rng, d), normal(rng, n), normal(rng, n), normal(rng, n)
    f = torch.sigmoid(W_f @ x + U_f @ before + b_f)
    o = torch.sigmoid(W_o @ x + U_o @ before + b_o)
    i = 1 - f
    g = torch.tanh(W_g @ x + U_g @ before + b_g)
    c = f * c_before + i * g
    h = o * torch.tanh(c)
    loss = ((h - y) * (h - y)).sum() / 2
    d_c, d_f, d_g = grad(loss, c), grad(loss, f), grad(loss, g)
    return [
        [c, g + f * (c_before - g)],
        [d_g, d_c * (1 - f)],
        [d_f, d_c * (c_before - g)],
        [grad(c, c_before), torch.diag(f)],
        [grad(loss, W_f), torch.outer(d_f * f * (1 - f), x)],
        [grad(loss, U_g), torch.outer(d_g * (1 - g**2), before)],
        [grad(loss, b_f), d_c * (c_before - g) * f * (1 - f)],
        [d_f, d_c * c_before],
        [d_g, d_c * f],
        [d_f, d_c * (g - c_before)],
    ]
