r"""Losses written with what they depend on: ``J(\theta)``, ``L(x, y)``, ``\ell(\hat y, y)``.

Where a line defines such a loss, or it occurs only with these arguments, they are part of its name and say nothing
more. Where it is applied to something else as well, ``J(\theta + \epsilon)``, it is a function, and all stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from derivations.reading import surface as s
from derivations.reading.grammar import LOSSES

EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
OPEN = "it is unclear whether this is the argument or a factor"
VARIED = "this loss is written with different arguments, and a function of something else is not read"
EXPECTED = "the same arguments everywhere, or none"
SMALL = "l"
"""A letter of losses before a list of arguments, and of layers elsewhere."""
Name = tuple[str, tuple[str, ...], str]
Arguments = tuple[Name, ...]
Pair = tuple[s.Symbol, s.Node]


def with_arguments(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with the arguments of losses that are defined with them left out."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    defined = {_name(pair[0]) for x in statements if (pair := _defined(x)) is not None}
    pairs = [pair for x in statements for item in x.items for pair in _pairs(item) if _name(pair[0]) in defined]
    steady = {name for name in defined if len({_arguments(y) for x, y in pairs if _name(x) == name}) == 1}
    return [_without(x, steady, defined - steady) if isinstance(x, s.Statement) else x for x in sentences]


def _without(statement: s.Statement, steady: set[Name], varied: set[Name]) -> s.Sentence:
    """The statement without the arguments; unreadable where a loss is a function of several things, or none."""
    change = _merging(steady)
    items = tuple(item.rewritten(change) for item in statement.items) if steady else statement.items
    for item in items:
        for one, other in _pairs(item):
            if _name(one) in varied:
                return s.Unreadable(statement.span, other.span, VARIED, EXPECTED, statement.display)
        for node in item.walk():
            whole = isinstance(node, s.Partial) and isinstance(node.of, s.Mul) and len(node.of.factors) == 2
            pairs = list(_pairs(node.of)) if isinstance(node, s.Partial) and whole else []
            if isinstance(node, s.Partial) and any(isinstance(other, s.Group) for _, other in pairs):
                return s.Unreadable(statement.span, node.of.span, OPEN, "brackets", statement.display)
    return replace(statement, items=items)


def _merging(steady: set[Name]) -> Callable[[s.Node], s.Node]:
    """What makes a loss with its arguments one symbol, which spans both."""

    def change(node: s.Node) -> s.Node:
        if not isinstance(node, s.Mul):
            return node
        factors, operators = [node.factors[0]], list[str]()
        for operator, factor in zip(node.operators, node.factors[1:], strict=True):
            before = factors[-1]
            if not operator and isinstance(before, s.Symbol) and _name(before) in steady and _applies(before, factor):
                factors[-1] = replace(before, span=before.span.join(factor.span), time=before.time or _time(factor))
            else:
                factors.append(factor)
                operators.append(operator)
        return replace(node, factors=tuple(factors), operators=tuple(operators)) if operators else factors[0]

    return change


def _defined(statement: s.Statement) -> Pair | None:
    """The loss and its arguments that a statement may define."""
    equates = bool(statement.links) and statement.links[0].relation in EQUATING
    first = statement.items[0]
    pairs = list(_pairs(first)) if equates and isinstance(first, s.Mul) and len(first.factors) == 2 else []
    if not pairs or _arguments(pairs[0][1]) is None:
        return None
    own = (x for x in statement.items[1].walk() if isinstance(x, s.Symbol))
    loss = pairs[0][0]
    return None if any((_name(x), x.time) == (_name(loss), loss.time) for x in own) else pairs[0]


def _pairs(node: s.Node) -> Iterator[Pair]:
    """Every loss with a bracket directly behind it."""
    for product in node.walk():
        if isinstance(product, s.Mul):
            for operator, one, other in zip(product.operators, product.factors, product.factors[1:], strict=False):
                if not operator and isinstance(one, s.Symbol) and _applies(one, other):
                    yield one, other


def _applies(one: s.Symbol, other: s.Node) -> bool:
    several = isinstance(other, s.Tuple)
    adjacent = one.span.end == other.span.start and isinstance(other, s.Group | s.Tuple)
    return (several or (adjacent and one.base in LOSSES)) and one.base in LOSSES | {SMALL} and not one.component


def _arguments(bracket: s.Node) -> Arguments | None:
    """The names in a bracket; None where anything else stands there."""
    parts = _parts(bracket)
    names = [_name(part) for part in parts if isinstance(part, s.Symbol)]
    return tuple(dict.fromkeys(names)) if len(names) == len(parts) and parts else None


def _time(bracket: s.Node) -> s.Time | None:
    """The time of all arguments that have one; None where they have several, or none, or are whole sequences."""
    if any(isinstance(x, s.Enumeration) for x in bracket.walk()):
        return None
    times = {part.time for part in _parts(bracket) if isinstance(part, s.Symbol) and part.time is not None}
    return next(iter(times)) if len(times) == 1 else None


def _parts(node: s.Node) -> list[s.Node]:
    if isinstance(node, s.Group):
        return _parts(node.inner)
    if isinstance(node, s.Tuple | s.Enumeration):
        return [part for item in node.items for part in _parts(item)]
    return [node]


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name
