"""An LSTM without a forget gate, one step with the states before it held."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_ix, W_ox, W_gx = (normal(rng, n, d) for _ in range(3))
    W_ih, W_oh, W_gh = (normal(rng, n, n) for _ in range(3))
    b_i, b_o, b_g = (normal(rng, n) for _ in range(3))
    x, before, s_before, y = normal(rng, d), normal(rng, n), normal(rng, n), normal(rng, n)
    i = torch.sigmoid(W_ix @ x + W_ih @ before + b_i)
    o = torch.sigmoid(W_ox @ x + W_oh @ before + b_o)
    g = torch.tanh(W_gx @ x + W_gh @ before + b_g)
    s = s_before + g * i
    h = torch.tanh(s) * o
    loss = (h - y) @ (h - y) / 2
    d_o, d_s, d_g, d_i = (grad(loss, by) for by in (o, s, g, i))
    return [
        [d_o, (h - y) * torch.tanh(s)],
        [d_s, (h - y) * o * (1 - torch.tanh(s) ** 2)],
        [d_g, d_s * i],
        [d_i, d_s * g],
        [grad(s, s_before), torch.eye(n, dtype=torch.float64)],
        [grad(loss, W_gx), torch.outer(d_g * (1 - g * g), x)],
        [grad(loss, W_ih), torch.outer(d_i * i * (1 - i), before)],
        [grad(loss, b_o), d_o * o * (1 - o)],
        [grad(s, s_before), 2 * torch.eye(n, dtype=torch.float64)],
        [grad(loss, b_g), d_s * (1 - g * g)],
        [grad(loss, W_ox), torch.outer(d_o * o * (1 - o), before)],
    ]
