"""Which subscripts are indices of components: ``W_{ij} x_j`` against the gate names ``W_{xz}`` and ``b_i``.

A base is indexed if every one of its subscripts consists of index letters, one letter for every axis, and one of them
is summed over somewhere or the base occurs with different indices. Where a base has a time (``h_t``), an index
stands beside the time: the i of ``h_i`` alone is a time then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from derivations.names import CONSTANTS, key_of
from derivations.reading import surface as s
from derivations.reading.grammar import INDICES

LETTERS = INDICES
MOST_INDICES = 3
UNIT = "e"
"""The letter of unit vectors."""


def with_components(sentences: Sequence[s.Sentence], declared: frozenset[str] = frozenset()) -> list[s.Sentence]:
    """The sentences with the subscripts of indexed bases as components; ``declared`` letters are surely indices."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    nodes = [node for statement in statements for item in statement.items for node in item.walk()]
    indexed = _indexed(nodes, declared)
    if not indexed:
        return list(sentences)

    def change(node: s.Node) -> s.Node:
        if isinstance(node, s.Raise):
            return _kronecker(node)
        return _with_component(node) if isinstance(node, s.Symbol) and key_of(node, "") in indexed else node

    return s.rewritten(sentences, change)


def _compared(node: s.Node) -> set[str]:
    """The indices in ``δ_{ij}``, ``[i = j]``, ``(W x)_i`` and of unit vectors."""
    if isinstance(node, s.Entry):
        return set(node.indices)
    if isinstance(node, s.Symbol) and node.base == UNIT and node.component:
        return set(letters_of(node))
    sides: list[s.Node | str] = []
    if isinstance(node, s.Iverson) and node.condition.sign in ("=", "neq"):
        sides = [x.base for x in (node.condition.left, node.condition.right) if isinstance(x, s.Symbol) and not x.name]
    elif isinstance(node, s.Symbol) and node.base == "delta" and node.time is None:
        sides = list(_indices(node))
    elif isinstance(node, s.Raise) and isinstance(found := _kronecker(node), s.Symbol):
        sides = list(letters_of(found))
    return {str(x) for x in sides} if len(sides) == 2 and set(sides) <= LETTERS else set()


def _indexed(nodes: Iterable[s.Node], declared: frozenset[str]) -> set[str]:
    subscripts: dict[str, set[str]] = {}
    summed = set(declared)
    timed: set[str] = set()
    bare: set[str] = set()
    for node in nodes:
        if isinstance(node, s.Symbol):
            timed |= {key_of(node, "")} if node.time is not None and not node.name else set()
            bare |= {key_of(node, "")} if node.time is None and node.name else set()
            subscripts.setdefault(key_of(node, ""), set()).add(",".join(_indices(node)) if node.name else "")
        elif isinstance(node, s.Big) and not _over_times(node):
            summed.add(node.index)
        summed |= _compared(node)
    found: set[str] = set()
    for _ in range(MOST_INDICES):
        firm = {base for base in subscripts if base not in timed & bare}
        found = {base for base in firm if _is_indexed(base, subscripts[base], summed, LETTERS | declared)}
        summed |= {letter for base in found for letter in _letters(subscripts[base])}
    return found if any(_letters(subscripts[base]) for base in found) else set()


def _over_times(big: s.Big) -> bool:
    """Whether a sum or product runs from a time to a time over times alone, so that its index is no component."""
    timed = all(isinstance(getattr(x, "time", None), s.Time) for x in (big.lower, big.upper))
    return timed and not any(isinstance(x, s.Symbol) and big.index in _indices(x) for x in big.body.walk())


def _is_indexed(base: str, names: set[str], summed: set[str], known: frozenset[str]) -> bool:
    used = [name.split(",") for name in names if name]
    if not used or any(not set(parts) <= known or len(parts) > MOST_INDICES for parts in used):
        return False
    if len({len(parts) for parts in used}) > 1:
        return False
    letters = _letters(names)
    matrix = base[:1].isupper() and len(used[0]) == 1  # two of them, such as W_r and W_i, are two matrices
    return bool(letters & summed) or (len(letters) > 1 and not matrix)


def _letters(names: Iterable[str]) -> set[str]:
    return {letter for name in names for letter in name.split(",") if letter}


def _indices(symbol: s.Symbol) -> list[str]:
    """``ij`` and ``i,j`` as letters."""
    name = symbol.name.replace(" ", "")
    return name.split(",") if "," in name else list(name)


def _with_component(symbol: s.Symbol) -> s.Symbol:
    if not symbol.name or symbol.base in CONSTANTS:
        return symbol
    letters = tuple(s.Symbol(symbol.span, letter) for letter in _indices(symbol))
    return replace(symbol, name="", component=letters)


def _kronecker(node: s.Raise) -> s.Node:
    r"""``\delta^i_j`` as ``\delta_{ij}``; the l of ``\delta^l_j`` is a layer more often."""
    base, above = node.base, node.exponent
    if not isinstance(base, s.Symbol) or not isinstance(above, s.Symbol) or base.base != "delta" or above.name:
        return node
    below = base.name or "".join(letters_of(base))
    if len(below) != 1 or not {above.base, below} <= LETTERS - {"l"} or base.time is not None:
        return node
    return replace(base, name="", component=tuple(s.Symbol(node.span, letter) for letter in (above.base, below)))


def letters_of(symbol: s.Symbol) -> tuple[str, ...]:
    """The index letters of a component; empty where one is no plain letter."""
    letters = tuple(x.base for x in symbol.component if isinstance(x, s.Symbol) and not x.name and x.time is None)
    return letters if len(letters) == len(symbol.component) else ()


def bound(node: s.Node | None) -> str:
    """The bound of a sum as text: a number, or the letter of a dimension; empty for anything else."""
    if isinstance(node, s.Number):
        return str(node.value)
    time = getattr(node, "time", None)
    if isinstance(time, s.Time) and not getattr(node, "base", ""):
        return str(time.offset) if time.symbol is None else time.symbol if not time.offset else ""
    return key_of(node) if isinstance(node, s.Symbol) and time is None else ""


def has_components(node: s.Node) -> bool:
    """Whether an expression speaks of components."""
    return any(isinstance(x, s.Entry) or (isinstance(x, s.Symbol) and bool(x.component)) for x in node.walk())
