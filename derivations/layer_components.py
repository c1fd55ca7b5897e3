r"""Components at a layer: the j of ``\delta^l_j`` and the jk of ``w^l_{jk}`` are indices where letters of indices alone
stand there, and one of them is summed over or stands beside others, or where the vector ``\delta^l`` is spoken of, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivations.component_names import LETTERS, MOST_INDICES, letters_of
from derivations.layer_names import before_layer, layer_of, names_in
from derivations.reading import surface as s

MATRICES = frozenset("W U V w u v".split())
"""What has two indices: one alone is part of its name, as that of a gate."""
Base = tuple[str, tuple[str, ...]]


def with_layer_components(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with indices before a layer as components."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    symbols = [x for statement in statements for item in statement.items for x in names_in(item)]
    indexed = _indexed(symbols, {letter for x in statements for letter in _summed(x)})
    if not indexed:
        return list(sentences)

    def change(node: s.Node) -> s.Node:
        return _with_component(node) if isinstance(node, s.Symbol) and _base(node) in indexed else node

    return s.rewritten(sentences, change)


def _base(symbol: s.Symbol) -> Base:
    return symbol.base, symbol.marks


def _summed(statement: s.Statement) -> set[str]:
    return {x.index for item in statement.items for x in item.walk() if isinstance(x, s.Big)}


def _indexed(symbols: Sequence[s.Symbol], summed: set[str]) -> set[Base]:
    """The names at layers whose subscripts are indices, as many for each."""
    above: dict[Base, set[str]] = {}
    for symbol in symbols:
        if layer_of(symbol) is not None and symbol.time is None and not symbol.component:
            above.setdefault(_base(symbol), set()).add(before_layer(symbol)[0].replace(",", "").replace(" ", ""))
    likely = {base: names - {""} for base, names in above.items() if _may_be_indices(names - {""})}
    whole = {base for base in likely if "" in above[base] and base[0] not in MATRICES}
    sure = set(summed)
    found: set[Base] = set()
    for _ in range(MOST_INDICES):
        beside = {base for base, names in likely.items() if {*"".join(names)} & sure or _is_pair(base, names)}
        found = whole | beside
        sure |= {letter for base in found for name in likely[base] for letter in name}
    return found


def _may_be_indices(names: set[str]) -> bool:
    lengths = {len(name) for name in names}
    return len(lengths) == 1 and lengths <= {*range(1, MOST_INDICES + 1)} and {*"".join(names)} <= LETTERS


def _is_pair(base: Base, names: set[str]) -> bool:
    """The ``jk`` of a weight ``w``: two letters, which name no gate."""
    return base[0] in ("w", "W") and all(len(name) == 2 for name in names)


def _with_component(symbol: s.Symbol) -> s.Symbol:
    letters, layer = before_layer(symbol)
    if layer_of(symbol) is None or not letters or letters_of(symbol):
        return symbol
    component = tuple(s.Symbol(symbol.span, x) for x in letters if x not in ", ")
    return replace(symbol, name=layer, component=component)
