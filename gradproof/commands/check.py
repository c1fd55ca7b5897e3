"""``gradproof check``: check sheets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derivations.errors import NothingToCheckError, UsageError
from gradproof import autograd_witness
from gradproof.commands.marking import marked_with
from gradproof.commands.report import report_options, target_of
from gradproof.formats import WRITERS, writer
from gradproof.outcome import coloured, print_each, terminal_width
from gradproof.sheets import declared_with, read_declared, read_sheet

if TYPE_CHECKING:
    from derivations.check import Options, Witness
    from derivations.report import Report


def _a_number(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """A range of numbers lets NaN through, and no clock ever reaches NaN."""
    if isnan(value):
        raise click.BadParameter("this is not a number", context, parameter)
    return value


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", *WRITERS]), default="text", help="How to write the report."
)
@click.option("--strict", is_flag=True, help="Count as wrong what is right only under a departing reading.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    callback=_a_number,
    help="Seconds a statement may take.",
)
@click.option(
    "--explain", "lines", type=click.IntRange(min=1), multiple=True, metavar="LINE", help="How a line was decided."
)
@click.option("--python", "programs", is_flag=True, help="Print every counterexample as a program, too.")
@click.option("--no-torch", is_flag=True, help="Do not compare derivatives with torch autograd.")
@click.option("--skip-empty", is_flag=True, help="Pass over files without a formula, as among all files of a folder.")
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved, and say what has changed.")
@click.option("--debug", is_flag=True, help="Show a traceback where gradproof itself fails.")
@marked_with
@declared_with
@report_options
def check(
    files: tuple[str, ...],
    form: str,
    strict: bool,
    seed: int,
    time_limit: float,
    lines: tuple[int, ...],
    programs: bool,
    no_torch: bool,
    skip_empty: bool,
    watch: bool,
    debug: bool,
    declarations: str | None,
    output: Path | None,
    engine: str,
    templates: Path | None,
    **marks: str | None,
) -> None:
    """Check sheets; - reads standard input.

    With -o FILE the report is your own sheet with the verdicts in place, as a page or as LaTeX or PDF.

    Exit codes: 0 all right; 1 something wrong; 3 something unclear or undecided, nothing wrong; 2 a file or the call
    cannot be used.
    """
    from derivations.check import Options

    options = Options(seed, time_limit, strict, read_declared(declarations))
    witness = None if no_torch else autograd_witness()
    render = (lambda report: _text(report, lines, programs)) if form == "text" else None
    _refuse(form, output, bool(lines or programs), watch, any(marks.values()))
    if output is not None:
        render = target_of(output, engine, templates, files, [declarations]).write
    if watch and render is not None:
        sys.exit(_watched(files, options, witness, declarations, render, debug))
    if any(marks.values()):
        from gradproof.commands.marking import check_and_mark

        sys.exit(check_and_mark(files, options, witness, marks, render, debug))
    gather = writer(form) if form in WRITERS else None
    skipped = (NothingToCheckError,) if skip_empty else ()
    sys.exit(print_each(files, lambda name: _checked(name, options, witness), render, debug, gather, skipped))


def _refuse(form: str, output: Path | None, parts: bool, watch: bool, marks: bool) -> None:
    """UsageError for options that do not go together; ``parts`` are those that print parts of a report."""
    if output is not None and (form != "text" or parts):
        raise UsageError(f"{output}: -o writes the whole report; leave --format, --explain and --python out")
    if watch and (form != "text" or marks):
        raise UsageError("--watch writes the report for people; leave --format and marks out")
    if marks and form not in ("text", "json"):
        raise UsageError(f"--format {form} has no place for marks; write them as text or json")


def _watched(
    files: tuple[str, ...],
    options: Options,
    witness: Witness | None,
    declarations: str | None,
    render: Callable[[Report], str],
    debug: bool,
) -> int:
    from gradproof.watching import Watch

    def find(name: str) -> Report:
        return _checked(name, replace(options, declarations=read_declared(declarations)), witness)

    return Watch(files, [declarations] if declarations else [], find, render, debug).run()


def _checked(name: str, options: Options, witness: Witness | None) -> Report:
    from derivations.check import check_sheet

    report = check_sheet(read_sheet(name), options, witness)
    if not report.statements:
        remedy = "write formulas between $ and $, or between $$ and $$"
        raise NothingToCheckError(f"{report.sheet}: no formula was found; {remedy}")
    return report


def _text(report: Report, lines: tuple[int, ...], programs: bool) -> str:
    """The report, or how the lines that were asked for were decided; UsageError for a line without a formula."""
    from gradproof.explanation import explained, with_programs
    from gradproof.text import WIDTH, render

    if lines:
        return "\n".join(explained(report, line) for line in lines)
    if programs:
        return render(report, colour=coloured(), width=WIDTH) + with_programs(report)
    return render(report, colour=coloured(), width=terminal_width())
