"""Names at a layer: ``a_{(l+1)}`` of layer l+1, ``a_{(L)}`` of the last, ``a_{[2]}`` of the second."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from derivations.reading import surface as s
from derivations.reading.grammar import LAST_LAYER

COUNTED, LAST, NUMBERED = "l", LAST_LAYER, ""
"""What layers are counted from: any layer l, the last one, or the beginning."""
INDEX = re.compile(
    r"(?P<before>.*?)(?P<open>[\[(]?)(?:(?P<letter>l|\\ell ?|L)(?P<offset>[+-]\d+)?|(?P<number>\d+))(?P<close>[\])]?)"
)
BRACKETS = {"[": "]", "(": ")", "": ""}


@dataclass(frozen=True, slots=True)
class Layer:
    """The layer ``offset`` behind ``anchor``."""

    anchor: str
    offset: int


def layer_of(symbol: s.Symbol) -> Layer | None:
    """The layer of a name; None where it has none."""
    found = _index(symbol)
    if found is None:
        return None
    if found["number"]:
        return Layer(NUMBERED, int(found["number"]))
    return Layer(LAST if found["letter"] == LAST else COUNTED, int(found["offset"] or 0))


def before_layer(symbol: s.Symbol) -> tuple[str, str]:
    """The parts of a name before its layer, and from there on."""
    found = _index(symbol)
    return (symbol.name[: found.start("open")], symbol.name[found.start("open") :]) if found else (symbol.name, "")


def moved(symbol: s.Symbol, anchor: str, by: int) -> s.Symbol:
    """A name of layer l+k at the layer k+``by`` behind ``anchor``; any other as it is."""
    found, layer = _index(symbol), layer_of(symbol)
    if found is None or layer is None or layer.anchor != COUNTED:
        return symbol
    offset = layer.offset + by
    letter = found["letter"] if anchor == COUNTED else anchor
    text = str(offset) if anchor == NUMBERED else letter + (f"{offset:+d}" if offset else "")
    return replace(symbol, name=f"{found['before']}{found['open']}{text}{found['close']}")


def names_in(node: s.Node) -> Iterator[s.Symbol]:
    return (x for x in node.walk() if isinstance(x, s.Symbol))


def anchors_in(*nodes: s.Node) -> frozenset[str]:
    """What the layers of the names in some expressions are counted from."""
    layers = (layer_of(x) for node in nodes for x in names_in(node))
    return frozenset(layer.anchor for layer in layers if layer is not None)


def _index(symbol: s.Symbol) -> re.Match[str] | None:
    found = INDEX.fullmatch(symbol.name)
    whole = found is not None and BRACKETS[found["open"]] == found["close"]
    bracketed = found is not None and (bool(found["open"]) or not (found["before"] or found["number"]))
    return found if whole and bracketed else None
