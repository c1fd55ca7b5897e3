r"""Layers: the quantities of each layer are names of their own, so that their widths may differ.

A W^{(l)} says nothing of the shape of W^{(l+1)}: where a superscript counts layers and not times, ``a^{(l-1)}`` and
``a^{(l)}`` become two names without a time. What is defined or declared at layer l holds at the other layers l+k that
the sheet speaks of, and is given there as well; so it is at the last layer L and at layers of numbers. How layer l and
layer L are connected is not known (layer_losses.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

from derivations.layer_components import with_layer_components
from derivations.layer_losses import Losses, with_open_losses
from derivations.layer_names import COUNTED, NUMBERED, Layer, before_layer, layer_of, moved, names_in
from derivations.names import WEIGHT_NAMES, time_text
from derivations.reading import surface as s
from derivations.reading.grammar import LAST_LAYER

LETTERS = frozenset({"l", "ell"})
"""The letters that count layers."""
LAYERED = WEIGHT_NAMES | {"w", "Theta"}
"""What belongs to a layer and never to a time."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers that a sheet speaks of, where what is defined at one layer l is given at the others."""

    places: tuple[Layer, ...] = ()
    losses: Losses = field(default_factory=Losses)

    def elsewhere(self, statement: s.Statement) -> Iterator[s.Statement]:
        """A statement about one layer l, at each of the other layers."""
        first = statement.items[0]
        own = offset_of(first) if isinstance(first, s.Symbol) else None
        for place in self.places if own is not None else ():
            if own is not None and place != Layer(COUNTED, own):
                by = place.offset - own
                yield replace(statement, items=tuple(self._at(item, place.anchor, by) for item in statement.items))

    def _at(self, node: s.Node, anchor: str, by: int) -> s.Node:
        found = node.rewritten(lambda x: moved(x, anchor, by) if isinstance(x, s.Symbol) else x)
        return self.losses.closed(found, anchor)


NO_LAYERS = Layers()


def with_layers(
    sentences: Sequence[s.Sentence], declared: Iterable[s.Node], text: str
) -> tuple[list[s.Sentence], Layers]:
    """The sentences with layers as parts of names, and which layers there are; as they were where times are meant.

    ``declared`` are the names of the declarations in comments, which keep what they index; ``text`` is the sheet.
    """
    symbols = list(_symbols(sentences))
    if any(x.time is not None or offset_of(x) is not None for node in declared for x in names_in(node)):
        return list(sentences), NO_LAYERS
    letters = _layer_letters(symbols)
    if letters:
        sentences = [_separate(x, letters) if isinstance(x, s.Statement) else x for x in sentences]
        symbols = list(_symbols(sentences))
    if not any(offset_of(x) is not None for x in symbols):
        return with_layer_components(sentences), NO_LAYERS
    bases = {(x.base, x.marks) for x in symbols if layer_of(x) is not None}
    separate = with_layer_components([_at_layer(x, bases) if isinstance(x, s.Statement) else x for x in sentences])
    opened, losses = with_open_losses(separate, text)
    return opened, Layers(tuple(_places(opened)), losses)


def offset_of(symbol: s.Symbol) -> int | None:
    """The k of a name at layer l+k; None where the name has no such layer."""
    found = layer_of(symbol)
    return found.offset if found is not None and found.anchor == COUNTED else None


def _symbols(sentences: Sequence[s.Sentence]) -> Iterator[s.Symbol]:
    statements = (x for x in sentences if isinstance(x, s.Statement))
    return (x for statement in statements for item in statement.items for x in names_in(item))


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
    counted = of_weights & LETTERS
    if counted and letters <= {None, LAST_LAYER, *LETTERS}:
        return frozenset(letters)
    return frozenset(counted | (letters & {LAST_LAYER})) if counted else frozenset()


def _separate(statement: s.Statement, letters: frozenset[str | None]) -> s.Statement:
    return statement.rewritten(lambda x: _as_name(x, letters))


def _as_name(node: s.Node, letters: frozenset[str | None]) -> s.Node:
    if not isinstance(node, s.Symbol) or node.time is None or node.time.symbol not in letters:
        return node
    text = time_text(node.time).replace("ell", "\\ell ")
    return replace(node, time=None, name=f"{node.name}({text})")


def _places(sentences: Sequence[s.Sentence]) -> Iterator[Layer]:
    """The layers from the first to the last that is written, for layers counted from l, from L and by numbers.

    Where a line skips layers, those that it leads to are among them.
    """
    found = [x for x in map(layer_of, _symbols(sentences)) if x is not None]
    for anchor in dict.fromkeys(x.anchor for x in found):
        offsets = [x.offset for x in found if x.anchor == anchor]
        beyond = _reach(sentences) - 1 if anchor == COUNTED else 0
        first = max(min(offsets), 1) if anchor == NUMBERED else min(offsets)  # layer 0 is the input
        yield from (Layer(anchor, k) for k in range(first, max(offsets) + max(beyond, 0) + 1))


def _reach(sentences: Sequence[s.Sentence]) -> int:
    """How many layers lie between a quantity and what its line hangs on, at most."""
    found = [0]
    for statement in (x for x in sentences if isinstance(x, s.Statement) and x.links):
        own = offset_of(first) if isinstance(first := statement.items[0], s.Symbol) else None
        others = [k for x in names_in(statement.items[1]) if (k := offset_of(x)) is not None]
        found += [own - k for k in others if own is not None]
    return max(found)


def _at_layer(statement: s.Statement, bases: Set[tuple[str, tuple[str, ...]]]) -> s.Statement:
    r"""``\nabla_a C`` in a line of one layer as the gradient by the a of that layer."""
    names = [x for item in statement.items for x in names_in(item)]
    layers = dict.fromkeys(before_layer(x)[1] for x in names if layer_of(x) is not None)
    if len(layers) != 1:
        return statement
    name = next(iter(layers))

    def change(node: s.Node) -> s.Node:
        by = node.by if isinstance(node, s.Partial) and node.style == "nabla" else None
        plain = isinstance(by, s.Symbol) and not (by.name or by.time or by.component)
        if not isinstance(node, s.Partial) or not isinstance(by, s.Symbol) or not plain:
            return node
        return replace(node, by=replace(by, name=name)) if (by.base, by.marks) in bases else node

    return statement.rewritten(change)
