r"""Names given afterwards to a part of a definition: ``\alpha_t = W h_t + b`` beside ``z_t = softmax(W h_t + b)``.

Such a name stands where the part stood, so that what is differentiated by it goes through it. A name that some other
definition uses has its place already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from derivations.events import is_probability
from derivations.reading import surface as s
from derivations.reading.places import Span

EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
NOWHERE = Span(0, 0)
Name = tuple[str, tuple[str, ...], str]


def with_abbreviations(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with every such part, in the definitions, as the name that was given to it."""
    defining = _definitions(sentences)
    used = {_name(x) for k in defining for x in _symbols(defining[k].items[1:])}
    often = Counter(_family(x.items[0]) for x in sentences if isinstance(x, s.Statement) and x.links)
    names: dict[s.Node, list[s.Symbol]] = {}
    for k in sorted(defining):
        first, part = defining[k].items[0], _plain(defining[k].items[1])
        if not isinstance(first, s.Symbol) or is_probability(first) or _name(first) in used:
            continue
        if often[_family(first)] == 1 and isinstance(part, s.Add | s.Mul | s.Call):
            names.setdefault(part, []).append(first)
    return [_shortened(x, names) if k in defining and names else x for k, x in enumerate(sentences)]


def _definitions(sentences: Sequence[s.Sentence]) -> dict[int, s.Statement]:
    """The first statement about every name at a time, which may define it."""
    found: dict[int, s.Statement] = {}
    seen: set[Name] = set()
    for k, x in enumerate(sentences):
        first = x.items[0] if isinstance(x, s.Statement) and x.links else None
        if isinstance(x, s.Statement) and isinstance(first, s.Symbol) and x.links[0].relation in EQUATING:
            found |= {} if _name(first) in seen or first.component else {k: x}
            seen.add(_name(first))
    return found


def _shortened(sentence: s.Sentence, names: dict[s.Node, list[s.Symbol]]) -> s.Sentence:
    """A definition with the names of parts; one of several names of one part is defined as the next of them."""
    if not isinstance(sentence, s.Statement):
        return sentence
    first = sentence.items[0]
    change = _naming({part: name for part, own in names.items() if (name := _after(own, first)) is not None})
    return replace(sentence, items=(first, *(item.rewritten(change) for item in sentence.items[1:])))


def _after(names: list[s.Symbol], first: s.Node) -> s.Symbol | None:
    """The name to use in the definition of ``first``; None in that of the last of them."""
    place = next((k + 1 for k, name in enumerate(names) if _plain(name) == _plain(first)), 0)
    return names[place] if place < len(names) else None


def _naming(names: dict[s.Node, s.Symbol]) -> Callable[[s.Node], s.Node]:
    def change(node: s.Node) -> s.Node:
        if not isinstance(node, s.Add | s.Mul | s.Call):
            return node
        name = names.get(_plain(node))
        return replace(name, span=node.span) if name is not None else node

    return change


def _plain(node: s.Node) -> s.Node:
    """A tree without its places and without brackets that only group."""
    return node.rewritten(_placeless)


def _placeless(node: s.Node) -> s.Node:
    if isinstance(node, s.Group):
        return node.inner
    return replace(node, span=NOWHERE, head=NOWHERE) if isinstance(node, s.Call) else replace(node, span=NOWHERE)


def _symbols(items: Iterable[s.Node]) -> Iterator[s.Symbol]:
    """The names in some expressions, but for those in derivatives."""
    for item in items:
        if isinstance(item, s.Symbol):
            yield item
        elif not isinstance(item, s.Partial):
            yield from _symbols(item.children())


def _family(node: s.Node) -> Name | None:
    """A name without its time, also where that is written as a number below: one line must say what it is."""
    if not isinstance(node, s.Symbol):
        return None
    return node.base, node.marks, "" if node.name.isdigit() else node.name


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name
