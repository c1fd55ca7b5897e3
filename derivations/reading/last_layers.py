r"""The L of ``a^L``: the last layer where a sheet counts layers by l, else a power."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from derivations.reading.grammar import LAST_LAYER, LAYERS
from derivations.reading.surface import Add, Node, Number, Raise, Sentence, Statement, Symbol, rewritten

NAMED = re.compile(rf"\({LAST_LAYER}([+-]\d+)?\)$")
COUNTED = re.compile(r"[\[(]l([+-]\d+)?[\])]")


def with_last_layers(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences with every superscript L as a power, but for names that have a layer l as well."""
    symbols = list(_symbols(sentences))
    if not any(_is_last(x) for x in symbols):
        return list(sentences)
    layered = {(x.base, x.marks) for x in symbols if _is_counted(x)}
    return rewritten(sentences, lambda node: _plain(node, layered))


def _symbols(sentences: Sequence[Sentence]) -> Iterator[Symbol]:
    statements = (x for x in sentences if isinstance(x, Statement))
    return (x for statement in statements for item in statement.items for x in item.walk() if isinstance(x, Symbol))


def _is_last(symbol: Symbol) -> bool:
    return symbol.raised and _above(symbol) is not None


def _above(symbol: Symbol) -> int | None:
    """The offset from L above a name, which went to the name where a time stands below, as in ``h^L_t``."""
    if symbol.time is not None and symbol.time.symbol == LAST_LAYER:
        return symbol.time.offset
    found = NAMED.search(symbol.name)
    return int(found[1] or 0) if found else None


def _is_counted(symbol: Symbol) -> bool:
    counted = symbol.time is not None and symbol.time.symbol in LAYERS
    return counted or COUNTED.search(symbol.name) is not None


def _plain(node: Node, layered: set[tuple[str, tuple[str, ...]]]) -> Node:
    if not isinstance(node, Symbol) or not _is_last(node) or (node.base, node.marks) in layered:
        return node
    return _power(node, _above(node) or 0)


def _power(symbol: Symbol, above: int) -> Raise:
    letter = Symbol(symbol.span, LAST_LAYER)
    offset = Number(symbol.span, Fraction(abs(above)))
    exponent = Add(symbol.span, (1, 1 if above > 0 else -1), (letter, offset)) if above else letter
    time = symbol.time if symbol.time is not None and symbol.time.symbol != LAST_LAYER else None
    return Raise(symbol.span, replace(symbol, name=NAMED.sub("", symbol.name), time=time, raised=False), exponent)
