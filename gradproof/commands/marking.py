"""The options of ``gradproof check`` that mark sheets: a scheme, a reference, a table of marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from derivations.errors import GradproofError, UsageError
from gradproof.outcome import UNUSABLE, coloured, complain, print_each, terminal_width
from gradproof.sheets import read_sheet

if TYPE_CHECKING:
    from derivations.check import Options, Witness
    from derivations.report import Report
    from gradproof.marking.marking import Marked, Marking

F = TypeVar("F", bound=Callable[..., Any])
OPTIONS = (
    click.option("--marks", "scheme", metavar="SCHEME", help="Mark the sheets by a scheme; see docs/marks.md."),
    click.option("--against", metavar="SHEET", help="Say which results of a reference sheet are there."),
    click.option("--marks-csv", "table", metavar="FILE", help="Write the marks as CSV, a row for each question."),
)


def marked_with(command: F) -> F:
    """Add the options to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def check_and_mark(
    files: Sequence[str],
    options: Options,
    witness: Witness | None,
    asked: Mapping[str, str | None],
    as_text: Callable[[Report], str] | None,
    debug: bool,
) -> int:
    """Check sheets, mark them as ``asked``, print all of it and write the table; the exit code.

    ``as_text`` writes a report as text; without it all is JSON. Raises UsageError where the scheme or the reference
    cannot be used.
    """
    from gradproof.marking.marking import Marking
    from gradproof.marking.table import write_table

    table = asked["table"]
    if table is not None and asked["scheme"] is None:
        raise UsageError("--marks-csv writes the marks of a scheme; add --marks SCHEME")
    marking = Marking(asked["scheme"], asked["against"], options)
    code = print_each(files, lambda name: _marked(name, marking, witness), _with_marks(as_text), debug)
    try:
        if table is not None:
            write_table(table, marking)
    except GradproofError as error:
        complain(error, debug)
        return UNUSABLE
    return code


def _marked(name: str, marking: Marking, witness: Witness | None) -> Marked:
    from derivations.check import check_sheet

    with marking.noting(name):
        source = read_sheet(name)
        return marking.of(source, check_sheet(source, marking.options, witness))


def _with_marks(as_text: Callable[[Report], str] | None) -> Callable[[Marked], str] | None:
    """How a report is written, with the marks below it."""
    from gradproof.marking.text import render

    if as_text is None:
        return None
    return lambda found: as_text(found.report) + render(found, coloured(), terminal_width())
