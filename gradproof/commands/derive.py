"""``gradproof derive``: the gradients of a recurrent cell as named δ equations, each proved, or as a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError
from gradproof.sheets import declared_with, read_sheet

if TYPE_CHECKING:
    from derivations.backprop import Derivation, Derived, Layout
    from derivations.cells import Cell

FORMATS = ("text", "latex", "markdown", "torch", "numpy", "sympy", "json")
HEADINGS = {"forward": "Forward", "delta": "Backward", "gradient": "Gradients"}
WIDTH = 100


@click.command()
@click.argument("subject", metavar="CELL|FILE")
@click.option(
    "--by",
    default="all",
    show_default=True,
    metavar="NAMES",
    help="What to derive by, with commas: W_{xf}, W_f for every matrix of the gate f, x_t, h_0, or all parameters.",
)
@click.option("--steps", type=int, help="Number of time steps.  [default: the recursion at any time t]")
@click.option(
    "--layout",
    type=click.Choice(["denominator", "numerator"]),
    default="denominator",
    show_default=True,
    help="Whether ∂L/∂W has the shape of W, or the transposed one.",
)
@click.option("--every", is_flag=True, help="Let the loss see every output, not the last one alone.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write the result."
)
@declared_with
def derive(
    subject: str, by: str, steps: int | None, layout: Layout, every: bool, form: str, declarations: str | None
) -> None:
    """Derive the gradients of a recurrent cell, as a person would write them, and prove each equation.

    CELL is a recurrent cell, such as rnn, lstm, gru, peephole-lstm or phased-lstm, or a layer such as dense; FILE is
    a Markdown sheet that defines one. The programs in numpy and torch run over any number of steps. Exit code 2: the
    call or the file cannot be used.
    """
    click.echo(write(derivation(subject, by.split(","), steps, layout, every, declarations), form), nl=False)


def derivation(
    subject: str | Path | Cell,
    by: Sequence[str] = ("all",),
    steps: int | None = None,
    layout: Layout = "denominator",
    every: bool = False,
    declarations: str | Path | None = None,
) -> Derivation:
    """The derived equations of a cell: of its name, of a sheet that defines it, or of a Cell.

    See :func:`derivations.backprop.derive` for the options and the errors.
    """
    from derivations import backprop

    return backprop.derive(_cell(subject, declarations), by, steps, layout, every)


def _cell(subject: str | Path | Cell, declarations: str | Path | None) -> Cell:
    from derivations.cells import CELLS, LAYERS, Cell, nearest, recurrent

    if isinstance(subject, Cell):
        return subject
    if subject in CELLS or subject in LAYERS:
        return recurrent(str(subject))
    from derivations.sheet_cells import cell_of

    text = str(subject)
    if not any(mark in text for mark in "./\n") and text != "-" and not Path(text).exists():
        raise UsageError(f"{text}: there is no such cell and no such file{nearest(text, (*CELLS, *LAYERS))}")
    return cell_of(read_sheet(subject, declarations))


def write(found: Derivation, form: str = "text") -> str:
    """A derivation in one of FORMATS. Raises UsageError where a cell has no such form."""
    if form == "json":
        return json.dumps([_record(e) for e in found.deltas + found.gradients], indent=2, ensure_ascii=False) + "\n"
    if form in ("torch", "numpy") and not found.cell.states:
        raise UsageError(f"{found.cell.name} has no state: programs over time are written for recurrent cells")
    if form == "torch":
        from derivations.emit import emit_torch

        return emit_torch(found.cell)
    context: dict[str, Callable[[Derivation], dict[str, Any]]] = {"numpy": _numpy, "sympy": _sympy}
    return _rendered(form, found, context.get(form, _sheet)(found))


def _record(equation: Derived) -> dict[str, Any]:
    """One derived equation for machines."""
    proof = equation.proof
    return {
        "kind": equation.kind,
        "name": equation.left,
        "latex": equation.latex(),
        "text": equation.text(),
        "shape": equation.shape_text().split("×") if equation.quantity.rank else [],
        "proved": proof is not None,
        "rules": list(proof.log) if proof else [],
        "conditions": list(proof.conditions) if proof else [],
        "where": equation.where,
    }


def _numpy(found: Derivation) -> dict[str, Any]:
    from derivations.programs import numpy_program

    return {"p": numpy_program(found)}


def _sympy(found: Derivation) -> dict[str, Any]:
    from derivations.programs import sympy_script

    return {"p": sympy_script(found)}


def _sheet(found: Derivation) -> dict[str, Any]:
    blocks = [
        (heading, equations)
        for kind, heading in HEADINGS.items()
        if (equations := [e for e in found.equations() if e.kind == kind])
    ]
    return {"notes": found.notes, "blocks": blocks}


def _rendered(form: str, found: Derivation, context: dict[str, Any]) -> str:
    from derivations.codegen import broken
    from derivations.plain import plain
    from gradproof.text import clean, environment, wrapped

    templates = environment()
    templates.filters["plain"] = plain
    templates.filters["broken"] = lambda text, indent: broken(text, WIDTH - indent, indent)
    templates.filters["wrapped"] = lambda text, indent: wrapped(text, WIDTH, indent)
    title = found.cell.title[:1].upper() + found.cell.title[1:]
    words = {"title": clean(title), "source": clean(found.cell.source)}
    return templates.get_template(f"derive.{form}.j2").render({**words, **context})
