"""Derivatives in an expression: what ∂ holds fixed in each of its senses, and losses that a sheet does not define."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivations.calculus import Rules, jacobian
from derivations.chains import chain_break, link, plain_name
from derivations.errors import SheetError
from derivations.given_gradients import UNDERSTOOD
from derivations.layer_names import Layer, layer_of
from derivations.names import UNSURE, Ref, ref_text
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.series import outside_series
from derivations.sinks import Gradient, absolute, gradients
from derivations.terms import Shape, Term, apply, var
from derivations.traverse import free_variables, substitute
from derivations.values import Value, merge
from derivations.world import Knowledge, Mode, OpenEndedError, UnclearError, World, in_mode

UNKNOWN_LOSS = "a gradient of a quantity that the sheet does not define is taken as given"


def is_formula(of: s.Node) -> bool:
    """Whether a derivative is taken of an expression that is written out, not of a name."""
    while isinstance(of, s.Group):
        of = of.inner
    return not isinstance(of, s.Symbol | s.Function | s.Partial)


class Differentiation(ABC):
    """The part of the elaborator that reads derivatives."""

    knowledge: Knowledge
    rules: Rules | None
    _partials: dict[tuple[object, Ref, World], Value]
    _jacobians: dict[tuple[Term, Term], Term]

    @abstractmethod
    def ref(self, symbol: s.Symbol, world: World) -> Ref: ...

    @abstractmethod
    def variable(self, ref: Ref) -> Term: ...

    @abstractmethod
    def refs_of(self, term: Term) -> list[tuple[Term, Ref]]: ...

    @abstractmethod
    def value_of(self, ref: Ref, world: World, span: Span) -> Term: ...

    @abstractmethod
    def elaborate(self, node: s.Node, world: World, target: Shape | None = None) -> list[Value]: ...

    def partial(self, node: s.Partial, world: World) -> Value:
        """∂of/∂by as a Jacobian of shape of.shape + by.shape."""
        if isinstance(node.of, s.Symbol) and self.knowledge.definition(self.ref(node.of, world)) is None:
            return self._undefined(self.ref(node.of, world), node, world)
        self._require_unrelated(node, world)
        self._require_known_slope(node)
        key = (plain_name(node.of), self._by(node, world), in_mode(world, self._sense(node, world)))
        if key not in self._partials:
            output, _, term = self.derivation(node, world)
            row = not output.shape and self._stands_as_row(node.by)
            self._partials[key] = Value(self._filled(term, world, node.span), row, not output.shape)
        return self._partials[key]

    def held_by(self, node: s.Partial, world: World) -> World:
        """How the names in what is differentiated are read, apart from the sense of ∂ that leads to it."""
        return in_mode(self._inner_world(node, self._by(node, world), world), Mode.TOTAL)

    def _require_known_slope(self, node: s.Partial) -> None:
        """Of a loss without a definition only the first derivatives are free; raises UnclearError for others."""
        known, reached = self.knowledge, self.knowledge.reachable(node.of) if self.knowledge.open.open else set[str]()
        if not reached & known.open.open:
            return
        roots = [node.of, *(d.node for ref, d in known.instances.items() if ref.key in reached)]
        roots += [known.families[key].node for key in sorted(reached & known.families.keys())]
        if any(isinstance(x, s.Partial) for root in roots for x in root.walk()):
            raise UnclearError("a second derivative of something that the sheet does not define", node.span)

    def _require_unrelated(self, node: s.Partial, world: World) -> None:
        """A second derivative by two quantities of which one hangs on the other does not say what is held."""
        inner = node.of.inner if isinstance(node.of, s.Group) else node.of
        if not isinstance(inner, s.Partial):
            return
        first, second = self._by(inner, world), self._by(node, world)
        if first != second and (self._hangs_on(first, second, world) or self._hangs_on(second, first, world)):
            raise UnclearError(f"{ref_text(first)} and {ref_text(second)} depend on each other", node.span)

    def _hangs_on(self, one: Ref, other: Ref, world: World) -> bool:
        inner = replace(world, cut=(other,), held=None, only=None)
        return self.variable(other) in free_variables([self.value_of(one, inner, Span(0, 0))])

    def derivation(self, node: s.Partial, world: World) -> tuple[Term, Term, Term]:
        """The differentiated term, the variable, and the Jacobian, before names that were held are filled in."""
        name = self._by(node, world)
        self._require_one_direction(node.of, world)
        by = self.variable(name)
        if isinstance(node.of, s.Function):
            output = apply(node.of.function, by)
        else:
            inner = self._inner_world(node, name, world)
            self._require_unfolded(node.of, inner)
            value = self.elaborate(node.of, inner)[0]
            if value.opaque:
                raise UnclearError("a derivative of something that the sheet does not define", node.of.span)
            output = value.term
            self._require_closed(output, name, inner)
        return output, by, self._jacobian(output, by)

    def _jacobian(self, output: Term, by: Term) -> Term:
        if (output, by) not in self._jacobians:
            self._jacobians[output, by] = jacobian(output, [by], self.rules)[0]
        return self._jacobians[output, by]

    def _require_one_direction(self, of: s.Node, world: World) -> None:
        """What is computed from earlier and from later steps is known only where both ends are."""
        if world.mode is Mode.DIRECT or world.end is not None:
            return
        if self.knowledge.entangled and self.knowledge.entangled & self.knowledge.reachable(of):
            raise OpenEndedError("a recurrence in both directions of time")

    def _require_unfolded(self, of: s.Node, inner: World) -> None:
        """A name at or before the last time that is unfolded is free, so that its derivative is not known."""
        for node in outside_series(of):
            ref = self.ref(node, inner) if isinstance(node, s.Symbol) else None
            if ref is None or ref.time is None or ref in inner.cut or not self._is_left(ref, ref.time, inner):
                continue
            if self.knowledge.definition(ref) is not None:
                raise OpenEndedError(f"{ref} is taken as given")

    def _is_left(self, ref: Ref, time: s.Time, world: World) -> bool:
        """Whether a name lies where nothing is unfolded any more: before the first time, or after the last."""
        if ref.key in self.knowledge.backward:
            return world.lies_beyond(time)
        return time.symbol is not None and time.offset <= dict(world.floor).get(time.symbol, -1)

    def _require_closed(self, output: Term, by: Ref, inner: World) -> None:
        """Total derivatives at a symbolic time by a parameter, or by a name at an unrelated time, have no end."""
        path = inner.only.key if inner.only is not None and inner.only.time is None else ""
        if inner.held is not None or (inner.only is not None and not path):
            return
        for _, ref in self.refs_of(output):
            if path and ref.key != path:
                continue
            if by.time is not None and by.time.symbol and ref.time is not None and ref.time.symbol != by.time.symbol:
                raise OpenEndedError(f"{by} may be any of the times before {ref}")
            symbolic = ref.time is not None and ref.time.symbol is not None
            related = by.time is not None and ref.time is not None and by.time.symbol == ref.time.symbol
            if symbolic and not related and self.knowledge.definition(ref) is not None:
                raise OpenEndedError(f"{ref} depends on {by} in turn")

    def _by(self, node: s.Partial, world: World) -> Ref:
        by = node.by
        while isinstance(by, s.Group):
            by = by.inner
        if not isinstance(by, s.Symbol):
            raise UnclearError("a derivative by an expression cannot be checked yet", node.by.span, "a name")
        return self.ref(by, world)

    def _sense(self, node: s.Partial, world: World) -> Mode:
        """What this derivative holds fixed: as its sign says where the sheet has several, else as the world says."""
        return self.knowledge.senses.get(node.style, world.mode)

    def _inner_world(self, node: s.Partial, by: Ref, world: World) -> World:
        of = node.of
        cut = (*world.cut, *self._held(of), by)
        times = [t for x in of.walk() if isinstance(x, s.Symbol) and (t := self.ref(x, world).time) is not None]
        latest = max(times, key=lambda time: time.offset, default=None)
        mode = self._sense(node, world)
        if node.style == "immediate" and latest is None:
            raise UnclearError("∂⁺ of something without a time", node.span, "a state such as h_t")
        if mode is Mode.SUMMED:
            mode = Mode.IMMEDIATE if world.summing else Mode.TOTAL
        if mode is Mode.IMMEDIATE:
            state = isinstance(of, s.Symbol) and bool(self.knowledge.shapes.get(self.ref(of, world).key))
            mode = Mode.WITHIN_STEP if by.time is None and state else Mode.TOTAL
        if mode is Mode.WITHIN_STEP:
            return replace(world, cut=cut, held=latest, only=None)
        if mode is Mode.EXPLICIT and is_formula(of):
            shown = [self.ref(x, world) for x in of.walk() if isinstance(x, s.Symbol)]
            return replace(world, cut=tuple(dict.fromkeys([*cut, *shown])), held=None, only=None)
        own = self.ref(of, world) if mode is Mode.DIRECT and isinstance(of, s.Symbol) else None
        only = Ref(own.key) if own is not None and own.key == by.key else own
        return replace(world, cut=cut, held=None, only=only)

    def _held(self, of: s.Node) -> list[Ref]:
        """The quantities that a made-up loss holds."""
        made_up = isinstance(of, s.Symbol) and (of.base, of.marks) == (UNDERSTOOD.base, UNDERSTOOD.marks)
        return sorted(self.knowledge.held, key=str) if made_up else []

    def sinks(self, nodes: tuple[s.Node, ...], world: World) -> tuple[tuple[Ref, s.Symbol], ...]:
        """For every undefined loss, the one quantity of the statement that depends on all others it is derived by."""
        by_loss: dict[Ref, list[Gradient]] = {}
        for gradient in gradients(self.knowledge, nodes, world):
            by_loss.setdefault(gradient.of, []).append(gradient)
        found = []
        for loss, own in by_loss.items():
            given = [Gradient(loss, self.ref(x, world), x) for x in self.knowledge.given.get(loss, ())]
            last = [g for g in given or own if all(g.by == o.by or self._reaches(g, o.by, world) for o in own)]
            if (given or len(own) > 1) and len(last) == 1 and not self._is_led_around(loss, last[0], own, world):
                found.append((loss, last[0].node))
        return tuple(found)

    def _is_led_around(self, loss: Ref, last: Gradient, own: Sequence[Gradient], world: World) -> bool:
        """Whether a later layer hangs on an earlier one in other ways than through the last, as in a ResNet."""
        layer, symbol = layer_of(last.node), self.knowledge.names.bases.get(loss.key)
        if layer is None or symbol is None or UNSURE in symbol.marks:
            return symbol is not None and UNSURE in symbol.marks
        earlier = [gradient for gradient in own if gradient.by != last.by]
        return any(
            not self._reaches(last, ref, world) and any(self._bypasses(ref, last, x, world) for x in earlier)
            for ref in self._later(layer, last.by)
        )

    def _later(self, layer: Layer | None, than: Ref) -> Iterator[Ref]:
        """The quantities with a definition at a layer and behind it; gradients are not among them."""
        for key, definition in sorted(self.knowledge.families.items()):
            own = layer_of(self.knowledge.names.bases[key])
            later = own is not None and layer is not None and own.anchor == layer.anchor and own.offset >= layer.offset
            if later and key != than.key and not any(isinstance(x, s.Partial) for x in definition.node.walk()):
                yield Ref(key)

    def _bypasses(self, ref: Ref, last: Gradient, earlier: Gradient, world: World) -> bool:
        inner = replace(world, cut=(earlier.by, last.by), held=None, only=None, env=())
        try:
            value = self.value_of(ref, inner, last.node.span)
        except SheetError:
            return True
        return self.variable(earlier.by) in free_variables([value])

    def _reaches(self, gradient: Gradient, by: Ref, world: World) -> bool:
        inner = replace(world, cut=(by,), held=None, only=None, env=())
        try:
            return self.variable(by) in free_variables([self.value_of(gradient.by, inner, gradient.node.span)])
        except SheetError:
            return False

    def _undefined(self, of: Ref, node: s.Partial, world: World) -> Value:
        """A gradient of a loss without a definition: free at its sink, by the chain rule elsewhere, else opaque."""
        by = self._by(node, world)
        sink = dict(world.sinks).get(of)
        if sink is None:
            known = by in [self.ref(x, world) for x in self.knowledge.given.get(of, ())]
            return replace(self._opaque(of, by), readings=frozenset(), opaque=False) if known else self._opaque(of, by)
        plain = replace(world, env=())
        last = self.ref(sink, plain)
        head = replace(self._opaque(of, last), readings=frozenset(), opaque=False)
        if last == by:
            return head
        symbol = node.by.inner if isinstance(node.by, s.Group) else node.by
        if not isinstance(symbol, s.Symbol):
            return self._opaque(of, by)
        inner = self.partial(s.Partial(node.span, sink, absolute(symbol, by)), plain)
        rank = self.variable(last).rank
        joined = link(head.term, inner.term, rank, node.span)
        return replace(merge([head, inner], joined), gradient=True)

    def _opaque(self, of: Ref, by: Ref) -> Value:
        shape = self.variable(of).shape + self.variable(by).shape
        scalar = not self.variable(of).shape
        row = scalar and self.knowledge.standing.get(by.key, self.knowledge.rows)
        return Value(var(f"∂{of}/∂{by}", *shape), row, scalar, frozenset({UNKNOWN_LOSS}), True)

    def _stands_as_row(self, by: s.Node) -> bool:
        """Whether a gradient by this, which has its shape, is a row."""
        inner = by.inner if isinstance(by, s.Group) else by
        return self.knowledge.stands_as_row(inner) if isinstance(inner, s.Symbol) else self.knowledge.rows

    def _filled(self, term: Term, world: World, span: Span) -> Term:
        """Every name that was held back replaced by its value."""
        values = {v: self.value_of(ref, world.plain(), span) for v, ref in self.refs_of(term)}
        return substitute([term], values)[0]

    def chain(self, partials: Sequence[s.Node], world: World) -> Value:
        """A product of derivatives: each contracted with the next along the variable that they share."""
        nodes = [p for p in partials if isinstance(p, s.Partial)]
        if chain_break(nodes) is not None and chain_break(nodes[::-1]) is None:
            nodes = nodes[::-1]
        values = [self.partial(p, world) for p in nodes]
        result = values[0]
        for value, earlier in zip(values[1:], nodes, strict=False):
            shared = self.variable(self._by(earlier, world)).rank
            result = merge([result, value], link(result.term, value.term, shared, earlier.span))
        return replace(result, gradient=values[0].gradient)
