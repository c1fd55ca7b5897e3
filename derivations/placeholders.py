"""``prod(a, b)`` of textbooks: whatever product the chain rule and the shapes allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.chains import chain_break
from derivations.errors import ShapeError
from derivations.reading import surface as s
from derivations.values import Value
from derivations.world import MisfitError, UnclearError, World

if TYPE_CHECKING:
    from derivations.elaborate import Elaborator

PLACEHOLDER = "prod(…) read as the product that the shapes allow"


def chain_rule(elaborator: Elaborator, node: s.Call, world: World) -> list[Value]:
    """Derivatives that link by the chain rule, or two factors in the order and the transposition that fit.

    Raises UnclearError for anything else, MisfitError where nothing fits.
    """
    partials = [x for x in node.arguments if isinstance(x, s.Partial)]
    if len(partials) == len(node.arguments) > 1 and chain_break(partials) is None:
        return [elaborator.chain(partials, world)]
    if len(node.arguments) != 2:
        raise UnclearError("prod of anything but two factors is not read", node.span, "the product itself")
    found: dict[object, Value] = {}
    for product in _arrangements(node):
        try:
            for value in elaborator.elaborate(product, world):
                noted = Value(value.term, False, value.gradient, value.readings | {PLACEHOLDER}, value.opaque)
                found.setdefault(value.term, noted)
        except ShapeError:
            continue
    if not found:
        raise MisfitError("no product of these factors fits", node.span)
    return list(found.values())


def _arrangements(node: s.Call) -> list[s.Mul]:
    first, second = node.arguments
    flipped = s.Transposed(first.span, first), s.Transposed(second.span, second)
    pairs = ((first, second), (second, first), (flipped[1], first), (first, flipped[1]), (flipped[0], second))
    return [s.Mul(node.span, pair, ("",)) for pair in pairs]
