"""``gradproof crosscheck``: derived gradients against torch autograd, finite differences and torch.nn."""

from __future__ import annotations

import json
import sys
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError
from gradproof.sheets import declared_with, read_sheet

if TYPE_CHECKING:
    from numeric.agreement import CrossCheck, Row

WIDTH = 100
UNUSABLE = 2


@click.command()
@click.argument("subject", metavar="CELL|FILE")
@click.option("--n", type=click.IntRange(min=1), default=4, show_default=True, help="Rows of a state.")
@click.option("--d", type=click.IntRange(min=1), default=3, show_default=True, help="Rows of an input.")
@click.option("--batch", type=click.IntRange(min=1), default=2, show_default=True, help="Columns of both.")
@click.option("--steps", type=click.IntRange(min=1, max=1000), default=3, show_default=True, help="Time steps.")
@click.option("--layers", type=click.IntRange(min=1, max=100), default=1, show_default=True, help="Stacked layers.")
@click.option("--bidirectional", is_flag=True, help="Run every layer in both directions.")
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="Precision of the torch side.",
)
@click.option("--points", type=click.IntRange(min=1), default=3, show_default=True, help="Random points to compare at.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    help="Relative error that is let pass.  [default: 1e-9, for float32 1e-4]",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the result.")
@declared_with
def crosscheck(
    subject: str,
    form: str,
    dtype: str,
    points: int,
    seed: int,
    tolerance: float | None,
    declarations: str | None,
    **sizes: Any,
) -> None:
    """Compare derived gradients with autograd, finite differences and torch.nn.

    CELL is a recurrent cell, such as rnn, lstm, gru, peephole-lstm or phased-lstm, or a layer such as dense; FILE is
    a sheet, every derivative claim of which is compared. Exit codes: 0 all agree; 1 a disagreement; 3 something could
    not be compared; 2 the call or the file cannot be used.
    """
    from derivations.cells import CELLS, LAYERS
    from numeric.derived import Plan, check_cell

    plan = Plan(dtype, points, seed, tolerance)
    known = subject in CELLS or subject in LAYERS
    found = check_cell(subject, **sizes, plan=plan) if known else _sheet(subject, plan, declarations)
    text = json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n" if form == "json" else _text(found)
    click.echo(text, nl=False)
    sys.exit(found.exit_code)


def _sheet(subject: str, plan: Any, declarations: str | None) -> CrossCheck:
    from pathlib import Path

    from derivations.cells import CELLS, LAYERS, nearest
    from numeric.claims import check_claims

    bare = "." not in subject and "/" not in subject and subject != "-"
    if bare and not Path(subject).exists():
        raise UsageError(f"{subject}: there is no such cell and no such file{nearest(subject, (*CELLS, *LAYERS))}")
    return check_claims(read_sheet(subject, declarations), plan)


# The table


def _text(found: CrossCheck) -> str:
    from gradproof.text import clean, environment

    columns = found.columns
    settings = ", ".join(f"{key} {value}" for key, value in found.settings.items() if value is not False)
    worst = _worst(found)
    context = {
        "headline": wrap(f"{clean(found.subject)}: {settings}", WIDTH),
        "modules": [name for name in columns if name != "autograd"],
        "rows": [_row(row, columns) for row in found.rows],
        "verdict": wrap(clean(found.verdict()) + (f" ({', '.join(worst)})" if worst else ""), WIDTH),
    }
    return environment().get_template("crosscheck.txt.j2").render(context)


def _row(row: Row, columns: tuple[str, ...]) -> dict[str, Any]:
    from gradproof.text import clean

    converged = row.differences
    autograd = row.errors.get("autograd")
    name = plain(row.name) if row.line is None else f"line {row.line}"
    return {
        "name": name,
        "shape": "×".join(map(str, row.shape)) or "scalar",
        "absolute": _figure(autograd.absolute if autograd else None),
        "relative": _figure(autograd.relative if autograd else None),
        "modules": [_figure(row.errors[c].relative if c in row.errors else None) for c in columns if c != "autograd"],
        "step": f"1/{round(1 / converged.steps[0])}" if converged and converged.steps else "–",
        "errors": [_figure(e) for e in converged.errors] if converged and converged.errors else ["–"] * 3,
        "order": _order(row),
        "outcome": row.outcome.value,
        "claim": _cropped(clean(row.name)) if row.line is not None else "",
        "message": wrap(clean("; ".join([row.message, *row.notes])), WIDTH - 4)
        if row.outcome.value != "agrees"
        else [],
    }


def _cropped(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _order(row: Row) -> str:
    if row.differences is None or not row.differences.errors:
        return "–"
    return "exact" if row.differences.order is None else f"{row.differences.order:.2f}"


def _figure(x: float | None) -> str:
    return "–" if x is None or x != x else "0" if x == 0 else f"{x:.1e}"


def plain(name: str) -> str:
    """``W_xi`` for ``W_{xi}``."""
    return name.replace("{", "").replace("}", "").replace("\\", "")


def _worst(found: CrossCheck) -> list[str]:
    """The largest error of every reference, and the range of the orders."""
    parts = []
    for column in found.columns:
        errors = [row.errors[column].relative for row in found.rows if column in row.errors]
        parts += [f"{column} {_figure(max(errors))}"] if errors else []
    orders = [row.differences.order for row in found.rows if row.differences and row.differences.order is not None]
    return parts + ([f"order {min(orders):.2f} to {max(orders):.2f}"] if orders else [])
