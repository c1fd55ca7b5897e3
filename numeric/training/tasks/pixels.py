"""Images pixel by pixel: which class (``pixels``), and which pixel comes next (``next-pixel``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from derivations.errors import UsageError
from numeric.data.images import Images
from numeric.training.batches import Problem, seeded
from numeric.training.config import Config
from numeric.training.figures import learning_curves
from numeric.training.loop import Finished
from numeric.training.models import Recurrent, Sizes, recurrent_only
from numeric.training.study import Findings, Study, Task
from numeric.training.tables import add_table
from numeric.training.tasks.rows import classification, tensors

CURVES = (("loss", "cross-entropy (nats)"), ("accuracy", "accuracy"))
WHITE, BLACK = 0, 1


def pixel_order(config: Config, count: int) -> Tensor:
    """The order in which pixels are shown: row by row, or one permutation, the same for all seeds."""
    if config.order == "scan":
        return torch.arange(count)
    return torch.from_numpy(seeded(0, 5).permutation(count))


def sequences(data: Images, config: Config) -> dict[str, tuple[Tensor, Tensor]]:
    """Pixels one after the other (examples, T, 1), and classes, of each split."""
    order = pixel_order(config, data.train_x[0].size)
    return {split: (x.flatten(1)[:, order].unsqueeze(-1), y) for split, (x, y) in tensors(data, config).items()}


def class_problem(config: Config, data: Images) -> Problem:
    """Which class, after the last pixel."""
    recurrent_only(config, "pixels")
    found = sequences(data, config)
    sizes = Sizes(1, data.classes, found["train"][0].shape[1])
    return classification(found, config, lambda: Recurrent(config, sizes))


def class_report(study: Study, done: Sequence[Finished]) -> Findings:
    """The table of the coursework, with the training set, and learning curves."""
    findings = Findings()
    add_table(findings, done, ("train_loss", "train_accuracy", "test_loss", "test_accuracy"))
    findings.pictures.append(learning_curves(study, done, CURVES))
    return findings


def next_sequences(data: Images, config: Config) -> dict[str, tuple[Tensor, Tensor]]:
    """Binary pixels (examples, T − 1, 1), and the pixels after them (examples, T − 1)."""
    found = {split: x for split, (x, _) in sequences(data, config).items()}
    return {split: (x[:, :-1], x[:, 1:, 0].long()) for split, x in found.items()}


def next_problem(config: Config, data: Images) -> Problem:
    """At every pixel: white or black next? Raises UsageError for grey pixels."""
    recurrent_only(config, "next-pixel")
    if config.pixels != "binary":
        raise UsageError("--pixels: the next pixel is predicted among white and black; leave it at binary")
    found = next_sequences(data, config)
    return classification(found, config, lambda: next_model(config, data))


def next_model(config: Config, data: Images) -> Recurrent:
    """A network with two logits at every pixel."""
    return Recurrent(config, Sizes(1, 2, data.train_x[0].size - 1, every=True))


def next_report(study: Study, done: Sequence[Finished]) -> Findings:
    """The table of the coursework, learning curves, and what may be had without a network."""
    findings = Findings()
    add_table(findings, done, ("train_loss", "train_accuracy", "test_loss", "test_accuracy"))
    findings.pictures.append(learning_curves(study, done, CURVES))
    x, y = next_sequences(study.data(), done[0].config)["test"]
    same = float((x[..., 0].long() == y).float().mean())
    findings.more["baselines"] = {"always_white": float((y == WHITE).float().mean()), "as_before": same}
    return findings


COMMON: dict[str, Any] = {"head": "relu-bn", "clip_value": 0.9, "optimiser": "adam"}
QUICK = COMMON | {"size": "16", "batch": 50, "rate": 0.01, "epochs": 2, "train_size": 600, "test_size": 300}
PAPER = (
    ("lstm", "32", 250, 0.018, 12),
    ("lstm", "64", 400, 0.004, 18),
    ("lstm", "128", 500, 0.0005, 18),
    ("lstm", "3x32", 500, 0.0005, 20),
    ("gru", "32", 250, 0.02, 12),
    ("gru", "64", 400, 0.004, 10),
    ("gru", "128", 500, 0.0005, 15),
    ("gru", "3x32", 400, 0.005, 20),
)
"""Cell, size, batch, learning rate and epochs of the coursework's tables."""
NEXT_PAPER = (("32", 250, 0.02), ("64", 400, 0.004), ("128", 500, 0.0005), ("3x32", 400, 0.004))
RUN = COMMON | {
    "size": "32",
    "batch": 100,
    "rate": 0.01,
    "epochs": 12,
    "schedule": "after",
    "decay": 0.8,
    "decay_after": 6,
}
CLASS_RUN = RUN | {"batch": 50, "epochs": 20, "decay_after": 10, "keep_bias": 3.0}
"""784 steps are many: a network that keeps its state from the start learns several times as fast."""
CLASSES = Task(
    "pixels",
    "images pixel by pixel: binarised, grey, permuted",
    "images",
    (
        CLASS_RUN | {"cell": ("lstm", "gru")},
        CLASS_RUN | {"cell": "gru", "pixels": "grey"},
        CLASS_RUN | {"cell": "gru", "order": "permuted"},
    ),
    (
        QUICK | {"cell": ("lstm", "gru")},
        QUICK | {"cell": "gru", "order": "permuted"},
        QUICK | {"cell": "gru", "pixels": "grey"},
    ),
    tuple(
        COMMON | {"cell": cell, "size": size, "batch": batch, "rate": rate, "epochs": epochs}
        for cell, size, batch, rate, epochs in PAPER
    ),
    class_problem,
    class_report,
)
NEXT = Task(
    "next-pixel",
    "which binary pixel comes next",
    "images",
    (RUN | {"cell": "gru", "clip_value": 0.0, "size": ("32", "64")},),
    (QUICK | {"cell": ("gru", "lstm"), "clip_value": 0.0},),
    tuple(
        COMMON | {"cell": "gru", "size": size, "batch": batch, "rate": rate, "epochs": 10, "clip_value": 0.0}
        for size, batch, rate in NEXT_PAPER
    ),
    next_problem,
    next_report,
)
