"""Where the slip of a wrong side stands, when no edit was found that mends it.

What must stand in a place for the step to be right is known at sample points (:mod:`derivations.holes`). In the place
of the slip this is near to what stands there: it, or its difference or quotient by what stands there, hangs on few
quantities, whereas anywhere else it has to undo what the slip does. So quantities are moved one at a time, and the
place is the one where the fewest matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from derivations.errors import SheetError
from derivations.holes import HOLE, Opened, Places, close
from derivations.reading import surface as s
from derivations.samples import Floating, Sample
from derivations.terms import Term, var
from derivations.traverse import free_variables, postorder
from derivations.values import Value

MOST_PLACES = 40
MOST_MOVED = 40


def pinpoint(places: Places) -> s.Node:
    """The smallest part of a side that must change for the step to be right, as far as that can be told."""
    return _misfit(places) or _least(places) or places.root


def _misfit(places: Places) -> s.Node | None:
    """The smallest part whose shapes do not fit, or the one addend of another shape than what the sum must have."""
    node = places.root
    if not places.misfits(node):
        return None
    while below := next((x for x in node.children() if places.misfits(x)), None):
        node = below
    odd = [x for x in node.children() if _shape(places, x) != places.target] if isinstance(node, s.Add) else []
    return odd[0] if len(odd) == 1 else node


def _shape(places: Places, node: s.Node) -> object:
    return next((value.term.shape for value in places.values(node)), None)


def _open(places: Places) -> list[s.Node]:
    nodes = [x for x in places.root.walk() if not isinstance(x, s.Group)]
    return [x for x in nodes if places.seen(x) is x and places.alive(x)]


def _around(places: Places, nodes: Sequence[s.Node]) -> s.Node | None:
    """The smallest part that holds some nodes, or of those that hold others the innermost."""
    innermost = [x for x in nodes if not any(id(x) in map(id, places.above(y)) for y in nodes)]
    around = [[x, *places.above(x)] for x in innermost]
    return next((x for x in around[0] if all(id(x) in map(id, other) for other in around)), None) if around else None


def _least(places: Places) -> s.Node | None:
    """The place where the fewest quantities matter; of several the smallest part that holds them all.

    None where they are not fewer than for the side as a whole.
    """
    points, ranks = _Points(places), list[tuple[tuple[int, bool], s.Node]]()
    for node in _open(places)[:MOST_PLACES]:
        found = [rank for value in places.values(node) for need in points.needs(node, value) for rank in need.ranks()]
        ranks += [(min(found), node)] if found else []
    best = min((rank for rank, _ in ranks), default=None)
    nodes = [node for rank, node in ranks if rank == best]
    return None if places.root in nodes else _around(places, nodes)


@dataclass(frozen=True, slots=True)
class _Need:
    """What stands in a place and what has to, at a point and then with one quantity after the other moved.

    What has to is None where nothing would do.
    """

    has: Sequence[Floating]
    wants: Sequence[Floating | None]

    def ranks(self) -> Iterator[tuple[int, bool]]:
        """How many quantities what is wanted hangs on, by itself, less what is there, and over that."""
        with np.errstate(all="ignore"):
            yield self._moves(lambda want, has: want), False
            yield self._moves(lambda want, has: want - has), False
            yield self._moves(lambda want, has: want / has), True

    def _moves(self, compared: Callable[[Floating, Floating], Floating]) -> int:
        found = [None if w is None else compared(w, h) for w, h in zip(self.wants, self.has, strict=True)]
        first, *moved = found
        return sum(first is None or x is None or not close(first, x) for x in moved)


class _Points:
    """A sample point, and the same with one quantity moved: what the side names, and every variable."""

    def __init__(self, places: Places) -> None:
        self.places, self.point = places, places.samples[0]
        named = [x for x in places.root.walk() if isinstance(x, s.Symbol | s.Partial)]
        terms = [value.term for node in named for value in places.values(node)[:1]]
        self.named = list(dict.fromkeys(places.holed.with_facts(term, places.world) for term in terms))
        self.moved: dict[Term, Sample] = {}

    def samples(self, terms: Sequence[Term], hole: Term) -> list[Sample]:
        """The point, and one more for every quantity that some terms hang on."""
        near = set(postorder(terms))
        own = [x for x in self.named if x in near]
        own += [x for x in free_variables(terms) if x is not hole and x not in own]
        return [self.point, *(self._but_for(x) for x in own[:MOST_MOVED])]

    def _but_for(self, quantity: Term) -> Sample:
        if quantity not in self.moved:
            self.moved[quantity] = self.point.but_for(quantity, self.named)
        return self.moved[quantity]

    def needs(self, node: s.Node, value: Value) -> Iterator[_Need]:
        """What is needed in a place, under every reading with which something there makes the step right."""
        hole = var(HOLE, *value.term.shape)
        try:
            pairs = list(self.places.compared((node, value, hole)))
        except SheetError:
            return
        known = self.places.holed.with_facts(value.term, self.places.world)
        for fixed, moving in pairs:
            if hole in free_variables([moving]):
                yield from self._need(fixed, moving, hole, known)

    def _need(self, fixed: Term, moving: Term, hole: Term, known: Term) -> Iterator[_Need]:
        try:
            samples = self.samples([fixed, moving, known], hole)
            wants = [Opened(sample, fixed, moving, hole).wanted() for sample in samples]
            if wants[0] is not None:
                yield _Need([sample.value(known).ravel() for sample in samples], wants)
        except SheetError:
            return
