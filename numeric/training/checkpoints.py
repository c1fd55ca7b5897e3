"""What a run keeps on disk: its checkpoint and its history, written so that no half of either is ever read."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from derivations.errors import UsageError
from numeric.training.config import Config

NAME = "checkpoint.pt"


def save(folder: Path, content: Mapping[str, Any]) -> None:
    """Write a checkpoint in place of the one before. Raises UsageError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{NAME}.tmp"
        torch.save(dict(content), unfinished)
        os.replace(unfinished, folder / NAME)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{folder / NAME} cannot be written: {error}") from error


def load(folder: Path, config: Config, device: torch.device) -> dict[str, Any] | None:
    """The checkpoint of a folder, or None. Raises UsageError for a damaged one or one of another run."""
    path = folder / NAME
    if not path.exists():
        return None
    found = _read(path, device)
    other = [name for name, value in config.fixed().items() if found["config"].get(name) != value]
    if other:
        was = ", ".join(f"{name} = {found['config'].get(name)}" for name in other)
        raise UsageError(f"{path} is of a run with {was}; give the same settings, or another folder with --out")
    return found


def _read(path: Path, device: torch.device) -> dict[str, Any]:
    """Only tensors and plain values are read: a checkpoint cannot run code."""
    try:
        found: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, KeyError, ValueError) as error:
        raise UsageError(f"{path} is damaged ({type(error).__name__}); delete it to begin this run again") from error
    return found


def load_weights(model: torch.nn.Module, folder: Path, device: torch.device) -> None:
    """Put the best weights of a run into a model. Raises UsageError where they are not there or do not fit."""
    path = folder / NAME
    if not path.exists():
        raise UsageError(f"--weights: {path} does not exist; give the folder of one run, such as OUT/runs/gru-size32")
    try:
        model.load_state_dict(_read(path, device)["best_weights"])
    except RuntimeError as error:
        first = str(error).splitlines()[-1].strip()
        raise UsageError(f"--weights: {path} is of another network: {first}") from error


class History:
    """The lines of a run, one an epoch, in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[dict[str, Any]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{path.parent} cannot be made: {error.strerror}") from error

    def keep(self, epochs: int) -> None:
        """Go on with the lines of a run's first epochs; later ones were not in its checkpoint.

        Raises UsageError where there were epochs and their lines are gone.
        """
        there = self.path.exists()
        if epochs and not there:
            raise UsageError(f"{self.path} is missing; put it back, or begin this run again in another folder")
        text = self.path.read_text(encoding="utf-8") if there else ""
        lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        self.lines = [line for line in lines if line["epoch"] <= epochs]
        self._write()

    def add(self, line: dict[str, Any]) -> None:
        """One more."""
        self.lines.append(line)
        self._write() if len(self.lines) == 1 else self._append(line)

    def _write(self) -> None:
        self.path.write_text("".join(map(as_line, self.lines)), encoding="utf-8")

    def _append(self, line: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(as_line(line))


def as_line(record: Mapping[str, Any]) -> str:
    """A record as one line of JSON; what is no finite number is null."""
    return json.dumps(plain(record), ensure_ascii=False) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON has it: NaN and infinities are null, tuples are lists, paths are text."""
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Mapping):
        return {str(name): plain(x) for name, x in value.items()}
    if isinstance(value, list | tuple):
        return [plain(x) for x in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
