"""Products of derivatives: how one links to the next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from derivations.errors import ShapeError
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.terms import Term, product
from derivations.world import MisfitError


def chain_break(partials: Sequence[s.Partial]) -> int | None:
    """The first place where a derivative's numerator is not the denominator before it; None where all link."""
    for place, (left, right) in enumerate(pairwise(partials), start=1):
        if plain_name(left.by) != plain_name(right.of):
            return place
    return None


def plain_name(node: s.Node) -> tuple[object, ...]:
    """What a name is, without its place, for comparing two occurrences."""
    while isinstance(node, s.Group):
        node = node.inner
    if isinstance(node, s.Symbol):
        return (node.base, node.marks, node.name, node.time)
    if isinstance(node, s.Function):
        return (node.function, node.order)
    return ("?", node)


def run_length(node: s.Mul, start: int) -> int:
    """How many factors from ``start`` on are derivatives with plain signs between them; 1 at least."""
    end = start
    while end < len(node.factors) and isinstance(node.factors[end], s.Partial):
        if end > start and node.operators[end - 1] not in ("", "cdot", "*", "times", "@"):
            break
        end += 1
    return max(end - start, 1)


def link(left: Term, right: Term, shared: int, span: Span) -> Term:
    """Contract the last ``shared`` axes of ``left`` with the first of ``right``."""
    front = [("l", k) for k in range(left.rank - shared)]
    middle = [("m", k) for k in range(shared)]
    back = [("r", k) for k in range(right.rank - shared)]
    try:
        return product([(left, front + middle), (right, middle + back)], front + back)
    except ShapeError as error:
        raise MisfitError(f"this chain does not fit together: {error}", span) from error
