"""``gradproof gates --compare``: whether one cell is a special case of another, as text and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from derivations.plain import plain

if TYPE_CHECKING:
    from derivations.cell_differences import Unreachable
    from derivations.report import Counterexample
    from derivations.special_cases import Comparison, Links, Reduction


def comparisons(first: str, second: str) -> list[Comparison]:
    """Both directions, but for a general cell without gates. Raises UsageError for a cell that does not exist."""
    from derivations.cells import cell
    from derivations.gates import Gated
    from derivations.special_cases import compare

    one, other = cell(first), cell(second)
    pairs = [(a, b) for a, b in ((one, other), (other, one)) if Gated(b).gates]
    return [compare(a, b) for a, b in pairs] or [compare(one, other)]


def page(found: Comparison) -> dict[str, Any]:
    """What the template sees of one direction."""
    return {
        "special": found.special.name,
        "general": found.general.name,
        "answer": _answer(found),
        "reductions": [_reduction(x, found) for x in found.reductions],
        "against": [] if found.is_case else list(_against(found)),
    }


def _answer(found: Comparison) -> str:
    if found.is_case:
        plainly = any(x.unconditional and not _limits(x) for x in found.reductions)
        return "yes" if plainly else "yes, in the limit of saturated gates"
    if found.refuted:
        return "no, only under conditions" if found.reductions else "no"
    return "under conditions; in general it is not decided" if found.reductions else "not decided"


def _reduction(reduction: Reduction, found: Comparison) -> dict[str, Any]:
    head = f"{found.special.name} is {found.general.name} {_conditions(reduction, found)}   [proved for all sizes]"
    shown = [(plain(x.condition), x.counterexample) for x in reduction.needed if x.counterexample]
    needed = [(name, _example(x, found)) for name, x in shown]
    return {"head": head, "lines": _remarks(reduction, found), "needed": needed}


def _example(example: Counterexample, found: Comparison) -> str:
    from gradproof.text import counterexample_text

    point, _, values = counterexample_text(example).removeprefix("counterexample, ").rpartition("left ")
    return f"{point}{found.special.name} {values.replace('right', found.general.name)}"


def _conditions(reduction: Reduction, found: Comparison) -> str:
    parts = [f"with {links_text(reduction.links)}"]
    parts += ["with an identity output activation"] * reduction.linear
    held = ", ".join(f"{plain(name)} = {value}" for name, value in reduction.held.items())
    parts += [f"where the {found.special.name} has {held}"] * bool(held)
    return ", ".join(parts)


def links_text(links: Links) -> str:
    """``i_t = 1 - z_t, f_t = z_t, o_t = 1``."""
    if all(gate == name and not inverse for gate, (name, inverse) in links.items()):
        return "the same gates"
    return ", ".join(f"{plain(gate)} = {'1 - ' * inverse}{plain(name)}" for gate, (name, inverse) in links.items())


def _limits(reduction: Reduction) -> list[str]:
    """The gates that have to be at 0 or 1."""
    found = [f"{plain(gate)} = {name}" for gate, (name, _) in reduction.links.items() if name.isdigit()]
    return found + [f"{plain(gate)} = {value}" for gate, value in reduction.held.items()]


def _remarks(reduction: Reduction, found: Comparison) -> list[str]:
    from derivations.latex import Printer

    links = list(reduction.links.items())
    same = [plain(gate) for gate, (name, inverse) in links if not name.isdigit() and not inverse]
    turned = [plain(gate) for gate, (name, inverse) in links if not name.isdigit() and inverse]
    limits = _limits(reduction)
    written = {name: Printer({}).latex(term) for name, term in reduction.weights.items()}
    weights = ", ".join(f"{plain(k)} = {plain(x)}" for k, x in written.items() if k != x)
    out = [f"weights of the candidate: {weights or 'the same'}"]
    if reduction.beyond:
        beyond = ", ".join(map(plain, reduction.beyond))
        out.append(f"as values at one step only: {beyond} does not see all that decides them")
    out += [f"{', '.join(same)}: by the same weights of the gate"] * bool(same and not reduction.beyond)
    out += [f"{', '.join(turned)}: by those weights with the other sign, for 1 − σ(a) = σ(−a)"] * bool(turned)
    out += [f"{', '.join(limits)}: only in the limit of the pre-activations a, each off by at most e^(−|a|)"] * bool(
        limits
    )
    return out


def _against(found: Comparison) -> list[str]:
    out = [_unreachable(found.unreachable, found)] if found.unreachable else []
    for one, other, goals in (
        (found.special, found.general, found.only_special),
        (found.general, found.special, found.only_general),
    ):
        if goals:
            out.append(
                f"By gates at 0 and 1 {one.name} can {_listed(_questions(goals))}; "
                f"for {other.name} every setting is refuted."
            )
    if found.bounded:
        name, gate = found.bounded
        text = f"The state of {name} is {plain(gate)} ⊙ a + (1 - {plain(gate)}) ⊙ b of the state before and a candidate"
        out.append(f"{text} in (−1, 1), so it stays in [−1, 1] from a start there, whatever the weights [proved].")
    if found.growth:
        run = found.growth
        text = f"The state of {run.cell} does not: n = d = 1, every weight and bias {run.value}, every input 1, from 0"
        out.append(f"{text}, after {run.steps} steps it is {run.state} [certified].")
    if found.hidden:
        name, state = found.hidden
        text = (
            f"The output of {name} hides {plain(state)}: the same output and input can be followed by different outputs"
        )
        out.append(f"{text} [certified]. The other cell's next output is a function of its output and input.")
    return out


def _questions(goals: tuple[str, ...]) -> list[str]:
    from derivations.gate_goals import GOALS

    return [GOALS[name].question for name in goals]


def _listed(parts: list[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)}, and {last}" if others else last


def _unreachable(found: Unreachable, comparison: Comparison) -> str:
    point = ", ".join(f"{plain(name)} = {value}" for name, value in found.values.items())
    special, general = comparison.special.name, comparison.general.name
    return (
        f"Certified, for n = d = 1: at {point} the new state of {special} is {found.state}, but gates in [0, 1] give "
        f"{general} from the same state only values between {found.lowest} and {found.highest}."
    )


def as_text(found: list[Comparison]) -> str:
    """Both directions as text."""
    from gradproof.commands.gates import render

    return render("gates_compare.txt.j2", {"pages": [page(x) for x in found]})


def as_json(found: list[Comparison]) -> str:
    """Both directions as JSON."""
    return json.dumps([_record(x) for x in found], indent=2, ensure_ascii=False) + "\n"


def _record(found: Comparison) -> dict[str, Any]:
    from derivations.latex import Printer

    return {
        "special": found.special.name,
        "general": found.general.name,
        "special_case": found.is_case,
        "reductions": [
            {
                "identity_output_activation": x.linear,
                "held": dict(x.held),
                "gates": {gate: f"{'1 - ' * inverse}{name}" for gate, (name, inverse) in x.links.items()},
                "weights": {name: Printer({}).latex(term) for name, term in x.weights.items()},
                "values_only": list(x.beyond),
                "proof": list(x.rules),
                "needed": [
                    {"condition": y.condition, "without_it": y.counterexample.to_json()}
                    for y in x.needed
                    if y.counterexample
                ],
            }
            for x in found.reductions
        ],
        "unreachable": found.unreachable
        and {
            "values": {name: str(value) for name, value in found.unreachable.values.items()},
            "state": found.unreachable.state,
            "range": [found.unreachable.lowest, found.unreachable.highest],
        },
        "goals": {found.special.name: list(found.only_special), found.general.name: list(found.only_general)},
        "bounded": found.bounded and found.bounded[0],
        "grows": found.growth
        and {"cell": found.growth.cell, "every_weight": found.growth.value, "steps": found.growth.steps},
        "hidden_state": found.hidden and {"cell": found.hidden[0], "state": found.hidden[1]},
    }
