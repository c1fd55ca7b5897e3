"""One step of a gated recurrent unit with the reset gate behind the matrix and two biases a gate."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    x, before, weight = normal(rng, d), normal(rng, n), normal(rng, n)
    w_ir, w_iz, w_in = (normal(rng, n, d) for _ in range(3))
    w_hr, w_hz, w_hn = (normal(rng, n, n) for _ in range(3))
    b_ir, b_hr, b_iz, b_hz, b_in, b_hn = (normal(rng, n) for _ in range(6))
    r = torch.sigmoid(w_ir @ x + b_ir + w_hr @ before + b_hr)
    z = torch.sigmoid(w_iz @ x + b_iz + w_hz @ before + b_hz)
    new = torch.tanh(w_in @ x + b_in + r * (w_hn @ before + b_hn))
    h = (1 - z) * new + z * before
    loss = (weight * h**2).sum()
    slope = grad(loss, new) * (1 - new**2)
    return [
        [grad(h, new), torch.diag(1 - z)],
        [grad(loss, z), grad(loss, h) * (before - new)],
        [grad(loss, b_hn), slope * r],
        [grad(loss, b_in), slope],
        [grad(loss, r), slope * (w_hn @ before + b_hn)],
        [grad(loss, b_hn), slope],
        [grad(loss, z), grad(loss, h) * (new - before)],
        [grad(loss, r), slope * (w_hn @ before)],
    ]
