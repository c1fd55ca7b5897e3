"""``gradproof optimisers``: the update equations of optimisers and schedules, and which of them a sheet writes down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from derivations.optimisers import Optimiser, Schedule
    from derivations.update_rules import Comparison

FORMATS = ("text", "latex", "json")
WIDTH = 80
SHOWN = 200
"""A step that is longer than this is not shown."""


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--check", "sheet", metavar="FILE", help="Compare the update equations of a sheet with the optimiser.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write the answer."
)
def optimisers(name: str | None, sheet: str | None, seed: int, form: str) -> None:
    """List the optimisers and schedules, or show one: its equations, state, source and the call of torch.

    With --check, say whether the update equations of a sheet make the same steps as NAME, whatever their names are,
    or else which optimiser does; without NAME, which one it is.

    Exit codes: 0 shown, or the same steps; 1 other steps; 3 not decided; 2 the call or the file cannot be used.
    """
    if sheet is not None:
        record = checked(sheet, name, seed)
        click.echo(_json(record) if form == "json" else _rendered("optimisers-check.txt.j2", record), nl=False)
        sys.exit(record["exit_code"])
    click.echo(described(name, form) if name else listed(form), nl=False)


def listed(form: str = "text") -> str:
    """All optimisers and schedules, a line each."""
    from derivations.optimisers import OPTIMISERS, SCHEDULES

    rows: list[Optimiser | Schedule] = [*OPTIMISERS.values(), *SCHEDULES.values()]
    if form == "json":
        return _json([{"name": row.name, "title": row.title, "source": row.source} for row in rows])
    width = max(len(row.name) for row in rows)
    lines = [f"{row.name.ljust(width)}  {row.title}" for row in rows]
    lines.insert(len(OPTIMISERS), "\nschedules of the learning rate")
    return "\n".join(lines) + "\n"


def described(name: str, form: str = "text") -> str:
    """One optimiser or schedule. Raises UsageError with the names there are."""
    from derivations.optimisers import SCHEDULES, optimiser

    record = _schedule(SCHEDULES[name]) if name in SCHEDULES else _record(optimiser(name))
    if form == "json":
        return _json(record)
    return _rendered("optimisers.latex.j2" if form == "latex" else "optimisers.txt.j2", record)


def checked(sheet: str | Path, name: str | None = None, seed: int = 0) -> dict[str, Any]:
    """What a sheet's update equations are, as a record. Raises UsageError where it has none that can be compared."""
    from derivations.optimisers import optimiser
    from derivations.update_rules import STEPS, Rule, compared, relatives
    from gradproof.sheets import read_sheet

    rule = Rule(read_sheet(str(sheet)))
    asked = compared(rule, optimiser(name), seed) if name else None
    same = [asked] if asked and asked.renaming is not None else relatives(rule, seed)
    exit_code = 0 if same and (asked is None or asked in same) else 1 if same or (asked and asked.certain) else 3
    return {
        "sheet": rule.source.name,
        "parameters": rule.parameters,
        "asked": None if asked is None else _comparison(asked),
        "same": [_comparison(found) for found in same],
        "steps": STEPS,
        "exit_code": exit_code,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    from derivations.plain import plain

    entry = found.optimiser
    renamed = [(own, theirs) for own, theirs in (found.renaming or {}).items() if own != theirs]
    used = set((found.renaming or {}).values())
    return {
        "name": entry.name,
        "title": entry.title,
        "torch": entry.torch,
        "remark": entry.remark,
        "same": found.renaming is not None,
        "renaming": [{"sheet": plain(own), "table": plain(theirs)} for own, theirs in renamed],
        "left_out": [plain(key) for key in entry.numbers if found.renaming is not None and key not in used],
        "step": found.step or None,
        "certain": found.certain,
        "sides": [plain(side) for side in found.sides if side and max(map(len, found.sides)) <= SHOWN],
    }


def _record(entry: Optimiser) -> dict[str, Any]:
    from derivations.optimisers import NAMES
    from derivations.plain import plain

    return {
        "name": entry.name,
        "title": entry.title,
        "source": entry.source,
        "start": [{"latex": line, "text": plain(line)} for line in entry.start],
        "equations": [{"latex": line, "text": plain(line)} for line in entry.equations],
        "states": [plain(key) for key in entry.states],
        "numbers": [{"name": plain(key), "meaning": NAMES[key]} for key in entry.numbers],
        "torch": entry.torch,
        "remark": entry.remark,
    }


def _schedule(entry: Schedule) -> dict[str, Any]:
    from derivations.plain import plain

    return {
        "name": entry.name,
        "title": entry.title,
        "source": entry.source,
        "start": [],
        "equations": [{"latex": entry.latex(), "text": plain(entry.latex())}],
        "states": [],
        "numbers": [],
        "torch": entry.torch,
        "remark": "t counts from 0",
    }


def _rendered(template: str, record: dict[str, Any]) -> str:
    from gradproof.text import environment, wrapped

    found = environment()
    found.filters["wrapped"] = lambda text, indent: wrapped(str(text), WIDTH - indent, indent)
    return found.get_template(template).render(record)


def _json(record: object) -> str:
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
