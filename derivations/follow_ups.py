"""Which wrong steps only follow from an earlier one.

A step is asked again in the world of its author, where an earlier wrong step is in force. One root is tried first, the
nearest above before others, for it is what the author had before his eyes; then pairs, then all together. Only a proof
counts. What is right there has no slip of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice
from typing import TYPE_CHECKING

from derivations.author_world import AuthorElaborator, with_equal_dimensions
from derivations.circumstances import Circumstances
from derivations.elaborate import Elaborator
from derivations.errors import BudgetError
from derivations.induction import AllTimes
from derivations.judge import Judge
from derivations.report import Verdict
from derivations.roots import Root, root_of
from derivations.terms import Term, is_zero
from derivations.world import Mode, World

if TYPE_CHECKING:
    from derivations.reporting import Judged

ONLY_SCALAR = "it would be right only if everything were a scalar"
CANCEL = "the end of this chain is right only because two slips cancel"
NEAREST = 4
"""So many roots are tried in pairs."""
MENDED = 2
"""In the worlds of so many roots a repair is searched."""


class FollowUps:
    """The wrong steps of a sheet so far, and what is right with them in force."""

    def __init__(self, about: Circumstances) -> None:
        self.about = about
        self.roots: list[Root] = []
        self.worlds: dict[tuple[int, ...], Judge] = {}

    def note(self, item: Judged) -> None:
        """Keep what a wrong step puts in force for the steps after it; one that only follows adds nothing."""
        root = root_of(self.about, item) if item.report.follows_from is None else None
        if root is not None:
            self.roots.append(root)

    def explains(self, item: Judged) -> bool:
        """Whether a step is explained by earlier wrong ones, or by a wrong rule and reading tensors as scalars."""
        step = item.report
        if item.found.follows:
            step.follows_from = item.found.follows
            step.why = f"it follows from line {step.follows_from}, which is wrong; by itself the step is right"
            return True
        touching = self._touching(item)
        for numbers in _choices(touching):
            if self._proves(self._world(numbers), item) and not self._says_nothing(self._world(numbers), item):
                step.follows_from = self.roots[numbers[-1]].line
                step.why = f"it follows from {self._named(numbers)}; by itself the step is right"
                return True
        return self._only_for_scalars(item, touching)

    def right_for_scalars(self, item: Judged, roots: Sequence[Root] = ()) -> bool:
        """Whether a step is proved with everything a number, and with some roots in force."""
        assumed = [x for root in roots for x in root.assumed]
        elaborator = AuthorElaborator(Elaborator(self.about.knowledge, scalar=True), assumed)
        return self._proves(self.about.judge(elaborator), item)

    def _touching(self, item: Judged) -> list[int]:
        """The roots that a step may rest on, the nearest first."""
        reached = self.about.knowledge.reachable(item.left, item.right) if self.roots else set[str]()
        return [k for k in reversed(range(len(self.roots))) if self.roots[k].touches(item, reached)]

    def _world(self, numbers: tuple[int, ...]) -> Judge:
        """The world with some roots in force, in the order of the sheet."""
        if numbers not in self.worlds:
            roots = [self.roots[k] for k in numbers]
            ordinary = self.about.checker.elaborator
            if any(root.misfit for root in roots):
                ordinary = Elaborator(with_equal_dimensions(self.about.knowledge), scalar=ordinary.scalar)
            assumed = [x for root in roots for x in root.assumed]
            self.worlds[numbers] = self.about.judge(AuthorElaborator(ordinary, assumed))
        return self.worlds[numbers]

    def _proves(self, judge: Judge, item: Judged) -> bool:
        """Whether a step is proved in a world, for all times where it has to be."""
        asked = (self._proves_in(judge, item, world) for world in self._readings(judge, item))
        return any(asked) or (bool(item.found.times) and self._proves_for_all_times(judge, item))

    def _readings(self, judge: Judge, item: Judged) -> Iterator[World]:
        """The conventions of the sheet, without and with what is said of its names.

        Where the sheet's own sense of ∂ leaves a step open, the others are what it may mean.
        """
        mode, sides = self.about.conventions.mode, (item.left, item.right)
        others = [x for x in judge.modes if x is not mode] if mode in item.found.open_modes else []
        facts = self.about.checker.facts_about(*sides)
        for sense in (mode, *others):
            world = replace(item.world, mode=sense, sinks=judge.elaborator.sinks(sides, item.world))
            yield world
            if facts:
                yield replace(world, facts=facts)

    def _proves_in(self, judge: Judge, item: Judged, world: World) -> bool:
        try:
            return judge.proves(item.left, item.right, world, self.about.budget(), self.about.conventions.transposed)
        except BudgetError:
            return False

    def _proves_for_all_times(self, judge: Judge, item: Judged) -> bool:
        found = Judge.blank(item.left, item.right)
        try:
            AllTimes(judge, item.left, item.right, item.world, self.about.budget()).judge_in(
                found, item.found.open_modes or (Mode.TOTAL,)
            )
        except BudgetError:
            return False
        return any(decision.verdict is Verdict.PROVED for _, decision in found.right.values())

    def _named(self, numbers: tuple[int, ...]) -> str:
        roots = [self.roots[k] for k in numbers]
        if len(roots) > 1:
            return f"lines {', '.join(str(x.line) for x in roots[:-1])} and {roots[-1].line}, which are wrong"
        line, function = roots[0].line, roots[0].rule_of
        return (
            f"the rule for {function}' of line {line}, which is wrong" if function else f"line {line}, which is wrong"
        )

    def _only_for_scalars(self, item: Judged, touching: Sequence[int]) -> bool:
        for root in (self.roots[k] for k in touching if self.roots[k].rule_of):
            if self.right_for_scalars(item, [root]):
                step = item.report
                step.code = "scalar-only"
                rule = f"the wrong rule for {root.rule_of}' of line {root.line}"
                step.why = f"it uses {rule}, and even with that rule {ONLY_SCALAR}"
                return True
        return False

    # Slips on top of others

    def worlds_above(self, item: Judged) -> Iterator[tuple[Root, Circumstances]]:
        """The nearest roots with which a step says something else, and the sheet in the world of each."""
        changing = (k for k in self._touching(item) if self._changes(self._world((k,)), item))
        yield from ((self.roots[k], self.about.within(self._world((k,)))) for k in islice(changing, MENDED))

    def _changes(self, judge: Judge, item: Judged) -> bool:
        """Whether a step says something else in a world."""
        world = replace(item.world, mode=self.about.conventions.mode)
        ordinary = self.about.checker.judge
        found, known = (self._sides(x, item, world) for x in (judge, ordinary))
        return bool(found) and found != known

    def _says_nothing(self, judge: Judge, item: Judged) -> bool:
        """Whether both sides vanish in a world whatever else is written there, and on the sheet the right one does not.

        Where ``∂L/∂s`` vanishes, any multiple of it is ``∂L/∂U``.
        """
        world = replace(item.world, mode=self.about.conventions.mode)
        found, known = (self._sides(x, item, world) for x in (judge, self.about.checker.judge))
        vanish = bool(found) and all(is_zero(left) and is_zero(right) for left, right in found)
        return vanish and not any(is_zero(right) for _, right in known)

    def _sides(self, judge: Judge, item: Judged, world: World) -> set[tuple[Term, Term]]:
        world = replace(world, sinks=judge.elaborator.sinks((item.left, item.right), world))
        found = judge.attempts(item.left, item.right, world, Judge.blank(item.left, item.right), (world.mode,))
        return {(attempt.left, attempt.right) for attempt in found}

    # Slips that cancel

    def tell_of_cancelling(self, chain: Sequence[Judged]) -> None:
        """Say of two wrong steps of one chain, in place, that its end is right only because they cancel."""
        wrong = [item for item in chain if item.report.verdict is Verdict.WRONG]
        for first, last in combinations(wrong, 2):
            whole = replace(first, right=last.right)
            if self._proves(self.about.checker.judge, whole):
                first.report.because(CANCEL)
                last.report.because(CANCEL)
                return


def _choices(touching: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Sets of roots to try: one, the nearest first; then two of the nearest; then all. Each in the sheet's order."""
    yield from ((k,) for k in touching)
    yield from ((b, a) for a, b in combinations(touching[:NEAREST], 2))
    if len(touching) > 2:
        yield tuple(reversed(touching))
