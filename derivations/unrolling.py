"""Recurrences of sums, products and total derivatives in a time letter.

A quantity that grows with T (∂h_T/∂W, a sum up to T, a product up to T) is an *accumulator*: a free tensor for its
value at T, and its value at T+1 as a term in accumulators at T. A total derivative obeys the chain rule
∂h_{T+1}/∂θ = ∂⁺h_{T+1}/∂θ + ∂h_{T+1}/∂h_T ∂h_T/∂θ (Werbos, *Backpropagation through time*, 1990); a sum whose summands
grow with T, too, is split by linearity into factors that do not depend on its index and sums that are accumulators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derivations.budget import Budget
from derivations.calculus import jacobian
from derivations.chains import link
from derivations.elaborate import Elaborator
from derivations.names import Ref
from derivations.normal_form import Engine
from derivations.polynomials import Poly, to_term
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.runs import NOWHERE, Accumulator, Run, moved
from derivations.series import (
    bounds,
    series,
)
from derivations.terms import Labels, Product, Shape, Sum, Term, Var, add, product, scale, var, zeros
from derivations.traverse import free_variables, postorder, substitute
from derivations.values import Value
from derivations.world import Mode, OpenEndedError, World

MOST_ACCUMULATORS = 24


class Unroller(Elaborator):
    """Elaborates at a symbolic time T: names up to T are free, what accumulated up to T is an accumulator.

    Raises OpenEndedError for whatever has no such form.
    """

    def __init__(self, ordinary: Elaborator, growing: str, start: s.Time, facts: World) -> None:
        super().__init__(ordinary.knowledge, ordinary.rules, ordinary.scalar)
        self.ordinary = ordinary
        self.growing = growing
        self.start = start
        self.outer = facts
        self.accumulators: dict[Term, Accumulator] = {}
        self.known: dict[tuple[Any, ...], Term] = {}

    def world(self, mode: Mode, ahead: int) -> World:
        """The world in which the growing letter stands for T + ``ahead``."""
        env = ((self.growing, s.Time(self.growing, ahead)),)
        return replace(self.outer, floor=((None, 0), (self.growing, 0)), mode=mode, env=env)

    def world_at_start(self, world: World) -> World:
        """The same world for the ordinary elaborator, at the time of the start."""
        env = tuple((letter, time) for letter, time in world.env if letter != self.growing)
        floor = ((None, 0),) if self.start.symbol is None else ((None, 0), (self.start.symbol, -1))
        return replace(world, floor=floor, env=(*env, (self.growing, self.start)))

    def accumulator(self, key: tuple[Any, ...], name: str, shape: Shape, make: Callable[[Term], Accumulator]) -> Term:
        """The tensor of the accumulator with this key, made on first use."""
        if key not in self.known:
            if len(self.known) >= MOST_ACCUMULATORS:
                raise OpenEndedError("too many quantities grow with time")
            tensor = var(f"{name} [{len(self.known)}]", *shape)
            self.known[key] = tensor
            self.accumulators[tensor] = make(tensor)
        return self.known[key]

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        """A name's value; one that is a formula of the time alone, such as a schedule, is known at all times."""
        if ref.time is None or ref.time.symbol != self.growing or not self._by_the_clock(ref.key):
            return super().value_of(ref, world, span)
        floor = (*(pair for pair in world.floor if pair[0] != self.growing), (self.growing, ref.time.offset - 1))
        return super().value_of(ref, replace(world, floor=floor), span)

    def _by_the_clock(self, key: str) -> bool:
        """Whether the definition of a name speaks of the time and of constants only."""
        definition = self.knowledge.families.get(key)
        if definition is None or any(ref.key == key for ref in self.knowledge.instances):
            return False
        refs = [self.knowledge.names.ref(x) for x in definition.node.walk() if isinstance(x, s.Symbol)]
        return all(x.time.symbol is None if x.time else not self.knowledge.defined(x.key) for x in refs)

    # Total derivatives

    def partial(self, node: s.Partial, world: World) -> Value:
        if isinstance(node.of, s.Symbol) and self.knowledge.definition(self.ref(node.of, world)) is None:
            raise OpenEndedError("a derivative of something that the sheet does not define")
        return super().partial(node, world)

    def derivation(self, node: s.Partial, world: World) -> tuple[Term, Term, Term]:
        name = self._by(node, world)
        inner = self._inner_world(node, name, world)
        self._require_unfolded(node.of, inner)
        path = inner.only.key if inner.only is not None and inner.only.time is None else ""
        if isinstance(node.of, s.Function) or inner.held is not None or (inner.only is not None and not path):
            return super().derivation(node, world)
        value = self.elaborate(node.of, inner)[0]
        if value.opaque:
            raise OpenEndedError("a derivative of something that the sheet does not define")
        return value.term, self.variable(name), self.total(value.term, name, path)

    def total(self, output: Term, by: Ref, path: str = "") -> Term:
        """∂output/∂by through every path, of shape output.shape + by.shape; along one name alone for a ``path``."""
        variable = self.variable(by)
        pieces = [jacobian(output, [variable], self.rules)[0]]
        for free in free_variables([output]):
            inner = None if free is variable else self._inner_derivative(free, by, path)
            if inner is not None:
                outer = jacobian(output, [free], self.rules)[0]
                pieces.append(link(outer, inner, free.rank, NOWHERE))
        return add(*pieces)

    def _inner_derivative(self, free: Term, by: Ref, path: str) -> Term | None:
        """∂free/∂by; None where it is zero."""
        found = self.accumulators.get(free)
        if found is not None:
            if found.differentiate is None or path:
                raise OpenEndedError("this quantity has no derivative in closed form")
            return found.differentiate(by)
        ref = self._refs.get(free)
        if ref is None:
            raise OpenEndedError("an unknown quantity")
        if self.knowledge.definition(ref) is None or (path and ref.key != path):
            return None
        if ref.time is None or ref.time.offset > 0:
            raise OpenEndedError(f"{ref} is not unfolded")
        return self._state_by(ref, ref.time, by, path)

    def _state_by(self, ref: Ref, time: s.Time, by: Ref, path: str) -> Term | None:
        """The derivative of a state that was left free at a time by a name."""
        if time.symbol is None:
            return None
        if by.time is not None and by.time.symbol == time.symbol:
            if by.time.offset == time.offset and not path:
                self._require_independent(ref, by)
            if by.time.offset < time.offset:
                raise OpenEndedError(f"{ref} is not unfolded far enough")
            return None
        if time.symbol != self.growing or time.offset:
            raise OpenEndedError(f"{ref} depends on {by} in turn")
        return self._derivative(ref, by, path)

    def _require_independent(self, ref: Ref, by: Ref) -> None:
        """Names of one time may depend on each other within it."""
        floor = () if ref.time is None else ((ref.time.symbol, ref.time.offset - 1),)
        value = self.value_of(ref, replace(self.outer, floor=((None, 0), *floor), cut=(by,)), NOWHERE)
        if self.variable(by) in free_variables([value]):
            raise OpenEndedError(f"{ref} depends on {by} within its time")

    def _derivative(self, ref: Ref, by: Ref, path: str) -> Term:
        """The accumulator of ∂ref_T/∂by, for a parameter or for a name at another letter's time."""

        def make(tensor: Term) -> Accumulator:
            letter = by.time.symbol if by.time is not None else None
            return Accumulator(
                tensor,
                lambda: self._derivative_next(ref, by, path),
                lambda: self._derivative_at_start(ref, by, path),
                frozenset({letter}),
                lambda time: self._derivative_next(ref, moved(by, time), path),
            )

        shape = self.variable(ref).shape + self.variable(by).shape
        return self.accumulator(("∂", ref.key, by, path), f"∂{ref}/∂{by}", shape, make)

    def _derivative_next(self, ref: Ref, by: Ref, path: str) -> Term:
        world = replace(self.world(Mode.TOTAL, 0), cut=(by,), only=Ref(path) if path else None)
        after = self.value_of(Ref(ref.key, s.Time(self.growing, 1)), world, NOWHERE)
        return self._filled(self.total(after, by, path), replace(world, cut=()), NOWHERE)

    def _derivative_at_start(self, ref: Ref, by: Ref, path: str) -> Term:
        if by.time is not None and (by.time.symbol != self.start.symbol or by.time.offset > self.start.offset):
            raise OpenEndedError(f"{by} lies after the start")
        only = Ref(path) if path else None
        world = replace(self.world_at_start(self.world(Mode.TOTAL, 0)), cut=(by,), only=only)
        first = self.ordinary.value_of(Ref(ref.key, self.start), world, NOWHERE)
        return self._closed(first, by, world)

    def _closed(self, output: Term, by: Ref, world: World) -> Term:
        """∂output/∂by by the ordinary elaborator, where nothing is left open."""
        self.ordinary._require_closed(output, by, world)
        found = jacobian(output, [self.ordinary.variable(by)], self.rules)[0]
        return self.ordinary._filled(found, replace(world, cut=()), NOWHERE)

    # Sums and products

    def elaborate(self, node: s.Node, world: World, target: Shape | None = None) -> list[Value]:
        if isinstance(node, s.Big):
            return self._series(node, world, target)
        return super().elaborate(node, world, target)

    def _series(self, node: s.Big, world: World, target: Shape | None) -> list[Value]:
        first, last = bounds(node, dict(world.env), self.knowledge.length)
        if first.symbol == last.symbol:
            return series(self, node, world, target)
        run = Run(self, node, world, first, target)
        if last.symbol != self.growing or last.offset < -run.reach:
            raise OpenEndedError("this range has no end")
        found = run.values(last.offset)
        if not found:
            raise OpenEndedError("the readings of its terms do not agree")
        return found

    def pull(self, term: Term, index: str, reach: int) -> Term:
        """The sum of a term over an index up to T − ``reach``: what does not depend on the index stands outside.

        Raises OpenEndedError where the term is not multilinear in what depends on both index and time.
        """
        parts = _Parts(self, term, index)
        if isinstance(parts.term, Sum):
            pieces = [scale(q, self._pulled(parts, addend, index, reach)) for q, addend in parts.term.addends]
            return add(*pieces) if pieces else zeros(term.shape)
        return self._pulled(parts, parts.term, index, reach)

    def _pulled(self, parts: _Parts, addend: Term, index: str, reach: int) -> Term:
        inside, outside = parts.split(addend)
        if not inside:
            raise OpenEndedError("a summand that does not depend on its index")
        axes = list(range(addend.rank))
        shared = {label for _, labels in outside for label in labels} | set(axes)
        out = sorted({label for _, labels in inside for label in labels} & shared)
        summed = self._sum(product(inside, out), index, reach)
        return product([(summed, out), *outside], axes, dict(enumerate(addend.shape)))

    def _sum(self, summand: Term, index: str, reach: int) -> Term:
        """The accumulator of a sum over an index from the start to T, both less ``reach``."""

        def step() -> Term:
            inner: dict[Term, Term] = {
                v: self.accumulators[v].step() for v in free_variables([summand]) if v in self.accumulators
            }
            top = self.instance(summand, index, s.Time(self.growing, 1 - reach))
            return add(self.pull(substitute([summand], inner)[0], index, reach), top)

        def make(tensor: Term) -> Accumulator:
            return Accumulator(tensor, step, lambda: zeros(summand.shape))

        return self.accumulator(("Σ", summand, index, reach), f"Σ_{index}", summand.shape, make)

    def instance(self, term: Term, index: str, time: s.Time) -> Term:
        """A term at T+1 with its index put at a time near T."""
        found: dict[Term, Term] = {}
        for free in free_variables([term]):
            ref, accumulator = self._refs.get(free), self.accumulators.get(free)
            if accumulator is not None and index in accumulator.letters:
                if accumulator.at is None:
                    raise OpenEndedError("a sum within a sum")
                found[free] = accumulator.at(time)
            elif ref is not None and ref.time is not None and ref.time.symbol == index:
                found[free] = self.value_of(moved(ref, time), self.world(Mode.TOTAL, 0), NOWHERE)
        return substitute([term], found)[0]

    def grows(self, free: Term, index: str) -> tuple[bool, bool]:
        """Whether a variable depends on an index, and whether on the time T."""
        accumulator, ref = self.accumulators.get(free), self._refs.get(free)
        if accumulator is not None:
            return index in accumulator.letters, True
        letter = ref.time.symbol if ref is not None and ref.time is not None else None
        return letter == index, letter == self.growing


class _Parts:
    """A term multiplied out as far as both an index and the time occur in it."""

    def __init__(self, unroller: Unroller, term: Term, index: str) -> None:
        self.depends: dict[Term, tuple[bool, bool]] = {}
        for node in postorder([term]):
            self._note(unroller, node, index)
        opaque = frozenset(t for t, both in self.depends.items() if not all(both) and not isinstance(t, Var))
        engine = Engine(Budget(), opaque)
        self.term = to_term(Poly(engine.polynomial(term), term.shape))
        if engine.conditions:
            raise OpenEndedError("a quotient of quantities that grow")
        for node in postorder([self.term]):
            self._note(unroller, node, index)

    def _note(self, unroller: Unroller, node: Term, index: str) -> None:
        if node not in self.depends:
            own = [unroller.grows(node, index)] if isinstance(node, Var) else [self.depends[x] for x in node.children]
            self.depends[node] = any(a for a, _ in own), any(b for _, b in own)

    def split(self, addend: Term) -> tuple[list[tuple[Term, Labels]], list[tuple[Term, Labels]]]:
        """The factors of an addend that depend on the index, and the others."""
        opened = isinstance(addend, Product) and all(self.depends[addend])
        whole = ((addend, tuple(range(addend.rank))),)
        factors = addend.factors if opened and isinstance(addend, Product) else whole
        inside = [(term, labels) for term, labels in factors if self.depends[term][0]]
        if any(self.depends[term][1] and not isinstance(term, Var) for term, _ in inside):
            raise OpenEndedError("the index and the time stand in one function")
        return inside, [(term, labels) for term, labels in factors if not self.depends[term][0]]
