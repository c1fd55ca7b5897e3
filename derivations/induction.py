"""Claims for all times: checked at small times, then proved by induction.

A claim whose sums and products run to a time letter, or whose total derivatives reach back without end, is instantiated
at small numbers, where everything is finite. A difference at one of them makes it wrong. If there is none, the
recurrences of both sides are compared (:mod:`derivations.recurrences`); a proof there is one for all times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from derivations.adjoints import Backpropagation
from derivations.budget import Budget
from derivations.decide import Decision, decide
from derivations.denominators import cleared
from derivations.errors import SheetError
from derivations.reading import surface as s
from derivations.reading.grammar import TIMES
from derivations.recurrences import Recurrences
from derivations.report import Verdict
from derivations.series import Moment, ReversedBoundsError, free_letters, has_series
from derivations.world import Knowledge, Mode, World

if TYPE_CHECKING:
    from derivations.judge import Judge, Judgement
    from derivations.senses import Attempt

LAST = 4
BEYOND = 2
FARTHEST = 8
NO_LAST = "it goes on to later steps, and the sheet has no last one"
RIGHT = (Verdict.PROVED, Verdict.HOLDS)
Times = tuple[tuple[str, int], ...]
"""A number for every time letter."""


@dataclass(frozen=True, slots=True)
class Letters:
    """The time letters of a claim: the one that grows, another that is fixed below it, and the offsets they come with.

    ``low`` and ``high`` are the least and greatest offset of each; ``last`` is how far one must count so that no number
    in the claim can hide a difference, ``first`` the least last time with which every time in the claim exists.
    """

    growing: str
    fixed: str | None
    low: dict[str, int]
    high: dict[str, int]
    last: int
    first: int = 1

    def instances(self) -> list[Times]:
        """All small times at which every quantity of the claim exists, the earliest first."""
        found: list[Times] = []
        for last in range(max(1, self.first, 1 - self.low[self.growing]), self.last + 1):
            found += [((self.growing, last), *own) for own in self._below(last)]
        return found

    def farthest(self) -> Times:
        """The small times that are farthest apart."""
        return max(self.instances(), key=lambda times: times[0][1] - (times[1][1] if len(times) > 1 else 0))

    def _below(self, last: int) -> Iterator[Times]:
        if self.fixed is None:
            yield ()
            return
        end = last + self.high[self.growing] - self.high[self.fixed]
        for time in range(max(1, 1 - self.low[self.fixed]), end + 1):
            yield ((self.fixed, time),)


@dataclass(slots=True)
class Instance:
    """A claim at small times: the readings under which both sides may agree."""

    times: Times
    found: Judgement
    attempts: list[Attempt]
    agreeing: list[Attempt]

    @property
    def gap(self) -> int:
        """How far the growing time lies above the fixed one, or above zero."""
        return self.times[0][1] - (self.times[1][1] if len(self.times) > 1 else 0)


def far_apart(knowledge: Knowledge, *sides: s.Node) -> bool:
    """Whether one recurrent quantity is spoken of at a time letter and at a number, or at two letters: ``c_t = c_0``.

    No unfolding by a few steps leads from the one to the other; what sums and products run over is no such time.
    """
    if has_series(*sides):
        return False
    by_letter: dict[str | None, list[s.Node]] = {}
    for node in (node for side in sides for node in side.walk()):
        time = knowledge.names.ref(node).time if isinstance(node, s.Symbol) else None
        if time is not None:
            by_letter.setdefault(time.symbol, []).append(node)
    reached = [knowledge.reachable(*nodes) for nodes in by_letter.values()]
    shared = {key for one, other in combinations(reached, 2) for key in one & other}
    families = knowledge.families
    return any(key in families and key in knowledge.reachable(families[key].node) for key in shared)


class AllTimes:
    """Judges one claim in the senses of ∂ that a symbolic time leaves open."""

    def __init__(self, judge: Judge, left: s.Node, right: s.Node, world: World, budget: Budget) -> None:
        self.judge = judge
        self.sides = left, right
        self.world = world
        self.budget = budget
        self.refuted: Instance | None = None
        self.open = ""

    def judge_in(self, found: Judgement, modes: Sequence[Mode]) -> None:
        """Write into ``found`` under which of some senses of ∂ the claim is right, or else what is the matter."""
        letters = self._letters()
        if not isinstance(letters, str) and self._goes_on() and self._end(letters.growing) is None:
            letters = NO_LAST
        if isinstance(letters, str):
            found.decision = Decision(Verdict.UNDECIDED, letters)
            return
        reversed_ = self._reversed(letters, modes[0])
        if reversed_ is not None:
            found.unclear = reversed_
            return
        for mode in modes:
            right = self._by_backpropagation(letters, mode) or self._in_mode(letters, mode, found)
            if right is not None:
                found.right[mode] = right
        if not found.right:
            self._not_right(found)

    def _reversed(self, letters: Letters, mode: Mode) -> ReversedBoundsError | None:
        """Bounds of a sum that are in the wrong order even at the times that are farthest apart."""
        if not self.world.facts and not self.judge.elaborator.meets_series(*self.sides):
            return None
        unclear = self._instance(letters.farthest(), mode).found.unclear
        return unclear if isinstance(unclear, ReversedBoundsError) else None

    def _not_right(self, found: Judgement) -> None:
        if self.open:
            found.decision = Decision(Verdict.UNDECIDED, self.open)
        elif self.refuted is not None:
            wrong = self.refuted.found
            found.attempts, found.best, found.misfit = self.refuted.attempts, wrong.best, wrong.misfit
            found.decision, found.times = wrong.decision, self.refuted.times
            found.shapes = wrong.shapes
        elif not found.unclear and not found.misfit:
            found.decision = Decision(Verdict.UNDECIDED, "no sense of ∂ gives this step a meaning at small times")

    # Times

    def _letters(self) -> Letters | str:
        """The time letters, or why there is no way to count up."""
        times = list(self._times())
        names = sorted({time.symbol for time in times if time.symbol is not None})
        if not 1 <= len(names) <= 2:
            return "this claim has no time letter" if not names else f"the times {', '.join(names)} are too many"
        order = (self.judge.elaborator.knowledge.length, "T", "t")
        names.sort(key=lambda name: order.index(name) if name in order else 4 if name in TIMES else 3)
        if len(names) == 2 and not {names[0]} & TIMES:
            return f"it is open which of the times {', '.join(names)} grows"
        low = {name: min(0, *(time.offset for time in times if time.symbol == name)) for name in names}
        high = {name: max(time.offset for time in times if time.symbol == name) for name in names}
        first = self._first() if names[0].isupper() else 0
        last = max(LAST, BEYOND + max([first, *(abs(k) for side in self.sides for k in _numbers(side))]))
        if last > FARTHEST:
            return f"a claim with a number such as {last - BEYOND} among its times cannot be checked"
        return Letters(names[0], names[1] if len(names) > 1 else None, low, high, last, first)

    def _first(self) -> int:
        """The latest time that the claim names by its number: there is none behind the last one."""
        ref = self.judge.elaborator.knowledge.names.ref
        times = [ref(x).time for side in self.sides for x in side.walk() if isinstance(x, s.Symbol)]
        return max((time.offset for time in times if time is not None and time.symbol is None), default=1)

    def _times(self) -> Iterator[s.Time]:
        knowledge = self.judge.elaborator.knowledge
        reached = knowledge.reachable(*self.sides)
        for side in self.sides:
            yield from free_letters(side, length=knowledge.length)
        if reached & knowledge.implicit:
            yield s.Time("t", 0)
        for ref in knowledge.instances:
            if ref.key in reached and ref.time is not None and ref.time.symbol is not None:
                yield ref.time
        definitions = [knowledge.families[key] for key in sorted(reached & knowledge.families.keys())]
        for definition in definitions:
            for time in free_letters(definition.node, length=knowledge.length):
                if time.symbol in knowledge.lengths and time.symbol != definition.letter:
                    yield s.Time(time.symbol, 0)

    def _goes_on(self) -> bool:
        """Whether the claim speaks of a recurrence that goes on to later times."""
        knowledge = self.judge.elaborator.knowledge
        return bool(knowledge.reachable(*self.sides) & knowledge.backward)

    def _end(self, growing: str) -> str | None:
        """The growing letter where it is that of the last time."""
        return growing if growing == self.judge.elaborator.knowledge.length else None

    # One sense of ∂

    def _in_mode(self, letters: Letters, mode: Mode, found: Judgement) -> tuple[Attempt, Decision] | None:
        instances: list[Instance] = []
        skipped: list[Instance] = []
        for times in letters.instances():
            instance = self._instance(times, mode)
            if isinstance(instance.found.unclear, ReversedBoundsError):
                skipped.append(instance)
                continue
            if not self._applies(instance, found):
                self._misfit(letters, mode, found)
                return None
            if not instance.agreeing:
                self._refute(instance, mode)
                return None
            instances.append(instance)
        if not self._domain(instances, skipped, found):
            return None
        return self._agreed(letters, mode, instances)

    def _instance(self, times: Times, mode: Mode) -> Instance:
        found = self.judge.blank(*self.sides)
        env = tuple((letter, s.Time(None, value)) for letter, value in times)
        end = self._end(times[0][0])
        last = (end, s.Time(None, times[0][1])) if end is not None else None
        world = World(((None, 0),), env=env, facts=self.world.facts, end=last)
        world = replace(world, sinks=self.judge.elaborator.sinks(self.sides, world))
        found.assumed = self.judge.assumed(self.sides, self.world)
        found.asked = lambda: self.judge.outputs(*self.sides, world)
        attempts = self.judge.attempts(*self.sides, world, found, (mode,))
        agreeing = [a for a in attempts if self.judge.screen.may_agree(a.left, a.right)]
        return Instance(times, found, attempts, agreeing)

    def _applies(self, instance: Instance, found: Judgement) -> bool:
        """Whether the claim has a meaning at these times; what is the matter is noted."""
        if instance.found.unclear is not None:
            found.unclear = found.unclear or instance.found.unclear
        elif instance.found.open_modes:
            self.open = self.open or f"at {said(instance.times)} the claim is still open"
        return bool(instance.attempts)

    def _misfit(self, letters: Letters, mode: Mode, found: Judgement) -> None:
        """Shapes that do not fit at the times that are farthest apart fit nowhere."""
        instance = self._instance(letters.farthest(), mode)
        if not instance.attempts and not instance.found.unclear and not instance.found.open_modes:
            found.misfit = found.misfit or instance.found.misfit
            found.shapes = found.shapes or instance.found.shapes

    def _refute(self, instance: Instance, mode: Mode) -> None:
        """Wrong at some times if every reading is certainly different there."""
        self.judge.refute(instance.attempts, instance.found, self.budget)
        if instance.found.verdict is not Verdict.WRONG:
            self.open = self.open or f"the claim at {said(instance.times)} could not be decided"
        elif self.refuted is None:
            self.refuted = instance

    def _domain(self, instances: list[Instance], skipped: list[Instance], found: Judgement) -> bool:
        """Whether the times at which the bounds make sense are all those from some gap on."""
        if len(instances) < 3:
            found.unclear = found.unclear or next((x.found.unclear for x in skipped), None)
            self.open = self.open or "too few small times give this claim a meaning"
            return False
        least = min(instance.gap for instance in instances)
        if any(instance.gap >= least for instance in skipped):
            found.unclear = found.unclear or skipped[0].found.unclear
            return False
        return True

    def _agreed(self, letters: Letters, mode: Mode, instances: list[Instance]) -> tuple[Attempt, Decision] | None:
        """One reading that is right at all times: the simplest one of the last."""
        last = max(instances, key=lambda instance: instance.gap)
        for chosen in last.agreeing:
            row = [next((a for a in x.agreeing if a.readings <= chosen.readings), None) for x in instances]
            if None in row:
                continue
            pairs = [(x, a) for x, a in zip(instances, row, strict=True) if a is not None]
            decision = self._by_induction(letters, mode, last, chosen, instances) or self._case_by_case(letters, pairs)
            if decision is not None:
                return chosen, decision
        self.open = self.open or "no reading could be decided at all small times"
        return None

    def _by_backpropagation(self, letters: Letters, mode: Mode) -> tuple[Attempt, Decision] | None:
        """A proof for all times of a claim about gradients of a loss over all steps."""
        low, high = (offsets.get(letters.fixed or "", 0) for offsets in (letters.low, letters.high))
        return self._backpropagation(letters).prove(mode, letters.fixed, low, high)

    def _backpropagation(self, letters: Letters) -> Backpropagation:
        budget = Budget(seconds=self.judge.seconds / 4)
        return Backpropagation(self.judge, self.sides, self.world, letters.growing, budget)

    def _by_induction(
        self, letters: Letters, mode: Mode, last: Instance, chosen: Attempt, instances: list[Instance]
    ) -> Decision | None:
        """A proof for all times under the reading of the last instance."""
        if self._goes_on():
            return None
        first = min(instance.gap for instance in instances)

        def proof(sides: tuple[s.Node, s.Node]) -> str | None:
            recurrences = Recurrences(self.judge, sides, self.world, mode, letters.growing, letters.fixed)
            return recurrences.prove(chosen.readings, first, Budget(seconds=self.judge.seconds / 2))

        linear = self._backpropagation(letters).by_linearity(mode, chosen.readings)
        multiplied = None if linear else self._multiplied()
        found = linear or proof(self.sides) or (proof(multiplied) if multiplied else None)
        if found is None:
            return None
        decision, condition = Decision(Verdict.PROVED, found), self._condition(chosen) if multiplied else ""
        return self.judge.admitted(chosen, decision.but(condition) if condition else decision, last.found)

    def _multiplied(self) -> tuple[s.Node, s.Node] | None:
        """The sides multiplied by a denominator that is a number and the same at all times."""
        found = cleared(*self.sides)
        if found is None:
            return None
        try:
            below = self.judge.elaborator.elaborate(found[2], self.world)
        except SheetError:
            return None
        return None if any(value.term.shape for value in below) else found[:2]

    def _condition(self, chosen: Attempt) -> str:
        """What must hold of the denominator."""
        return decide(chosen.left, chosen.right, self.judge.seed, Budget(seconds=self.judge.seconds / 4)).why

    def _case_by_case(self, letters: Letters, pairs: list[tuple[Instance, Attempt]]) -> Decision | None:
        """That the claim holds as far as was counted."""
        conditions: dict[str, None] = {}
        for instance, attempt in pairs:
            decision = decide(attempt.left, attempt.right, self.judge.seed, Budget(seconds=self.judge.seconds / 4))
            admitted = self.judge.admitted(attempt, decision, instance.found) if decision.verdict in RIGHT else None
            if admitted is None:
                return None
            conditions |= {admitted.why: None} if admitted.why else {}
        checked = ", ".join(str(n) for n in sorted({instance.times[0][1] for instance, _ in pairs}))
        short = f"checked at {letters.growing} = {checked}; not proved for all {letters.growing}"
        return Decision(Verdict.HOLDS, "; ".join((short, *conditions)))


def _numbers(node: s.Node) -> Iterator[int]:
    """The numbers in the times and bounds of an expression."""
    for x in node.walk():
        if isinstance(x, s.Symbol | Moment) and x.time is not None:
            yield x.time.offset


def said(times: Times) -> str:
    """``T = 3, i = 1``."""
    return ", ".join(f"{letter} = {value}" for letter, value in times)
