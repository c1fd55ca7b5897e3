"""An LSTM with peephole connections, one step with the states before it held."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_i, W_f, W_z, W_o = (normal(rng, n, d) for _ in range(4))
    R_i, R_f, R_z, R_o = (normal(rng, n, n) for _ in range(4))
    b_i, b_f, b_z, b_o, p_i, p_f, p_o = (normal(rng, n) for _ in range(7))
    x, before, c_before, y = normal(rng, d), normal(rng, n), normal(rng, n), normal(rng, n)
    i = torch.sigmoid(W_i @ x + R_i @ before + p_i * c_before + b_i)
    f = torch.sigmoid(W_f @ x + R_f @ before + p_f * c_before + b_f)
    z = torch.tanh(W_z @ x + R_z @ before + b_z)
    c = z * i + c_before * f
    o = torch.sigmoid(W_o @ x + R_o @ before + p_o * c + b_o)
    h = torch.tanh(c) * o
    loss = ((h - y) ** 2).sum() / 2
    d_o, d_c = grad(loss, o), grad(loss, c)
    through_cell = (h - y) * o * (1 - torch.tanh(c) ** 2)
    return [
        [d_o, (h - y) * torch.tanh(c)],
        [d_c, through_cell + p_o * (h - y) * torch.tanh(c) * o * (1 - o)],
        [grad(loss, p_o), d_o * o * (1 - o) * c],
        [grad(loss, p_f), d_c * c_before * f * (1 - f) * c_before],
        [grad(loss, p_i), d_c * z * i * (1 - i) * c],
        [grad(loss, R_z), torch.outer(d_c * i * (1 - z**2), before)],
        [grad(loss, b_f), d_c * c_before * f * (1 - f)],
        [d_c, through_cell],
    ]
