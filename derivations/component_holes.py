"""What may stand in one place of a formula in components, such as ``p_i (δ_ij − p_j)``, so that a step is right.

As in :mod:`derivations.holes`; a hole has an axis for every index letter of what is put into it. The letters of a value
stand where its readings do elsewhere: what hangs on other letters is another place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derivations.component_names import has_components
from derivations.components import Components, Indexed
from derivations.elaborate import Elaborator
from derivations.errors import SheetError
from derivations.holes import Opening, Places
from derivations.reading import surface as s
from derivations.terms import Dim, Term
from derivations.values import Value
from derivations.world import World

OPEN = (s.Add, s.Mul, s.Neg, s.Group, s.Divide, s.Raise, s.Call, s.Big, s.Cases, s.Branch)
"""The kinds of nodes through which a place can be seen."""


class Holes(Components):
    """Reads expressions in components with given values in some places."""

    def __init__(
        self,
        elaborator: Elaborator,
        world: World,
        dims: dict[str, Dim],
        around: Iterable[s.Node],
        filling: dict[int, Indexed],
    ) -> None:
        super().__init__(elaborator, world, dims)
        self.around, self.filling = frozenset(map(id, around)), filling

    def _read(self, node: s.Node) -> Indexed:
        return self.filling[id(node)] if id(node) in self.filling else super()._read(node)

    def _speaks_of_components(self, node: s.Node) -> bool:
        """So that nothing is read as a whole that has the hole in it."""
        return id(node) in self.around or super()._speaks_of_components(node)


class ComponentPlaces(Places):
    """The places of one side of a step in components."""

    opening, most = 15, 3000  # the whole side is read again for every place

    def _read_other(self, side: s.Node) -> list[Value]:
        learnt = Components(self.holed, self.world)
        for node in (side, self.root):
            learnt.learn_from(node)
        found = learnt.read(side)
        self.dims, self.letters, self.fixed = learnt.dims, found.letters, found.term
        return [Value(found.term, readings=frozenset(found.letters))]

    def hides(self, outer: s.Node, below: s.Node) -> bool:
        """As elsewhere; also the bounds of a sum, and conditions."""
        if isinstance(outer, s.Big):
            return below is not outer.body
        if isinstance(outer, s.Branch):
            return below is not outer.value
        if isinstance(outer, s.Raise | s.Call):
            return super().hides(outer, below)
        return not isinstance(outer, OPEN)

    def values(self, tree: s.Node, world: World | None = None) -> list[Value]:
        """The value of a tree that may stand in a place; none where it has no meaning."""
        try:
            found = Components(self.holed, self.world, dict(self.dims)).read(tree)
        except SheetError:
            return []
        return [Value(found.term, readings=frozenset(found.letters))] if self.dims.keys() >= set(found.letters) else []

    def compared(self, *opened: Opening) -> Iterator[tuple[Term, Term]]:
        """The other side and this one with holes in places, spread over the same letters."""
        filling = {id(node): Indexed(hole, tuple(sorted(value.readings))) for node, value, hole in opened}
        around = [x for node, _, _ in opened for x in (node, *self.above(node))]
        components = Holes(self.holed, self.world, dict(self.dims), around, filling)
        moving, fixed = components.read(self.root), Indexed(self.fixed, self.letters)
        letters = sorted({*fixed.letters, *moving.letters})
        sides = (side.over(letters, components.dims) for side in (fixed, moving))
        one, other = (self.holed.with_facts(side, self.world) for side in sides)
        yield one, other


def in_components(sides: tuple[s.Node, s.Node], indexed: bool) -> bool:
    """Whether a step compares components."""
    return indexed and any(map(has_components, sides))
