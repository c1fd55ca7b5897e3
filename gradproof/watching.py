"""``gradproof check --watch``: sheets are checked again when they are saved, and what has changed is told."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from derivations.errors import GradproofError, UsageError
from gradproof.outcome import SEVERITY, UNUSABLE, blamed, coloured, complain, terminal_width

if TYPE_CHECKING:
    from derivations.report import Report, StatementReport

PAUSE: Final = 0.1
"""Seconds between two looks at the files. A look is one call of the system for each; nothing else has to be installed,
and it sees saves over a network and by renaming, too."""
Stamp = tuple[int, int, int] | None
Watched = dict[str, Stamp]


class Watch:
    """Sheets that are checked whenever they, or a file beside them, change."""

    def __init__(
        self,
        files: Sequence[str],
        beside: Sequence[str],
        check: Callable[[str], Report],
        render: Callable[[Report], str],
        debug: bool = False,
    ) -> None:
        """``beside`` are files on which all sheets rest; ``check`` finds and ``render`` writes a report."""
        if "-" in files:
            raise UsageError("<stdin>: standard input cannot be watched; name a file")
        self.files, self.beside = list(dict.fromkeys(files)), list(beside)
        self.check, self.render, self.debug = check, render, debug
        self.reports: dict[str, Report] = {}
        self.codes: dict[str, int] = {}

    @property
    def code(self) -> int:
        """The exit code of the last checks, the worst of them."""
        return max(self.codes.values(), key=SEVERITY.index, default=0)

    def run(self) -> int:
        """Check, and check again after every change, until Ctrl-C; the exit code of the last checks."""
        seen = self._stamps()
        self.look(self.files)
        try:
            while True:
                now = self._settled(seen)
                changed = [name for name in now if now[name] != seen[name]]
                seen = now
                self._begin(changed)
                self.look(self.files if set(changed) & set(self.beside) else changed)
        except KeyboardInterrupt:
            click.echo()
            return self.code

    def look(self, names: Sequence[str]) -> None:
        """Check some of the sheets, and say what has changed since they were checked last."""
        for name in names:
            try:
                with blamed(name):
                    found = self.check(name)
                    text = self.render(found)
            except GradproofError as error:
                complain(error, self.debug)
                self.codes[name] = UNUSABLE
                continue
            click.echo(text, nl=False, color=coloured())
            if name in self.reports:
                click.echo(_told(self.reports[name], found), color=coloured())
            self.reports[name], self.codes[name] = found, found.exit_code
        gc.collect()
        click.echo(f"\nwatching {', '.join(self.files)}; Ctrl-C ends", err=True)

    def _begin(self, changed: Sequence[str]) -> None:
        """Clear the screen; where there is none, a line between the reports."""
        if coloured():
            click.clear()
        else:
            click.echo(f" {', '.join(changed)} ".center(terminal_width(), "─"))

    def _stamps(self) -> Watched:
        return {name: _stamp(name) for name in [*self.files, *self.beside]}

    def _settled(self, seen: Watched) -> Watched:
        """Wait for a change, and until it is complete: two looks that find the same, and every file there.

        An editor may take a file away and put another in its place; one that stays away is a change in the end.
        """
        before, away = seen, 0
        while True:
            time.sleep(PAUSE)
            now = self._stamps()
            away = away + 1 if None in now.values() else 0
            if now == before != seen and (not away or away > 10):
                return now
            before = now


def _stamp(name: str) -> Stamp:
    """What changes when a file is saved; None where there is none, or nothing in it."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found.st_size else None


def _told(before: Report, after: Report) -> str:
    lines = list(changes(before, after)) or ["no verdict has changed"]
    return "\nsince the last check:\n" + "\n".join(f"  {line}" for line in lines)


def changes(before: Report, after: Report) -> Iterator[str]:
    """What is new, gone or otherwise judged, a line each; statements are told apart by what they say."""
    from gradproof.text import clean, shortened

    room = terminal_width() - 4
    for old, new in _pairs(before.statements, after.statements):
        if old is None and new is not None:
            yield shortened(clean(f"line {after.label(new.line)}: new, {new.verdict.value}: {new.latex}"), room)
        elif new is None and old is not None:
            yield shortened(clean(f"gone, was {old.verdict.value}: {old.latex}"), room)
        elif old is not None and new is not None and old.verdict is not new.verdict:
            change = f"{old.verdict.value} → {new.verdict.value}"
            yield shortened(clean(f"line {after.label(new.line)}: {change}: {new.latex}"), room)


def _pairs(
    old: Sequence[StatementReport], new: Sequence[StatementReport]
) -> Iterator[tuple[StatementReport | None, StatementReport | None]]:
    """Statements of two reports in order: the same ones side by side, also those that were rewritten in their place."""
    matcher = SequenceMatcher(None, [x.latex for x in old], [x.latex for x in new], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and j - i == m - k):
            yield from zip(old[i:j], new[k:m], strict=True)
        else:
            yield from ((x, None) for x in old[i:j])
            yield from ((None, x) for x in new[k:m])
