"""``gradproof mark``: a class of sheets marked, with a report a student and a page on the class."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from derivations.backprop import Layout
    from derivations.reading.places import Source
    from gradproof.classroom.assignment import Assignment
    from gradproof.classroom.run import Run

OPEN, INTERRUPTED = 3, 130
FORMATS = ("junit", "sarif")


@click.command()
@click.argument("submissions", type=click.Path(path_type=Path), metavar="SUBMISSIONS")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="For the results.")
@click.option("--with", "questions", metavar="FILE", help="Questions, or a reference: what must appear on a sheet.")
@click.option("--marks", "scheme", metavar="SCHEME", help="The points; see docs/marks.md.")
@click.option("--declarations", metavar="FILE", help="Declarations for every sheet; see docs/sheets.md.")
@click.option("--notation", default="standard", metavar="NAME|FILE", help="The names in answers to the questions.")
@click.option("--layout", type=click.Choice(["denominator", "numerator"]), default="denominator", help="Of answers.")
@click.option("--format", "forms", type=click.Choice(FORMATS), multiple=True, help="Also results.xml, results.sarif.")
@click.option("--gradescope", is_flag=True, help="All of it is one submission: write Gradescope's results.json.")
@click.option("--no-pages", is_flag=True, help="Write no page for each student.")
@click.option("--strict", is_flag=True, help="Count as wrong what is right only under a departing reading.")
@click.option("--torch", is_flag=True, help="Compare derivatives with torch autograd, too.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--time-limit", type=click.FloatRange(0.1, 3600), default=10.0, show_default=True, help="Seconds a statement."
)
@click.option(
    "--sheet-time", type=click.FloatRange(1, 86400), default=120.0, show_default=True, help="Seconds a sheet."
)
@click.option("--sheet-memory", type=click.IntRange(64), default=1024, show_default=True, help="MiB a sheet.")
@click.option("--processes", type=click.IntRange(1, 1024), help="How many at once; all cores without it.")
@click.option("--scheduler", default="", metavar="tcp://…", help="Mark by the workers of a dask scheduler.")
@click.option("--retry", is_flag=True, help="Try again what ran out of time or memory, or crashed.")
def mark(
    submissions: Path,
    output: Path,
    forms: tuple[str, ...],
    gradescope: bool,
    no_pages: bool,
    sheet_time: float,
    sheet_memory: int,
    processes: int | None,
    scheduler: str,
    retry: bool,
    **how: str | float | bool | None,
) -> None:
    """Mark a class of sheets.

    SUBMISSIONS is a folder or a zip file with one file a student, or one folder or zip file a student. A second run
    goes on where one stopped, and marks again only what has changed. What cannot be marked is put aside with the
    reason.

    Exit codes: 0 all marked; 3 something is for a person; 2 the call or a file cannot be used; 130 interrupted.
    """
    from gradproof.classroom.pool import Limits
    from gradproof.classroom.run import Run
    from gradproof.classroom.store import Store
    from gradproof.classroom.submissions import Submissions

    gc.enable()  # other commands end too soon to need it
    given = Submissions(submissions, single=gradescope)
    if output.exists() and submissions.is_dir() and output.resolve().is_relative_to(submissions.resolve()):
        raise UsageError(f"{output}: the results would be taken for sheets; choose a folder outside of {submissions}")
    assignment = assigned(Asked(**how), not no_pages, bool(forms))  # type: ignore[arg-type]
    store = Store(output, [x.student for x in given.students], not no_pages)
    limits = Limits(sheet_time, sheet_memory * 2**20)
    run = Run(given, assignment, store, limits, processes or cores(), scheduler, retry)
    _mark_with_progress(run)
    sys.exit(_written(run, forms, gradescope))


@dataclass(frozen=True, slots=True)
class Asked:
    """What sheets are marked by, as it stands in the call."""

    questions: str | None = None
    scheme: str | None = None
    declarations: str | None = None
    notation: str = "standard"
    layout: Layout = "denominator"
    strict: bool = False
    torch: bool = False
    seed: int = 0
    time_limit: float = 10.0


def assigned(asked: Asked, pages: bool = True, formats: bool = False) -> Assignment:
    """The assignment of a call, with its questions solved. Raises UsageError where a file cannot be used."""
    from derivations.check import Options
    from gradproof.classroom.assignment import Assignment, with_questions
    from gradproof.commands.solve import notation_of
    from gradproof.outcome import blamed
    from gradproof.sheets import read_declared, read_sheet

    options = Options(asked.seed, asked.time_limit, asked.strict, _nameless(read_declared(asked.declarations)))
    scheme = None if asked.scheme is None else _nameless(read_sheet(asked.scheme))
    found = Assignment(None, scheme, options, asked.torch, html=pages, formats=formats)
    if asked.questions is None:
        return found
    with blamed(asked.questions):
        found = with_questions(found, read_sheet(asked.questions), notation_of(asked.notation), asked.layout)
    return replace(found, reference=_nameless(found.reference))


def _nameless(source: Source | None) -> Source | None:
    """A file without its folder, so that results are the same wherever it lies."""
    return None if source is None else replace(source, name=Path(source.name).name)


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _mark_with_progress(run: Run) -> None:
    from gradproof.commands.marking_progress import MarkingProgress

    total = len(run.submissions.students)
    with MarkingProgress(total) as progress:
        try:
            run.mark(progress.tell)
        except KeyboardInterrupt:
            progress.stop()
            done = progress.kept + progress.marked
            click.echo(f"stopped: {done} of {total} sheets are done; the same command goes on from there", err=True)
            sys.exit(INTERRUPTED)


def _written(run: Run, forms: tuple[str, ...], gradescope: bool) -> int:
    """Write what there is on the class and say so; the exit code."""
    from gradproof.classroom.tally import Tally
    from gradproof.classroom.writing import write_class

    tally = Tally.of(run.store.records())
    paths = write_class(run, tally, forms, gradescope)
    more = f", {len(tally.open)} with marks to settle" if tally.open else ""
    click.echo(f"{tally.marked} marked{more}; {len(tally.aside)} put aside for a person")
    for student, reason in tally.aside[:10]:
        click.echo(f"  {student}: {reason}")
    if len(tally.aside) > 10:
        click.echo(f"  … {len(tally.aside) - 10} more in {paths[0]}")
    click.echo(f"written to {paths[0]} and {len(paths) - 1} more files in {run.store.folder}")
    return OPEN if tally.aside or tally.open else 0
