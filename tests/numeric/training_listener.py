"""A listener that remembers, and can press Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numeric.training.batches import Batch, Problem
from numeric.training.config import Config
from numeric.training.loop import Finished, Interrupted, Trainer


class Silent:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[Mapping[str, Any]] = []
        self.ended = ""

    def begin(self, label: str, total: int) -> None: ...

    def advance(self, step: int, rate: float, unit: str) -> None: ...

    def epoch(self, line: Mapping[str, Any]) -> None:
        self.lines.append(line)

    def end(self, ended: str) -> None:
        self.ended = ended


def train(problem: Problem, config: Config, folder: Path, resume: bool = False) -> tuple[Trainer, Finished]:
    """A run from its start, or from its checkpoint."""
    trainer = Trainer(problem, config, "run", folder, Silent())
    if resume:
        trainer.resume()
    return trainer, trainer.train()


def interrupted_at(problem: Problem, config: Config, folder: Path, step: int, resume: bool = False) -> None:
    """Train until Ctrl-C is pressed while a batch, counted from here, is fetched, to train or to settle batch norm."""
    inner, seen = problem.batch, 0

    def batch(epoch: int, index: int) -> Batch:
        nonlocal seen
        seen += 1
        if seen == step:
            signal.raise_signal(signal.SIGINT)
        return inner(epoch, index)

    pressed = Problem(**{**{f: getattr(problem, f) for f in problem.__dataclass_fields__}, "batch": batch})
    try:
        train(pressed, config, folder, resume)
    except Interrupted:
        return
    raise AssertionError("Ctrl-C was not noticed")


def without_times(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A history without wall time."""
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]
