r"""Times that are words: ``a_{next}`` and ``c_{prev}`` beside ``a^{<t>}``.

``prev`` is t−1. ``next`` is t, the step that is being computed, unless a line computes it from the value at t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivations.component_names import rewritten
from derivations.reading import surface as s

PREVIOUS = frozenset({"prev", "previous", "old"})
NEXT = frozenset({"next", "new"})


def with_relative_times(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with such names as times, where the sheet speaks of a time t as well and of a previous value."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    symbols = [n for x in statements for item in x.items for n in item.walk() if isinstance(n, s.Symbol)]
    timed = {(x.base, x.marks) for x in symbols if x.time is not None and x.time.symbol == "t"}
    before = {(x.base, x.marks) for x in symbols if x.time is None and x.name in PREVIOUS}
    after = {(x.base, x.marks) for x in symbols if x.time is None and x.name in NEXT}
    meant = before | (after & timed)
    if not meant or not timed:
        return list(sentences)
    ahead = int(any(_computes_next(x) for x in statements))

    def change(node: s.Node) -> s.Node:
        if not isinstance(node, s.Symbol) or node.time is not None or (node.base, node.marks) not in meant:
            return node
        offset = -1 if node.name in PREVIOUS else ahead if node.name in NEXT else None
        return node if offset is None else replace(node, name="", time=s.Time("t", offset))

    return [
        replace(x, items=tuple(rewritten(item, change) for item in x.items)) if isinstance(x, s.Statement) else x
        for x in sentences
    ]


def _computes_next(statement: s.Statement) -> bool:
    """``h_{next} = f(h_t)``."""
    first = statement.items[0]
    if not isinstance(first, s.Symbol) or first.name not in NEXT:
        return False
    right = (n for item in statement.items[1:] for n in item.walk() if isinstance(n, s.Symbol))
    return any((n.base, n.marks) == (first.base, first.marks) and n.time == s.Time("t", 0) for n in right)
