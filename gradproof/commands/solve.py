"""``gradproof solve``: a sheet of questions answered, every equation proved before it is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derivations.errors import UsageError
from gradproof.commands.report import report_options
from gradproof.sheets import read_sheet

if TYPE_CHECKING:
    from derivations.backprop import Layout
    from derivations.solutions.notation import Notation
    from gradproof.solving.solution import Solution

NOT_PROVED = 1
SUFFIXES = (".md", ".html", ".tex", ".pdf")


@click.command()
@click.argument("questions", metavar="QUESTIONS")
@report_options
@click.option("--notation", default="standard", show_default=True, metavar="NAME|FILE", help="How to write formulas.")
@click.option(
    "--layout",
    type=click.Choice(["denominator", "numerator"]),
    default="denominator",
    show_default=True,
    help="Whether ∂L/∂W has the shape of W, or the transposed one.",
)
@click.option("--line", "only", type=click.IntRange(min=1), help="Answer only the question on this line.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What to print.")
def solve(
    questions: str,
    output: Path | None,
    engine: str,
    templates: Path | None,
    notation: str,
    layout: Layout,
    only: int | None,
    seed: int,
    form: str,
) -> None:
    """Answer a sheet of questions: derivations with their steps, counts, gates, figures.

    QUESTIONS is Markdown with blocks ```gradproof that ask (docs/solve.md). Every equation of an answer is proved and
    its derivatives are compared with autograd before it is printed. NOTATION is standard, goodfellow, graves,
    deeplearning-ai, torch, or a TOML file.

    Exit codes: 0 all answered; 1 an equation is not proved, which is named; 2 the call or a file cannot be used.
    """
    from gradproof.outcome import blamed, complain
    from gradproof.solving.solution import NotAnsweredError

    try:
        with blamed(questions):
            solution = solved(questions, notation, layout, seed, only)
    except NotAnsweredError as error:
        complain(error, False)
        sys.exit(NOT_PROVED)
    files = write(solution, output, engine, templates) if output is not None else []
    click.echo(shown(solution, files, form), nl=False)


def solved(
    questions: str | Path,
    notation: str | Path = "standard",
    layout: Layout = "denominator",
    seed: int = 0,
    only: int | None = None,
) -> Solution:
    """The solution of a sheet: a path or its text. See :func:`gradproof.solve` for the errors."""
    from gradproof import autograd_witness
    from gradproof.solving.solution import answer_sheet

    return answer_sheet(read_sheet(questions), notation_of(notation), layout, seed, autograd_witness(), only)


def notation_of(name: str | Path) -> Notation:
    """A notation by its name, or from a TOML file. Raises UsageError."""
    from derivations.solutions.notation import notation, read_notation

    return read_notation(str(name), read_sheet(name).text) if str(name).endswith(".toml") else notation(str(name))


def shown(solution: Solution, files: Sequence[Path], form: str = "text") -> str:
    """What is printed: the solution itself, or where it was written; or all of it as JSON."""
    from gradproof.solving.evidence import evidence_text

    if form == "json":
        return json.dumps(solution.to_json(), indent=2, ensure_ascii=False) + "\n"
    if not files:
        return solution.to_markdown()
    more = f", and {len(files) - 1} more beside it" if len(files) > 1 else ""
    return f"{evidence_text(solution)}\nWritten to {files[0]}{more}.\n"


def write(solution: Solution, output: Path, engine: str = "latex", templates: Path | None = None) -> list[Path]:
    """Write a solution in the form that the suffix of the file names; all files written, that one first.

    Raises UsageError where that cannot be done; the source of a PDF is kept then, and the message says where.
    """
    from gradproof.rendering import write as write_document

    if output.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{output}: the name of a solution must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if output.exists() and Path(solution.name).exists() and output.samefile(solution.name):
        raise UsageError(f"{output}: these are the questions; give the solution another name")
    if output.suffix.lower() == ".md":
        return _write_markdown(solution, output)
    from gradproof.solving.pages import solution_document

    return write_document(solution_document(solution), output, engine, templates)


def _write_markdown(solution: Solution, output: Path) -> list[Path]:
    """Markdown as it was proved, and its figures beside it."""
    files = {output: solution.to_markdown().encode("utf-8")}
    for figure in solution.figures:
        suffix, data = (".svg", figure.svg.encode("utf-8")) if figure.svg else (".png", figure.png)
        files[output.parent / f"{figure.name}{suffix}"] = data
    try:
        for path, data in files.items():
            path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from error
    return list(files)
