"""A recurrent cell, or a network over some steps, as a drawn graph: boxes with names, arrows, and where they stand.

Nothing is drawn by hand: the boxes are the equations, the arrows what each of them uses. Boxes stand in columns by the
longest way from an input (Sugiyama, Tagawa and Toda, *Methods for visual understanding of hierarchical system
structures*, 1981); arrows that pass a column bend around its boxes; the order within a column is that of the mean of
the neighbours, swept to and fro.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from derivations.cell import Cell, in_step
from derivations.latex import written_size
from derivations.solutions.naming import PREACTIVATION, Names
from derivations.solutions.notation import Notation
from derivations.solutions.writing import Scribe
from derivations.tape import Equation, record
from derivations.terms import Apply, Term, Var
from derivations.traverse import free_variables

SWEEPS: Final = 12
LONGEST: Final = 16
"""How many symbols a formula in a box may have; a longer one is left out."""
SYMBOLS: Final = {"sigma": r"\sigma", "tanh": r"\tanh", "relu": r"\mathrm{ReLU}", "exp": r"\exp"}
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A quantity: its ``name`` and what makes it, as LaTeX; ``kind`` is input, state, gate, candidate or value."""

    key: str
    name: str
    kind: str
    made: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One quantity used by another, through some weights (LaTeX) or none."""

    tail: str
    head: str
    label: str = ""


@dataclass(slots=True)
class Drawing:
    """Boxes with the middle of each, and arrows with the points that they run through, ends included."""

    title: str
    boxes: list[Box]
    arrows: list[Arrow]
    places: dict[str, Point] = field(default_factory=dict)
    ways: dict[Arrow, list[Point]] = field(default_factory=dict)


def cell_drawing(cell: Cell, notation: Notation) -> Drawing:
    """One step of a cell: gates, candidates and states, pre-activations inside the boxes of their functions."""
    tape = record(cell, 1)
    scribe = Scribe(tape, notation, "denominator", {0: "t-1", 1: "t"}.__getitem__)
    hidden = {e.variable: e for e in tape.equations if PREACTIVATION.match(e.name)}
    boxes = [Box(v.name, scribe.name(v), _leaf_kind(cell, name)) for v, (name, _) in tape.places.items()
             if isinstance(v, Var) and v not in {e.variable for e in tape.equations}]  # fmt: skip
    arrows: list[Arrow] = []
    for e in tape.equations:
        if e.variable not in hidden:
            boxes.append(_box(e, cell, scribe))
            arrows += _arrows(e, hidden, scribe, frozenset(tape.parameters.values()))
    return laid_out(Drawing(f"One step of the {cell.title}", boxes, arrows))


def _leaf_kind(cell: Cell, name: str) -> str:
    return "input" if name in cell.inputs else "state"


def _box(equation: Equation, cell: Cell, scribe: Scribe) -> Box:
    term, after = equation.term, {after for _, after in cell.states}
    if isinstance(term, Apply):
        kind = "gate" if term.function == "sigma" else "state" if equation.name in after else "candidate"
        made = SYMBOLS.get(term.function, term.function)
    else:
        kind = "state" if equation.name in after else "value"
        short = written_size(term, scribe.names) <= LONGEST
        made = scribe.term(term) if short else ""
    return Box(_key(equation.variable), scribe.name(equation.variable), kind, made)


def _key(quantity: Term) -> str:
    return quantity.name if isinstance(quantity, Var) else ""


def _arrows(
    equation: Equation, hidden: Mapping[Term, Equation], scribe: Scribe, weights: frozenset[Term]
) -> list[Arrow]:
    """An arrow from everything that an equation uses, by way of the pre-activation that it hides."""
    found: dict[str, list[str]] = {}
    for v in free_variables([equation.term]):
        for tail, label in _through(hidden[v].term, scribe, weights) if v in hidden else [(v, "")]:
            if tail not in weights:
                found.setdefault(_key(tail), []).append(label)
    head = _key(equation.variable)
    return [Arrow(tail, head, ", ".join(dict.fromkeys(filter(None, labels)))) for tail, labels in found.items()]


def _through(term: Term, scribe: Scribe, weights: frozenset[Term]) -> Iterable[tuple[Term, str]]:
    """The quantities in a pre-activation, each with the matrices that stand in the same addends."""
    parts = [addend for _, addend in getattr(term, "addends", ())] or [term]
    for part in parts:
        used = free_variables([part])
        labels = ", ".join(scribe.name(w) for w in used if w in weights and w.rank == 2)
        yield from ((v, labels) for v in used if v not in weights)


def network_drawing(cell: Cell, notation: Notation, steps: int) -> Drawing:
    """A cell over some steps: a box a step, its inputs below, states from step to step, the loss at the end."""
    names = Names(cell, notation)
    shown = {name: name for name, _ in cell.equations}
    boxes, arrows, places = [], [], dict[str, Point]()
    for step in range(steps + 1):
        for row, (before, _) in enumerate(cell.states):
            key = in_step(before, step + 1)
            boxes.append(Box(key, names.quantity(before, str(step)), "state"))
            places[key] = (2.0 * step, float(len(cell.states) - 1 - row) * 0.8)
    for step in range(1, steps + 1):
        key = f"step {step}"
        boxes.append(Box(key, rf"\text{{{cell.name}}}", "gate" if shown else "value", f"t = {step}"))
        places[key] = (2.0 * step - 1.0, 0.4 * (len(cell.states) - 1))
        for before, _ in cell.states:
            arrows += [Arrow(in_step(before, step), key), Arrow(key, in_step(before, step + 1))]
        for column, name in enumerate(cell.inputs):
            below = in_step(name, step)
            boxes.append(Box(below, names.quantity(name, str(step)), "input"))
            places[below] = (2.0 * step - 1.0, -1.0 - 0.7 * column)
            arrows.append(Arrow(below, key))
    last = in_step(cell.states[0][0], steps + 1)
    boxes.append(Box("loss", notation.loss, "value"))
    places["loss"] = (2.0 * steps + 1.0, places[last][1])
    arrows.append(Arrow(last, "loss"))
    drawing = Drawing(f"The {cell.title} over {steps} steps", boxes, arrows, places)
    drawing.ways = {arrow: [places[arrow.tail], places[arrow.head]] for arrow in arrows}
    return drawing


# Where things stand


def laid_out(drawing: Drawing) -> Drawing:
    """The drawing with a place for every box and a way for every arrow."""
    columns, chains = _columns(drawing)
    order = _ordered(columns, chains)
    rows = {key: row for column in order for key, row in _rows(column).items()}
    depth = {key: k for k, column in enumerate(order) for key in column}
    drawing.places = {box.key: (float(depth[box.key]), rows[box.key]) for box in drawing.boxes}
    drawing.ways = {arrow: [(float(depth[x]), rows[x]) for x in chains[arrow]] for arrow in drawing.arrows}
    return drawing


def _columns(drawing: Drawing) -> tuple[list[list[str]], dict[Arrow, list[str]]]:
    """The keys in every column, stations of long arrows among them, and every arrow as a chain of neighbours."""
    depth: dict[str, int] = {}
    for box in drawing.boxes:
        depth[box.key] = max((depth[x.tail] + 1 for x in drawing.arrows if x.head == box.key), default=0)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for box in drawing.boxes:
        columns[depth[box.key]].append(box.key)
    chains: dict[Arrow, list[str]] = {}
    for number, arrow in enumerate(drawing.arrows):
        between = range(depth[arrow.tail] + 1, depth[arrow.head])
        stations = [f"station {number} {k}" for k in between]
        for k, station in zip(between, stations, strict=True):
            columns[k].append(station)
        chains[arrow] = [arrow.tail, *stations, arrow.head]
    return columns, chains


def _ordered(columns: list[list[str]], chains: Mapping[Arrow, Sequence[str]]) -> list[list[str]]:
    """The columns ordered by the means of their neighbours, in sweeps to and fro; the sweep with fewest crossings."""
    pairs = [pair for chain in chains.values() for pair in pairwise(chain)]
    best, fewest = columns, _crossings(columns, pairs)
    current = columns
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        current = _swept(current, pairs, forward)
        count = _crossings(current, pairs)
        if count < fewest:
            best, fewest = current, count
    return best


def _swept(columns: list[list[str]], pairs: Sequence[tuple[str, str]], forward: bool) -> list[list[str]]:
    found = [list(column) for column in columns]
    rows = {key: row for column in found for key, row in _rows(column).items()}
    order = range(1, len(found)) if forward else range(len(found) - 2, -1, -1)
    for k in order:
        near = {key: [rows[a if forward else b] for a, b in pairs if (b if forward else a) == key] for key in found[k]}
        mean = {key: sum(rs) / len(rs) if rs else rows[key] for key, rs in near.items()}
        found[k].sort(key=lambda key: (-mean[key], key))
        rows |= _rows(found[k])
    return found


def _rows(column: Sequence[str]) -> dict[str, float]:
    """The heights of a column, from above, about the middle line; a station needs less room than a box."""
    rooms = [0.55 if key.startswith("station") else 1.0 for key in column]
    top, found = sum(rooms) / 2, {}
    for key, room in zip(column, rooms, strict=True):
        found[key] = top - room / 2
        top -= room
    return found


def _crossings(columns: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]]) -> int:
    place = {key: (k, row) for k, column in enumerate(columns) for row, key in enumerate(column)}
    ends = [(*place[a], place[b][1]) for a, b in pairs]
    return sum(a[0] == b[0] and (a[1] - b[1]) * (a[2] - b[2]) < 0 for k, a in enumerate(ends) for b in ends[k + 1 :])
