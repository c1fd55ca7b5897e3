r"""Classes by their labels, written through the unit vector ``e_y`` of the class y.

``p_y`` is the entry of p at y, ``1_{i=y}`` the entry i of e_y; of e_y nothing is known but that it is one-hot. A label
is a letter that no index is: the y of ``\mathbf 1_{i=y}``, or of ``e_y`` where e has no other subscript or meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from derivations.component_names import LETTERS, UNIT
from derivations.names import key_of
from derivations.reading import surface as s
from derivations.reading.grammar import TIMES
from derivations.reading.places import Span


def with_labels(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with entries at labels and indicators of them written through unit vectors."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    nodes = [node for statement in statements for item in statement.items for node in item.walk()]
    labels = labels_of(statements)
    whole = {key_of(x, "") for x in nodes if isinstance(x, s.Symbol) and not x.name and x.time is None}

    def change(node: s.Node) -> s.Node:
        if isinstance(node, s.Iverson) and (found := _compared(node)) and found[1] in labels:
            entry = replace(unit(found[1], node), component=(s.Symbol(node.span, found[0]),))
            return entry if node.condition.sign == "=" else complement(entry)
        if isinstance(node, s.Symbol) and node.name in labels and node.base != UNIT and key_of(node, "") in whole:
            return s.Call(node.span, node.span, "inner", (unit(node.name, node), replace(node, name="")))
        return node

    if not labels:
        return list(sentences)
    return s.rewritten(sentences, change)


def labels_of(statements: Sequence[s.Statement]) -> frozenset[str]:
    """The letters that are labels of classes."""
    nodes = [node for statement in statements for item in statement.items for node in item.walk()]
    units = {x.name for x in nodes if isinstance(x, s.Symbol) and x.base == UNIT}
    own = (x for x in nodes if isinstance(x, s.Symbol) and x.base == UNIT)
    plain = not any(x.time or x.marks or not x.name for x in own)
    defined = any(isinstance(x.items[0], s.Symbol) and x.items[0].base == UNIT for x in statements if x.links)
    compared = {found[1] for x in nodes if isinstance(x, s.Iverson) and (found := _compared(x))}
    alone = units if plain and not defined and len(units) == 1 else set[str]()
    quantities = {x.base for x in nodes if isinstance(x, s.Symbol) and not x.name}
    letters = (compared | alone) - quantities - LETTERS - TIMES
    return frozenset(x for x in letters if len(x) == 1 and x.isalpha())


def unit(label: str, at: s.Node) -> s.Symbol:
    """The unit vector of a label."""
    return s.Symbol(at.span, UNIT, name=label)


def unit_keys(labels: frozenset[str]) -> Iterator[str]:
    """The names of the unit vectors."""
    for label in sorted(labels):
        yield key_of(s.Symbol(Span(0, 0), UNIT, name=label))


def _compared(node: s.Iverson) -> tuple[str, str] | None:
    """The index and the label of ``i = y``."""
    sides = [x.base for x in (node.condition.left, node.condition.right) if isinstance(x, s.Symbol) and not x.name]
    if len(sides) != 2 or node.condition.sign not in ("=", "neq"):
        return None
    index, label = sorted(sides, key=lambda x: x not in LETTERS)
    return (index, label) if index in LETTERS and label not in LETTERS | TIMES else None


def complement(entry: s.Symbol) -> s.Node:
    """One less an entry."""
    one = s.Number(entry.span, Fraction(1))
    return s.Group(entry.span, s.Add(entry.span, (1, -1), (one, entry)))
