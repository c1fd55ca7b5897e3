"""An LSTM cell in the notation of d names: what comes from outside enters through a linear cost."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_f, W_u, W_c, W_o = (normal(rng, n, n + d) for _ in range(4))
    b_f, b_u, b_c, b_o = (normal(rng, n) for _ in range(4))
    before, x, c_prev = normal(rng, n), normal(rng, d), normal(rng, n)
    da, dc_next = normal(rng, n), normal(rng, n)
    ax = torch.cat([before, x])
    in_f, in_u, in_c, in_o = W_f @ ax + b_f, W_u @ ax + b_u, W_c @ ax + b_c, W_o @ ax + b_o
    f, u, new, o = torch.sigmoid(in_f), torch.sigmoid(in_u), torch.tanh(in_c), torch.sigmoid(in_o)
    c = f * c_prev + u * new
    a = o * torch.tanh(c)
    cost = da @ a + dc_next @ c
    d_f, d_u, d_c, d_o = (grad(cost, by) for by in (in_f, in_u, in_c, in_o))
    dc = dc_next + da * o * (1 - torch.tanh(c) ** 2)
    return [
        [d_o, da * torch.tanh(c) * o * (1 - o)],
        [d_c, dc * u * (1 - new**2)],
        [d_u, dc * new * u * (1 - u)],
        [d_f, dc * c_prev * f * (1 - f)],
        [grad(cost, W_f), torch.outer(d_f, ax)],
        [grad(cost, W_c), torch.outer(d_c, ax)],
        [grad(cost, b_u), d_u],
        [grad(cost, c_prev), dc * f],
        [grad(cost, b_o), d_f],
        [grad(cost, W_u), torch.outer(d_u, torch.cat([x, before]))],
    ]
