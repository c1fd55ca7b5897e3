"""The names of a sheet: what each is, its shape and where that comes from, where it is defined and first used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from derivations.entries import Sheet
from derivations.names import GENERIC_FUNCTIONS, UNTIMED, is_loss
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.places import Source
from derivations.sheet import understand
from derivations.terms import dim_short


@dataclass(frozen=True, slots=True)
class Symbol:
    """One name; lines are counted as in the file, 0 for none.

    ``kind`` is variable, defined, loss, function, dimension, constant or argument; ``rule`` says how the shape was
    found, at the lines ``found_at``.
    """

    name: str
    kind: str
    shape: tuple[str, ...]
    rule: str
    found_at: tuple[int, ...]
    defined: int
    first_use: tuple[int, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "shape": list(self.shape),
            "from": {"rule": self.rule, "lines": list(self.found_at)},
            "defined": self.defined or None,
            "first_use": {"line": self.first_use[0], "column": self.first_use[1]},
        }


@dataclass(slots=True)
class SymbolTable:
    """The names of one sheet, in the order of their first use."""

    source: Source
    symbols: list[Symbol] = field(default_factory=list)
    exit_code: int = 0

    def to_json(self) -> dict[str, Any]:
        """The contract, version 1: keys may be added, never renamed."""
        return {"version": 1, "sheet": self.source.name, "symbols": [symbol.to_json() for symbol in self.symbols]}


def symbol_table(source: Source) -> SymbolTable:
    """The table of the names of a sheet."""
    sheet = understand(source, read_document(source))
    uses = _first_uses(sheet)
    found = [_symbol(sheet, key, node) for key, node in uses.items()]
    return SymbolTable(source, sorted([*found, *_functions(sheet)], key=lambda symbol: (symbol.first_use, symbol.name)))


def _statements(sheet: Sheet) -> Iterator[s.Node]:
    for entry in sheet.entries:
        yield from entry.sentence.items if isinstance(entry.sentence, s.Statement) else ()


def _first_uses(sheet: Sheet) -> dict[str, s.Symbol]:
    """The first place of every name that is no index letter."""
    found: dict[str, s.Symbol] = {}
    for item in _statements(sheet):
        for node in _names(item):
            key = sheet.knowledge.names.ref(node).key
            several = len(sheet.knowledge.names.listed(node)) > 1
            if not several and (key not in found or node.span.start < found[key].span.start):
                found[key] = node
    return found


def _names(node: s.Node) -> Iterator[s.Symbol]:
    """The names within an expression; the letters of an index are none."""
    if isinstance(node, s.Symbol):
        yield node
        return
    for child in node.children():
        yield from _names(child)


def _symbol(sheet: Sheet, key: str, node: s.Symbol) -> Symbol:
    place = sheet.source.place(node.span.start)
    rule, spans = sheet.origin(node)
    lines = tuple(dict.fromkeys(sheet.source.place(span.start).line for span in spans))
    shape = () if sheet.scalars_only else sheet.knowledge.shapes.get(key, ())
    name = key.removesuffix(UNTIMED) + ("_t" if key in sheet.knowledge.names.timed else "")
    dims = tuple(map(dim_short, shape))
    return Symbol(name, _kind(sheet, key, node), dims, rule, lines, _defined(sheet, key), (place.line, place.column))


def _kind(sheet: Sheet, key: str, node: s.Symbol) -> str:
    kronecker = node.base == "delta" and len(node.component) == 2 and not sheet.knowledge.defined(key)
    if key in sheet.knowledge.constants or kronecker:
        return "constant"
    if is_loss(node):
        return "loss"
    if sheet.knowledge.defined(key):
        return "defined"
    if sheet.knowledge.is_dimension(node):
        return "dimension"
    return "argument" if key in sheet.formals and key not in sheet.declared else "variable"


def _defined(sheet: Sheet, key: str) -> int:
    """The line of the first definition of a name; 0 for none."""
    knowledge = sheet.knowledge
    lines = [definition.line for ref, definition in knowledge.instances.items() if ref.key == key]
    lines += [knowledge.families[key].line] if key in knowledge.families else []
    return min(lines, default=0)


def _functions(sheet: Sheet) -> Iterator[Symbol]:
    """The functions that the sheet defines, or that stand for any."""
    found: dict[str, s.Call] = {}
    for item in _statements(sheet):
        for node in item.walk():
            if isinstance(node, s.Call) and node.function in GENERIC_FUNCTIONS:
                found.setdefault(node.function, node)
    for name, call in found.items():
        place = sheet.source.place(call.head.start)
        own = sheet.knowledge.functions.get(name)
        rule = "of one number, entry by entry" if own else "any differentiable function, entry by entry"
        line = sheet.source.place(own[1].span.start).line if own else 0
        yield Symbol(
            name if len(name) == 1 else f"\\{name}", "function", (), rule, (), line, (place.line, place.column)
        )
