r"""The letter of the last time of a sheet: the T of ``h_T``, or the τ of ``t = 1, …, τ``.

A sum without bounds, ``\sum_t``, runs to it. Where such a sum is all that speaks of it, it is T.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derivations.reading import surface as s

HABIT = "T"
LATEST = ("T", "tau")
NOW = "t"


def last_time(statements: Sequence[s.Statement]) -> str | None:
    """The letter of the last time, if the sheet speaks of one, in formulas whose bounds need not be times yet."""
    nodes = [node for x in statements for item in x.items for node in item.walk()]
    indices = {node.index for node in nodes if isinstance(node, s.Big)}
    named = {x for node in nodes for x in _ends(node)} | {x for y in statements for x in _ranges(y)}
    named |= {HABIT} if any(_time(node) == HABIT for node in nodes) else set()
    for letter in LATEST:
        if letter in named - indices:
            return letter
    return HABIT if any(_is_open(node) for node in nodes) and not _means_more(nodes) else None


def _ends(node: s.Node) -> Iterator[str]:
    r"""The letters in the upper bound of a sum over t; T in the bounds of any."""
    if isinstance(node, s.Big):
        for bound in (node.lower, node.upper):
            letters = {letter for x in bound.walk() if (letter := _letter(x))} if bound is not None else set()
            yield from letters & ({HABIT} if node.index != NOW or bound is node.lower else set(LATEST))


def _ranges(statement: s.Statement) -> Iterator[str]:
    r"""``t = \tau`` and ``t = 1, …, T``: how far the time runs."""
    first, last = statement.items[0], statement.items[-1]
    if isinstance(first, s.Symbol) and _letter(first) == NOW and len(statement.items) == 2:
        ends = last.items[-1:] if isinstance(last, s.Tuple | s.Enumeration) else (last,)
        yield from (letter for x in ends if (letter := _letter(x)) in LATEST)


def _is_open(node: s.Node) -> bool:
    return isinstance(node, s.Big) and node.index == NOW and node.lower is node.upper is None


def _means_more(nodes: Sequence[s.Node]) -> bool:
    r"""Whether T may be a quantity: it occurs, and nowhere as the number of steps in ``\frac{1}{T} \sum_t``."""
    counted = any(_is_mean(node) for node in nodes if isinstance(node, s.Mul))
    return not counted and any(_is_habit(x) for x in nodes)


def _is_mean(product: s.Mul) -> bool:
    pairs = zip(product.factors, product.factors[1:], strict=False)
    return any(isinstance(x, s.Divide) and _is_habit(x.denominator) and _is_open(y) for x, y in pairs)


def _is_habit(node: s.Node) -> bool:
    return isinstance(node, s.Symbol) and node.base == HABIT


def _letter(node: s.Node) -> str:
    """A letter that stands alone, or the one of a time that a bound is."""
    if isinstance(node, s.Symbol):
        return "" if node.name or node.time or node.marks or node.component else node.base
    return _time(node)


def _time(node: s.Node) -> str:
    time = getattr(node, "time", None)
    return time.symbol or "" if isinstance(time, s.Time) else ""
