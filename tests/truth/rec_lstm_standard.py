"""An LSTM on stacked columns, one step."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    W_f, W_i, W_C, W_o = (normal(rng, n, n + d) for _ in range(4))
    b_f, b_i, b_C, b_o = (normal(rng, n) for _ in range(4))
    before, x, C_before, y = normal(rng, n), normal(rng, d), normal(rng, n), normal(rng, n)
    hx = torch.cat([before, x])
    f = torch.sigmoid(W_f @ hx + b_f)
    i = torch.sigmoid(W_i @ hx + b_i)
    C_new = torch.tanh(W_C @ hx + b_C)
    C = f * C_before + i * C_new
    o = torch.sigmoid(W_o @ hx + b_o)
    h = o * torch.tanh(C)
    loss = ((h - y) ** 2).sum() / 2
    E = lambda by: grad(loss, by)  # noqa: E731
    return [
        [E(h), h - y],
        [E(o), E(h) * torch.tanh(C)],
        [E(C), E(h) * o * (1 - torch.tanh(C) ** 2)],
        [E(f), E(C) * C_before],
        [E(i), E(C) * C_new],
        [E(C_new), E(C) * i],
        [grad(C, C_before), torch.diag(f)],
        [E(W_o), torch.outer(E(o) * o * (1 - o), hx)],
        [E(b_i), E(i) * i * (1 - i)],
        [E(W_C), torch.outer(E(C_new) * (1 - C_new**2), hx)],
        [E(b_f), E(f) * (1 - f**2)],
    ]
