"""Numbers of parameters."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    return [
        [number(784 * 128 + 128), number(100480)],
        [number(10000 * 300), number(3e6)],
        [number(64 * (3 * 3 * 3 + 1)), number(1792)],
        [number(128 * (3 * 3 * 64 + 1)), number(73856)],
        [number((32 + 2 * 2 - 5) / 2 + 1), number(16.5)],
        [number(512 / 4096), number(0.125)],
        [number((0.9 + 0.6 + 0.3) / 3), number(0.6)],
        [number(784 * 128 + 784), number(100480)],
        [number(64 * (3 * 3 * 3) + 1), number(1792)],
        [number(128 * (3 * 3 + 1)), number(73856)],
        [number(10000 * 300), number(3e7)],
    ]
