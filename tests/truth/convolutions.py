"""Convolutions of a small image, by torch.nn.functional.conv2d."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from truth.sizes import Claims, Sizes


def matrix(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def correlated(image: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    image = matrix([1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0], [1, 0, 2, 1])
    kernel = matrix([1, 0], [2, -1])
    edges = matrix([0, 1, 0], [1, -4, 1], [0, 1, 0])
    plain, padded = correlated(image, kernel), correlated(image, edges, padding=1)
    halved, turned = correlated(image, kernel, stride=2), correlated(image, kernel.flip(0, 1))
    return [
        [plain, matrix([0, 1, 5], [3, 3, 3], [4, -1, 3])],
        [plain, matrix([0, 1, 5], [3, 3, 3], [4, -1, 3])],
        [plain, matrix([0, 1, 5], [3, 3, 3], [4, -1, 4])],
        [halved, matrix([0, 5], [4, 3])],
        [halved, matrix([0, 5], [4, 2])],
        [padded, matrix([-2, -6, 6, -3], [4, 2, -10, 0], [-6, -1, 6, 2], [-2, 4, -7, -2])],
        [torch.relu(padded + 1), matrix([0, 0, 7, 0], [5, 3, 0, 1], [0, 0, 7, 3], [0, 5, 0, 0])],
        [padded, matrix([2, -10], [-1, 6])],
        [turned, matrix([4, 1, 3], [3, 5, -1], [0, 1, 1])],
        [turned, matrix([4, 1, 3], [3, 5, 1], [0, 1, 1])],
    ]
