"""``gradproof cells``: the recurrent cells of the library, with their equations, shapes and sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from derivations.backprop import Derived
    from derivations.cells import Cell

FORMATS = ("text", "latex", "json")
WIDTH = 100


@click.command()
@click.argument("name", required=False, metavar="[CELL]")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write the cell."
)
def cells(name: str | None, form: str) -> None:
    """List the recurrent cells, or show one: its equations, shapes, parameters and source."""
    click.echo(described(name, form) if name else listed(form), nl=False)


def listed(form: str = "text") -> str:
    """All cells, a line each."""
    from derivations.cells import CELLS

    if form == "json":
        return _json([{"name": cell.name, "title": cell.title, "source": cell.source} for cell in CELLS.values()])
    width = max(map(len, CELLS))
    return "".join(f"{cell.name.ljust(width)}  {cell.title}\n" for cell in CELLS.values())


def described(name: str, form: str = "text") -> str:
    """One cell. Raises UsageError with the names there are."""
    from derivations.cells import cell as cell_named

    cell = cell_named(name)
    record = _record(cell)
    if form == "json":
        return _json(record)
    return _latex(record) if form == "latex" else _text(record)


def _json(record: object) -> str:
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _record(cell: Cell) -> dict[str, Any]:
    from derivations.parameter_counts import factored, total
    from derivations.terms import shape_text

    count = total(_entries(shape) for _, shape in cell.parameters)
    return {
        "name": cell.name,
        "title": cell.title,
        "source": cell.source,
        "equations": [{"latex": e.latex(), "text": e.text(), "shape": e.shape_text()} for e in _forward(cell)],
        "states": [{"before": before, "after": after} for before, after in cell.states],
        "inputs": [{"name": name, "shape": shape_text(cell.input_shape(name))} for name in cell.inputs],
        "parameters": [{"name": name, "shape": shape_text(shape)} for name, shape in cell.parameters],
        "count": factored(count),
    }


def _entries(shape: Any) -> Any:
    import sympy

    return sympy.Mul(*shape)


def _forward(cell: Cell) -> list[Derived]:
    """The equations with a name for every pre-activation, as ``derive`` writes them."""
    from derivations.backprop import derive

    return [equation for equation in derive(cell).equations() if equation.kind == "forward"]


def _text(record: dict[str, Any]) -> str:
    from derivations.plain import plain
    from gradproof.text import wrapped

    width = max(len(equation["shape"]) for equation in record["equations"])
    lines = [f"{record['name']}: {record['title']}", f"  {record['source']}", ""]
    lines += [
        f"  {e['shape'].ljust(width)}   {wrapped(e['text'], WIDTH - width - 5, width + 7)}" for e in record["equations"]
    ]
    lines += ["", "  states      " + ", ".join(f"{plain(s['before'])} → {plain(s['after'])}" for s in record["states"])]
    lines.append("  inputs      " + ", ".join(f"{plain(x['name'])}: {x['shape']}" for x in record["inputs"]))
    lines += [f"  {'parameters' * (k == 0):10}  {line}" for k, line in enumerate(_by_shape(record["parameters"]))]
    lines.append(f"  together    {record['count']}")
    return "\n".join(lines) + "\n"


def _by_shape(parameters: list[dict[str, str]]) -> list[str]:
    from derivations.plain import plain

    groups: dict[str, list[str]] = {}
    for parameter in parameters:
        groups.setdefault(parameter["shape"], []).append(plain(parameter["name"]))
    return [f"{shape}: {' '.join(names)}" for shape, names in groups.items()]


def _latex(record: dict[str, Any]) -> str:
    rows = " \\\\\n".join(f"  {equation['latex'].replace(' = ', ' &= ', 1)}" for equation in record["equations"])
    return f"% {record['title']} ({record['source']})\n\\begin{{align*}}\n{rows}\n\\end{{align*}}\n"
