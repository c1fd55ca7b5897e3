r"""Layers: the quantities of each layer are names of their own, so that their widths may differ.

A W^{(l)} says nothing of the shape of W^{(l+1)}: where a superscript counts layers and not times, ``a^{(l-1)}`` and
``a^{(l)}`` become two names without a time. What is defined or declared at layer l holds at the other layers l+k that
the sheet speaks of, and is given there as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from derivations.component_names import rewritten
from derivations.names import WEIGHT_NAMES, time_text
from derivations.reading import surface as s

LETTERS = frozenset({"l", "ell"})
"""The letters that count layers."""
LAYERED = WEIGHT_NAMES | {"w", "Theta"}
"""What belongs to a layer and never to a time."""
INDEX = re.compile(r"(?P<before>.*?)(?P<open>[\[(]?)(?P<letter>l|\\ell ?)(?P<offset>[+-]\d+)?(?P<close>[\])]?)")
BRACKETS = {"[": "]", "(": ")", "": ""}


@dataclass(frozen=True, slots=True)
class Layers:
    """The distances from layer l that a sheet speaks of; empty where it has other layers too."""

    offsets: tuple[int, ...] = ()

    def elsewhere(self, statement: s.Statement) -> Iterator[s.Statement]:
        """A statement about one layer, at each of the other layers."""
        first = statement.items[0]
        own = offset_of(first) if isinstance(first, s.Symbol) else None
        for offset in self.offsets if own is not None else ():
            if own is not None and offset != own:
                yield replace(statement, items=tuple(_shifted(item, offset - own) for item in statement.items))


NO_LAYERS = Layers()


def with_layers(sentences: Sequence[s.Sentence], declared: Iterable[s.Node]) -> tuple[list[s.Sentence], Layers]:
    """The sentences with layers as parts of names, and which layers there are; as they were where times are meant.

    ``declared`` are the names of the declarations in comments, which keep what they index.
    """
    symbols = list(_symbols(sentences))
    if any(x.time is not None or offset_of(x) is not None for node in declared for x in _names(node)):
        return list(sentences), NO_LAYERS
    letters = _layer_letters(symbols)
    if letters:
        sentences = [_separate(x, letters) if isinstance(x, s.Statement) else x for x in sentences]
        symbols = list(_symbols(sentences))
    return list(sentences), NO_LAYERS if _speaks_of_others(sentences, symbols) else Layers(_offsets(symbols))


def offset_of(symbol: s.Symbol) -> int | None:
    """The k of a name at layer l+k; None where the name has no such layer."""
    found = _index(symbol)
    return int(found["offset"] or 0) if found else None


def _index(symbol: s.Symbol) -> re.Match[str] | None:
    found = INDEX.fullmatch(symbol.name)
    whole = found is not None and BRACKETS[found["open"]] == found["close"]
    return found if found and whole and (found["open"] or not found["before"]) else None


def _names(node: s.Node) -> Iterator[s.Symbol]:
    return (x for x in node.walk() if isinstance(x, s.Symbol))


def _symbols(sentences: Sequence[s.Sentence]) -> Iterator[s.Symbol]:
    statements = (x for x in sentences if isinstance(x, s.Statement))
    return (x for statement in statements for item in statement.items for x in _names(item))


def _layer_letters(symbols: Sequence[s.Symbol]) -> frozenset[str | None]:
    """What counts layers: superscripts of numbers or of l where a weight has one and nothing has another index; l
    alone, where something else has."""
    timed = [x for x in symbols if x.time is not None]
    letters = {x.time.symbol for x in timed if x.time is not None}
    steady = {(x.base, x.marks, x.name) for x in symbols if x.time is None}
    weights = [x for x in timed if x.base in LAYERED and (x.base, x.marks, x.name) not in steady]
    of_weights = {x.time.symbol for x in weights if x.time is not None}
    if len(letters) == 1 and letters <= {None, *LETTERS}:
        return frozenset(of_weights)
    return frozenset(of_weights & LETTERS)


def _separate(statement: s.Statement, letters: frozenset[str | None]) -> s.Statement:
    return replace(statement, items=tuple(rewritten(item, lambda x: _as_name(x, letters)) for item in statement.items))


def _as_name(node: s.Node, letters: frozenset[str | None]) -> s.Node:
    if not isinstance(node, s.Symbol) or node.time is None or node.time.symbol not in letters:
        return node
    text = time_text(node.time).replace("ell", "\\ell ")
    return replace(node, time=None, name=f"{node.name}({text})")


def _speaks_of_others(sentences: Sequence[s.Sentence], symbols: Sequence[s.Symbol]) -> bool:
    """A last layer L, a first layer 1, or l as a letter by itself: the layers that l stands for are connected."""
    statements = (x for x in sentences if isinstance(x, s.Statement))
    nodes = (x for statement in statements for item in statement.items for x in item.walk())
    runs = any(isinstance(x, s.Big) and x.index in LETTERS for x in nodes)
    return runs or any((x.base in LETTERS and not x.name) or _is_other(x) for x in symbols)


def _is_other(symbol: s.Symbol) -> bool:
    return re.search(r"[\[(](L|\d+)([+-]\d+)?[\])]$", symbol.name) is not None


def _offsets(symbols: Sequence[s.Symbol]) -> tuple[int, ...]:
    found = [k for k in map(offset_of, symbols) if k is not None]
    return tuple(range(min(found), max(found) + 1)) if found else ()


def _shifted(node: s.Node, by: int) -> s.Node:
    return rewritten(node, lambda x: _at_distance(x, by) if isinstance(x, s.Symbol) else x)


def _at_distance(symbol: s.Symbol, by: int) -> s.Symbol:
    found = _index(symbol)
    if found is None:
        return symbol
    offset = int(found["offset"] or 0) + by
    text = found["letter"] + (f"{offset:+d}" if offset else "")
    return replace(symbol, name=f"{found['before']}{found['open']}{text}{found['close']}")
