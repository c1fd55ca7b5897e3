"""What the loop is handed: batches, and the problem that makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

IGNORED = -100
"""A target that counts for nothing (padding)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs (T, batch, …), targets: (batch,) for the last step, (T, batch) for all.

    ``times`` (T, batch) are those of the samples; ``lengths`` (batch,) how many steps of each sequence are not padding.
    """

    x: Tensor
    y: Tensor
    times: Tensor | None = None
    lengths: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        if self.x.device == device:
            return self
        moved = (None if one is None else one.to(device) for one in (self.times, self.lengths))
        return Batch(self.x.to(device), self.y.to(device), *moved)


@dataclass(frozen=True)
class Problem:
    """A model and its data. A batch depends on its epoch and place alone, so that a resumed run sees the same ones."""

    build: Callable[[], torch.nn.Module]
    batch: Callable[[int, int], Batch]
    batches: int
    splits: Mapping[str, Callable[[], Iterable[Batch]]]
    """How to walk over what is measured: valid, test and, where the data are not made up as they go, train."""
    unit: str = "sequences"
    carried: bool = False
    accuracy: bool = True
    samples: Callable[[torch.nn.Module, int], Mapping[str, Any]] | None = None
    """What to write down of the model after an epoch beside its losses."""


def seeded(*numbers: int) -> np.random.Generator:
    """A generator of its own for every sequence of numbers, such as seed, epoch and place."""
    return np.random.default_rng(np.random.SeedSequence(numbers))


def shuffled(seed: int, epoch: int, count: int) -> Tensor:
    """The order of the examples in an epoch."""
    return torch.from_numpy(seeded(seed, 1, epoch).permutation(count))


class Shuffled:
    """Batches of examples in an order of their own each epoch; the last ones that do not fill a batch are left out."""

    def __init__(self, x: Tensor, y: Tensor, batch: int, seed: int) -> None:
        """``x`` is (examples, T, d), ``y`` (examples,) or (examples, T)."""
        self.x, self.y, self.seed = x, y, seed
        self.size = min(batch, len(x))
        self.batches = len(x) // self.size
        self._epoch, self._order = -1, torch.empty(0)

    def __call__(self, epoch: int, index: int) -> Batch:
        if epoch != self._epoch:
            self._epoch, self._order = epoch, shuffled(self.seed, epoch, len(self.x))
        return picked(self.x, self.y, self._order[index * self.size : (index + 1) * self.size])


def picked(x: Tensor, y: Tensor, rows: Tensor) -> Batch:
    """Some examples as a batch, time first."""
    targets = y.index_select(0, rows)
    return Batch(x.index_select(0, rows).transpose(0, 1), targets if targets.ndim == 1 else targets.T)


def in_order(x: Tensor, y: Tensor, size: int) -> Iterable[Batch]:
    """All examples, as they stand."""
    for start in range(0, len(x), size):
        yield picked(x, y, torch.arange(start, min(start + size, len(x))))
