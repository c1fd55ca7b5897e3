r"""Sizes written as those of sets: ``|V|`` for the size of a vocabulary, as a bound or a dimension."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivations.measures import BARS
from derivations.names import COUNT
from derivations.reading import surface as s


def with_cardinalities(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with such sizes as letters; ``|V|`` beside a matrix V is a letter of its own."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    items = [item for x in statements for item in x.items]
    counted = {_set(x) for item in items for node in item.walk() for x in _sizes(node)} - {""}
    if not counted:
        return list(sentences)
    stated = (item for x in statements if x.links for item in x.items)
    taken = {x.base for item in stated for x in _quantities(item)}

    def size(node: s.Node) -> s.Node:
        letter = _set(node)
        marks = (COUNT,) if letter in taken else ()
        return s.Symbol(node.span, letter, marks) if letter else node

    def change(node: s.Node) -> s.Node:
        if isinstance(node, s.Big) and node.upper is not None:
            return replace(node, upper=size(node.upper))
        if isinstance(node, s.Space):
            return replace(node, dims=tuple(size(x) for x in node.dims))
        return node

    return s.rewritten(sentences, change)


def _sizes(node: s.Node) -> Iterator[s.Node]:
    """What stands where only a size can stand."""
    if isinstance(node, s.Space):
        yield from node.dims
    elif isinstance(node, s.Big) and node.upper is not None:
        yield node.upper


def _set(node: s.Node) -> str:
    """The letter between two bars."""
    inner = node.arguments[0] if isinstance(node, s.Call) and node.function == BARS else None
    plain = isinstance(inner, s.Symbol) and not (inner.name or inner.time or inner.marks or inner.component)
    return inner.base if plain and isinstance(inner, s.Symbol) else ""


def _quantities(node: s.Node) -> Iterator[s.Symbol]:
    """The names of an expression that stand for no size."""
    if isinstance(node, s.Symbol):
        yield node
    for child in node.children():
        if not isinstance(node, s.Space) and not _set(child):
            yield from _quantities(child)
