r"""Sequences named by their letter alone: the x of ``p(x) = \prod_{t=1}^T p(x_t \mid x_{<t})`` is x_1, …, x_T."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivations.events import is_probability, probability_of
from derivations.marginals import mapped, probabilities_in
from derivations.names import time_text
from derivations.reading import surface as s
from derivations.reading.events import Event, event_of, index_time
from derivations.series import bound


def with_whole_sequences(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with a letter alone as the whole sequence whose elements one product or sum of them runs over."""
    nodes = [n for x in sentences if isinstance(x, s.Statement) for item in x.items for n in item.walk()]
    events = [e for x in nodes if isinstance(x, s.Symbol) and is_probability(x) for e in probability_of(x.name).both]
    alone = {event.variable for event in events if _is_alone(event)}
    whole = {name: found for name in sorted(alone) if (found := _whole(name, nodes, events)) is not None}
    if not whole:
        return list(sentences)

    def change(node: s.Node) -> s.Node:
        if isinstance(node, s.Big) and node.index in whole and probabilities_in(node.body):
            return replace(node, index=whole[node.index].name)
        if isinstance(node, s.Symbol) and is_probability(node):
            return mapped(node, lambda e: {whole[e.variable] if _is_alone(e) and e.variable in whole else e})
        return node

    return s.rewritten(sentences, change)


def _is_alone(event: Event) -> bool:
    return not event.first and not event.value


def _whole(name: str, nodes: Sequence[s.Node], events: Sequence[Event]) -> Event | None:
    """A sequence from its first element to the last that products and sums run to; None where they run to several."""
    runs = [x for node in nodes if isinstance(node, s.Big) for x in [_run(name, node)] if x is not None]
    if len({last for _, last in runs}) != 1:
        return None
    named = (index_time(event.first) for event in events if event.variable == name and event.first)
    first = min([time.offset for time in named if time is not None and time.symbol is None] + [x for x, _ in runs])
    return event_of(f"{name}_{{{first}:{runs[0][1]}}}")


def _run(name: str, node: s.Big) -> tuple[int, str] | None:
    """The first and the last element of a sequence over which a product or sum runs."""
    first, last = (bound(x, {}) if x is not None else None for x in (node.lower, node.upper))
    own = (e for x in probabilities_in(node.body) for e in x.events if e.variable == name and e.first == e.last)
    times = [index_time(event.first) for event in own if event.first]
    runs = any(time is not None and time.symbol == node.index and not time.offset for time in times)
    return (first.offset, time_text(last)) if runs and first and last and first.symbol is None else None
