"""What the author writes on a sheet, also at other times: names, factors and addends to put into a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from derivations.reading import surface as s
from derivations.reading.places import Span

POOLED = (s.Symbol, s.Group, s.Call, s.Transposed, s.Raise, s.Partial)
MOST_TIMES = 4
SUBSCRIPT = re.compile(r"_(?:\{[^{}\\]*\}|[a-z])$")
Written = tuple[s.Node, str]


def factors_of(nodes: Sequence[s.Node], indexed: bool) -> Iterator[s.Node]:
    """Factors and addends among some nodes; ``indexed`` formulas speak of components, too."""
    for node in nodes:
        if isinstance(node, POOLED) and (indexed or not (isinstance(node, s.Symbol) and node.component)):
            yield node
        if isinstance(node, s.Add):
            yield from (addend for addend in node.addends if not isinstance(addend, (s.Number, *POOLED)))


def times_of(nodes: Sequence[s.Node]) -> list[s.Time]:
    """The times that some formulas speak of; a plain number below a name may be one, too."""
    found: dict[s.Time, None] = {}
    for node in nodes:
        if isinstance(node, s.Symbol) and node.time is not None:
            found[node.time] = None
        elif isinstance(node, s.Symbol) and node.name.isdigit():
            found[s.Time(None, int(node.name))] = None
    return list(found)[:MOST_TIMES]


def at_time(node: s.Node, text: str, time: s.Time) -> Written | None:
    """A formula of one time letter, such as t, written at another time; None where that cannot be written."""
    symbols = [x for x in node.walk() if isinstance(x, s.Symbol) and x.time is not None]
    letters = {x.time.symbol for x in symbols if x.time is not None}
    start = node.span.start
    letter = next(iter(letters), None)
    if len(letters) != 1 or letter is None or not all(start <= x.span.start for x in symbols):
        return None
    pieces, end = [], len(text)
    for symbol in sorted(symbols, key=lambda x: x.span, reverse=True):
        place = slice(symbol.span.start - start, symbol.span.end - start)
        written = _shifted(text[place], letter, symbol.time or time, time)
        if written is None or place.stop > end:
            return None
        pieces += [text[place.stop : end], written]
        end = place.start
    tree = node.rewritten(lambda x: _moved(x, time) if isinstance(x, s.Symbol) and x.time is not None else x)
    return tree, "".join(reversed([*pieces, text[:end]]))


def _moved(symbol: s.Symbol, to: s.Time) -> s.Symbol:
    offset = symbol.time.offset if symbol.time is not None else 0
    return replace(symbol, time=s.Time(to.symbol, to.offset + offset))


def _shifted(text: str, letter: str, own: s.Time, to: s.Time) -> str | None:
    """The text of a name at ``own``, with the letter of its time put to ``to``."""
    number = to.offset + own.offset
    put = str(number) if to.symbol is None else to.symbol + (f"{number:+d}" if number else "")
    offset = rf"\s*{'-' if own.offset < 0 else re.escape('+')}\s*{abs(own.offset)}" if own.offset else ""
    bare = re.compile(rf"([_^])\s*{re.escape(letter)}(?![a-zA-Z])") if not offset else None
    if bare is not None and bare.search(text):
        return bare.sub(lambda m: m[1] + (put if len(put) == 1 else f"{{{put}}}"), text, count=1)
    within = re.compile(rf"(?<=[{{(<\[\s,]){re.escape(letter)}{offset}(?=[}})>\],\s]|\\rangle)")
    return within.sub(lambda _: put, text, count=1) if within.search(text) else None


def at_indices(node: s.Symbol, text: str, letters: Sequence[str]) -> Iterator[Written]:
    """A component with one of its index letters put to another: p_j for p_i."""
    below = SUBSCRIPT.search(text)
    own = [x.base for x in node.component if isinstance(x, s.Symbol)]
    if below is None or len(own) != len(node.component) or any(below[0].count(x) != 1 for x in own):
        return
    for place, old in enumerate(own):
        for new in letters:
            if new not in own:
                put = (*node.component[:place], s.Symbol(node.span, new), *node.component[place + 1 :])
                yield replace(node, component=put), text[: below.start()] + below[0].replace(old, new)


def complements(written: Sequence[Written]) -> Iterator[Written]:
    """1 − x and 1 − x² for the names and functions among some formulas: the slopes of gates."""
    for node, text in written:
        if isinstance(node, s.Call) or (isinstance(node, s.Symbol) and node.base[:1].islower()):
            one, two = s.Number(node.span, Fraction(1)), s.Number(node.span, Fraction(2))
            square = s.Raise(node.span, node, two)
            power = f"{{{text}}}^2" if "^" in text else f"{text}^2"
            for inner, put in ((node, text), (square, power)):
                yield s.Group(node.span, s.Add(Span(0, 0), (1, -1), (one, inner))), f"(1 - {put})"
