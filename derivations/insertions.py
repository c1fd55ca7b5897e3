"""What stands elsewhere on a sheet, put into a formula: edits as in :mod:`derivations.edits`, many more of them."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.edits import Edit, Edits, places_of
from derivations.handwriting import ELEMENTWISE, Hand, between
from derivations.products import CALLED
from derivations.reading import surface as s
from derivations.reading.places import Span

BESIDE = s.Symbol | s.Partial | s.Group | s.Call | s.Transposed | s.Raise | s.Divide | s.Add
"""The nodes beside which a factor may be missing."""


def insertions(root: s.Node, pool: Sequence[tuple[s.Node, str]], own: Hand) -> list[Edits]:
    """What a pool holds, each with its text, put into a formula: as a factor; as an addend; in the place of a node."""
    nodes = [node for node, free in places_of(root) if free]
    return [_put_as_factor(nodes, pool, own), _put_as_addend(root, nodes, pool), _put_instead(nodes, pool)]


def _put_as_factor(nodes: Sequence[s.Node], pool: Sequence[tuple[s.Node, str]], own: Hand) -> Edits:
    for node in sorted(nodes, key=lambda x: isinstance(x, s.Divide)):  # above a line rather than beside it
        if isinstance(node, s.Mul) and not CALLED.keys() & set(node.operators):
            yield from _more_factors(node, pool, own)
        elif isinstance(node, BESIDE):
            yield from _beside(node, pool, own)


def _put_as_addend(root: s.Node, nodes: Sequence[s.Node], pool: Sequence[tuple[s.Node, str]]) -> Edits:
    inner = [node.inner for node in nodes if isinstance(node, s.Group)]
    inner += [x for node in nodes if isinstance(node, s.Call) for x in node.arguments]
    inner += [
        x for node in nodes if isinstance(node, s.Mul) and CALLED.keys() & {*node.operators} for x in node.factors
    ]
    for node in (root, *inner):
        yield from _more_addends(node, pool)


def _put_instead(nodes: Sequence[s.Node], pool: Sequence[tuple[s.Node, str]]) -> Edits:
    for node in nodes:
        if isinstance(node, BESIDE) and not isinstance(node, s.Add):
            yield from (Edit(node, tree, node.span, text, "wrong-factor", 7) for tree, text in pool)


def _more_factors(node: s.Mul, pool: Sequence[tuple[s.Node, str]], own: Hand) -> Edits:
    """One more factor, in front, between, or behind; where all are multiplied entry by entry, behind is enough."""
    commute = set(node.operators) <= set(ELEMENTWISE)
    places = range(len(node.factors) + 1)
    for tree, text in pool:
        for place in reversed(places) if commute else places:
            factors = (*node.factors[:place], tree, *node.factors[place:])
            at = node.factors[place].span.start if place < len(node.factors) else node.factors[-1].span.end
            for sign, written in _signs(node, own):
                if commute and sign in ELEMENTWISE and place < len(node.factors):
                    continue
                operators = (*node.operators[:place], sign, *node.operators[place:])
                put = f"{text} {written}" if place < len(node.factors) else f" {written}{text}"
                yield Edit(node, s.Mul(node.span, factors, operators), Span(at, at), put, "missing-factor", 5)


def _signs(node: s.Mul, own: Hand) -> Sequence[tuple[str, str]]:
    """The signs to try beside one more factor, with their text; first those that the product has already."""
    found = {sign: own.text(between(node, place)).strip() for place, sign in enumerate(node.operators)}
    found = {sign: f"{text} " if text else "" for sign, text in found.items()}
    return list({**found, own.sign: f"{own.elementwise} ", "": ""}.items())


def _beside(node: s.Node, pool: Sequence[tuple[s.Node, str]], own: Hand) -> Edits:
    """One more factor beside a single one."""
    for tree, text in pool:
        signs = [(own.sign, f" {own.elementwise} "), ("", " ")]
        for sign, written in signs if own.is_elementwise else reversed(signs):
            before, after = s.Mul(node.span, (tree, node), (sign,)), s.Mul(node.span, (node, tree), (sign,))
            yield Edit(node, after, node.span, f"{own.factor(node)}{written}{text}", "missing-factor", 5)
            if not sign:
                yield Edit(node, before, node.span, f"{text}{written}{own.factor(node)}", "missing-factor", 5)


def _more_addends(node: s.Node, pool: Sequence[tuple[s.Node, str]]) -> Edits:
    """One more addend behind a formula."""
    signs, addends = (node.signs, node.addends) if isinstance(node, s.Add) else ((1,), (node,))
    end = Span(node.span.end, node.span.end)
    for tree, text in pool:
        for sign, written in ((1, "+"), (-1, "-")):
            more = s.Add(node.span, (*signs, sign), (*addends, tree))
            yield Edit(node, more, end, f" {written} {text}", "dropped-path", 6)
