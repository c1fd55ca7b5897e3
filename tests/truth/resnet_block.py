"""A residual block of two convolutional layers, by torch.nn.functional.conv2d."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from truth.sizes import Claims, Sizes


def matrix(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def same(image: Tensor, kernel: Tensor) -> Tensor:
    """The correlation with zeros outside, of the size of the image."""
    return conv2d(image[None, None], kernel[None, None], padding=kernel.shape[0] // 2)[0, 0]


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    a = matrix([-1, -1], [1, 1])
    first = matrix([1, 1, 1], [-1, -1, -1], [1, 1, 1])
    second = matrix([1, -1, 1], [1, -1, 1], [1, -1, 1])
    z1 = same(a, first)
    a1 = torch.relu(z1)
    z2 = same(a1, second)
    zero = torch.zeros(2, 2, dtype=torch.float64)
    return [
        [z1, matrix([4, 4], [-4, -4])],
        [a1, matrix([4, 4], [0, 0])],
        [z2, zero],
        [torch.relu(z2 + a), matrix([0, 0], [1, 1])],
        [torch.relu(z2), zero],
        [z1, matrix([0, 2, 1], [0, 3, 3])],
        [z1, matrix([4, 4], [4, 4])],
        [a1, matrix([4, 4], [-4, -4])],
        [torch.relu(z2 + a), zero],
        [z2, matrix([4, 4], [0, 0])],
    ]
