r"""Numbers of classes: the k_t of ``p_t[k_t]`` and ``\mathbf 1_{k_t}``, the y of ``1_{i = y^{(t)}}``.

A quantity that is used as an index, and as nothing else, is the number of a class. What it picks is written through the
unit vector of the class, of which nothing is known but that it is one-hot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from derivations.component_names import LETTERS, UNIT
from derivations.labels import complement, unit
from derivations.names import key_of
from derivations.reading import surface as s
from derivations.reading.grammar import TIMES

_AT_TIME = re.compile(r"(\\?[A-Za-z]+ ?)_\{?([A-Za-z]|\\[a-z]+ ?)\}?")
_LETTER = r"([A-Za-z]|\\[a-z]+ ?)"
_PICK = re.compile(rf"(\\?[A-Za-z]+ ?)(?:_\{{?{_LETTER}\}}?|\^\{{?\({_LETTER}\)\}}?|\^\{{?{_LETTER}\}}?)")
"""A quantity with its time, in a subscript: ``y_t``, ``y^{(t)}``, ``y^t``."""
Class = tuple[str, tuple[str, ...], str]


def with_classes(sentences: Sequence[s.Sentence]) -> tuple[list[s.Sentence], list[str]]:
    """The sentences with what classes pick written through unit vectors, and the names of these."""
    sentences = _with_picks(sentences)
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    classes = _classes(statements)
    if not classes:
        return list(sentences), []
    change = _picking(classes)
    changed = s.rewritten(sentences, change)
    return changed, sorted(key_of(_unit(x)) for x in classes.values())


def _with_picks(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    r"""The sentences with the ``y^{(t)}`` of ``\hat y^{(t)}_{y^{(t)}}`` as an index, where a line defines ŷ."""
    links = [x for x in sentences if isinstance(x, s.Statement) and x.links and x.links[0].relation is s.Relation.EQUAL]
    heads = [x.items[0] for x in links]
    defined = {(x.base, x.marks, x.time is None) for x in heads if isinstance(x, s.Symbol) and not x.name}

    def change(node: s.Node) -> s.Node:
        if not isinstance(node, s.Symbol) or (node.base, node.marks, node.time is None) not in defined:
            return node
        match = _PICK.fullmatch(node.name) if not node.component else None
        letter = (match[2] or match[3] or match[4]).strip().removeprefix("\\") if match else ""
        if match is None or letter not in TIMES:
            return node
        index = s.Symbol(node.span, match[1].strip().removeprefix("\\"), time=s.Time(letter, 0))
        return replace(node, name="", component=(index,))

    return s.rewritten(sentences, change) if any(_PICK.fullmatch(name) for name in _subscripts(links)) else [*sentences]


def _subscripts(statements: Sequence[s.Statement]) -> Iterator[str]:
    nodes = (node for x in statements for item in x.items for node in item.walk())
    yield from (node.name for node in nodes if isinstance(node, s.Symbol) and node.name)


def _classes(statements: Sequence[s.Statement]) -> dict[Class, s.Symbol]:
    """The quantities that are used as an index alone; each as it is written somewhere."""
    nodes = [node for x in statements if _says(x) for item in x.items for node in item.walk()]
    picked = [found for node in nodes for found in _picked(node)]
    indices = {id(x) for x in picked}
    others = {_name(x) for x in nodes if isinstance(x, s.Symbol) and id(x) not in indices}
    return {_name(x): x for x in picked if _name(x) not in others}


def _says(statement: s.Statement) -> bool:
    """Whether a statement uses its names: it equates something, and does not only say where something lies."""
    return bool(statement.links) and statement.links[0].relation is not s.Relation.MEMBER


def _picked(node: s.Node) -> Iterator[s.Symbol]:
    """What an expression uses as an index; of a subscript a symbol of its own."""
    if isinstance(node, s.Iverson):
        found = _compared(node)
        yield from [found[1]] if found else []
    elif isinstance(node, s.Symbol):
        yield from (x for x in node.component if isinstance(x, s.Symbol) and _may_be(x))
        below = _below(node)
        yield from [below] if below is not None else []


def _may_be(symbol: s.Symbol) -> bool:
    plain = not (symbol.name or symbol.component)
    return plain and (symbol.time is not None or symbol.base not in LETTERS | TIMES)


def _below(node: s.Symbol) -> s.Symbol | None:
    r"""The k_t of ``\mathbf 1_{k_t}`` and of the unit vector ``e_{k_t}``."""
    match = _AT_TIME.fullmatch(node.name) if node.base in ("1", UNIT) and node.time is None else None
    letter = match[2].strip().removeprefix("\\") if match else ""
    if match is None or letter not in TIMES:
        return None
    return s.Symbol(node.span, match[1].strip().removeprefix("\\"), time=s.Time(letter, 0))


def _compared(node: s.Iverson) -> tuple[s.Symbol, s.Symbol] | None:
    """The index and the class of ``i = y_t``."""
    sides = [x for x in (node.condition.left, node.condition.right) if isinstance(x, s.Symbol) and not x.name]
    timed = [x for x in sides if x.time is not None and not x.component]
    index = [x for x in sides if x.time is None and x.base in LETTERS and not x.component and not x.marks]
    equated = node.condition.sign in ("=", "neq")
    return (index[0], timed[0]) if equated and len(index) == len(timed) == 1 else None


def _picking(classes: dict[Class, s.Symbol]) -> Callable[[s.Node], s.Node]:
    def change(node: s.Node) -> s.Node:
        if isinstance(node, s.Iverson) and (found := _compared(node)) and _name(found[1]) in classes:
            entry = replace(_unit(found[1], node), component=(found[0],))
            return entry if node.condition.sign == "=" else complement(entry)
        if not isinstance(node, s.Symbol):
            return node
        below = _below(node)
        if below is not None and _name(below) in classes:
            return _unit(below, node)
        inner = node.component[0] if len(node.component) == 1 else None
        if isinstance(inner, s.Symbol) and _name(inner) in classes:
            return s.Call(node.span, node.span, "inner", (_unit(inner, inner), replace(node, component=())))
        return node

    return change


def _unit(symbol: s.Symbol, at: s.Node | None = None) -> s.Symbol:
    """The unit vector of a class, at its time."""
    return replace(unit(key_of(symbol), at or symbol), time=symbol.time)


def _name(symbol: s.Symbol) -> Class:
    return symbol.base, symbol.marks, symbol.name
