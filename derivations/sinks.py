"""Losses that a sheet does not define: they are taken to depend on the quantities of a step through the last of them.

``∂E/∂W = (∂E/∂h_t)(∂h_t/∂W)`` for an E of which nothing is known says that E depends on W through h_t alone. With
that reading ∂E/∂h_t is any tensor of its shape, and every other gradient of E in the statement follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derivations.components import whole
from derivations.names import Names, Ref, shift
from derivations.reading import surface as s
from derivations.world import Knowledge, World


@dataclass(frozen=True, slots=True)
class Gradient:
    """A gradient of an undefined quantity ``of`` by ``by``; ``node`` is the symbol of ``by`` with its own time."""

    of: Ref
    by: Ref
    node: s.Symbol


def gradients(knowledge: Knowledge, nodes: tuple[s.Node, ...], world: World) -> list[Gradient]:
    """The gradients of undefined scalars in expressions and in the definitions of the names there, each once."""
    found: dict[tuple[Ref, Ref], Gradient] = {}
    for gradient in _walk(knowledge, nodes, dict(world.env), 2):
        found.setdefault((gradient.of, gradient.by), gradient)
    return list(found.values())


def _walk(knowledge: Knowledge, nodes: tuple[s.Node, ...], env: dict[str, s.Time], depth: int) -> Iterator[Gradient]:
    names = knowledge.names
    for node in (inner for root in nodes for inner in root.walk()):
        if isinstance(node, s.Partial):
            of, by = _symbol(node.of), _symbol(whole(node).by)
            if of is not None and by is not None and not knowledge.shapes.get(names.ref(of).key, ()):
                loss, part = _at(names, of, env), _at(names, by, env)
                if knowledge.definition(loss) is None:
                    yield Gradient(loss, part, absolute(by, part))
        elif isinstance(node, s.Symbol) and depth:
            ref = _at(names, node, env)
            definition = knowledge.definition(ref)
            if definition is not None and any(isinstance(x, s.Partial) for x in definition.node.walk()):
                yield from _walk(knowledge, (definition.node,), dict(definition.env(ref)), depth - 1)


def _symbol(node: s.Node) -> s.Symbol | None:
    while isinstance(node, s.Group):
        node = node.inner
    return node if isinstance(node, s.Symbol) and not node.component else None


def _at(names: Names, symbol: s.Symbol, env: dict[str, s.Time]) -> Ref:
    ref = names.ref(symbol)
    return Ref(ref.key, shift(ref.time, env))


def absolute(symbol: s.Symbol, ref: Ref) -> s.Symbol:
    """The symbol written at the time of ``ref``, so that no time letter is left to be replaced."""
    return replace(symbol, time=ref.time, name="" if symbol.name.isdigit() and ref.time is not None else symbol.name)
