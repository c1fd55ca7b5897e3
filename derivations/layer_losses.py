r"""Losses at a layer l of which only the last layer L is known: how the two are connected is not written.

``∂C/∂z^l`` for a C that is defined by ``a^L`` is no derivative of that formula, where ``z^l`` does not occur. It is
read as one of a loss without a definition, which depends on the layers through what the steps of the sheet say
(sinks.py). Derivatives of other quantities across such a gap are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from derivations.layer_names import anchors_in, layer_of, names_in
from derivations.names import ANY, LOSS_NAMES, UNSURE, WEIGHT_NAMES
from derivations.reading import surface as s
from derivations.reading.places import Span

COSTS = LOSS_NAMES | {"C", "cost", "Cost"}
WEIGHTS = WEIGHT_NAMES | {"w", "theta", "Theta", "Omega"}
APART = "a derivative between layers that are counted from different ends"
CONNECTED = "how the layers between are connected"
SUMMED = "a sum over layers cannot be read yet"


@dataclass(frozen=True, slots=True)
class Losses:
    """The losses of a sheet with layers, and from where the layers are counted by which each is defined."""

    anchors: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def closed(self, node: s.Node, anchor: str) -> s.Node:
        """An expression at layers counted from ``anchor``, with the losses that are defined there as themselves."""

        def change(x: s.Node) -> s.Node:
            own = isinstance(x, s.Symbol) and set(x.marks) & {ANY, UNSURE} and anchor in self.anchors.get(x.base, ())
            return replace(x, marks=x.marks[:-1]) if own and isinstance(x, s.Symbol) else x

        return node.rewritten(change)


def with_open_losses(sentences: Sequence[s.Sentence], text: str) -> tuple[list[s.Sentence], Losses]:
    """The sentences with losses open where they are derived by layers that their definitions do not speak of."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    heads = {x.base: other for statement in statements for x, other in _defined(statement)}
    found = _Opening(heads, frozenset(x for x in COSTS if _may_hold_weights(x, sentences, heads, text)))
    defined = {base: found.anchors_of(s.Symbol(node.span, base)) for base, node in heads.items() if base in COSTS}
    opened = [found.opened(x) if isinstance(x, s.Statement) else x for x in sentences]
    return opened, Losses({base: anchors for base, anchors in defined.items() if anchors})


def _defined(statement: s.Statement) -> Iterator[tuple[s.Symbol, s.Node]]:
    first = statement.items[0]
    equal = bool(statement.links) and statement.links[0].relation in (s.Relation.EQUAL, s.Relation.DEFINED)
    if equal and isinstance(first, s.Symbol) and layer_of(first) is None:
        yield first, statement.items[1]


def _may_hold_weights(loss: str, sentences: Sequence[s.Sentence], heads: Mapping[str, s.Node], text: str) -> bool:
    """Whether a loss may depend on weights beside the layers, as with a penalty, or on what could not be read."""
    unread = (text[x.span.start : x.span.end] for x in sentences if isinstance(x, s.Unreadable))
    if any(re.search(rf"(?<![A-Za-z\\]){loss}\b[^=]*=", line) for line in unread):
        return True
    return any(x.base in WEIGHTS for x in _below(s.Symbol(Span(0, 0), loss), heads, frozenset()))


def _below(symbol: s.Symbol, heads: Mapping[str, s.Node], seen: frozenset[str]) -> Iterator[s.Symbol]:
    """The names in the definition of a name without a layer, and in theirs."""
    yield symbol
    if symbol.base in heads and symbol.base not in seen and layer_of(symbol) is None:
        for x in names_in(heads[symbol.base]):
            yield from _below(x, heads, seen | {symbol.base})


@dataclass(frozen=True, slots=True)
class _Opening:
    """The definitions of names without layers, and the losses that nothing can be said of."""

    heads: Mapping[str, s.Node]
    unsure: frozenset[str]

    def anchors_of(self, symbol: s.Symbol) -> frozenset[str]:
        return anchors_in(*_below(symbol, self.heads, frozenset()))

    def opened(self, statement: s.Statement) -> s.Sentence:
        nodes = [node for item in statement.items for node in item.walk()]
        layered = anchors_in(*statement.items)
        if any(isinstance(x, s.Big) and x.index in ("l", "ell") and anchors_in(x.body) for x in nodes):
            return s.Unreadable(statement.span, statement.span, SUMMED, display=statement.display)
        if not layered:
            return statement
        changed = statement.rewritten(self._changed(layered))
        apart = next((x for item in changed.items for x in item.walk() if self._is_apart(x)), None)
        if apart is not None:
            return s.Unreadable(statement.span, apart.span, APART, CONNECTED, display=statement.display)
        return changed

    def _changed(self, layered: frozenset[str]) -> Callable[[s.Node], s.Node]:
        def change(node: s.Node) -> s.Node:
            of = node.of if isinstance(node, s.Partial) else None
            if not isinstance(node, s.Partial) or not isinstance(of, s.Symbol) or not self._is_open(of, layered):
                return node
            return replace(node, of=replace(of, marks=(*of.marks, UNSURE if of.base in self.unsure else ANY)))

        return change

    def _is_open(self, of: s.Symbol, layered: frozenset[str]) -> bool:
        if of.base not in COSTS or of.name or of.marks or of.component or of.time is not None:
            return False
        if of.base not in self.heads:
            return of.base not in LOSS_NAMES or of.base in self.unsure
        return not layered <= self.anchors_of(of)

    def _is_apart(self, node: s.Node) -> bool:
        """A derivative of what is defined at layers counted from elsewhere than those that it is taken by."""
        if not isinstance(node, s.Partial):
            return False
        by = anchors_in(node.by)
        of = frozenset(a for x in names_in(node.of) if not {ANY, UNSURE} & {*x.marks} for a in self.anchors_of(x))
        return bool(by and of and not by <= of)
