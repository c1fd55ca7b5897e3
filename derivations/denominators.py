"""Denominators that do not change with time: a claim is proved by induction with both sides multiplied by them."""

from __future__ import annotations

from dataclasses import replace

from derivations.reading import surface as s


def cleared(left: s.Node, right: s.Node) -> tuple[s.Node, s.Node, s.Node] | None:
    """The sides multiplied by a steady denominator of one of them, and that denominator; None where there is none."""
    for one, other, swapped in ((right, left, False), (left, right, True)):
        found = _without(one)
        if found is not None:
            whole, below = found
            raised = s.Mul(other.span, (s.Group(below.span, below), s.Group(other.span, other)), ("",))
            return (whole, raised, below) if swapped else (raised, whole, below)
    return None


def _without(node: s.Node) -> tuple[s.Node, s.Node] | None:
    """A fraction, or a product with one, without its steady denominator, and that denominator."""
    match node:
        case s.Divide() if _is_steady(node.denominator):
            return s.Group(node.span, node.numerator), node.denominator
        case s.Group():
            return _without(node.inner)
        case s.Neg():
            found = _without(node.argument)
            return found and (replace(node, argument=found[0]), found[1])
        case s.Mul():
            for place, factor in enumerate(node.factors):
                found = _without(factor)
                if found is not None:
                    factors = (*node.factors[:place], found[0], *node.factors[place + 1 :])
                    return replace(node, factors=factors), found[1]
    return None


def _is_steady(node: s.Node) -> bool:
    return not any(isinstance(x, s.Big) or (isinstance(x, s.Symbol) and x.time is not None) for x in node.walk())
