"""Gradients of a loss over all steps, for every T at once: backpropagation through time.

What comes later than a step reaches the loss through the states of that step alone. So ∂L/∂q_t is the derivative of
the losses up to a step t+m and of ⟨λ, s_{t+m}⟩ summed over its states s, where λ is whatever comes back to them from
later steps (zero at t+m = T). A claim that is an identity for every λ holds at all t ≤ T−m; and a parameter collects
∂L/∂θ = Σ_t ∂⁺(L_t + ⟨λ_t, s_t⟩)/∂θ (Werbos, *Backpropagation through time*, 1990), so that sums agree if their terms
do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from derivations.budget import Budget
from derivations.decide import Decision
from derivations.elaborate import Elaborator
from derivations.errors import BudgetError, SheetError
from derivations.names import Ref, ref_text, time_text
from derivations.normal_form import prove_equal
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.recurrences import Recurrences
from derivations.report import Verdict
from derivations.runs import NOWHERE
from derivations.series import bind, bound, has_series
from derivations.terms import Term, add, product, var, zeros
from derivations.world import Definition, Knowledge, Mode, OpenEndedError, World

if TYPE_CHECKING:
    from derivations.judge import Judge
    from derivations.senses import Attempt

Found = tuple["Attempt", Decision]
LAST_STEP = (Mode.TOTAL, Mode.IMMEDIATE, Mode.SUMMED)
ALL_STEPS = (*LAST_STEP, Mode.WITHIN_STEP)
"""The senses in which a derivative of the loss is a total one: a sum over all steps is at no step itself."""


class NoStepsError(SheetError):
    """The loss, or what it depends on, is no sum over the steps of a recurrence that only looks back."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A recurrence and its loss: the summand at an index (None for the loss of the last step alone).

    ``states`` are the quantities that later steps look back at, each with how many steps.
    """

    loss: Ref
    index: str
    summand: s.Node | None
    states: tuple[tuple[str, int], ...]


def steps_of(knowledge: Knowledge, loss: Ref, last: str) -> Steps:
    """The steps through which a loss of the time ``last`` is computed. Raises NoStepsError where there are none."""
    definition = knowledge.definition(loss)
    if definition is None:
        raise NoStepsError(f"{loss} has no definition")
    if loss.time is not None or isinstance(definition.node, s.Symbol):
        whole = loss if loss.time is not None else knowledge.names.ref(cast(s.Symbol, definition.node))
        if whole.time != s.Time(last, 0):
            raise NoStepsError(f"{loss} is no loss of the last step")
        keys = knowledge.reachable(definition.node) | {whole.key}
        return Steps(loss, "", None, _states(knowledge, keys, None))
    summand, big = summand_of(definition.node)
    if limits(big) != (s.Time(None, 1), s.Time(last, 0)):
        raise NoStepsError(f"{loss} is no sum over all steps")
    keys = knowledge.reachable(summand)
    return Steps(loss, big.index, summand, _states(knowledge, keys, Definition(summand, big.index, 0)))


def limits(big: s.Big) -> tuple[s.Time | None, s.Time | None]:
    """The bounds of a sum as times; None for what is none."""
    lower, upper = (bound(x, {}) if x is not None else None for x in (big.lower, big.upper))
    return lower, upper


def summand_of(node: s.Node) -> tuple[s.Node, s.Big]:
    """An expression that is linear in one sum over an index, with the summand in its place, and the sum.

    Raises NoStepsError where it is not.
    """
    match node:
        case s.Big() if node.kind == "sum":
            return s.Group(node.span, node.body), node
        case s.Group():
            return summand_of(node.inner)
        case s.Neg() | s.Transposed():
            body, big = summand_of(node.argument)
            return replace(node, argument=body), big
    raise NoStepsError("this is no sum over the steps")


def states_of(knowledge: Knowledge, symbol: s.Symbol) -> tuple[tuple[str, int], ...]:
    """What the steps of a recurrence pass on, and for how long. Raises NoStepsError where they do not look back."""
    return _states(knowledge, knowledge.reachable(symbol), None)


def _states(knowledge: Knowledge, keys: set[str], loss: Definition | None) -> tuple[tuple[str, int], ...]:
    """How far back the definitions of some names look at others. Raises NoStepsError where they look elsewhere."""
    if keys & knowledge.implicit:
        raise NoStepsError("a name stands for its value at t without saying so")
    for ref in knowledge.instances:
        if ref.key in keys and ref.time is not None and (ref.time.symbol is not None or ref.time.offset > 0):
            raise NoStepsError(f"{ref} has a definition of its own")
    lags: dict[str, int] = {}
    families = [knowledge.families[key] for key in sorted(keys & knowledge.families.keys())]
    for definition in [*families, *([loss] if loss is not None else [])]:
        for key, lag in _looked_at(knowledge, definition):
            lags[key] = max(lags.get(key, 0), lag)
    return tuple((key, lag) for key, lag in sorted(lags.items()) if lag)


def _looked_at(knowledge: Knowledge, definition: Definition) -> Iterator[tuple[str, int]]:
    """The defined names in a definition, and how many steps they lie before it."""
    shift = definition.time.offset if definition.time is not None else 0
    for symbol in (x for x in definition.node.walk() if isinstance(x, s.Symbol)):
        ref = knowledge.names.ref(symbol)
        if ref.time is None or not knowledge.defined(ref.key):
            continue
        lag = shift - ref.time.offset
        if definition.letter is None or ref.time.symbol != definition.letter or lag < 0:
            raise NoStepsError(f"{ref} is no earlier step")
        yield ref.key, lag


def _bare(node: s.Node | None) -> s.Node | None:
    """An expression without the brackets around it."""
    while isinstance(node, s.Group):
        node = node.inner
    return node


def _latest(node: s.Node, letter: str) -> int:
    """The latest time of a letter that an expression speaks of."""
    times = [x.time for x in node.walk() if isinstance(x, s.Symbol) and x.time is not None]
    return max((time.offset for time in times if time.symbol == letter), default=0)


class Backward(Elaborator):
    """Elaborates at symbolic steps, the loss written through what comes back to the states of the step ``end``.

    Gradients of the loss are those by quantities of the steps from ``start`` to ``end`` and, where they are the same
    step, what this step adds to those by parameters. The loss has no other meaning here: OpenEndedError.
    """

    def __init__(self, ordinary: Elaborator, steps: Steps, start: s.Time, end: s.Time) -> None:
        super().__init__(ordinary.knowledge, ordinary.rules, ordinary.scalar)
        self.steps = steps
        self.start = start
        self.end = end
        self._derived = False

    def derivation(self, node: s.Partial, world: World) -> tuple[Term, Term, Term]:
        if not self._of_loss(node, world):
            return super().derivation(node, world)
        by = self._by(node, world)
        of_step = self.start == self.end if by.time is None else self._within(by.time)
        if not of_step or self._derived:
            raise OpenEndedError(f"the loss by {by} is not known at this step")
        self._derived = True
        try:
            return super().derivation(node, world)
        finally:
            self._derived = False

    def _of_loss(self, node: s.Partial, world: World) -> bool:
        """Whether a derivative is one of the loss. Raises OpenEndedError where it is one of something made from it."""
        if isinstance(node.of, s.Symbol) and self.ref(node.of, world) == self.steps.loss:
            return True
        if self.steps.loss.key in self.knowledge.reachable(node.of):
            raise OpenEndedError("a derivative of something that depends on the loss")
        return False

    def _within(self, time: s.Time) -> bool:
        return time.symbol == self.end.symbol and self.start.offset <= time.offset <= self.end.offset

    def _inner_world(self, node: s.Partial, by: Ref, world: World) -> World:
        inner = super()._inner_world(node, by, world)
        return replace(inner, held=self.end) if self._derived and by.time is None else inner

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        if ref.key == self.steps.loss.key and not self._derived:
            raise OpenEndedError("the value of the loss at a symbolic time")
        if ref == self.steps.loss:
            return add(zeros(), *self._losses(world), *self._returned(world))
        return super().value_of(ref, world, span)

    def _losses(self, world: World) -> Iterator[Term]:
        """The losses of the steps from the start to the end."""
        if self.steps.summand is None:
            return
        for offset in range(self.start.offset, self.end.offset + 1):
            inner = bind(replace(world, env=()), self.steps.index, s.Time(self.end.symbol, offset), True)
            yield self.elaborate(self.steps.summand, inner)[0].term

    def _returned(self, world: World) -> Iterator[Term]:
        """⟨λ, s⟩ for every state that a later step looks back at."""
        for key, lag in self.steps.states:
            for back in range(lag):
                state = Ref(key, s.Time(self.end.symbol, self.end.offset - back))
                value = self.value_of(state, replace(world, env=()), NOWHERE)
                axes = range(value.rank)
                yield product([(var(f"λ[{state}]", *value.shape), axes), (value, axes)], [])


class Backpropagation:
    """The proof, for all times, of one claim about gradients of a loss."""

    def __init__(self, judge: Judge, sides: tuple[s.Node, s.Node], world: World, last: str, budget: Budget) -> None:
        self.judge = judge
        self.sides = sides
        self.outer = World(facts=world.facts)
        self.last = last
        self.budget = budget

    def prove(self, mode: Mode, fixed: str | None, low: int, high: int) -> Found | None:
        """The reading under which the claim is right at all times, and why; None where there is no proof.

        ``fixed`` is the letter of the step that the claim speaks of, at offsets from ``low`` to ``high``.
        """
        for loss in self._losses():
            try:
                steps = steps_of(self.judge.elaborator.knowledge, loss, self.last)
                if mode not in (LAST_STEP if steps.summand is None else ALL_STEPS):
                    continue
                found = self._sum(steps, mode) if fixed is None else self._steps(steps, mode, fixed, low, high)
            except (SheetError, BudgetError):
                continue
            if found is not None:
                return found
        return None

    def _losses(self) -> list[Ref]:
        """What the derivatives of the claim, directly or through definitions, are taken of, if it is one number."""
        knowledge = self.judge.elaborator.knowledge
        found = {knowledge.names.ref(p.of): None for p in self._partials() if isinstance(p.of, s.Symbol)}
        return [ref for ref in found if not knowledge.shapes.get(ref.key, ())]

    def _partials(self) -> list[s.Partial]:
        """The derivatives that the claim speaks of, directly or through definitions."""
        knowledge = self.judge.elaborator.knowledge
        reached = knowledge.reachable(*self.sides)
        nodes = [*self.sides, *(knowledge.families[key].node for key in sorted(reached & knowledge.families.keys()))]
        return [x for node in nodes for x in node.walk() if isinstance(x, s.Partial)]

    def _is_shared(self, partial: s.Partial) -> bool:
        """Whether a derivative of the whole loss is by what every step uses: one step alone does not make it."""
        knowledge, by = self.judge.elaborator.knowledge, partial.by
        by = by.inner if isinstance(by, s.Group) else by
        of = partial.of
        whole = isinstance(of, s.Symbol) and knowledge.names.ref(of).time is None
        ref = knowledge.names.ref(by) if isinstance(by, s.Symbol) else None
        return whole and ref is not None and ref.time is None and ref.key not in knowledge.implicit

    # Gradients by what belongs to a step

    def _steps(self, steps: Steps, mode: Mode, fixed: str, low: int, high: int) -> Found | None:
        if any(map(self._is_shared, self._partials())):
            return None
        start, end = s.Time(fixed, low), s.Time(fixed, high)
        found = self._proved(Backward(self.judge.elaborator, steps, start, end), self.sides, mode, low - 1, fixed)
        if found is None or (steps.summand is None and not self._at_the_end(found[0], mode, end, low - 1)):
            return None
        returned = ", ".join(ref_text(Ref(key, end)) for key, _ in steps.states)
        return found[0], found[1].but(
            f"by backpropagation from {time_text(end)}, whatever comes back to {returned} from later steps: "
            f"for all {self._from_the_first(end)} ≤ {self.last}"
        )

    def _from_the_first(self, end: s.Time) -> str:
        """The last of the steps of the claim, from where on all gradients in it are at steps, the first being 1."""
        partials = (x for side in self.sides for x in side.walk() if isinstance(x, s.Partial))
        times = (x.by.time for x in partials if isinstance(x.by, s.Symbol))
        lowest = min((time.offset for time in times if time is not None and time.symbol == end.symbol), default=0)
        return f"{1 - lowest + end.offset} ≤ {time_text(end)}" if lowest < 0 else time_text(end)

    def _at_the_end(self, attempt: Attempt, mode: Mode, end: s.Time, floor: int) -> bool:
        """Whether the claim holds, too, where the last of its steps is that of the loss."""
        world = self._world(mode, end.symbol, floor, ((self.last, end),))
        found = self.judge.attempts(*self.sides, world, self.judge.blank(*self.sides), (mode,))
        return any(a.readings <= attempt.readings and not a.opaque and self._equal(a) for a in found)

    def _world(self, mode: Mode, letter: str | None, floor: int, env: tuple[tuple[str, s.Time], ...] = ()) -> World:
        return replace(self.outer, mode=mode, floor=((None, 0), (letter, floor)), env=env)

    # Gradients by parameters

    def _sum(self, steps: Steps, mode: Mode) -> Found | None:
        """∂L/∂θ as a sum over all steps, each of which adds what it should."""
        for one, other in (self.sides, self.sides[::-1]):
            if isinstance(one, s.Partial) and has_series(other):
                summand, big = summand_of(other)
                step = s.Time(big.index, _latest(summand, big.index))
                ends = s.Time(None, 1 - step.offset), s.Time(self.last, -step.offset)
                if limits(big) != ends or self._given_at_the_start(one):
                    return None
                backward = Backward(self.judge.elaborator, steps, step, step)
                pair = (one, summand) if one is self.sides[0] else (summand, one)
                found = self._proved(backward, pair, mode, step.offset - 1, big.index)
                if found is not None:
                    said = f"by backpropagation: step {big.index} adds what it passes on to the loss and to later steps"
                    return found[0], found[1].but(f"{said}; for all {self.last}")
        return None

    def by_linearity(self, mode: Mode, readings: frozenset[str]) -> str | None:
        """The proof, by induction on t, that ∂L/∂q = Σ_t ∂L_t/∂q term by term; from the time of q on, if it has one.

        ``readings`` is the reading taken. None where there is no proof.
        """
        for one, other in (self.sides, self.sides[::-1]):
            try:
                if isinstance(one, s.Partial) and isinstance(one.of, s.Symbol) and has_series(other):
                    return self._linear(one, one.of, other, mode, readings)
            except NoStepsError:
                continue
        return None

    def _linear(self, one: s.Partial, of: s.Symbol, other: s.Node, mode: Mode, readings: frozenset[str]) -> str | None:
        knowledge = self.judge.elaborator.knowledge
        summand, big = summand_of(other)
        steps = steps_of(knowledge, knowledge.names.ref(of), self.last)
        if not isinstance(of_step := _bare(steps.summand), s.Symbol) or of_step.time != s.Time(steps.index, 0):
            raise NoStepsError("the loss is no sum of named losses")
        by = _bare(one.by)
        start = knowledge.names.ref(by).time if isinstance(by, s.Symbol) else None
        if limits(big) != (start or s.Time(None, 1), s.Time(self.last, 0)):
            return None
        left = replace(one, of=replace(of_step, time=s.Time(big.index, 0)))
        sides = (left, summand) if one is self.sides[0] else (summand, left)
        fixed = start.symbol if start is not None else None
        recurrences = Recurrences(self.judge, sides, self.outer, mode, big.index, fixed)
        proof = recurrences.prove(readings, 1 if start is None else start.offset, self.budget)
        return f"term by term, {proof}" if proof else None

    def _given_at_the_start(self, partial: s.Partial) -> bool:
        """Whether an initial value depends on the parameter, so that more than the steps contribute."""
        knowledge = self.judge.elaborator.knowledge
        initial = [d.node for ref, d in knowledge.instances.items() if ref.time is not None]
        by = _bare(partial.by)
        return not isinstance(by, s.Symbol) or knowledge.names.ref(by).key in knowledge.reachable(*initial)

    # Both

    def _proved(
        self, backward: Backward, sides: tuple[s.Node, s.Node], mode: Mode, floor: int, letter: str
    ) -> Found | None:
        judge = type(self.judge)(backward, self.judge.seed, self.judge.seconds)
        world = self._world(mode, letter, floor)
        found = judge.blank(*sides)
        attempts = judge.attempts(*sides, world, found, (mode,))
        found.asked = lambda: judge.outputs(*sides, world)
        for attempt in attempts:
            if not attempt.opaque and self._equal(attempt):
                decision = judge.admitted(attempt, Decision(Verdict.PROVED), found)
                return (attempt, decision) if decision is not None else None
        return None

    def _equal(self, attempt: Attempt) -> bool:
        """Whether both sides are equal, proved without conditions."""
        left, right = attempt.left, attempt.right
        if left.shape != right.shape or not self.judge.screen.may_agree(left, right):
            return False
        proof = prove_equal(left, right, self.budget)
        return proof is not None and not proof.conditions
