"""Recurrences that run backwards in time: ``g_t = tanh(W x_t + U g_{t+1})``, ``δ_t = … δ_{t+1}`` with a last value δ_T.

They are unfolded in mirror image of the forward ones: up to the latest time that a statement names. Derivatives are
known so as long as neither kind is computed from the other, since then nothing beyond depends on what is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivations.names import Names
from derivations.reading import surface as s
from derivations.world import Definition, Knowledge

LAST = "T"
"""The letter of the last time."""


def _is_backward(names: Names, symbol: s.Symbol, node: s.Node) -> bool:
    """Whether ``symbol = node`` computes a quantity from its own later value."""
    own = names.ref(symbol)
    others = (names.ref(x) for x in node.walk() if isinstance(x, s.Symbol))
    times = [x.time for x in others if x.key == own.key and x.time is not None]
    return own.time is not None and any(
        time.symbol == own.time.symbol and time.offset > own.time.offset for time in times
    )


def is_last_value(names: Names, symbol: s.Symbol, knowledge: Knowledge) -> bool:
    """Whether a symbol is the value of a backward recurrence at the last time, which has a letter of its own."""
    ref = names.ref(symbol)
    family = knowledge.families.get(ref.key)
    if family is None or ref.time is None or ref.time.offset or ref in knowledge.instances:
        return False
    other = ref.time.symbol == LAST != family.letter
    return other and (ref.key, True) in _steps(knowledge, family)


def gives_way(names: Names, symbol: s.Symbol, node: s.Node, knowledge: Knowledge) -> bool:
    """Whether only the last value of a quantity is known, and ``symbol = node`` computes all others from it."""
    ref = names.ref(symbol)
    family = knowledge.families.get(ref.key)
    if family is None or family.time != s.Time(LAST, 0) or isinstance(family.node, s.Partial):
        return False
    general = ref.time is not None and ref.time.symbol not in (None, LAST)
    return general and _is_backward(names, symbol, node) and all(key != ref.key for key, _ in _steps(knowledge, family))


def directions(knowledge: Knowledge) -> tuple[frozenset[str], frozenset[str]]:
    """The quantities that are computed from their own later values, and the recurrences that need both directions.

    What is free before the first and after the last time of a statement may depend on what it names for the latter.
    """
    steps = {key: list(_steps(knowledge, family)) for key, family in knowledge.families.items()}
    reach = {key: _reached(steps, key) for key in steps}
    cycles = {key for key in steps if key in reach[key]}
    later = {key for key in cycles if any(ahead for _, ahead in _round(steps, key, reach))}
    both = {key for key in later if (reach[key] & cycles) - later} | {k for k in cycles - later if reach[k] & later}
    return frozenset(later), frozenset(both)


def _round(
    steps: dict[str, list[tuple[str, bool]]], key: str, reach: dict[str, set[str]]
) -> Iterator[tuple[str, bool]]:
    """The steps on the way round from a quantity to itself."""
    around = {key, *(x for x in reach[key] if key in reach.get(x, ()))}
    for other in sorted(around):
        yield from ((to, ahead) for to, ahead in steps[other] if to in around)


def _reached(steps: dict[str, list[tuple[str, bool]]], key: str) -> set[str]:
    found: set[str] = set()
    pending = [to for to, _ in steps[key]]
    while pending:
        to = pending.pop()
        if to not in found:
            found.add(to)
            pending += [x for x, _ in steps.get(to, ())]
    return found


def _steps(knowledge: Knowledge, family: Definition) -> Iterator[tuple[str, bool]]:
    """The quantities that a definition speaks of at times of its own letter, and whether at later ones."""
    own = family.time.offset if family.time is not None else 0
    for symbol in (x for x in family.node.walk() if isinstance(x, s.Symbol)):
        ref = knowledge.names.ref(symbol)
        if ref.time is not None and ref.time.symbol == family.letter and ref.key in knowledge.families:
            yield ref.key, ref.time.offset > own


def ceiling_of(statement: s.Statement) -> tuple[tuple[str | None, int], ...]:
    """The latest times that a statement names, by their letters: to these, backward recurrences are unfolded."""
    highest: dict[str | None, int] = {}
    for node in (x for item in statement.items for x in item.walk()):
        if isinstance(node, s.Symbol) and node.time is not None:
            letter = node.time.symbol
            highest[letter] = max(highest.get(letter, node.time.offset), node.time.offset)
    return tuple(sorted(highest.items(), key=str))
