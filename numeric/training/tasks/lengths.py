"""Sequences of different lengths: one by one, padded and masked, and packed give the same loss and gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from derivations.errors import UsageError
from numeric.training.batches import IGNORED, Batch, Problem, seeded
from numeric.training.config import Config
from numeric.training.loop import Finished, mean_loss
from numeric.training.models import BUILT_IN, OneHot, Recurrent, Sizes
from numeric.training.study import Findings, Study, Task

CLASSES = 10
SHORTEST = 2
COLUMNS = ["cell", "way", "loss", "largest_gradient_difference", "same"]
TOLERANCE: Final = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 1e-5}
Way = Callable[[Any, list[Tensor], list[Tensor]], Tensor]


def examples(config: Config, *seeds: int) -> tuple[list[Tensor], list[Tensor]]:
    """Sequences of digits of different lengths, and for each digit the sum so far, modulo 10."""
    draw = seeded(*seeds)
    lengths = draw.integers(SHORTEST, config.length + 1, config.batch)
    x = [torch.from_numpy(draw.integers(0, CLASSES, length)) for length in lengths]
    return x, [one.cumsum(0) % CLASSES for one in x]


def padded(x: list[Tensor], y: list[Tensor]) -> Batch:
    """One batch: digits padded by 0, targets by what counts for nothing."""
    lengths = torch.tensor([len(one) for one in x])
    return Batch(pad_sequence(x), pad_sequence(y, padding_value=IGNORED), lengths=lengths)


def problem(config: Config, data: Any = None) -> Problem:
    """The running sum of digits. Raises UsageError for cells that cannot be packed, and for sequences too short."""
    if config.cell not in BUILT_IN:
        raise UsageError(f"--cell: torch packs {', '.join(BUILT_IN)} alone")
    if config.length < SHORTEST:
        raise UsageError(f"--length: at least {SHORTEST}")

    def held_out(stream: int) -> Iterable[Batch]:
        yield padded(*examples(config, stream))

    def build() -> nn.Module:
        return Recurrent(config, Sizes(CLASSES, CLASSES, config.length, every=True), OneHot(CLASSES))

    splits = {"valid": lambda: held_out(2), "test": lambda: held_out(3)}
    return Problem(
        build, lambda epoch, k: padded(*examples(config, config.seed, 1, epoch, k)), config.epoch_steps, splits
    )


def one_by_one(model: Any, x: list[Tensor], y: list[Tensor]) -> Tensor:
    """The mean loss over all targets, every sequence by itself: what the others are held against."""
    total = torch.zeros((), dtype=next(model.parameters()).dtype)
    for one, targets in zip(x, y, strict=True):
        loss, count = mean_loss(model(one.unsqueeze(1))[0], targets.unsqueeze(1))
        total = total + loss * count
    return total / sum(map(len, y))


def masked(model: Any, x: list[Tensor], y: list[Tensor]) -> Tensor:
    """Padded to the longest; targets of padding count for nothing."""
    batch = padded(x, y)
    return mean_loss(model(batch.x)[0], batch.y)[0]


def packed(model: Any, x: list[Tensor], y: list[Tensor]) -> Tensor:
    """As a packed sequence, which has no padding at all."""
    batch = padded(x, y)
    inside = pack_padded_sequence(model.encode(batch.x), batch.lengths, enforce_sorted=False)  # type: ignore[arg-type]
    outputs, _ = pad_packed_sequence(model.core.whole(inside)[0])
    return mean_loss(model.read(outputs), batch.y)[0]


def unmasked(model: Any, x: list[Tensor], y: list[Tensor]) -> Tensor:
    """The usual slip: padding is taken for digits and counted."""
    return mean_loss(model(pad_sequence(x))[0], pad_sequence(y))[0]


WAYS: Final[dict[str, Way]] = {
    "one by one": one_by_one,
    "padded and masked": masked,
    "packed": packed,
    "padded, not masked": unmasked,
}


def compare(config: Config) -> list[list[Any]]:
    """For every way: loss, largest difference of a gradient entry from one by one, over the largest entry; the same?"""
    torch.manual_seed(config.seed)
    dtype = torch.float64 if config.precision == "float64" else torch.float32
    model: Any = problem(config).build().to(dtype)
    x, y = examples(config, config.seed, 7)
    found = {}
    for name, way in WAYS.items():
        loss = way(model, x, y)
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        found[name] = float(loss.detach()), torch.cat([g.flatten() for g in gradients])
    true_loss, reference = found["one by one"]
    rows = []
    for name, (value, gradient) in found.items():
        off = float((gradient - reference).abs().max() / reference.abs().max())
        same = max(off, abs(value - true_loss) / true_loss) <= TOLERANCE[config.precision]
        rows.append([config.cell, name, value, off, same])
    return rows


def report(study: Study, done: Sequence[Finished]) -> Findings:
    """The comparison; the networks are not trained unless the settings say so."""
    return Findings(COLUMNS, [row for one in done for row in compare(one.config)])


COMMON: dict[str, Any] = {"cell": tuple(BUILT_IN), "size": "2x32", "length": 30, "batch": 16, "precision": "float64"}
TASK = Task(
    "lengths",
    "padding, masks and packed sequences: the same loss and gradients",
    "",
    (COMMON | {"epochs": 0},),
    (COMMON | {"epochs": 0, "size": "8"},),
    (COMMON | {"epochs": 0, "size": "2x200", "seed": (0, 1, 2)},),
    problem,
    report,
)
