r"""Copies of a weight, one a step: the ``W^{(t)}`` of ∂L/∂W = Σ_t ∂L/∂W^{(t)} for a W that does not change.

As Goodfellow, Bengio and Courville (*Deep Learning*, 2016, §10.2.2) put it, W^{(t)} is the copy of W that is used at
step t alone. So every definition of a quantity at a time is read with the copy of that time, and the copy is
defined as W.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivations.names import COPY
from derivations.reading import surface as s

Name = tuple[str, tuple[str, ...], str]


def with_copies(sentences: Sequence[s.Sentence]) -> tuple[list[s.Sentence], list[s.Statement]]:
    """The sentences with copies told apart from what they are copies of, and the definitions of the copies."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    copied = copied_names(statements)
    if not copied:
        return list(sentences), []
    made = [_separate(x, copied) if isinstance(x, s.Statement) else x for x in sentences]
    return made, [_definition(symbol) for symbol in copied.values()]


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name


def copied_names(statements: Sequence[s.Statement]) -> dict[Name, s.Symbol]:
    """Names that are differentiated by at a time, and otherwise never have one but where they are said to be equal."""
    timed = {_name(x): x for statement in statements for x in _variables(statement) if x.time is not None}
    if not timed:
        return {}
    plain = [x for x in statements if not _is_said(x)]
    elsewhere = {_name(x) for statement in plain for x in _others(statement, statement.items) if x.time is not None}
    used = {_name(x) for statement in plain if _step(statement) for x in _others(statement, statement.items[1:])}
    unsteady = {_name(x) for x in _unsteady(statements)}
    return {name: timed[name] for name in sorted(timed.keys() & used - elsewhere - unsteady)}


def _variables(statement: s.Statement) -> Iterator[s.Symbol]:
    """What derivatives are taken by."""
    for item in statement.items:
        for node in item.walk():
            by = node.by.inner if isinstance(node, s.Partial) and isinstance(node.by, s.Group) else None
            by = node.by if isinstance(node, s.Partial) and by is None else by
            if isinstance(by, s.Symbol):
                yield by


def _others(statement: s.Statement, items: Sequence[s.Node]) -> list[s.Symbol]:
    """The names in some items of a statement, but for those that derivatives are taken by."""
    by = {id(x) for x in _variables(statement)}
    return [x for item in items for x in item.walk() if isinstance(x, s.Symbol) and id(x) not in by]


def _is_said(statement: s.Statement) -> bool:
    """``W^{(t)} = W``."""
    symbols = [x for x in statement.items if isinstance(x, s.Symbol)]
    names = {_name(x) for x in symbols}
    return len(symbols) == len(statement.items) and len(names) == 1 and any(x.time is None for x in symbols)


def _step(statement: s.Statement) -> s.Time | None:
    """The time at which a statement defines something; None where it does not."""
    first = statement.items[0]
    equates = bool(statement.links) and statement.links[0].relation in (s.Relation.EQUAL, s.Relation.DEFINED)
    return first.time if equates and isinstance(first, s.Symbol) else None


def _unsteady(statements: Sequence[s.Statement]) -> Iterator[s.Symbol]:
    """Names that are used outside of any step, or at a step that is not the one of the left side: h_{t+1} = …"""
    for statement in statements:
        first, step = statement.items[0], _step(statement)
        defines = isinstance(first, s.Symbol) and len(statement.items) > 1
        if defines and (step is None or (step.symbol is not None and step.offset != 0)):
            yield from _others(statement, statement.items[1:])


def _separate(statement: s.Statement, copied: dict[Name, s.Symbol]) -> s.Statement:
    """The statement with every copy as a name of its own."""
    step = None if _is_said(statement) else _step(statement)
    used = {id(x) for x in _others(statement, statement.items)}

    def change(node: s.Node) -> s.Node:
        if not isinstance(node, s.Symbol) or _name(node) not in copied:
            return node
        return _copy(node, node.time or (step if id(node) in used else None))

    return statement.rewritten(change)


def _copy(symbol: s.Symbol, time: s.Time | None) -> s.Symbol:
    return symbol if time is None else replace(symbol, time=time, marks=(*symbol.marks, COPY))


def _definition(symbol: s.Symbol) -> s.Statement:
    """``W^{(t)} = W``."""
    link = s.Link(s.Relation.DEFINED, symbol.span)
    copy = _copy(symbol, s.Time("t", 0))
    return s.Statement(symbol.span, (copy, replace(symbol, time=None)), (link,))
