"""``e^{10}``: a power of the number e, unless the sheet uses the letter for a quantity of its own."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.reading import surface as s
from derivations.reading.scripts import is_euler


def with_euler(sentences: Sequence[s.Sentence], declared: Sequence[s.Node] = ()) -> list[s.Sentence]:
    """The sentences with whole powers of e as values of exp, where no line speaks of an e but to raise it."""
    items = [item for x in sentences if isinstance(x, s.Statement) for item in x.items]
    nodes = [node for item in (*items, *declared) for node in item.walk()]
    powers = sum(_is_power(x) for x in nodes)
    if not powers or powers < sum(isinstance(x, s.Symbol) and x.base == "e" for x in nodes):
        return list(sentences)
    return s.rewritten(sentences, _exponential)


def _is_power(node: s.Node) -> bool:
    return isinstance(node, s.Raise) and is_euler(node.base) and isinstance(node.exponent, s.Number)


def _exponential(node: s.Node) -> s.Node:
    if not isinstance(node, s.Raise) or not _is_power(node):
        return node
    return s.Call(node.span, node.base.span, "exp", (node.exponent,))
