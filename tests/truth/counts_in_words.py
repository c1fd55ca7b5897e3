"""Parameters of torch modules, as the words of the sheet name them; one bias a gate is half of the two of torch."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, number


def entries(module: torch.nn.Module) -> torch.Tensor:
    return number(sum(p.numel() for p in module.parameters()))


def one_bias(module: torch.nn.RNNBase) -> torch.Tensor:
    """The parameters of a torch layer without its second biases."""
    return number(sum(p.numel() for name, p in module.named_parameters() if not name.startswith("bias_hh")))


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    nn, n, d = torch.nn, size.n, size.d
    lstm = one_bias(nn.LSTM(16, 32))
    return [
        [lstm, number(6272)],
        [one_bias(nn.LSTM(200, 200)), number(320800)],
        [entries(nn.Embedding(1000, 16)), number(16000)],
        [entries(nn.Linear(32, 256)), number(8448)],
        [number(32 * 256 + 256), number(8448)],
        [entries(nn.Linear(256, 1)), number(257)],
        [entries(nn.GRU(16, 32)), number(4800)],
        [number(3 * 32 * (16 + 32 + 2)), number(4800)],
        [entries(nn.GRU(5, 7)), number(294)],
        [one_bias(nn.LSTM(5, 7, bidirectional=True)), number(728)],
        [entries(nn.BatchNorm1d(64)), number(128)],
        [one_bias(nn.LSTM(d, n)), number(4 * n * (d + n + 1))],
        [lstm, number(6144)],
        [number(4 * (32 * 16 + 32 * 32)), number(6144)],
        [lstm, number(2176)],
        [one_bias(nn.GRU(16, 32)), number(6272)],
        [one_bias(nn.LSTM(5, 7, bidirectional=True)), number(364)],
        [one_bias(nn.LSTM(d, n)), number(4 * n * d)],
    ]
