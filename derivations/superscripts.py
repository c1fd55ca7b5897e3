r"""Superscripts that are times: where a sheet writes ``m^t`` and ``m^{t-1}``, the 0 of ``m^0`` is a time as well.

So are the letters of sums, as in ``g^i``, and a T that a sum runs to. A 2 is a time only where some such name has the
time 0 or 1, since it could be a square else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from derivations.reading import surface as s

FIRST = frozenset({0, 1})
Name = tuple[str, tuple[str, ...], str]


def with_raised_times(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with the superscripts of names that bear their time above them as times."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    nodes = [node for x in statements for item in x.items for node in item.walk()]
    names = _raised(nodes)
    if not names:
        return list(sentences)
    letters = _letters(nodes)
    change = _Times(names, letters, _counted(nodes, names)).change
    return s.rewritten(sentences, change)


@dataclass(frozen=True, slots=True)
class _Times:
    """The names with their time above, the letters that are times there, and whether numbers are."""

    names: frozenset[Name]
    letters: frozenset[str]
    numbers: bool

    def change(self, node: s.Node) -> s.Node:
        if isinstance(node, s.Transposed) and node.letter and isinstance(node.argument, s.Symbol):
            known = node.argument.time is None and _name(node.argument) in self.names
            return replace(node.argument, span=node.span, time=s.Time("T", 0), raised=True) if known else node
        if not isinstance(node, s.Raise) or not isinstance(node.base, s.Symbol) or _name(node.base) not in self.names:
            return node
        time = _number(node.exponent) if self.numbers else None
        time = time or _letter(node.exponent, self.letters)
        return node if time is None else replace(node.base, span=node.span, time=time, raised=True)


def _raised(nodes: Sequence[s.Node]) -> frozenset[Name]:
    """The names that have their time above them, never below, and are never written without any."""
    symbols = [x for x in nodes if isinstance(x, s.Symbol)]
    above = {_name(x) for x in symbols if x.raised}
    below = {_name(x) for x in symbols if x.time is not None and not x.raised}
    if not above - below:
        return frozenset()
    last = "T" in _letters(nodes)
    bases = Counter(_name(x) for node in nodes for x in _base(node, last))
    plain = Counter(_name(x) for x in symbols if x.time is None)
    return frozenset(name for name in above - below if plain[name] == bases[name])


def _base(node: s.Node, last: bool) -> tuple[s.Symbol, ...]:
    """The name below a superscript that may be a time; T is one only where sums run to it."""
    if isinstance(node, s.Transposed) and node.letter and last:
        base = node.argument
        return (base,) if isinstance(base, s.Symbol) and base.time is None else ()
    return (node.base,) if isinstance(node, s.Raise) and isinstance(node.base, s.Symbol) else ()


def _letters(nodes: Sequence[s.Node]) -> frozenset[str]:
    """The indices of sums and products, and the letters they run to."""
    bigs = [x for x in nodes if isinstance(x, s.Big)]
    uppers = {x.base for big in bigs if big.upper is not None for x in big.upper.walk() if isinstance(x, s.Symbol)}
    return frozenset({big.index for big in bigs} | (uppers & {"T"}))


def _counted(nodes: Sequence[s.Node], names: Set[Name]) -> bool:
    """Whether a first time stands above one of some names."""
    raised = (x for x in nodes if isinstance(x, s.Raise) and isinstance(x.base, s.Symbol) and _name(x.base) in names)
    return any(isinstance(x.exponent, s.Number) and x.exponent.value in FIRST for x in raised)


def _number(node: s.Node) -> s.Time | None:
    whole = isinstance(node, s.Number) and node.value.denominator == 1 and node.value >= 0
    return s.Time(None, int(node.value)) if whole and isinstance(node, s.Number) else None


def _letter(node: s.Node, letters: Set[str]) -> s.Time | None:
    """``i``, ``i+1`` and ``i-1`` for a letter of sums."""
    offset, letter = 0, node
    if isinstance(node, s.Add) and len(node.addends) == 2 and node.signs[0] == 1:
        letter, number = node.addends
        time = _number(number)
        if time is None:
            return None
        offset = node.signs[1] * time.offset
    plain = isinstance(letter, s.Symbol) and not (letter.name or letter.marks or letter.time or letter.component)
    if not plain or not isinstance(letter, s.Symbol) or letter.base not in letters:
        return None
    return s.Time(letter.base, offset)


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name
