"""``gradproof symbols``: the names of a sheet, with their shapes and where these come from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from derivations.symbols import Symbol, SymbolTable


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write it.")
@click.option("--debug", is_flag=True, help="Show a traceback where gradproof itself fails.")
def symbols(files: tuple[str, ...], form: str, debug: bool) -> None:
    """List the names of a sheet: kind, shape, where the shape comes from, definition, first use.

    Exit codes: 0 listed; 2 a file or the call cannot be used.
    """
    from gradproof import outcome

    render = (lambda found: as_text(found, outcome.coloured())) if form == "text" else None
    sys.exit(outcome.print_each(files, listed, render, debug))


def listed(name: str) -> SymbolTable:
    """The names of the sheet in a file. Raises UsageError where there is none."""
    from derivations.symbols import symbol_table
    from gradproof.sheets import read_sheet

    found = symbol_table(read_sheet(name))
    if not found.symbols:
        raise UsageError(f"{found.source.name}: no formula was found; write formulas between $ and $, or $$ and $$")
    return found


def as_text(found: SymbolTable, colour: bool) -> str:
    """The table as text, a line for each name."""
    from gradproof.text import cells, clean, environment, styled

    templates = environment()
    templates.filters["styled"] = lambda text, style: styled(str(text), style, colour)
    rows = [_row(symbol, found) for symbol in found.symbols]
    widths = {key: max(cells(row[key]) for row in rows) for key in rows[0]}
    templates.filters["filled"] = lambda text, key: text + " " * (widths[key] - cells(text))
    return templates.get_template("symbols.txt.j2").render({"sheet": clean(found.source.name), "rows": rows})


def _row(symbol: Symbol, found: SymbolTable) -> dict[str, Any]:
    from derivations.plain import plain
    from gradproof.text import clean

    places = ", ".join(_label(found, line) for line in symbol.found_at)
    lines = f" (line{'s' if len(symbol.found_at) > 1 else ''} {places})" if places else ""
    return {
        "name": clean(plain(symbol.name)),
        "kind": symbol.kind,
        "shape": "×".join(symbol.shape) or ("" if symbol.kind == "function" else "scalar"),
        "used": f"{_label(found, symbol.first_use[0])}:{symbol.first_use[1]}",
        "defined": f"defined on line {_label(found, symbol.defined)}" if symbol.defined else "",
        "origin": clean(symbol.rule) + lines,
    }


def _label(found: SymbolTable, line: int) -> str:
    from derivations.reading.places import Place

    place = found.source.shown(Place(line, 1))
    return str(line) if place.cell is None else f"{place.cell}:{place.line}"
