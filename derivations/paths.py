"""Which paths a claim about the gradient of a loss by a state covers: one of them alone, or all.

``δc_{t-1} = δc_t ⊙ f_t`` is the share that reaches c_{t-1} along the cells of an LSTM; in full there is also what comes
through h_{t-1} and the gates (Gers, Schmidhuber and Cummins 2000 cut exactly that off).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derivations.judge import Judge
from derivations.names import Ref, ref_text, shift
from derivations.reading import surface as s
from derivations.sinks import absolute
from derivations.world import Knowledge, Mode, World

NARROW = (Mode.WITHIN_STEP, Mode.DIRECT)
TWIN = "along one path"


@dataclass(frozen=True, slots=True)
class Paths:
    """What the sheet knows of the ways from a state to the loss."""

    judge: Judge

    @property
    def knowledge(self) -> Knowledge:
        return self.judge.elaborator.knowledge

    def note(self, left: s.Node, right: s.Node, world: World, mode: Mode) -> str:
        """For a step that is right in a narrow sense of ∂: the paths that it leaves out; empty where none is seen."""
        first = self.gradient(left, world)
        if mode not in NARROW or first is None or self._is_defined(first):
            return ""
        others = self._beside(first, (left, right), world)
        return f"along one path alone; in full there is also the one through {others}" if others else ""

    def alone(self, left: s.Node, right: s.Node, world: World) -> str:
        """For a step that is wrong: that it is right along one path, with the one that is missing; else empty."""
        first = self.gradient(left, world)
        if first is None or not self._is_defined(first):
            return ""
        sides = (self._opened(left, world), self._opened(right, world))
        others = self._beside(first, sides, world)
        if not others or not self.judge.ask(*sides, world).right:
            return ""
        return f"it is right along one path alone; the one through {others} is missing"

    # The gradient that is claimed

    def gradient(self, node: s.Node, world: World) -> s.Partial | None:
        """The derivative of a scalar by a quantity with a time that a side is, or stands for."""
        found = self._meant(node, world)
        if not isinstance(found, s.Partial) or not isinstance(found.by, s.Symbol) or found.by.time is None:
            return None
        of = found.of
        shape = self.knowledge.shapes.get(self.knowledge.names.ref(of).key, ()) if isinstance(of, s.Symbol) else None
        return None if shape is None or shape else found

    def _meant(self, node: s.Node, world: World) -> s.Node:
        """What a name that the sheet defines as a derivative stands for, at its time."""
        if not isinstance(node, s.Symbol):
            return node
        ref = self.knowledge.names.ref(node)
        definition = self.knowledge.definition(ref)
        if definition is None or not isinstance(definition.node, s.Partial):
            return node
        partial, env = definition.node, dict(definition.env(ref))
        return replace(partial, of=_at(partial.of, env), by=_at(partial.by, env))

    def _opened(self, node: s.Node, world: World) -> s.Node:
        """A side with its gradients written out, of a loss of which nothing more is known."""

        def change(x: s.Node) -> s.Node:
            partial = self._meant(x, world)
            if not isinstance(partial, s.Partial) or self.gradient(partial, world) is None:
                return partial
            of = partial.of
            return replace(partial, of=replace(of, marks=(*of.marks, TWIN))) if isinstance(of, s.Symbol) else partial

        return node.rewritten(change)

    def _is_defined(self, gradient: s.Partial) -> bool:
        return self.knowledge.definition(self._ref(gradient.of)) is not None

    # The ways around

    def _beside(self, first: s.Partial, sides: tuple[s.Node, s.Node], world: World) -> str:
        """The quantities that are computed from the state and do not lie on the way that the step speaks of."""
        spoken = {self._ref(x) for side in sides for x in side.walk() if isinstance(x, s.Symbol)}
        spoken |= {self._ref(p.by) for side in sides for p in self.partials(side, world)}
        keys = {ref.key for ref in spoken}
        others = (ref for ref in self._users(first.by) if ref.key not in keys and not self._leads_to(ref, spoken))
        return " and ".join(ref_text(ref) for ref in dict.fromkeys(others))

    def _leads_to(self, ref: Ref, spoken: set[Ref]) -> bool:
        """Whether a quantity that the step speaks of, at the same time, is computed from this one."""
        pending = [x.key for x in spoken if x.time == ref.time]
        found: set[str] = set()
        while pending:
            found.update(more := self._within_step(pending.pop()) - found)
            pending += sorted(more)
        return ref.key in found

    def _within_step(self, key: str) -> set[str]:
        """What a quantity is computed from at its own time."""
        definition = self.knowledge.families.get(key)
        symbols = [x for x in definition.node.walk() if isinstance(x, s.Symbol)] if definition else []
        now = s.Time(definition.letter, 0) if definition else None
        return {self._ref(x).key for x in symbols if self._ref(x).time == now}

    def partials(self, side: s.Node, world: World) -> Iterator[s.Partial]:
        """The derivatives that an expression speaks of, by themselves or through names that stand for one."""
        for x in side.walk():
            partial = self._meant(x, world)
            if isinstance(partial, s.Partial) and isinstance(partial.by, s.Symbol):
                yield partial

    def _users(self, by: s.Node) -> Iterator[Ref]:
        """The quantities whose definitions use a state, at the times at which they do."""
        state = self._ref(by)
        for key, definition in sorted(self.knowledge.families.items()):
            for x in definition.node.walk():
                ref = self._ref(x) if isinstance(x, s.Symbol) else None
                if ref is None or ref.key != state.key or ref.time is None or state.time is None:
                    continue
                if ref.time.symbol == definition.letter and not isinstance(definition.node, s.Partial):
                    yield Ref(key, s.Time(state.time.symbol, state.time.offset - ref.time.offset))

    def _ref(self, node: s.Node) -> Ref:
        return self.knowledge.names.ref(node) if isinstance(node, s.Symbol) else Ref("")


def _at(node: s.Node, env: dict[str, s.Time]) -> s.Node:
    return absolute(node, Ref("", shift(node.time, env))) if isinstance(node, s.Symbol) else node
