"""Numbers of parameters, counted on torch modules and on tensors of the shapes in question."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, number


def counted(kind: type[torch.nn.RNNBase], n: int, d: int, biases: int) -> torch.Tensor:
    """The parameters of a torch cell; of the two biases that torch keeps for each gate only as many as asked for."""
    shapes = [weight.shape for name, weight in kind(d, n).named_parameters() if biases == 2 or name != "bias_hh_l0"]
    return number(sum(shape.numel() for shape in shapes))


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d = size.n, size.d
    lstm = counted(torch.nn.LSTM, n, d, 1)
    return [
        [counted(torch.nn.RNN, n, d, 1), number(n * d + n**2 + n), number(n * (d + n + 1))],
        [counted(torch.nn.GRU, n, d, 1), number(3 * (n * d + n**2 + n)), number(3 * n * (n + d + 1))],
        [lstm, number(4 * (n * (n + d) + n)), number(4 * n * (n + d + 1)), number(4 * n**2 + 4 * n * d + 4 * n)],
        [counted(torch.nn.GRU, n, d, 2), number(3 * (n * d + n**2 + 2 * n)), number(3 * n * (n + d + 2))],
        [counted(torch.nn.LSTM, n, d, 2), number(4 * (n * d + n**2 + 2 * n)), number(4 * n * (n + d + 2))],
        [lstm + 3 * n, number(4 * n * (n + d + 1) + 3 * n), number(4 * n**2 + 4 * n * d + 7 * n)],
        [counted(torch.nn.LSTM, 128, 64, 1), number(4 * 128 * (128 + 64 + 1)), number(98816)],
        [counted(torch.nn.GRU, 128, 64, 1), number(3 * 128 * (128 + 64 + 1)), number(74112)],
        [number(4 * (n * d + n**2 + n)), number(4 * n * (d + n))],
        [number(3 * (n * (n + d) + n)), number(3 * n**2 + n * d + 3 * n)],
        [number(4 * 128 * (128 + 64) + 4), number(98816)],
    ]
