"""Palindromes: the last digit is the first one, which a network has to remember through all the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from derivations.errors import UsageError
from numeric.training.batches import Batch, Problem, seeded
from numeric.training.config import Config
from numeric.training.figures import against, learning_curves
from numeric.training.loop import Finished
from numeric.training.models import OneHot, Recurrent, Sizes, recurrent_only
from numeric.training.study import Findings, Study, Task
from numeric.training.tables import add_table

DIGITS = 10
HELD_OUT = {"valid": (2, 1000), "test": (3, 5000)}
"""The stream of each split and how many palindromes it has unless the settings say otherwise."""


class Scaled(nn.Module):
    """Digits as numbers, one feature a step, in the precision of the network."""

    unit: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("unit", torch.ones(()), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """From (T, batch) to (T, batch, 1)."""
        return x.unsqueeze(-1) * self.unit


def palindromes(count: int, length: int, *seeds: int) -> Batch:
    """Random palindromes without their last digit, which is the target."""
    half = seeded(*seeds).integers(0, DIGITS, (count, (length + 1) // 2))
    first = torch.from_numpy(half)
    whole = torch.cat([first, first[:, : length // 2].flip(1)], 1)
    return Batch(whole[:, :-1].T.contiguous(), whole[:, -1])


def problem(config: Config, data: Any = None) -> Problem:
    """Raises UsageError for palindromes of fewer than two digits."""
    recurrent_only(config, "palindromes")
    if config.length < 2:
        raise UsageError(f"--length: a palindrome has at least 2 digits, not {config.length}")

    def batch(epoch: int, index: int) -> Batch:
        return palindromes(config.batch, config.length, config.seed, 1, epoch, index)

    def held_out(split: str) -> Iterable[Batch]:
        stream, usual = HELD_OUT[split]
        yield palindromes(config.test_size or usual, config.length, stream, config.length)

    splits = {"valid": lambda: held_out("valid"), "test": lambda: held_out("test")}
    return Problem(lambda: model(config), batch, config.epoch_steps, splits)


def model(config: Config) -> nn.Module:
    """Digits one-hot or as numbers; the period of a phased LSTM reaches from one step to the whole length."""
    one_hot = config.encoding == "one-hot"
    sizes = Sizes(DIGITS if one_hot else 1, DIGITS, config.length - 1, periods=(1.0, float(max(2, config.length))))
    return Recurrent(config, sizes, OneHot(DIGITS) if one_hot else Scaled())


def report(study: Study, done: Sequence[Finished]) -> Findings:
    """Accuracy against length, and learning curves."""
    findings = Findings()
    add_table(findings, done, ("test_loss", "test_accuracy"))
    labels = ("length of the palindrome, T (digits)", "test accuracy")
    findings.pictures.append(against(study, done, "length", "test_accuracy", labels, "accuracy-against-length"))
    curves = (("loss", "cross-entropy (nats)"), ("accuracy", "accuracy"))
    findings.pictures.append(learning_curves(study, done, curves))
    return findings


COMMON = {"size": "128", "batch": 128, "optimiser": "adam", "rate": 1e-3, "clip_norm": 1.0, "target": 0.998}
GATED = {"cell": ("lstm", "gru", "phased-lstm"), "keep_bias": 3.0}
"""A network that keeps what it holds from the start gets over the plateau at which the digit is not yet remembered."""
LENGTHS = (5, 10, 15, 20, 30, 50)
ORTHOGONAL = {"cell": "rnn", "init": "orthogonal", "schedule": "after", "decay": 0.8, "decay_after": 4}
TASK = Task(
    "palindromes",
    "the last digit of a palindrome, by length",
    "",
    (
        COMMON | {"cell": "rnn", "length": LENGTHS, "epochs": 25},
        COMMON | ORTHOGONAL | {"length": LENGTHS, "epochs": 25},
        COMMON | GATED | {"length": LENGTHS, "epochs": 25},
    ),
    (
        COMMON
        | {"cell": ("rnn", "lstm", "gru", "phased-lstm"), "length": (5, 10), "size": "64", "epochs": 4, "rate": 3e-3},
    ),
    (
        COMMON
        | {"cell": ("rnn", "lstm"), "length": (5, 10, 15, 19, 20, 25, 30, 40, 50), "epochs": 100, "optimiser": "sgd"}
        | {"rate": 0.1, "clip_norm": 10.0, "encoding": "scalar", "target": 0.0},
    ),
    problem,
    report,
)
