"""One step of a recurrent network as SymPy matrix equations, and the same over several steps as terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from derivations.errors import UsageError
from derivations.lowering import Lowering
from derivations.terms import Dim, Shape, Term, var

Equation = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One step of a recurrent network.

    ``equations`` are (name, SymPy matrix expression) in order of evaluation; ``states`` pairs of the names before and
    after the step, the output first (a layer without memory has none); ``inputs`` what comes from outside at every
    step; ``parameters`` names with their shapes, which have n, d and (for outputs) m as dimensions; ``notes`` what the
    equations do not say; ``apart`` why the equations are not those of one step after another, where they are not.
    """

    name: str
    title: str
    source: str
    equations: tuple[Equation, ...]
    states: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, Shape], ...]
    inputs: tuple[str, ...] = ("x_t",)
    notes: tuple[str, ...] = ()
    apart: str = ""

    @property
    def output(self) -> str:
        """What a layer above sees: the first state, or the last quantity of a layer without states."""
        return self.states[0][1] if self.states else self.equations[-1][0]

    def input_shape(self, name: str) -> Shape:
        """The shape of an input as the equations use it; a number where it is no matrix there."""
        symbols = (x for _, right in self.equations for x in right.atoms(sympy.MatrixSymbol) if str(x.name) == name)
        return next((tuple(dim for dim in symbol.shape if dim != 1) for symbol in symbols), ())

    def state_shape(self, name: str) -> Shape:
        """The shape of a state, before or after the step."""
        after = dict(self.states).get(name, name)
        return tuple(dim for dim in dict(self.equations)[after].shape if dim != 1)


@dataclass
class Unrolled:
    """A cell over several steps: the variables, and every name's value at every step.

    States and inputs are vectors, or matrices with a last axis of the batch; ``steps[k]`` also has the names of the
    states before the step.
    """

    cell: Cell
    parameters: dict[str, Term]
    inputs: list[dict[str, Term]]
    initial: dict[str, Term]
    steps: list[dict[str, Term]] = field(default_factory=list)

    def outputs(self) -> list[Term]:
        """The output of every step."""
        return [step[self.cell.output] for step in self.steps]

    def final(self) -> dict[str, Term]:
        """All states after the last step."""
        return {after: self.steps[-1][after] for _, after in self.cell.states}


def step(cell: Cell, values: Mapping[str, Term], batch: Dim | None = None) -> dict[str, Term]:
    """All names of one step as terms, from those of inputs, states and parameters (which are among the result).

    With ``batch``, inputs and states carry it as their last axis. Raises UsageError for a missing value.
    """
    known = dict(values)
    carried = {name for name in known if name not in dict(cell.parameters)} if batch is not None else set()
    for name, expression in cell.equations:
        lowered = Lowering(known, frozenset(carried), batch).lowered(expression)
        known[name] = lowered.term
        if "batch" in lowered.axes:
            carried.add(name)
    return known


def unroll(cell: Cell, steps: int, batch: Dim | None = None) -> Unrolled:
    """The cell over ``steps`` steps from free initial states. Raises UsageError for less than one step."""
    if steps < 1:
        raise UsageError("a network has at least one step")
    behind = () if batch is None else (batch,)
    parameters = {name: var(name, *shape) for name, shape in cell.parameters}
    found = Unrolled(cell, parameters, [], {b: var(at(b, 0), *cell.state_shape(b), *behind) for b, _ in cell.states})
    states = dict(found.initial)
    for time in range(1, steps + 1):
        inputs = {name: var(at(name, time), *cell.input_shape(name), *behind) for name in cell.inputs}
        values = step(cell, {**parameters, **inputs, **states}, batch)
        found.inputs.append(inputs)
        found.steps.append(values)
        states = {before: values[after] for before, after in cell.states}
    return found


def at(name: str, time: int) -> str:
    """A name at a time of its own: ``h_t`` and ``h_{t-1}`` at time 2 are ``h_2``."""
    return timed(name, str(time), str(time))


def in_step(name: str, step: int) -> str:
    """A name in a numbered step: ``h_{t-1}`` in step 1 is ``h_0``."""
    return timed(name, str(step - 1), str(step))


def timed(name: str, before: str, after: str) -> str:
    """A name with other times in the place of t - 1 and t; the clock t itself is a name, too."""
    if name == "t":
        return "t" if after == "t" else f"t_{_index(after)}"
    if name.endswith(",t}"):
        return f"{name[:-3]},{after}}}"
    stem, mark, _ = name.rpartition("_{t-1}")
    return f"{stem}_{_index(before)}" if mark else re.sub("_t$", lambda _: f"_{_index(after)}", name)


def _index(time: str) -> str:
    return time if len(time) == 1 else f"{{{time}}}"
