r"""The world of an author who takes a wrong step for true: a sheet read with that step in force.

Nothing is derived from a false equation, for from 0 = 1 everything would follow. One side of it is put where the other
would be taken, in three ways: a name stands for what the step says (:class:`Meaning`), a function has the slope that it
says (:class:`Slope`), and a derivative is what it says (:class:`Leg`).

With ∂A/∂B = E in force, A is differentiated as A[B → B̄] + ⟨E, B − B̄⟩, where E and B̄ are constants that are filled in
afterwards. So E is all that reaches A by way of B, and what goes past B stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from derivations.alignment import aligned
from derivations.calculus import Rules
from derivations.chains import link
from derivations.directions import directions
from derivations.elaborate import Elaborator
from derivations.functions import Derivative
from derivations.names import Ref, shift
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.sinks import absolute
from derivations.terms import Shape, Term, add, dimension, subtract, var
from derivations.traverse import free_variables, substitute
from derivations.values import Value, merge
from derivations.world import Definition, Knowledge, UnclearError, World

MOST_NESTED = 6
MOST_DEEP = 40
MOST_SURROGATES = 60
"""So many times a rule that leads from one time to another is taken."""
ANYWHERE = World()
"""The world in which the names of legs are read, where no time letter stands for a time."""


@dataclass(frozen=True, slots=True)
class Slope:
    """``f' = …``: a rule for the slope of a function."""

    function: str
    rule: Derivative


@dataclass(frozen=True, slots=True)
class Meaning:
    """``h_2 = …``: what a name stands for."""

    ref: Ref
    definition: Definition


@dataclass(frozen=True, slots=True)
class Leg:
    """``∂of/∂by = node``."""

    of: s.Symbol
    by: s.Symbol
    node: s.Node


Assumption = Slope | Meaning | Leg


@dataclass(frozen=True, slots=True)
class Instance:
    """The leg of a number at one time: ``env`` is what its time letter stands for there."""

    number: int
    of: Ref
    by: Ref
    env: tuple[tuple[str, s.Time], ...] = ()


def with_meanings(knowledge: Knowledge, meanings: Sequence[Meaning]) -> Knowledge:
    """The sheet as if its names were defined by the given meanings."""
    families, instances = dict(knowledge.families), dict(knowledge.instances)
    for meaning in meanings:
        time = meaning.ref.time
        if meaning.ref in instances or (time is not None and time.symbol is None):
            instances[meaning.ref] = meaning.definition
        else:
            families[meaning.ref.key] = meaning.definition
    found = replace(knowledge, families=families, instances=instances)
    found.backward, found.entangled = directions(found)
    return found


def with_equal_dimensions(knowledge: Knowledge) -> Knowledge:
    """The sheet as if all its dimensions were one: a forgotten transpose fits there, and still changes the value."""
    alike = dimension("every dimension")
    return replace(knowledge, shapes={key: (alike,) * len(shape) for key, shape in knowledge.shapes.items()})


class AuthorElaborator(Elaborator):
    """An elaborator with assumptions in force, but for the instances of legs that are ``off``.

    What a leg says is read with that instance off, so that a rule which speaks of itself is no circle.
    """

    def __init__(
        self, ordinary: Elaborator, assumed: Sequence[Assumption], off: frozenset[Instance] = frozenset()
    ) -> None:
        meanings = [x for x in assumed if isinstance(x, Meaning)]
        slopes: Rules = {x.function: x.rule for x in assumed if isinstance(x, Slope)}
        super().__init__(
            with_meanings(ordinary.knowledge, meanings), {**(ordinary.rules or {}), **slopes}, ordinary.scalar
        )
        self._refs = ordinary._refs
        self.ordinary, self.assumed, self.off = ordinary, assumed, off
        self.legs = [x for x in assumed if isinstance(x, Leg)]
        self._ends = [(self.ref(x.of, ANYWHERE), self.ref(x.by, ANYWHERE)) for x in self.legs]
        self.surrogates = Surrogates(self)
        self._narrower: dict[Instance, AuthorElaborator] = {}
        self.effort = Effort()

    def legs_of(self, ref: Ref) -> list[Instance]:
        """What is said of the derivatives of a quantity; of two legs by the same quantity the later one."""
        found = (self._instance(number, of, by, ref) for number, (of, by) in enumerate(self._ends) if of.key == ref.key)
        latest = {x.by: x for x in found if x is not None}
        return [x for x in latest.values() if x not in self.off]

    @staticmethod
    def _instance(number: int, of: Ref, by: Ref, ref: Ref) -> Instance | None:
        """What a leg from ``of`` to ``by`` says of a quantity of the same name; None where it speaks of other times."""
        if of == ref:
            return Instance(number, of, by)
        if of.time is None or ref.time is None or of.time.symbol is None:
            return None
        env = ((of.time.symbol, s.Time(ref.time.symbol, ref.time.offset - of.time.offset)),)
        return Instance(number, ref, Ref(by.key, shift(by.time, dict(env))), env)

    # Derivatives

    def is_plain(self, key: str, world: World) -> bool:
        """What legs say may hang on the sense of ∂."""
        return False

    def meets_series(self, *nodes: s.Node) -> bool:
        return super().meets_series(*nodes, *(leg.node for leg in self.legs))

    def partial(self, node: s.Partial, world: World) -> Value:
        exact = self._exact(node, world)
        if exact is None:
            return super().partial(node, world)
        return self._as_said(exact, node.by, world, self.is_open(exact.of, world.plain()))

    def _exact(self, node: s.Partial, world: World) -> Instance | None:
        """The leg that says what this very derivative is."""
        of, by = s.ungrouped(node.of), s.ungrouped(node.by)
        if not self.legs or not isinstance(of, s.Symbol) or not isinstance(by, s.Symbol):
            return None
        wanted = self.ref(by, world)
        return next((x for x in self.legs_of(self.ref(of, world)) if x.by == wanted), None)

    def is_open(self, ref: Ref, world: World) -> bool:
        """Whether a quantity is unfolded, so that a rule which leads to earlier times comes to an end."""
        return world.unfolds(ref, ref in self.knowledge.instances, ref.key in self.knowledge.backward)

    def _as_said(self, instance: Instance, by: s.Node, world: World, begun: bool) -> Value:
        """What a leg says; before the first time that is unfolded it may be anything."""
        scalar = not self.variable(instance.of).shape
        free = var(f"∂{instance.of}/∂{instance.by} at the start", *self.shape_of(instance))
        term = self.said(instance, world, by.span) if begun else free
        return Value(term, scalar and self._stands_as_row(by), scalar)

    def said(self, instance: Instance, world: World, span: Span) -> Term:
        """What a leg says, of the shape of the derivative; raises UnclearError where it does not fit or has no end."""
        if sum(x.number == instance.number for x in self.off) >= MOST_NESTED:
            raise UnclearError("this rule leads on to other times without end", span)
        if instance not in self._narrower:
            self._narrower[instance] = AuthorElaborator(self.ordinary, self.assumed, self.off | {instance})
            self._narrower[instance].effort = self.effort
        inner = replace(world.plain(), env=(*instance.env, *self._lengths(world, instance)), summing=False)
        shape = self.shape_of(instance)
        values = self._narrower[instance].elaborate(self.legs[instance.number].node, inner, shape)
        goal = Value(var("a derivative", *shape))
        found = [(len(x.readings | more), term) for x in values for _, term, more in aligned(goal, x, "left")]
        if not found:
            raise UnclearError("this does not have the shape of the derivative that it is said to be", span)
        return min(found, key=lambda pair: pair[0])[1]

    def _lengths(self, world: World, instance: Instance) -> Iterator[tuple[str, s.Time]]:
        own = dict(instance.env)
        return ((letter, time) for letter, time in self._length_env(world) if letter not in own)

    def shape_of(self, instance: Instance) -> Shape:
        return self.variable(instance.of).shape + self.variable(instance.by).shape

    def derivation(self, node: s.Partial, world: World) -> tuple[Term, Term, Term]:
        if not self.legs:
            return super().derivation(node, world)
        with self.effort.within(node.span):
            return self.surrogates.derivation(node, world)

    def _filled(self, term: Term, world: World, span: Span) -> Term:
        surrogates = self.surrogates
        held = {constant: self.variable(ref) for constant, ref in surrogates.held.items()}
        filled = super()._filled(substitute([term], held)[0], world, span)
        legs = {v: surrogates.placed[v] for v in free_variables([filled]) if v in surrogates.placed}
        return substitute([filled], {v: self.said(x, world, span) for v, x in legs.items()})[0]

    # Losses without a definition

    def sinks(self, nodes: tuple[s.Node, ...], world: World) -> tuple[tuple[Ref, s.Symbol], ...]:
        """With what is said of such a loss, which may lead it to a later quantity than the step itself names."""
        names = {self.knowledge.names.ref(x) for node in nodes for x in node.walk() if isinstance(x, s.Symbol)}
        near = [x for x in self.legs if self.knowledge.names.ref(x.of) in names and not self._is_defined(x)]
        said = [part for x in near for part in (s.Partial(x.node.span, x.of, x.by), x.node)]
        return super().sinks((*nodes, *said), world)

    def _is_defined(self, leg: Leg) -> bool:
        return self.knowledge.definition(self.ref(leg.of, World())) is not None

    def _undefined(self, of: Ref, node: s.Partial, world: World) -> Value:
        legs, by = self.legs_of(of), s.ungrouped(node.by)
        if not legs or not isinstance(by, s.Symbol):
            return super()._undefined(of, node, world)
        cut = tuple(x.by for x in legs)
        past = super()._undefined(of, node, replace(world, cut=(*world.cut, *cut)))
        values = {self.variable(ref): self.value_of(ref, world.plain(), node.span) for ref in cut}
        parts = [replace(past, term=substitute([past.term], values)[0])]
        parts += [self._through(x, by, [ref for ref in cut if ref != x.by], values, world) for x in legs]
        return replace(merge(parts, add(*(x.term for x in parts))), row=past.row, gradient=past.gradient)

    def _through(
        self, leg: Instance, by: s.Symbol, others: Sequence[Ref], values: dict[Term, Term], world: World
    ) -> Value:
        """What comes by way of a leg and past the others."""
        inner = replace(world, cut=(*world.cut, *others), env=())
        end = absolute(self.legs[leg.number].by, leg.by)
        rest = self.partial(s.Partial(by.span, end, absolute(by, self.ref(by, world))), inner)
        head = self.said(leg, world, by.span)
        joined = link(head, rest.term, self.variable(leg.by).rank, by.span)
        return replace(rest, term=substitute([joined], values)[0])


class Effort:
    """How far what earlier lines say has led on from one derivative, and how often; shared with narrower worlds."""

    def __init__(self) -> None:
        self.depth = 0
        self.count = 0

    @contextmanager
    def within(self, span: Span) -> Iterator[None]:
        """One step further. Raises UnclearError where that has no end in sight."""
        self.count = self.count + 1 if self.depth else 1
        if self.depth > MOST_DEEP or self.count > MOST_SURROGATES:
            raise UnclearError("what earlier lines say leads on without end", span)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


class Surrogates(Elaborator):
    """Elaborates what is differentiated, with every quantity that a leg speaks of replaced by its surrogate.

    ``held`` are the constants that stand for names, ``placed`` those that stand for what legs say.
    """

    def __init__(self, author: AuthorElaborator) -> None:
        super().__init__(author.knowledge, author.rules, author.scalar)
        self._refs = author._refs
        self.author = author
        self.held: dict[Term, Ref] = {}
        self.placed: dict[Term, Instance] = {}
        self._surrogates: dict[tuple[Ref, World], Term] = {}

    def partial(self, node: s.Partial, world: World) -> Value:
        return self.author.partial(node, world)

    def is_plain(self, key: str, world: World) -> bool:
        return self.author.is_plain(key, world)

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        legs = self.author.legs_of(ref) if ref not in world.cut else []
        if not legs:
            return super().value_of(ref, world, span)
        key = (ref, self._shared(ref, world))
        if key not in self._surrogates:
            with self.author.effort.within(span):
                self._surrogates[key] = self._direct(ref, legs, world, span) or self._by_legs(ref, legs, world, span)
        return self._surrogates[key]

    def _direct(self, ref: Ref, legs: Sequence[Instance], world: World, span: Span) -> Term | None:
        """Where the leg leads to what is differentiated by, nothing else of the quantity matters."""
        leg = next((x for x in legs if world.cut and x.by == world.cut[-1]), None)
        if leg is None or not self.author.is_open(ref, world):
            return None
        own = self.variable(leg.by)
        moved = subtract(own, self._constant_for(leg.by))
        return add(self._constant_for(ref), link(self._placed(leg), moved, own.rank, span))

    def _by_legs(self, ref: Ref, legs: Sequence[Instance], world: World, span: Span) -> Term:
        """The surrogate with the legs that the quantity really hangs on."""
        met = [x for x in legs if self.variable(x.by) in free_variables([self._past([x], ref, world, span)])]
        return self._surrogate(ref, met, world, span)

    def _past(self, legs: Sequence[Instance], ref: Ref, world: World, span: Span) -> Term:
        """The value with the ends of some legs left as variables."""
        cut = [x.by for x in legs if x.by not in world.cut]
        return super().value_of(ref, replace(world, cut=(*world.cut, *cut)), span)

    def _surrogate(self, ref: Ref, legs: Sequence[Instance], world: World, span: Span) -> Term:
        held = {self.variable(x.by): self._constant_for(x.by) for x in legs}
        parts = [substitute([self._past(legs, ref, world, span)], held)[0]]
        for leg in legs:
            cut = [x.by for x in legs if x is not leg and x.by not in world.cut]
            value = self.value_of(leg.by, replace(world, cut=(*world.cut, *cut)), span)
            own = self.variable(leg.by)
            value = substitute([value], {v: term for v, term in held.items() if v is not own})[0]
            parts.append(link(self._placed(leg), subtract(value, held[own]), own.rank, span))
        return add(*parts)

    def _constant_for(self, ref: Ref) -> Term:
        found = var(f"{ref} held", *self.variable(ref).shape)
        self.held[found] = ref
        return found

    def _placed(self, leg: Instance) -> Term:
        found = var(f"∂{leg.of}/∂{leg.by} as said", *self.author.shape_of(leg))
        self.placed[found] = leg
        return found
