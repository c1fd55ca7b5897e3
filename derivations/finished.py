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
    for tree in trees_behind(value, knowledge, known):
        for node in _outermost(tree):
            found.setdefault(key_of_quantity(node, knowledge), node)
    return found


def slopes(tree: s.Node) -> set[str]:
    """The functions whose slopes a tree writes: σ'(x), ∂σ/∂x."""
    nodes = list(tree.walk())
    of = [s.ungrouped(x.of) for x in nodes if isinstance(x, s.Partial)]
    primed = [x for x in nodes if isinstance(x, s.Call | s.Function) and x.order]
    return {x.function for x in (*of, *primed) if isinstance(x, s.Call | s.Function)}


def trees_behind(value: s.Node, knowledge: Knowledge, known: Collection[str] = ()) -> Iterator[s.Node]:
    """A value and, one after the other, the definitions of the names that it uses."""
    seen: set[Ref] = set()
    pending = [value]
    while pending:
        tree = pending.pop()
        yield tree
        for node in _outermost(tree):
            ref = knowledge.names.ref(node) if isinstance(node, s.Symbol) else None
            if ref is not None and ref not in seen and key_of_quantity(node, knowledge) not in known:
                seen.add(ref)
                pending += _behind(ref, knowledge)


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
