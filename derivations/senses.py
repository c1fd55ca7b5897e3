"""The two sides of a step in the senses of ∂: what senses that come to the same there have in common is read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from derivations.alignment import aligned, in_layout, partials, whole_derivative
from derivations.component_names import has_components
from derivations.components import Components, whole
from derivations.elaborate import SENSED, Elaborator
from derivations.errors import ShapeError
from derivations.numerals import pinned
from derivations.reading import surface as s
from derivations.series import has_series, outside_series
from derivations.shorthand import DIAGONAL
from derivations.terms import Shape, Term, is_zero, shape_text
from derivations.traverse import free_variables
from derivations.values import Value
from derivations.world import Mode, World

if TYPE_CHECKING:
    from derivations.judge import Judgement

MODES = tuple(Mode)
Meaning = tuple[World, ...]
"""What the derivatives of an expression hold: equal for two senses that come to the same there."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The two sides under one reading, brought to one shape."""

    mode: Mode
    left: Term
    right: Term
    readings: frozenset[str]
    opaque: bool

    @property
    def effort(self) -> tuple[int, int]:
        """How far the reading is from the plain one: fewer readings first, a bare column for a matrix last."""
        return len(self.readings) + (DIAGONAL in self.readings), MODES.index(self.mode)


class Senses:
    """Reads the two sides of one step in one world after another, which differ in the sense of ∂ alone."""

    def __init__(self, elaborator: Elaborator, layout: str, left: s.Node, right: s.Node, world: World) -> None:
        self.elaborator = elaborator
        self.layout = layout
        self.sides = (left, right)
        self.partials = [self._partials(side, world) for side in self.sides]
        self._values: dict[tuple[int, World, Shape | None], list[Value]] = {}
        self._attempts: dict[World, list[Attempt]] = {}
        self._cut: dict[World, bool] = {}
        self._held: dict[tuple[int, Mode], Meaning] = {}
        self._worlds: dict[tuple[tuple[int, ...], Meaning], World] = {}

    def attempts(self, world: World, found: Judgement) -> Iterator[Attempt]:
        """Every way to compare the sides in one world; ``found`` is told of the shapes, and where none fits."""
        if any(map(self._has_components, self.sides)):
            yield from self._in_components(world, found)
            return
        left, right = self._read(world)
        found.shapes = found.shapes or (shape_text(left[0].term.shape), shape_text(right[0].term.shape))
        narrow = world.mode is not Mode.TOTAL
        if narrow and self._vanishes(world):
            return
        attempts = self._compared(left, right, world)
        if not attempts and not found.misfit:
            found.misfit = ShapeError(f"the left side is {found.shapes[0]}, the right side is {found.shapes[1]}")
        for attempt in attempts:
            x, y = attempt.left, attempt.right
            if not narrow or world.env or free_variables([x, y]) or self._says(x, y):
                yield attempt if attempt.mode is world.mode else replace(attempt, mode=world.mode)

    # What the sense of ∂ acts on

    def _partials(self, side: s.Node, world: World) -> list[s.Partial] | None:
        """The derivatives on which alone the sense of ∂ acts in an expression; None where this cannot be told."""
        knowledge, found = self.elaborator.knowledge, partials(side)
        if knowledge.indexed or knowledge.entangled or world.sinks or world.facts:
            return None
        bounded = any(isinstance(x, s.Big | s.Limit) for x in side.walk())
        if bounded or not all(self._is_simple(node, world) for node in found):
            return None
        refs = (self.elaborator.ref(x, world) for x in side.walk() if isinstance(x, s.Symbol))
        return found if all(self.elaborator.is_plain(ref.key, world) for ref in refs) else None

    def _is_simple(self, node: s.Partial, world: World) -> bool:
        """Whether a derivative is one of something known by a name, and of nothing that is differentiated itself."""
        of, by = node.of, s.ungrouped(node.by)
        if isinstance(of, s.Symbol) and self.elaborator.knowledge.definition(self.elaborator.ref(of, world)) is None:
            return False
        nested = any(isinstance(x, SENSED) for x in of.walk())
        return isinstance(by, s.Symbol) and not nested and not isinstance(of, s.Function) and node.style != "immediate"

    def _alike(self, world: World, *places: int) -> World:
        """The first world in which the derivatives of sides hold the same; the given one where this cannot be told."""
        meaning: Meaning = ()
        for place in places:
            own, key = self.partials[place], (place, world.mode)
            if own is None:
                return world
            if key not in self._held:
                self._held[key] = tuple(self.elaborator.held_by(node, world) for node in own)
            meaning += self._held[key]
        return self._worlds.setdefault((places, meaning), world)

    # Values

    def _read(self, world: World) -> tuple[list[Value], list[Value]]:
        """Every reading of both sides."""
        left = self._values_of(0, world, None)
        right = self._values_of(1, world, left[0].term.shape)
        if right[0].term.rank == 2 and left[0].term.rank != 2:
            left = self._values_of(0, world, right[0].term.shape)
        return left, right

    def _values_of(self, place: int, world: World, target: Shape | None) -> list[Value]:
        alike = self._alike(world, place)
        key = (place, alike, target)
        if key not in self._values:
            self._values[key] = self.elaborator.elaborate(self.sides[place], alike, target)
        return self._values[key]

    def _compared(self, left: list[Value], right: list[Value], world: World) -> list[Attempt]:
        """Every way to compare the readings of the sides."""
        alike = self._alike(world, 0, 1)
        if alike not in self._attempts:
            whole = whole_derivative(*self.sides)
            found = (attempt for a in left for b in right for attempt in self._aligned(a, b, whole, alike))
            self._attempts[alike] = list(found)
        return self._attempts[alike]

    def _aligned(self, a: Value, b: Value, whole: str, world: World) -> Iterator[Attempt]:
        for one, other, readings in aligned(a, b, whole):
            x, y = pinned(*(self.elaborator.with_facts(term, world) for term in (one, other)))
            derived = b if whole == "right" else a
            layout = in_layout(self.layout, readings, one, derived.gradient) if whole else readings
            yield Attempt(world.mode, x, y, a.readings | b.readings | layout, a.opaque or b.opaque)

    # Components

    def _has_components(self, side: s.Node) -> bool:
        return self.elaborator.knowledge.indexed and has_components(side)

    def _in_components(self, world: World, found: Judgement) -> Iterator[Attempt]:
        if world.mode is not Mode.TOTAL and self._vanishes(world):
            return
        components = Components(self.elaborator, world)
        sides = components.sides(*self.sides)
        x, y = pinned(*(self.elaborator.with_facts(term, world) for term in sides))
        found.shapes = found.shapes or (shape_text(x.shape), shape_text(y.shape))
        yield Attempt(world.mode, x, y, components.unknown, bool(components.unknown))

    # Narrow senses

    def _vanishes(self, world: World) -> bool:
        """Whether a derivative is zero only because a narrow sense of ∂ cuts every path."""
        if world.mode is Mode.SUMMED:
            return False
        alike = self._alike(world, 0, 1)
        if alike not in self._cut:
            self._cut[alike] = self._is_cut(alike)
        return self._cut[alike]

    def _is_cut(self, world: World) -> bool:
        outside = [node for side in self.sides for node in outside_series(side)]
        derived = (self.elaborator.partial(whole(p), world) for p in outside if isinstance(p, s.Partial))
        named = (self.elaborator.elaborate(x, world)[0] for x in outside if self._stands_for_a_derivative(x))
        return any(is_zero(value.term) for value in (*derived, *named))

    def _stands_for_a_derivative(self, node: s.Node) -> bool:
        knowledge = self.elaborator.knowledge
        definition = knowledge.definition(knowledge.names.ref(node)) if isinstance(node, s.Symbol) else None
        return definition is not None and isinstance(definition.node, s.Partial)

    def _says(self, x: Term, y: Term) -> bool:
        """Whether two constants say something of a narrow derivative: not where all that it sums up may be cut."""
        return not (is_zero(x) or is_zero(y) or has_series(*self.sides))
