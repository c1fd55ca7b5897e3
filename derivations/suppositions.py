r"""What a sentence supposes of gates: ``when σ(f_t) = 0``, ``with f_t = z_t, i_t = 1 − f_t``, ``if h_{t-1} = s_{t-1}``.

A function gets a value, or a name stands for another: both are put in the place of what they speak of.
"""

from __future__ import annotations

from collections.abc import Callable

from derivations.reading import surface as s

GATES = frozenset({"i", "f", "o", "z", "r", "u", "k", "s", "Gamma", "iota", "phi", "omega", "alpha"})
"""Letters that gates have in the field."""
SATURATING = frozenset({"sigma"})
"""Functions whose values are gates."""
TYING = frozenset({"if", "when", "whenever", "suppose", "assume", "assuming", "with", "for"})


def saturated(statement: s.Statement, supposed: Callable[[], bool]) -> tuple[s.Call, s.Number] | None:
    """``σ(f_t) = 0`` where it is supposed: the function and its value."""
    if statement.display or len(statement.items) != 2 or statement.links[0].relation is not s.Relation.EQUAL:
        return None
    call, value = statement.items
    if not (isinstance(call, s.Call) and isinstance(value, s.Number)) or call.function not in SATURATING:
        return None
    plain = len(call.arguments) == 1 and call.power is None and not call.order
    return (call, value) if plain and value.value in (0, 1) and (TYING & set(statement.lead) or supposed()) else None


def tied(statement: s.Statement, supposed: Callable[[], bool]) -> tuple[s.Symbol, s.Node] | None:
    """``f_t = z_t`` or ``i_t = 1 − f_t`` where it is supposed: a name, and what stands in its place.

    Behind a comma or *and* only what speaks of gates, or of the past, is one more supposition and no conclusion.
    """
    if statement.display or len(statement.items) != 2 or statement.links[0].relation is not s.Relation.EQUAL:
        return None
    name, other = statement.items
    of = _one_name(other)
    if not _is_timed(name) or of is None or not _is_timed(of) or statement.follows:
        return None
    said = bool(TYING & set(statement.lead)) or (_goes_on(name, of) and supposed())
    return (name, other) if isinstance(name, s.Symbol) and said and name.time == of.time else None


def _goes_on(name: s.Node, other: s.Symbol) -> bool:
    if not isinstance(name, s.Symbol) or name.time is None:
        return False
    return name.time.offset < 0 or (name.base in GATES and other.base in GATES)


def _one_name(node: s.Node) -> s.Symbol | None:
    """The name in ``z_t`` or ``1 − z_t``."""
    while isinstance(node, s.Group):
        node = node.inner
    if isinstance(node, s.Symbol):
        return node
    if isinstance(node, s.Add) and node.signs == (1, -1) and len(node.addends) == 2:
        one, name = node.addends
        if isinstance(one, s.Number) and one.value == 1 and isinstance(name, s.Symbol):
            return name
    return None


def _is_timed(node: s.Node) -> bool:
    return isinstance(node, s.Symbol) and node.time is not None and not node.component
