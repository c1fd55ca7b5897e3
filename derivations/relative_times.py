r"""Times that are words: ``a_{next}`` and ``c_{prev}`` beside ``a^{<t>}``.

``prev`` is t−1. ``next`` is t, the step that is being computed, unless a line computes it from the value at t.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from derivations.gradient_names import pair_of
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
    parts = set[int]() if ahead else _parts(statements)

    def change(node: s.Node) -> s.Node:
        if id(node) in parts:
            return node
        if not isinstance(node, s.Symbol) or node.time is not None or (node.base, node.marks) not in meant:
            return node
        offset = -1 if node.name in PREVIOUS else ahead if node.name in NEXT else None
        return node if offset is None else replace(node, name="", time=s.Time("t", offset))

    return s.rewritten(sentences, change)


def _parts(statements: Sequence[s.Statement]) -> set[int]:
    """The quantities behind a d in ``dc_{next}``, beside a line that computes dc^{<t>}."""
    computed = {(x.base, x.marks) for y in statements for x in _behind_d(y.items[0]) if x.time == s.Time("t", 0)}
    found = (x for y in statements for item in y.items[1:] for node in item.walk() for x in _behind_d(node))
    return {id(x) for x in found if x.name in NEXT and (x.base, x.marks) in computed}


def _behind_d(node: s.Node) -> Iterator[s.Symbol]:
    factors = node.factors if isinstance(node, s.Mul) else ()
    for one, other in pairwise(factors):
        if pair_of((one, other)) and isinstance(other, s.Symbol):
            yield other


def _computes_next(statement: s.Statement) -> bool:
    """``h_{next} = f(h_t)``."""
    first = statement.items[0]
    if not isinstance(first, s.Symbol) or first.name not in NEXT:
        return False
    right = (n for item in statement.items[1:] for n in item.walk() if isinstance(n, s.Symbol))
    return any((n.base, n.marks) == (first.base, first.marks) and n.time == s.Time("t", 0) for n in right)
