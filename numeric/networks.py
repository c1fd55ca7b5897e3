"""Recurrent networks of one or more layers, in one or both directions, over any kind of number.

The same wiring runs over terms (with the step of :mod:`derivations.cells`) and over torch tensors (with that of
:mod:`numeric.equations`). A layer above the first takes the outputs of the layer below as its input, both directions
one above the other, like torch.nn.RNN and its kin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from derivations.cells import Cell, at
from derivations.errors import UsageError
from derivations.terms import Dim, Shape, dimension

A = TypeVar("A")
Step = Callable[[Mapping[str, A]], Mapping[str, A]]
Join = Callable[[Sequence[A]], A]
BATCH = dimension("batch")
INPUT = "x_t"


@dataclass(frozen=True, slots=True)
class Place:
    """One cell of the network: its layer, from 0, and its direction."""

    layer: int
    backward: bool


@dataclass(frozen=True, slots=True)
class Quantity:
    """A variable of the network. ``own`` is its name in the cell, ``place`` None for an input."""

    name: str
    own: str
    kind: str
    shape: Shape
    place: Place | None = None


@dataclass(frozen=True)
class Network:
    """A cell, how often it is applied and how its copies are wired."""

    cell: Cell
    steps: int = 3
    layers: int = 1
    bidirectional: bool = False

    def __post_init__(self) -> None:
        for value, what in ((self.steps, "steps"), (self.layers, "layers")):
            if value < 1:
                raise UsageError(f"the number of {what} must be at least 1, not {value}")
        if not self.cell.states and (self.layers > 1 or self.bidirectional):
            raise UsageError(f"{self.cell.name} has no state: it is compared as one layer in one direction")

    @property
    def places(self) -> list[Place]:
        directions = (False, True) if self.bidirectional else (False,)
        return [Place(layer, backward) for layer in range(self.layers) for backward in directions]

    def quantities(self) -> Iterator[Quantity]:
        """All variables: parameters, then initial states, then inputs."""
        for place in self.places:
            for own, shape in self.cell.parameters:
                wide = tuple(dim.subs(dimension("d"), self._width(place.layer)) for dim in shape)
                yield Quantity(self.name(own, place), own, "parameter", wide, place)
        for place in self.places:
            for before, _ in self.cell.states:
                shape = (*self.cell.state_shape(before), BATCH)
                yield Quantity(self.name(at(before, 0), place), before, "state", shape, place)
        for time in range(1, self.steps + 1):
            for own in self.cell.inputs:
                yield Quantity(at(own, time), own, "input", (*self.cell.input_shape(own), BATCH))

    def _width(self, layer: int) -> Dim:
        below: Dim = self.cell.state_shape(self.cell.output)[0]
        return dimension("d") if layer == 0 else below * (2 if self.bidirectional else 1)

    def name(self, own: str, place: Place) -> str:
        """One cell's quantity: ``W_{xi}``, in a larger network ``W_{xi}^{(2)}`` or ``W_{xi}^{(2,back)}``."""
        if self.layers == 1 and not self.bidirectional:
            return own
        return f"{own}^{{({place.layer + 1}{',back' if place.backward else ''})}}"

    def run(self, values: Mapping[str, A], step: Step[A], join: Join[A]) -> list[A]:
        """The outputs of the last layer at every step, then the final states of every cell, all (rows, batch)."""
        times = range(1, self.steps + 1)
        inputs = [{own: values[at(own, time)] for own in self.cell.inputs} for time in times]
        finals: list[A] = []
        for layer in range(self.layers):
            runs = [self._run_one(p, inputs, values, step) for p in self.places if p.layer == layer]
            tops = [
                join(parts) if len(parts) > 1 else parts[0] for parts in zip(*(out for out, _ in runs), strict=True)
            ]
            finals += [state for _, states in runs for state in states]
            inputs = [{**old, INPUT: top} for old, top in zip(inputs, tops, strict=True)]
        return tops + finals

    def _run_one(
        self, place: Place, inputs: Sequence[Mapping[str, A]], values: Mapping[str, A], step: Step[A]
    ) -> tuple[list[A], list[A]]:
        parameters = {own: values[self.name(own, place)] for own, _ in self.cell.parameters}
        states = {before: values[self.name(at(before, 0), place)] for before, _ in self.cell.states}
        outputs = []
        for received in reversed(inputs) if place.backward else inputs:
            found = step({**parameters, **states, **received})
            states = {before: found[after] for before, after in self.cell.states}
            outputs.append(found[self.cell.output])
        return outputs[::-1] if place.backward else outputs, list(states.values())
