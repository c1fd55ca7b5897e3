"""What may stand in one place of a formula in components, such as ``p_i (δ_ij − p_j)``, so that a step is right.

As in :mod:`derivations.holes`; a hole has an axis for every index letter of what is put into it. The letters of a value
stand where its readings do elsewhere: what hangs on other letters is another place.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivations.component_names import has_components
from derivations.components import Components, Indexed
from derivations.elaborate import Elaborator
from derivations.errors import SheetError
from derivations.holes import Places
from derivations.reading import surface as s
from derivations.terms import Dim, Term
from derivations.values import Value
from derivations.world import World

OPEN = (s.Add, s.Mul, s.Neg, s.Group, s.Divide, s.Raise, s.Call, s.Big, s.Cases, s.Branch)
"""The kinds of nodes through which a place can be seen."""


class Holes(Components):
    """Reads expressions in components with a given value in one place."""

    def __init__(
        self, elaborator: Elaborator, world: World, dims: dict[str, Dim], hole: s.Node | None, filling: Indexed | None
    ) -> None:
        super().__init__(elaborator, world, dims)
        self.hole, self.filling = hole, filling

    def _read(self, node: s.Node) -> Indexed:
        if self.filling is not None and node is self.hole:
            return self.filling
        return super()._read(node)

    def speaks(self, node: s.Node) -> bool:
        """Whether an expression speaks of components, so that a hole in it is seen."""
        return self._speaks_of_components(node)


class ComponentPlaces(Places):
    """The places of one side of a step in components."""

    opening, most = 15, 1200  # the whole side is read again for every place

    def _read_other(self, side: s.Node) -> list[Value]:
        learnt = self._components({})
        for node in (side, self.root):
            learnt.learn_from(node)
        found = learnt.read(side)
        self.dims, self.letters, self.fixed = learnt.dims, found.letters, found.term
        return [Value(found.term, readings=frozenset(found.letters))]

    def _components(self, dims: dict[str, Dim], hole: s.Node | None = None, put: Indexed | None = None) -> Holes:
        return Holes(self.holed, self.world, dict(dims), hole, put)

    def hides(self, outer: s.Node, below: s.Node) -> bool:
        """As elsewhere; also the bounds of a sum, conditions, and what speaks of no components."""
        if isinstance(outer, s.Big):
            return below is not outer.body
        if isinstance(outer, s.Branch):
            return below is not outer.value
        if isinstance(outer, s.Raise | s.Call):
            return super().hides(outer, below)
        return not isinstance(outer, OPEN) or not self._components(self.dims).speaks(outer)

    def values(self, tree: s.Node, world: World | None = None) -> list[Value]:
        """The value of a tree that may stand in a place; none where it has no meaning."""
        try:
            found = self._components(self.dims).read(tree)
        except SheetError:
            return []
        return [Value(found.term, readings=frozenset(found.letters))] if self.dims.keys() >= set(found.letters) else []

    def compared(self, node: s.Node, value: Value, hole: Term) -> Iterator[tuple[Term, Term]]:
        """The other side and this one with a hole in a place, spread over the same letters."""
        components = self._components(self.dims, node, Indexed(hole, tuple(sorted(value.readings))))
        moving, fixed = components.read(self.root), Indexed(self.fixed, self.letters)
        letters = sorted({*fixed.letters, *moving.letters})
        sides = (side.over(letters, components.dims) for side in (fixed, moving))
        one, other = (self.holed.with_facts(side, self.world) for side in sides)
        yield one, other


def in_components(sides: tuple[s.Node, s.Node], indexed: bool) -> bool:
    """Whether a step compares components."""
    return indexed and any(map(has_components, sides))
