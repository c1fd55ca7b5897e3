r"""Numbers in denominators that are columns: the ε of ``\frac{m}{\sqrt{v} + \epsilon}`` is added to every entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from derivations.reading import surface as s
from derivations.tensors import hadamard, spread
from derivations.terms import linear, power
from derivations.traverse import free_variables
from derivations.values import Value, bounded, merge
from derivations.world import MisfitError, World

if TYPE_CHECKING:
    from derivations.elaborate import Elaborator

HALF = Fraction(1, 2)
DAMPED = "the number in the denominator added to every entry"


def denominator(elaborator: Elaborator, node: s.Node, world: World) -> list[Value]:
    """Every reading of a denominator. Raises MisfitError where a sum in it has no meaning entry by entry either."""
    try:
        return elaborator.elaborate(node, world)
    except MisfitError:
        return _damped(elaborator, node, world)


def _damped(elaborator: Elaborator, node: s.Node, world: World) -> list[Value]:
    match node:
        case s.Group():
            return _damped(elaborator, node.inner, world)
        case s.Call(function="sqrt", order=0, power=None, arguments=(argument,)):
            return [replace(v, term=power(v.term, HALF)) for v in _damped(elaborator, argument, world)]
        case s.Add():
            rows = bounded([_damped(elaborator, addend, world) for addend in node.addends])
            return [_sum(node, row) for row in rows]
        case s.Mul() if set(node.operators) <= {"", "cdot", "*", "times", "odot"}:
            return [_product(node, row) for row in bounded([_damped(elaborator, x, world) for x in node.factors])]
    return elaborator.elaborate(node, world)


def _sum(node: s.Add, row: Sequence[Value]) -> Value:
    """Columns and numbers added up, each number to every entry."""
    shapes = {(v.term.shape, v.row) for v in row if v.term.shape} or {((), False)}
    if len(shapes) != 1 or len(shape := next(iter(shapes))[0]) > 1:
        raise MisfitError("the addends of this sum have different shapes", node.span)
    term = linear([(Fraction(sign), spread(v.term, shape)) for sign, v in zip(node.signs, row, strict=True)], shape)
    mixed = shape and any(not v.term.shape and free_variables([v.term]) for v in row)
    merged = merge(row, term)
    return replace(merged, readings=merged.readings | {DAMPED}) if mixed else merged


def _product(node: s.Mul, row: Sequence[Value]) -> Value:
    """A column times numbers."""
    shapes = [v.term.shape for v in row if v.term.shape] or [()]
    if len(shapes) != 1:
        raise MisfitError("these factors do not fit together", node.span)
    return merge(row, hadamard(*(spread(v.term, shapes[0]) for v in row)))
