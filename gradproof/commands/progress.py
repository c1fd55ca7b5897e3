"""How far a training run is: a bar on a terminal, a line an epoch elsewhere; always on standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from time import monotonic
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

SHOWN = ("train_loss", "valid_loss", "valid_accuracy")
SHORT = {"train_loss": "train", "valid_loss": "valid", "valid_accuracy": "accuracy"}


class Progress:
    """What the loop tells of itself."""

    def __init__(self) -> None:
        console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(20),
            TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(),
        )
        self._bar = Bar(*columns, console=console, transient=True) if sys.stderr.isatty() else None
        self._task: Any = None
        self._label, self._total, self._rate = "", 0, ""
        self._since = (0.0, 0)
        self._ahead = ""

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begin(self, label: str, total: int) -> None:
        """A run starts; ``total`` is the number of its steps."""
        self._label, self._total, self._rate, self._since = label, total, "", (monotonic(), -1)
        if self._bar is not None:
            self._task = self._bar.add_task(label, total=total, said="")

    def advance(self, step: int, rate: float, unit: str) -> None:
        """Steps done so far, and sequences or tokens a second."""
        self._rate = f"{rate:,.0f} {unit}/s"
        if self._bar is not None:
            self._bar.update(self._task, completed=step, said=self._rate)

    def epoch(self, line: Mapping[str, Any]) -> None:
        """An epoch is over."""
        measures = " ".join(f"{SHORT[name]} {line[name]:.4f}" for name in SHOWN if line.get(name) is not None)
        samples = line.get("sample", "")
        text = f"{self._label} epoch {line['epoch']}: {measures}" + (f"  {samples!r}" if samples else "")
        if self._bar is not None:
            self._bar.update(self._task, completed=line["step"])
            self._bar.console.print(text, markup=False)
        else:
            sys.stderr.write(f"{text}{self._outlook(line['step'])}\n")
            sys.stderr.flush()

    def _outlook(self, step: int) -> str:
        """Rate and time to the end at the pace since this call began."""
        start, first = self._since
        if first < 0:
            self._since = (start, 0)
            first = 0
        pace = (step - first) / max(monotonic() - start, 1e-9)
        left = (self._total - step) / pace if pace else 0.0
        return f"  {self._rate}, at most {left:,.0f} s left"

    def end(self, ended: str) -> None:
        """A run is over."""
        if self._bar is not None:
            self._bar.update(self._task, visible=False)
