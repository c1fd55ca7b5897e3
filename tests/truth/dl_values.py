"""Worked numbers; ≈ holds to the digits that are given."""

from __future__ import annotations

import math

import torch

from truth.sizes import Claims, Sizes, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    neuron = 1 / (1 + math.exp(-1.5))
    slope = 1 - math.tanh(0.5) ** 2
    matrix = torch.tensor([[1.0, 2.0], [0.0, -1.0]], dtype=torch.float64)
    column = torch.tensor([3.0, 4.0], dtype=torch.float64)
    return [
        [number(1 * 3 + (-2) * 1 + 0.5), number(1.5)],
        [number(round(neuron, 4)), number(0.8176)],
        [number(round(math.tanh(0.5), 3)), number(0.462)],
        [number(round(slope, 3)), number(0.786)],
        [number(round(-math.log(0.25), 3)), number(1.386)],
        [number(3 / 8), number(0.375)],
        [number(0.8 - 0.1 * (0.8 - 1)), number(0.82)],
        [matrix @ column, torch.tensor([11.0, -4.0], dtype=torch.float64)],
        [number(round(neuron, 4)), number(0.8716)],
        [number(round(slope, 3)), number(0.538)],
        [number(0.8 - 0.1 * (0.8 - 1)), number(0.78)],
        [matrix @ column, torch.tensor([11.0, 4.0], dtype=torch.float64)],
    ]
