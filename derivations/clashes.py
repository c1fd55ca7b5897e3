"""Shapes that do not fit, in words: both places, both shapes, and what would fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from derivations.errors import ShapeError
from derivations.reading import surface as s
from derivations.reading.places import Source, Span
from derivations.terms import Shape, shape_text


class Use(Enum):
    """What is done with two things whose shapes do not fit."""

    MULTIPLIED = "it multiplies"
    ADDED = "it is added to"
    EQUATED = "it is defined as"


@dataclass(frozen=True, slots=True)
class Part:
    """One of two things that do not fit, and its shape as far as it was known there."""

    node: s.Node
    shape: Shape


class ClashError(ShapeError):
    """Two parts of an expression do not fit together."""

    def __init__(self, use: Use, left: Part, right: Part) -> None:
        super().__init__(f"{shape_text(left.shape)} against {shape_text(right.shape)}")
        self.use = use
        self.left = left
        self.right = right

    @property
    def span(self) -> Span:
        """The place of what does not fit: of both parts, or of what something is defined as."""
        left, right = self.left.node.span, self.right.node.span
        return right if self.use is Use.EQUATED else left if self.use is Use.ADDED else left.join(right)


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of clashes on one sheet.

    ``resolved`` puts everything that is known into a shape; ``origin`` is where the shape of a name comes from.
    """

    source: Source
    resolved: Callable[[Shape], Shape]
    origin: Callable[[s.Symbol], Span | None]

    def told(self, error: ShapeError) -> str:
        """``W is n×d (line 4), but here it multiplies h (n, line 3): it would have to be n×n``."""
        if not isinstance(error, ClashError):
            return str(error)
        left, right = self.resolved(error.left.shape), self.resolved(error.right.shape)
        here = error.left.node.span.join(error.right.node.span)
        what, other = self._text(error.left.node), self._text(error.right.node)
        known = f"{what} is {shape_text(left)}{self._from(error.left.node, here, ' ({})')}"
        met = f"{other} ({shape_text(right)}{self._from(error.right.node, here, ', {}')})"
        return f"{known}, but here {error.use.value} {met}{_remedy(error.use, left, right)}"

    def _text(self, node: s.Node) -> str:
        return " ".join(self.source.slice(node.span).split())

    def _from(self, node: s.Node, here: Span, form: str) -> str:
        """Where the shape of a name comes from, unless that is this very line."""
        while isinstance(node, s.Transposed | s.Group | s.Neg):
            node = next(node.children())
        place = self.origin(node) if isinstance(node, s.Symbol) else None
        line = self.source.where(place.start) if place is not None else ""
        return form.format(line) if line and line != self.source.where(here.start) else ""


def _remedy(use: Use, left: Shape, right: Shape) -> str:
    """What shape would fit; whether transposing would do."""
    if use is not Use.MULTIPLIED:
        return f": it would have to be {shape_text(right)}"
    if len(left) != 2 or not right:
        return ""
    turned = "; transposed it would fit" if left[0] == right[0] else ""
    return f": it would have to be {shape_text((left[0], right[0]))}{turned}"
