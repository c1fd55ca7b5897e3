"""Whether a value is worked out: what of it is still a derivative, or speaks of the quantity whose value it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from derivations.names import Ref
from derivations.quantities import key_of_quantity
from derivations.reading import surface as s
from derivations.world import Knowledge


def quantities_left(value: s.Node, knowledge: Knowledge, known: Collection[str] = ()) -> dict[str, s.Node]:
    """The derivatives in a value, and the names in it, each by its key; also those behind the names that it uses.

    A name that is introduced as a derivative counts as that one; names within a derivative do not count. What is
    ``known`` by its key is not looked behind.
    """
    found: dict[str, s.Node] = {}
    seen: set[Ref] = set()
    pending = [value]
    while pending:
        for node in _outermost(pending.pop()):
            key = key_of_quantity(node, knowledge)
            found.setdefault(key, node)
            if isinstance(node, s.Symbol) and key not in known and (ref := knowledge.names.ref(node)) not in seen:
                seen.add(ref)
                pending += _behind(ref, knowledge)
    return found


def is_derivative(key: str) -> bool:
    """Whether the key of a quantity is that of a derivative."""
    return key.startswith("∂")


def _behind(ref: Ref, knowledge: Knowledge) -> list[s.Node]:
    """What a name stands for, but for values at other times and for names of derivatives."""
    found = knowledge.definition(ref)
    return [] if found is None or isinstance(s.ungrouped(found.node), s.Partial) else [found.node]


def _outermost(tree: s.Node) -> Iterator[s.Symbol | s.Partial]:
    """The names and derivatives of a tree; not what stands within a derivative."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, s.Symbol | s.Partial):
            yield node
        else:
            pending += reversed(list(node.children()))
