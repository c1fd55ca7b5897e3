"""Places in a file: offsets while we work, lines and columns when we speak."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets in the file as the author sees it."""

    start: int
    end: int

    def join(self, other: Span) -> Span:
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both counted from 1; columns count characters."""

    line: int
    column: int
    cell: int | None = None  # of a notebook, counted from 1


def within(parts: Sequence[tuple[int, T]], line: int) -> tuple[T, int] | None:
    """Of parts that begin at some lines, the one that a line is in, and its number there; None before the first."""
    k = bisect_right(parts, line, key=lambda part: part[0]) - 1
    return (parts[k][1], line - parts[k][0] + 1) if k >= 0 else None


@dataclass(frozen=True)
class Source:
    """A named text; of a notebook, ``cells`` has for each cell read its first line here and its number.

    ``more`` is a file of declarations that came with the sheet: offsets and lines go on in it behind the text.
    ``files`` has the first line here and the name of every file, where the text was put together from several.
    """

    name: str
    text: str
    cells: tuple[tuple[int, int], ...] = ()
    more: Source | None = None
    files: tuple[tuple[int, str], ...] = ()

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        starts.extend(k + 1 for k, character in enumerate(self.text) if character == "\n")
        return starts

    def place(self, offset: int) -> Place:
        """The line and column of an offset."""
        if self.more is not None and offset > len(self.text):
            there = self.more.place(offset - self.behind)
            return Place(len(self._starts) + there.line, there.column)
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column of the text."""
        return self._starts[line - 1] + column - 1

    def shown(self, place: Place) -> Place:
        """A place as the author sees it: in a notebook, the cell and the line in it."""
        found = within(self.cells, place.line)
        file = within(self.files, place.line)
        if found is not None and (file is None or found[1] <= file[1]):
            return Place(found[1], place.column, found[0])
        return place if file is None else replace(place, line=file[1])

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")

    @property
    def behind(self) -> int:
        """The offset at which ``more`` begins."""
        return len(self.text) + 1

    def where(self, offset: int) -> str:
        """A place in words: ``line 3``, ``line 2 of cell 5``, ``line 3 of class.txt``."""
        if self.more is not None and offset > len(self.text):
            return f"{self.more.where(offset - self.behind)} of {self.more.name}"
        line = self.place(offset).line
        place, file = self.shown(self.place(offset)), within(self.files, line)
        cell = f" of cell {place.cell}" if place.cell is not None else ""
        return f"line {place.line}{cell}" + (f" of {file[0]}" if file is not None else "")

    def slice(self, span: Span) -> str:
        if self.more is not None and span.start > len(self.text):
            return self.more.text[span.start - self.behind : span.end - self.behind]
        return self.text[span.start : span.end]
