"""``gradproof read``: how each statement of a sheet was understood. Nothing is proved."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError
from gradproof.sheets import declared_with, read_declared, read_sheet

if TYPE_CHECKING:
    from derivations.reading.places import Source
    from derivations.understanding import Problem, Understanding, Understood

STYLE_OF = {"definition": "bold", "claim": "good", "unclear": "warning"}
HEAD = 18
"""The columns of a line and a kind before the statement."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write it.")
@click.option("--debug", is_flag=True, help="Show a traceback where gradproof itself fails.")
@declared_with
def read(files: tuple[str, ...], form: str, debug: bool, declarations: str | None) -> None:
    """Show how each statement of a sheet is understood; - reads standard input. Nothing is proved.

    Every side is written in one notation, whatever the author's: W h is a matrix product, a ⊙ b elementwise, a bᵀ an
    outer product, h⟨t-1⟩ is at time t-1, and [W h]_k a component. Behind it stands the shape.

    Exit codes: 0 all read; 3 something unclear; 2 a file or the call cannot be used.
    """
    from gradproof import outcome

    render = (lambda found: as_text(found, outcome.terminal_width(), outcome.coloured())) if form == "text" else None
    sys.exit(outcome.print_each(files, partial(understood, declared=read_declared(declarations)), render, debug))


def understood(name: str, declared: Source | None = None) -> Understanding:
    """How the sheet in a file is understood. Raises UsageError where there is no formula."""
    from derivations.understanding import understanding

    found = understanding(replace(read_sheet(name), more=declared))
    if not found.statements:
        raise UsageError(f"{found.source.name}: no formula was found; write formulas between $ and $, or $$ and $$")
    return found


def as_text(found: Understanding, width: int, colour: bool) -> str:
    """The whole understanding as text of about ``width`` columns."""
    from gradproof.text import clean, environment, styled

    templates = environment()
    templates.filters["styled"] = lambda text, style: styled(str(text), style, colour)
    context = {
        "sheet": clean(found.source.name),
        "conventions": _conventions(found, width),
        "rows": [_row(statement, found, width) for statement in found.statements],
        "summary": found.summary,
    }
    return templates.get_template("read.txt.j2").render(context)


def _conventions(found: Understanding, width: int) -> list[tuple[str, str]]:
    """Every convention with what it comes from in brackets."""
    from gradproof.text import wrapped

    said = ((name, f"{value}  ({found.grounds[name].text})") for name, value in found.conventions.items())
    return [(name, wrapped(text, width, len(name) + 2)) for name, text in said]


def _row(statement: Understood, found: Understanding, width: int) -> dict[str, Any]:
    from gradproof.text import clean, shortened, wrapped

    unread = not statement.sides
    body = shortened(clean(statement.source), width - HEAD) if unread else wrapped(_sides(statement), width, HEAD)
    return {
        "line": _label(found, statement.line),
        "kind": statement.kind,
        "style": STYLE_OF.get(statement.kind, "dim"),
        "body": body,
        "notes": [wrapped(clean(note), width, HEAD + 2) for note in _notes(statement)],
        "problem": _problem(statement.problem, found, width) if statement.problem else None,
    }


def _label(found: Understanding, line: int) -> str:
    """A line as the author counts it; in a notebook with its cell."""
    from derivations.reading.places import Place

    place = found.source.shown(Place(line, 1))
    return str(line) if place.cell is None else f"{place.cell}:{place.line}"


def _sides(statement: Understood) -> str:
    """The sides in plain text with their shapes: once where they all have the same."""
    from derivations.plain import plain
    from gradproof.text import clean

    texts = [clean(plain(side.latex)) or "…" for side in statement.sides]
    shapes = ["×".join(side.shape) or "scalar" for side in statement.sides]
    signs = [f" {sign} " for sign in statement.relations] or [",  "] * (len(texts) - 1)
    if statement.relations and len(set(shapes)) == 1:
        return "".join(text + sign for text, sign in zip(texts, [*signs, f"   [{shapes[0]}]"], strict=True))
    if statement.relations:
        signs, shapes = [*signs, f"   [{', '.join(shapes)}]"], []
    else:
        texts, signs = [f"{text}  [{shape}]" for text, shape in zip(texts, shapes, strict=True)], [*signs, ""]
    return "".join(text + sign for text, sign in zip(texts, signs, strict=True))


def _notes(statement: Understood) -> list[str]:
    """The readings that were taken, and what else a side may mean."""
    from derivations.plain import plain

    found = [f"read as: {reading}" for side in statement.sides for reading in side.readings]
    found += [f"or: {plain(other)}" for side in statement.sides for other in side.others[:2]]
    return list(dict.fromkeys(found))


def _problem(problem: Problem, found: Understanding, width: int) -> dict[str, str]:
    """What could not be understood, with a caret below the place."""
    from gradproof.text import clean, window, wrapped

    line = found.source.line(problem.line) if problem.line <= found.source.text.count("\n") + 1 else ""
    end = problem.end_column if problem.end_line == problem.line else len(line) + 1
    shown, caret = window(line, problem.column, max(end, problem.column + 1), width - HEAD)
    expected = f"expected {problem.expected}" if problem.expected else ""
    message = wrapped(clean(problem.message), width, HEAD)
    return {"message": message, "shown": shown, "caret": caret, "expected": wrapped(clean(expected), width, HEAD)}
