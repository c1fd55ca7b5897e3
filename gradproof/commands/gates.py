"""``gradproof gates``: what the gates of a cell can do, and whether one cell is a special case of another."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from derivations.gate_goals import Answer, Behaviour, Residual, Solution
    from derivations.gates import Gate, Gated, Setting
    from derivations.report import Counterexample

FOUND, REFUTED, OPEN = 0, 1, 3


@click.command()
@click.argument("cell", required=False, metavar="[CELL]")
@click.option("--goal", "goals", multiple=True, metavar="GOAL", help="Only this goal; may be given again.")
@click.option("--compare", nargs=2, metavar="CELL CELL", help="Whether one cell is a special case of the other.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write it.")
def gates(cell: str | None, goals: tuple[str, ...], compare: tuple[str, str] | None, form: str) -> None:
    """Derive which gate values make a cell store, keep, add, reset or ignore.

    CELL is one of the library (see "gradproof cells"); without it, all cells are shown in short. The goals are store,
    renew, keep, add, reset, ignore-input, ignore-past and output-off. With --compare, says in both directions under
    which conditions one cell is a case of the other, proved, and what refutes the general claim.

    Exit codes: 0 a setting was found for every goal that was asked for with --goal, or none was asked for; 1 for one of
    them every setting is refuted; 3 for one nothing was decided; 2 the call cannot be used.
    """
    if compare:
        if cell or goals:
            raise click.UsageError("--compare takes two cells and no others, and no goal")
        click.echo(compared(*compare, form), nl=False)
        return
    if cell is None:
        click.echo(overview(goals, form), nl=False)
        return
    found = behaviour_of(cell, goals)
    click.echo(write(found, form), nl=False)
    sys.exit(max(map(_code, found.answers), default=FOUND) if goals else FOUND)


def compared(first: str, second: str, form: str = "text") -> str:
    """Whether one cell is a special case of another, in both directions, as text or JSON."""
    from gradproof.commands.comparing import as_json, as_text, comparisons

    found = comparisons(first, second)
    return as_json(found) if form == "json" else as_text(found)


def behaviour_of(cell: str, goals: tuple[str, ...] = (), detail: bool = True) -> Behaviour:
    """What the gates of a cell of the library can do. Raises UsageError for names that do not exist."""
    from derivations.cells import cell as cell_named
    from derivations.gate_goals import behaviour

    return behaviour(cell_named(cell), goals, detail=detail)


def _code(answer: Answer) -> int:
    return FOUND if answer.solutions else REFUTED if answer.impossible else OPEN


def write(found: Behaviour, form: str = "text") -> str:
    """What was found for one cell, as text or JSON."""
    if form == "json":
        return json.dumps(_record(found), indent=2, ensure_ascii=False) + "\n"
    return render("gates.txt.j2", _page(found))


def overview(goals: tuple[str, ...], form: str) -> str:
    """All cells in short: the settings of each goal."""
    from derivations.cells import CELLS

    found = [_of_all(name, goals) for name in CELLS]
    if form == "json":
        return json.dumps([_record(x) for x in found], indent=2, ensure_ascii=False) + "\n"
    return render("gates_overview.txt.j2", {"goals": _by_goal(found), "width": max(map(len, CELLS))})


def _of_all(name: str, goals: tuple[str, ...]) -> Behaviour:
    """Of a cell without a candidate of its own, the goals that it has."""
    from derivations.gate_goals import GOALS, goal_named

    for goal in goals:
        goal_named(goal)
    try:
        return behaviour_of(name, goals, detail=False)
    except UsageError:
        rest = tuple(goal for goal in goals if not GOALS[goal].of_candidate)
        found = behaviour_of(name, rest or ("keep",), detail=False)
        found.answers = found.answers if rest else []
        return found


def _by_goal(found: list[Behaviour]) -> list[dict[str, Any]]:
    from derivations.gate_goals import GOALS

    rows = []
    for goal in GOALS.values():
        cells = [(x.cell.name, a) for x in found for a in x.answers if a.goal is goal]
        if cells:
            shown = [(name, " or ".join(setting_text(s.setting) for s in a.solutions) or _no(a)) for name, a in cells]
            rows.append({"name": goal.name, "question": goal.question, "cells": shown})
    return rows


def _no(answer: Answer) -> str:
    return "no" if answer.impossible else "not decided"


def render(template: str, values: dict[str, Any]) -> str:
    """A template of this command, 80 columns wide."""
    from gradproof.text import WIDTH, environment, wrapped

    templates = environment()
    templates.filters["wrapped"] = lambda text, indent: wrapped(str(text), WIDTH, indent)
    return templates.get_template(template).render(values)


def setting_text(setting: Setting) -> str:
    """``i_t = 1, f_t = 0``; no gate at all where the cell does it always."""
    from derivations.plain import plain

    return ", ".join(f"{plain(name)} = {value}" for name, value in setting.items()) or "always"


# One cell as text


def _page(found: Behaviour) -> dict[str, Any]:
    return {
        "cell": found.cell,
        "gates": [_gate_text(gate) for gate in found.gates],
        "resting": [_plain(gate.name) for gate in found.gates if gate.at_rest is not None],
        "sigmoids": [gate for gate in found.gates if not gate.clock],
        "answers": [_answer_page(answer, found.gated) for answer in found.answers],
    }


def _plain(text: str) -> str:
    from derivations.plain import plain

    return plain(text)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    *others, last = map(_plain, names)
    return f"{', '.join(others)} and {last}" if others else last


def _gate_text(gate: Gate) -> dict[str, Any]:
    return {"name": _plain(gate.name), "sees": _listed(gate.sees), "clock": gate.clock}


def _answer_page(answer: Answer, gated: Gated) -> dict[str, Any]:
    return {
        "goal": answer.goal,
        "meaning": _plain(answer.meaning),
        "impossible": answer.impossible,
        "tried": answer.tried,
        "solutions": [_solution_page(solution, gated) for solution in answer.solutions],
    }


def _solution_page(solution: Solution, gated: Gated) -> dict[str, Any]:
    return {
        "setting": setting_text(solution.setting),
        "residuals": [_residual_text(residual) for residual in solution.residuals],
        "needed": [
            (_plain(f"{x.gate} = {solution.setting[x.gate]}"), _example_text(x.counterexample))
            for x in solution.ablations
        ],
        "deviation": deviation_text(solution, gated),
        "inside": [_plain(x.gate) for x in solution.deviations if x.factor is None],
    }


def _example_text(found: Counterexample | None) -> str:
    from gradproof.text import counterexample_text

    return counterexample_text(found).removeprefix("counterexample, ") if found else "no point was found"


def _residual_text(residual: Residual) -> dict[str, Any]:
    return {
        "name": _plain(residual.name),
        "through": _listed(residual.through) if residual.through else "",
        "closed_by": [setting_text(setting) for setting in residual.closed_by],
        "silenced_by": [setting_text(s).replace("_t", "_{t-1}") for s in residual.silenced_by],
    }


def deviation_text(solution: Solution, gated: Gated) -> str:
    """``f_t ⊙ c_{t-1} - (1 - i_t) ⊙ g_t``: the distance of each gate from its value times what it lets in."""
    from derivations.latex import Printer

    names = {term: name for name, term in gated.apart.items() if name == gated.memory}
    text = ""
    for part in solution.deviations:
        if part.factor is None:
            continue
        factor = Printer(names).text(part.factor).at(2)
        text += f" - (1 - {part.gate}) \\odot {factor}" if part.value else f" + {part.gate} \\odot {factor}"
    text = text.removeprefix(" + ")
    return _plain("-" + text.removeprefix(" - ") if text.startswith(" - ") else text)


# JSON


def _record(found: Behaviour) -> dict[str, Any]:
    return {
        "cell": found.cell.name,
        "gates": [
            {
                "name": gate.name,
                "kind": "clock" if gate.clock else "sigmoid",
                "depends_on": list(gate.sees),
                "at_rest": None if gate.at_rest is None else str(gate.at_rest),
            }
            for gate in found.gates
        ],
        "goals": [_answer_record(answer, found.gated) for answer in found.answers],
    }


def _answer_record(answer: Answer, gated: Gated) -> dict[str, Any]:
    return {
        "goal": answer.goal.name,
        "meaning": answer.meaning,
        "possible": True if answer.solutions else False if answer.impossible else None,
        "settings_tried": answer.tried,
        "settings": [_solution_record(solution, gated) for solution in answer.solutions],
    }


def _solution_record(solution: Solution, gated: Gated) -> dict[str, Any]:
    clocks = set(gated.clocks)
    return {
        "values": dict(solution.setting),
        "pre_activations": {k: "+oo" if v else "-oo" for k, v in solution.setting.items() if k not in clocks},
        "proof": list(solution.rules),
        "still_depends_on": [
            {
                "state": x.name,
                "through": list(x.through),
                "closed_by": [dict(s) for s in x.closed_by],
                "closed_by_the_step_before": [dict(s) for s in x.silenced_by],
            }
            for x in solution.residuals
        ],
        "needed": [
            {"gate": x.gate, "without_it": x.counterexample.to_json() if x.counterexample else None}
            for x in solution.ablations
        ],
    }
