"""How far the marking of a class is: a bar on a terminal, a line now and then elsewhere; always on standard error."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

EVERY: Final = 10.0
"""Seconds between lines where there is no terminal."""


class MarkingProgress:
    """Counts sheets that were marked before (``kept``) and now (``marked``)."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.kept = self.marked = 0
        self._start = self._told = monotonic()
        columns = (
            TextColumn("marking"),
            BarColumn(24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True, highlight=False)
        self._bar = Progress(*columns, console=console, transient=True) if sys.stderr.isatty() else None
        self._task = self._bar.add_task("", total=total, said="") if self._bar is not None else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None:
            self._line(f"{self.marked} marked, {self.kept} kept from an earlier run, in {self._seconds():.0f} s")

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def tell(self, new: bool) -> None:
        """One more sheet, marked now or before."""
        self.marked += new
        self.kept += not new
        said = f"{self.kept} kept" if self.kept else ""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.kept + self.marked, said=said)
        elif monotonic() - self._told > EVERY:
            self._told = monotonic()
            done = self.kept + self.marked
            self._line(f"{done} of {self.total}, about {self.left():.0f} s left")

    def left(self) -> float:
        """Seconds to the end at the rate so far; what was kept took no time."""
        rest = self.total - self.kept - self.marked
        return rest * self._seconds() / self.marked if self.marked else 0.0

    def _seconds(self) -> float:
        return monotonic() - self._start

    def _line(self, text: str) -> None:
        sys.stderr.write(f"gradproof: {text}\n")
        sys.stderr.flush()
