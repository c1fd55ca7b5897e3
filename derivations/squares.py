r"""Quantities that a sheet defines by their square, as in ``\sigma^2 = \frac{1}{N} \sum_i (x_i - \mu)^2``.

The square is a quantity with a name of its own, which one differentiates by (``∂L/∂σ^2``), and the bare letter is its
root, as of a variance and its standard deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from derivations.names import SQUARED
from derivations.reading import surface as s

Name = tuple[str, tuple[str, ...], str]
TWO = Fraction(2)
EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)


def with_squares(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with every such square as one symbol, and with its root for the letter alone."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    if any(_is_numbered(x) for x in statements):
        return list(sentences)
    known = {name for k, x in enumerate(statements) if (name := _defined(x)) and _is_new(name, statements, k)}
    return [_named(x, known) if isinstance(x, s.Statement) else x for x in sentences]


def _name(node: s.Node) -> Name | None:
    """The name of a letter without a time; σ alone is a letter too."""
    if isinstance(node, s.Function) and node.function == "sigma" and not node.order:
        return node.function, (), ""
    plain = isinstance(node, s.Symbol) and node.time is None and not node.component and not node.base[:1].isupper()
    return (node.base, node.marks, node.name) if plain and isinstance(node, s.Symbol) else None


def _is_numbered(statement: s.Statement) -> bool:
    """Whether a raised letter seems to tell the layer, as in ``a^1``, or defines another power, as in ``z^3 = …``."""
    nodes = [node for item in statement.items for node in item.walk() if isinstance(node, s.Raise)]
    head = statement.items[0]
    other = statement.links and isinstance(head, s.Raise) and _name(head.base) and _squared(head) is None
    return bool(other) or any(_name(x.base) and x.exponent in _ones(x) for x in nodes)


def _ones(node: s.Raise) -> tuple[s.Node, ...]:
    return tuple(s.Number(node.exponent.span, Fraction(value)) for value in (0, 1))


def _squared(node: s.Node) -> Name | None:
    two = isinstance(node, s.Raise) and isinstance(node.exponent, s.Number) and node.exponent.value == TWO
    return _name(node.base) if two and isinstance(node, s.Raise) else None


def _defined(statement: s.Statement) -> Name | None:
    """What a statement defines by its square."""
    equates = bool(statement.links) and statement.links[0].relation in EQUATING
    name = _squared(statement.items[0]) if equates else None
    return None if name is None or any(_name(x) == name for x in statement.items[1].walk()) else name


def _is_new(name: Name, statements: Sequence[s.Statement], place: int) -> bool:
    """Whether nothing was said of a letter before its square is defined, and no line defines or declares it."""
    before = (node for x in statements[:place] for item in x.items for node in item.walk())
    heads = (part for x in statements for part in _parts(x.items[0]))
    return not any(_name(node) == name for node in (*before, *heads)) and not _has_a_time(name, statements)


def _has_a_time(name: Name, statements: Sequence[s.Statement]) -> bool:
    """Whether the letter is one of a sequence elsewhere, so that a raised number tells which."""
    symbols = (x for y in statements for item in y.items for x in item.walk() if isinstance(x, s.Symbol))
    return any(x.time is not None and x.base == name[0] for x in symbols)


def _parts(node: s.Node) -> tuple[s.Node, ...]:
    return node.items if isinstance(node, s.Tuple) else (node,)


def _named(statement: s.Statement, known: set[Name]) -> s.Sentence:
    items = tuple(item.rewritten(lambda x: _square(x, known)) if known else item for item in statement.items)
    for node in (node for item in items for node in item.walk()):
        if isinstance(node, s.Partial) and isinstance(_bare(node.by), s.Raise | s.Call):
            return _unreadable(statement, node.by, "a derivative by something that is not a name", "a name")
        if isinstance(node, s.Call) and (node.function, (), "") in known:
            return _unreadable(statement, node, "it is unclear whether this is a function or a factor", "a sign")
    return replace(statement, items=items) if known else statement


def _bare(node: s.Node) -> s.Node:
    return node.inner if isinstance(node, s.Group) else node


def _unreadable(statement: s.Statement, node: s.Node, message: str, expected: str) -> s.Unreadable:
    return s.Unreadable(statement.span, node.span, message, expected, statement.display)


def _square(node: s.Node, known: set[Name]) -> s.Node:
    """A letter as the root of its square; the square of that root as the square."""
    name = _name(node)
    if name in known and name is not None:
        base, marks, text = name
        square = s.Symbol(node.span, base, (*marks, SQUARED), text)
        return s.Call(node.span, node.span, "sqrt", (square,))
    if isinstance(node, s.Raise) and _is_root(node.base) and isinstance(node.base, s.Call):
        two = isinstance(node.exponent, s.Number) and node.exponent.value == TWO
        return replace(node.base.arguments[0], span=node.span) if two else node
    return node


def _is_root(node: s.Node) -> bool:
    inner = node.arguments[0] if isinstance(node, s.Call) and node.function == "sqrt" else None
    return isinstance(inner, s.Symbol) and SQUARED in inner.marks
