"""One neuron over three steps."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    w, u, y = normal(rng), normal(rng), normal(rng)
    x, s = [normal(rng) for _ in range(4)], [number(0)]
    for t in (1, 2, 3):
        s.append(torch.tanh(w * s[t - 1] + u * x[t]))
    e = (s[3] - y) ** 2 / 2
    slope = [1 - state**2 for state in s]
    back = (s[3] - y) * slope[3]
    return [
        [grad(e, s[3]), s[3] - y],
        [grad(s[3], s[2]), w * slope[3]],
        [grad(s[3], s[1]), w**2 * slope[3] * slope[2]],
        [s[1], torch.tanh(u * x[1])],
        [grad(e, w), back * (s[2] + w * slope[2] * s[1])],
        [grad(e, u), back * (x[3] + w * slope[2] * (x[2] + w * slope[1] * x[1]))],
        [grad(e, x[1]), (s[3] - y) * u * w**2 * slope[3] * slope[2] * slope[1]],
        [grad(e, w), back * s[2]],
        [grad(e, u), back * (x[3] + x[2] + x[1])],
        [grad(s[3], s[1]), w**2 * slope[2] * slope[1]],
    ]
