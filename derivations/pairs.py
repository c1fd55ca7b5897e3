"""Two edits of one side that make a step right together, where no single one does.

In different addends the effects of two edits add up: one is looked up by what the other leaves. Within a product they
do not: there the cheapest pairs are tried one by one. As everywhere, sample points say only which pairs to prove.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, combinations
from typing import TypeAlias

import numpy as np

from derivations.edits import Edit
from derivations.handwriting import Slice
from derivations.holes import TOLERANCE, Places, close, replaced
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.samples import Floating
from derivations.two_holes import in_factors

Pair: TypeAlias = tuple[Edit, Edit]
CODE = "two-slips"
MOST_EFFECTS = 900
MOST_INSIDE = 50
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Effects:
    """Sides with one edit each, and as they stand, under the readings that compare them with one target."""

    target: Floating
    standing: list[Floating]
    edits: list[Edit]
    sides: list[Floating]


def pairs(places: Places, small: Sequence[Edit], insertions: Iterable[Edit], text: Slice) -> Iterator[Edit]:
    """Pairs of edits that make a side right at the sample points, each as one edit of the whole side.

    ``small`` edits, the cheapest first, are tried within products, and with ``insertions`` in different addends.
    """
    more = [*small, *insertions]
    found = (_in_products(places, small), in_factors(places, more), _in_addends(places, more))
    for edits in chain.from_iterable(found):
        yield from _checked(places, edits, text)


def _checked(places: Places, found: Sequence[Edit], text: Slice) -> Iterator[Edit]:
    if len(found) == 1:
        yield from found
    elif len(found) == 2:
        both = together(places.root, (found[0], found[1]), text)
        if both is not None and places.fits(places.root, both.tree):
            yield both


def together(root: s.Node, pair: Pair, text: Slice) -> Edit | None:
    """Two edits as one edit of what holds both; None where one of them takes away the place of the other."""
    tree = _composed(root, pair)
    if tree is None:
        return None
    first, last = sorted(pair, key=lambda edit: edit.span)
    span = Span(first.span.start, last.span.end)
    new = first.text + text(Span(first.span.end, last.span.start)) + last.text
    return Edit(root, tree, span, new, CODE, first.cost + last.cost, (first, last))


def _composed(root: s.Node, pair: Pair) -> s.Node | None:
    """A tree with two edits in it, the outer first."""
    inner, outer = sorted(pair, key=lambda edit: size(edit.node))
    for edit in (outer, inner):
        if not any(node is edit.node for node in root.walk()):
            return None
        root = replaced(root, edit.node, edit.tree)
    return root


def size(node: s.Node) -> int:
    """How many nodes a tree has."""
    return sum(1 for _ in node.walk())


def _apart(one: Edit, other: Edit) -> bool:
    first, last = sorted((one.span, other.span))
    return first.end <= last.start and first != last and one.node is not other.node


def _cost(pair: Pair) -> tuple[int, Span, Span]:
    first, last = sorted(edit.span for edit in pair)
    return pair[0].cost + pair[1].cost, first, last


# In different addends


def _in_addends(places: Places, candidates: Sequence[Edit]) -> list[Pair]:
    """Pairs whose effects add up to what the side is off by."""
    found: dict[tuple[int, int], Pair] = {}
    for effects in _effects(places, candidates).values():
        for standing in effects.standing:
            for one, other in _adding_up(effects, standing):
                if _apart(one, other):
                    found.setdefault((id(one), id(other)), (one, other))
    return sorted(found.values(), key=_cost)


def _effects(places: Places, candidates: Sequence[Edit]) -> dict[bytes, Effects]:
    found: dict[bytes, Effects] = {}
    for target, side in places.outcomes(places.root, places.root):
        if np.isfinite(target).all() and np.isfinite(side).all():
            effects = found.setdefault(_key(target), Effects(target, [], [], []))
            if not any(close(side, other) for other in effects.standing):
                effects.standing.append(side)
    for edit in candidates[:MOST_EFFECTS]:
        if places.seen(edit.node) is not edit.node:
            continue
        for target, side in places.outcomes(edit.node, edit.tree):
            known = found.get(_key(target))
            if known is not None and np.isfinite(side).all() and not any(close(side, x) for x in known.standing):
                known.edits.append(edit)
                known.sides.append(side)
    return found


def _key(target: Floating) -> bytes:
    return (target + 0.0).round(DIGITS).tobytes()


def _adding_up(effects: Effects, standing: Floating) -> Iterator[Pair]:
    """Pairs with side + side − standing = target; looked up along one direction."""
    if not effects.sides:
        return
    sides = np.stack(effects.sides)
    wanted = effects.target + standing - sides
    direction = np.cos(np.arange(1, sides.shape[1] + 1))
    along, at = sides @ direction, wanted @ direction
    order = np.argsort(along, kind="stable")
    width = TOLERANCE * (1 + np.abs(wanted)) @ np.abs(direction)
    starts = np.searchsorted(along[order], at - width)
    ends = np.searchsorted(along[order], at + width)
    for one, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for other in order[start:end]:
            if one < other and close(sides[other], wanted[one]):
                yield effects.edits[one], effects.edits[other]


# Within one product


def _in_products(places: Places, candidates: Sequence[Edit]) -> Iterator[Pair]:
    """The cheapest pairs of edits of one node that is not a sum, and of what stands below it, as far as work allows."""
    most = places.spent + places.most // 2
    for node, pair in nsmallest(places.most, _within(places, candidates), key=lambda found: _cost(found[1])):
        if places.spent > most:
            return
        tree = _composed(node, pair)
        hidden = any(places.seen(edit.node) is not edit.node for edit in pair)
        places.spent += places.opening if hidden else 0
        if tree is not None and places.fits(node, tree):
            yield pair


def _within(places: Places, candidates: Sequence[Edit]) -> Iterator[tuple[s.Node, Pair]]:
    """Pairs below a node that may be at fault, each with the node; the innermost first."""
    nodes = [node for node in places.root.walk() if len(tuple(node.children())) > 1 and places.seen(node) is node]
    for node in sorted(nodes, key=size):
        inside = {id(x) for x in node.walk()}
        own = [edit for edit in candidates if id(edit.node) in inside]
        if own and places.alive(node):
            yield from ((node, pair) for pair in _across(node, own[:MOST_INSIDE]))


def _across(node: s.Node, own: Sequence[Edit]) -> Iterator[Pair]:
    """Pairs that are not both below one child; of a sum only those that change it as a sum."""
    child = {id(x): number for number, top in enumerate(node.children()) for x in top.walk()}
    sides = [child.get(id(edit.node), -1) for edit in own]
    return (
        (one, other)
        for (a, one), (b, other) in combinations(zip(sides, own, strict=True), 2)
        if a != b and (not isinstance(node, s.Add) or -1 in (a, b)) and _apart(one, other)
    )
