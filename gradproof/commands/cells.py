"""``gradproof cells``: the cells and layers of the library, with their equations, shapes and sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from derivations.backprop import Derived
    from derivations.cells import Cell

FORMATS = ("text", "latex", "json")
WIDTH = 80


@click.command()
@click.argument("name", required=False, metavar="[CELL]")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write the cell."
)
def cells(name: str | None, form: str) -> None:
    """List the recurrent cells and the layers, or show one: its equations, shapes, parameters and source."""
    click.echo(described(name, form) if name else listed(form), nl=False)


def listed(form: str = "text") -> str:
    """All cells and layers, a line each."""
    from derivations.cells import CELLS, LAYERS

    every = [*CELLS.values(), *LAYERS.values()]
    if form == "json":
        return _json([{"name": cell.name, "title": cell.title, "source": cell.source} for cell in every])
    width = max(len(cell.name) for cell in every)
    return "".join(f"{cell.name.ljust(width)}  {cell.title}\n" for cell in every)


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
    from derivations.backprop import forward_equations
    from derivations.parameter_counts import factored, total
    from derivations.terms import shape_text

    equations = forward_equations(cell)
    count = total(_entries(shape) for _, shape in cell.parameters)
    return {
        "name": cell.name,
        "title": cell.title,
        "source": cell.source,
        "equations": [
            {"latex": e.latex(), "text": e.text(), "shape": e.shape_text().replace("*", "")} for e in equations
        ],
        "states": [{"before": before, "after": after} for before, after in cell.states],
        "inputs": [{"name": name, "shape": shape_text(cell.input_shape(name))} for name in cell.inputs],
        "parameters": [{"name": name, "shape": shape_text(shape)} for name, shape in cell.parameters],
        "count": factored(count),
        "notes": [*cell.notes, *(_placed(equations))],
    }


def _entries(shape: Any) -> Any:
    import sympy

    return sympy.Mul(*shape)


def _placed(equations: tuple[Derived, ...]) -> list[str]:
    """What E₁ and E₂ are, where columns stand one above the other."""
    from derivations.terms import Block
    from derivations.traverse import postorder

    blocks = any(isinstance(node, Block) for node in postorder([equation.term for equation in equations]))
    return ["E_1 and E_2 place the parts of a column: [a, b] = E_1 a + E_2 b"] if blocks else []


def _text(record: dict[str, Any]) -> str:
    from derivations.plain import plain
    from gradproof.text import wrapped

    width = max(len(equation["shape"]) for equation in record["equations"])
    lines = [f"{record['name']}: {record['title']}", f"  {record['source']}", ""]
    lines += [
        f"  {e['shape'].ljust(width)}   {wrapped(e['text'], WIDTH - width - 5, width + 7)}" for e in record["equations"]
    ]
    states = ", ".join(f"{plain(s['before'])} → {plain(s['after'])}" for s in record["states"])
    lines += ["", f"  states      {states or 'none'}"]
    lines.append("  inputs      " + ", ".join(f"{plain(x['name'])}: {x['shape']}" for x in record["inputs"]))
    lines += [f"  {'parameters' * (k == 0):10}  {line}" for k, line in enumerate(_by_shape(record["parameters"]))]
    lines.append(f"  together    {record['count']}")
    lines += [f"  note: {wrapped(note, WIDTH - 8, 8)}" for note in record["notes"]]
    return "\n".join(lines) + "\n"


def _by_shape(parameters: list[dict[str, str]]) -> list[str]:
    from derivations.plain import plain

    return [f"{shape}: {' '.join(map(plain, names))}" for shape, names in _grouped(parameters)]


def _grouped(parameters: list[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """The names of every shape."""
    groups: dict[str, list[str]] = {}
    for parameter in parameters:
        groups.setdefault(parameter["shape"], []).append(parameter["name"])
    return list(groups.items())


def _latex(record: dict[str, Any]) -> str:
    rows = " \\\\\n".join(f"  {equation['latex'].replace(' = ', ' &= ', 1)}" for equation in record["equations"])
    shapes = [rf"${', '.join(names)} \in {_space(shape)}$" for shape, names in _grouped(_sized(record))]
    amount = record["count"].replace("·", r" \cdot ").replace("²", "^2")
    return (
        f"% {record['title']} ({record['source']})\n\\begin{{align*}}\n{rows}\n\\end{{align*}}\n"
        f"with {', '.join(shapes)}; ${amount}$ parameters.\n"
    )


def _sized(record: dict[str, Any]) -> list[dict[str, str]]:
    """Inputs and parameters, which have shapes."""
    return [*record["inputs"], *record["parameters"]]


def _space(shape: str) -> str:
    """``n×d`` is ℝ^{n×d}, an empty shape ℝ."""
    size = shape.replace("×", r" \times ").replace("*", "")
    return rf"\mathbb{{R}}^{{{size}}}" if shape not in ("", "scalar") else r"\mathbb{R}"
