"""``gradproof check SHEET -o report.html``: the report as a file to read, to hand in or to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from derivations.report import Report

ENGINES = ("latex", "chromium", "weasyprint")
SUFFIXES = (".html", ".tex", ".pdf")
F = TypeVar("F", bound=Callable[..., Any])


def report_options(command: F) -> F:
    """The options of a command that can write its report to a file."""
    options = (
        click.option(
            "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write a .html, .tex or .pdf."
        ),
        click.option(
            "--engine", type=click.Choice(ENGINES), default="latex", show_default=True, help="What makes the PDF."
        ),
        click.option(
            "--template",
            "templates",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            metavar="DIR",
            help="Templates of your own.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Target:
    """Where the report on a sheet goes, and how it gets there."""

    path: Path
    engine: str
    templates: Path | None

    def write(self, report: Report) -> str:
        """Write the report; a line that says so. Raises UsageError where it cannot be written."""
        from gradproof.rendering import write
        from gradproof.reporting import report_document

        first, *beside = write(report_document(report), self.path, self.engine, self.templates)
        counts = ", ".join(f"{count} {name}" for name, count in report.summary.items() if count)
        more = f", and {len(beside)} more files beside it" if beside else ""
        return f"{report.sheet}: {counts}; written to {first}{more}\n"


def target_of(
    output: Path, engine: str, templates: Path | None, files: Sequence[str], others: Sequence[str | None]
) -> Target:
    """Where to write the one report of a call.

    Raises UsageError where there are several sheets, where the suffix names no form, and where a file that is read
    would be lost.
    """
    if len(files) > 1:
        raise UsageError(f"{output}: one file holds the report on one sheet; name one sheet, or leave -o out")
    if output.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{output}: the name of a report must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    for name in (*files, *others):
        if name is not None and output.exists() and Path(name).exists() and output.samefile(name):
            raise UsageError(f"{output}: this file is read; give the report another name")
    return Target(output, engine, templates)
