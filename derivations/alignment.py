"""Two values side by side: every way to compare them, and what each says of the layout of a derivative."""

from __future__ import annotations

from collections.abc import Iterator

from derivations.chains import plain_name
from derivations.reading import surface as s
from derivations.shorthand import expansions
from derivations.tensors import spread, transpose
from derivations.terms import Term
from derivations.traverse import free_variables
from derivations.values import Value, without_unit_axes

TRANSPOSED = "the derivative written in the transposed layout"
OTHER_LAYOUT = "the derivative written in another layout than declared"


def partials(node: s.Node) -> list[s.Partial]:
    """The derivatives in an expression."""
    return [x for x in node.walk() if isinstance(x, s.Partial)]


def whole_derivative(left: s.Node, right: s.Node) -> str:
    """Which side is a derivative or a chain of them and nothing else: ``left``, ``right``, or empty for none.

    Empty, too, where the other side speaks of the same derivative, which has one layout on one line.
    """
    for name, side, other in (("left", left, right), ("right", right, left)):
        factors = side.factors if isinstance(side, s.Mul) else (side,)
        if all(isinstance(factor, s.Partial) for factor in factors):
            own = {(plain_name(p.of), plain_name(p.by)) for p in partials(side)}
            same = any((plain_name(p.of), plain_name(p.by)) in own for p in partials(other))
            return "" if same and len(factors) == 1 else name
    return ""


def aligned(a: Value, b: Value, whole: str) -> Iterator[tuple[Term, Term, frozenset[str]]]:
    """Every way in which two values can be compared; ``whole`` names the side that is a derivative."""
    if a.term.rank != b.term.rank:
        a, b = without_unit_axes(a), without_unit_axes(b)
    left, right = a.term, b.term
    if left.shape == right.shape:
        if whole or a.row == b.row or a.gradient or b.gradient or left.rank != 1:
            yield left, right, frozenset()
        if whole and left.rank == 2 and left.shape[0] == left.shape[1] and transpose(left) is not left:
            yield left, transpose(right), frozenset({TRANSPOSED})
        return
    if whole and left.rank == right.rank == 2 and left.shape == right.shape[::-1]:
        yield left, transpose(right), frozenset({TRANSPOSED})
    if whole == "left":
        yield from ((left, term, frozenset({reading})) for term, reading in expansions(right, left))
    if whole == "right":
        yield from ((term, right, frozenset({reading})) for term, reading in expansions(left, right))
    if right.rank == 0 and left.rank and not free_variables([right]):
        yield left, spread(right, left.shape), frozenset()
    if left.rank == 0 and right.rank and not free_variables([left]):
        yield spread(left, right.shape), right, frozenset()


def in_layout(declared: str, readings: frozenset[str], side: Term, gradient: bool) -> frozenset[str]:
    """The readings of a derivative where the layout is declared: those alone that depart from it."""
    swapped = declared == ("numerator" if gradient else "denominator")
    if not swapped or side.rank != 2:
        return readings
    if TRANSPOSED in readings:
        return readings - {TRANSPOSED}
    return readings if transpose(side) is side else readings | {OTHER_LAYOUT}
