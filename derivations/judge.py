"""One step under every reading: which of them make it right, and what is the matter where none does.

The readings tried are the senses of ∂ (:class:`~derivations.elaborate.Mode`), the meanings of product signs that the
elaborator offers, and the layouts of a derivative. A step is wrong only if it is certified wrong under all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from derivations.alignment import TRANSPOSED, partials
from derivations.approaches import UnknownLimitError
from derivations.budget import Budget
from derivations.components import whole
from derivations.decide import Decision, decide, has_a_value
from derivations.differentiation import is_formula
from derivations.elaborate import Elaborator
from derivations.errors import ShapeError, SheetError
from derivations.exact import equal_in_value
from derivations.induction import AllTimes, Times, far_apart, said
from derivations.kinks import at_a_kink, kinks
from derivations.names import Ref, as_named, ref_text
from derivations.normal_form import prove_equal
from derivations.products import TENSOR
from derivations.python_text import snippet
from derivations.reading import surface as s
from derivations.refute import refute
from derivations.report import Verdict
from derivations.screening import Screen, certainly_different
from derivations.senses import MODES, Attempt, Senses
from derivations.series import has_series
from derivations.terms import Term
from derivations.world import Mode, OpenEndedError, UnclearError, World, in_mode

SENSES = {
    "": MODES,
    "total": (Mode.TOTAL, Mode.SUMMED, Mode.EXPLICIT),
    "step": (Mode.WITHIN_STEP,),
    "direct": (Mode.DIRECT,),
}
"""The senses of ∂ that are tried, by the one that is declared."""


@dataclass(slots=True)
class Judgement:
    """What was found of one step.

    ``attempts`` are all readings that fit; ``right`` maps every sense of ∂ under which the step is right to the
    simplest one; ``best`` is the one that a wrong step is shown under; ``follows`` is the line of a wrong value, with
    which the step would be right.
    """

    right: dict[Mode, tuple[Attempt, Decision]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    best: Attempt | None = None
    decision: Decision | None = None
    misfit: ShapeError | None = None
    unclear: UnclearError | None = None
    shapes: tuple[str, str] | None = None
    derivative: bool = False
    slopes: bool = False
    asked: Callable[[], list[Term]] = list
    assumed: tuple[str, ...] = ()
    open_modes: list[Mode] = field(default_factory=list)
    times: Times = ()
    otherwise: str = ""
    follows: int = 0

    def outputs(self) -> list[Term]:
        """What derivatives are taken of and what is divided by, found when it is first asked for."""
        found = self.asked()
        self.asked = found.copy
        return found

    def kept(self) -> Judgement:
        """A copy to be kept, which leaves nothing to be found."""
        return replace(self, asked=list)

    @property
    def verdict(self) -> Verdict:
        """The verdict when every reading is admitted."""
        if self.right:
            return min((d.verdict for _, d in self.right.values()), key=lambda v: v.rank)
        if self.unclear:
            return Verdict.UNCLEAR
        if self.decision is not None:
            return self.decision.verdict
        return Verdict.WRONG if self.misfit else Verdict.UNDECIDED


class Judge:
    """Judges steps with one elaborator."""

    def __init__(self, elaborator: Elaborator, seed: int, seconds: float, partial: str = "", layout: str = "") -> None:
        self.modes = SENSES[partial]
        self.layout = layout
        self.elaborator = elaborator
        self.seed = seed
        self.seconds = seconds
        self.screen = Screen(seed)

    def judge(self, left: s.Node, right: s.Node, world: World) -> Judgement:
        """Judge ``left = right`` under every reading."""
        found = self.ask(left, right, world)
        budget = Budget(seconds=self.seconds)
        if not found.right and not found.unclear and found.decision is None:
            self.refute(found.attempts, found, budget)
            if found.open_modes and (found.verdict is Verdict.WRONG or not found.attempts):
                AllTimes(self, left, right, world, budget).judge_in(found, found.open_modes)
            elif found.verdict is Verdict.WRONG and far_apart(self.elaborator.knowledge, left, right):
                AllTimes(self, left, right, world, budget).judge_in(found, (Mode.TOTAL,))
        if found.verdict is Verdict.UNDECIDED and found.decision is None and self.modes != MODES:
            found.decision = Decision(Verdict.UNDECIDED, f"this has no meaning with ∂ {self.modes[0].value}")
        return found

    def in_any_sense(self, left: s.Node, right: s.Node, world: World) -> Mode | None:
        """The sense of ∂ under which a step is right, whatever is declared."""
        free = Judge(self.elaborator, self.seed, self.seconds, layout=self.layout)
        return next(iter(free.judge(left, right, world).right), None)

    @staticmethod
    def blank(left: s.Node, right: s.Node) -> Judgement:
        """A judgement of a step before anything is known of it."""
        derivative = _has_derivative(left, right)
        return Judgement(derivative=derivative, slopes=derivative or _has_slope(left, right))

    def ask(self, left: s.Node, right: s.Node, world: World) -> Judgement:
        """Only whether ``left = right`` is right; what is not is left open."""
        found = self.blank(left, right)
        sinks = self.elaborator.sinks((left, right), world)
        world = replace(world, sinks=sinks) if sinks != world.sinks else world
        found.derivative = found.derivative or bool(world.sinks)
        found.assumed = self.assumed((left, right), world)
        found.slopes = found.slopes or found.derivative
        self.elaborator.inverses.clear()
        found.attempts = self.attempts(left, right, world, found)
        divided = list(self.elaborator.inverses)
        found.asked = lambda: [*divided, *self._outputs(left, right, world)]
        self._prove(found.attempts, found, Budget(seconds=self.seconds))
        return found

    def assumed(self, sides: tuple[s.Node, s.Node], world: World) -> tuple[str, ...]:
        """What is taken for granted of the losses without a definition that a step speaks of."""
        knowledge = self.elaborator.knowledge
        near = knowledge.reachable(*sides) if knowledge.open.assumed else set[str]()
        summed = [text for key, text in sorted(knowledge.open.assumed.items()) if key in near]
        through = (_through(loss, self.elaborator.ref(sink, World())) for loss, sink in world.sinks)
        return (*through, *summed)

    def _outputs(self, left: s.Node, right: s.Node, world: World) -> list[Term]:
        """What the derivatives of a step are taken of, and what is divided by on the way there."""
        self.elaborator.inverses.clear()
        found = self.outputs(left, right, world)
        return [*found, *self.elaborator.inverses]

    def outputs(self, left: s.Node, right: s.Node, world: World) -> list[Term]:
        """What the derivatives of a step are taken of."""
        found: dict[Term, None] = {}
        for node in (*partials(left), *partials(right)):
            try:
                found[self.elaborator.derivation(whole(node), world)[0]] = None
            except SheetError:
                continue
        return list(found)

    def proves(self, left: s.Node, right: s.Node, world: World, budget: Budget, transposed: bool = False) -> bool:
        """Whether ``left = right`` has a proof in the world's own sense of ∂ and in one layout.

        Raises BudgetError when the budget, which many questions may share, is used up.
        """
        found = Judgement(derivative=_has_derivative(left, right))
        attempts = self.attempts(left, right, world, found, (world.mode,))
        plain = [a for a in attempts if transposed or TRANSPOSED not in a.readings]
        likely = [a for a in plain if self.screen.may_agree(a.left, a.right)]
        return any(a.left is a.right or prove_equal(a.left, a.right, budget) is not None for a in likely)

    # Readings

    def attempts(
        self, left: s.Node, right: s.Node, world: World, found: Judgement, modes: Sequence[Mode] = ()
    ) -> list[Attempt]:
        seen: dict[tuple[Mode, Term, Term], Attempt] = {}
        summed = has_series(left, right)
        senses = Senses(self.elaborator, self.layout, left, right, world)
        written_out = any(is_formula(p.of) for side in (left, right) for p in partials(side))
        for mode in (modes or self.modes) if found.derivative else (Mode.TOTAL,):
            if (mode is Mode.SUMMED and not summed) or (mode is Mode.EXPLICIT and not written_out):
                continue
            try:
                for attempt in senses.attempts(in_mode(world, mode), found):
                    key = (mode, attempt.left, attempt.right)
                    if key not in seen or attempt.effort < seen[key].effort:
                        seen[key] = attempt
            except UnknownLimitError as error:
                found.decision = Decision(Verdict.UNDECIDED, str(error))
                return []
            except UnclearError as error:
                found.unclear = error
                return []
            except OpenEndedError:
                found.open_modes.append(mode)
            except ShapeError as error:
                found.misfit = found.misfit or error
        plain = [attempt for attempt in seen.values() if TENSOR not in attempt.readings]
        return sorted(plain or seen.values(), key=lambda attempt: attempt.effort)

    # Verdicts

    def _prove(self, attempts: Sequence[Attempt], found: Judgement, budget: Budget) -> None:
        known: dict[tuple[Term, Term], Decision | None] = {}
        for attempt in attempts:
            if attempt.mode in found.right:
                continue
            pair = (attempt.left, attempt.right)
            if pair not in known:
                decision = self._try_proof(pair, budget)
                known[pair] = None if decision is None else self.admitted(attempt, decision, found)
            admitted = known[pair]
            if admitted is not None:
                found.right[attempt.mode] = (attempt, admitted)

    def admitted(self, attempt: Attempt, decision: Decision, found: Judgement) -> Decision | None:
        """A favourable decision with the conditions that its derivatives need; None where they do not exist."""
        if not self._has_value(attempt, found):
            return None
        decision = _away_from_kinks(decision, (attempt.left, attempt.right)) if found.slopes else decision
        return reduce(Decision.but, found.assumed, decision)

    def _has_value(self, attempt: Attempt, found: Judgement) -> bool:
        """Whether what is differentiated or divided by has values, and the place is no kink; says why not."""
        if found.slopes and at_a_kink([attempt.left, attempt.right, *found.outputs()]):
            found.decision = Decision(Verdict.UNDECIDED, "a piecewise function is differentiated at a constant")
            return False
        if not all(has_a_value(output, output, self.seed) for output in found.outputs()):
            reason = "what is differentiated or divided by has no value at any point that was tried"
            found.decision = Decision(Verdict.UNDECIDED, reason)
            return False
        return True

    def _try_proof(self, pair: tuple[Term, Term], budget: Budget) -> Decision | None:
        match = self.screen.match(*pair)
        if match is False and not equal_in_value(*pair):
            return None
        decision = decide(*pair, self.seed, budget, bool(match))
        return decision if decision.verdict in (Verdict.PROVED, Verdict.HOLDS) else None

    def refute(self, attempts: Sequence[Attempt], found: Judgement, budget: Budget) -> None:
        """Wrong only if every reading is certainly different; else the reading that could not be excluded decides."""
        distinct = list({(a.left, a.right): a for a in reversed(attempts)}.values())[::-1]
        for attempt in distinct:
            if at_a_kink([attempt.left, attempt.right], jumps_only=not found.slopes):
                reason = "a piecewise function stands at a constant, where its value may be a convention"
                found.best, found.decision = attempt, Decision(Verdict.UNDECIDED, reason)
                return
            if attempt.opaque:
                found.best, found.decision = attempt, Decision(Verdict.UNDECIDED, sorted(attempt.readings)[0])
                return
        apart = certainly_different([(a.left, a.right) for a in distinct], self.seed)
        for attempt, sure in zip(distinct, apart, strict=True):
            decision = Decision(Verdict.WRONG) if sure else decide(attempt.left, attempt.right, self.seed, budget)
            if decision.verdict in (Verdict.PROVED, Verdict.HOLDS):
                found.right[attempt.mode] = (attempt, decision)
                return
            found.best, found.decision = attempt, decision
            if decision.verdict is not Verdict.WRONG:
                return

    def exhibit(self, found: Judgement, mode: Mode) -> None:
        """The counterexample of a wrong step, under the sheet's own sense of ∂ and the plainest reading."""
        own = [a for a in found.attempts if a.mode is mode] or found.attempts
        if not own or found.decision is None or found.decision.verdict is not Verdict.WRONG:
            return
        found.best = min(own, key=lambda attempt: attempt.effort)
        search = refute(found.best.left, found.best.right, self.seed, Budget(seconds=self.seconds))
        shown = search.counterexample
        if shown is not None:
            shown = replace(shown, python=snippet(found.best.left, found.best.right, shown))
        found.decision = _at_times(Decision(Verdict.WRONG, counterexample=shown), found.times)


def _at_times(decision: Decision, times: Times) -> Decision:
    """The decision with the times at which a claim for all times fails."""
    shown = decision.counterexample
    if not times:
        return decision
    if shown is not None:
        shown = replace(shown, sizes={**dict(times), **shown.sizes})
    return replace(decision, counterexample=shown).but(f"at {said(times)}")


def _away_from_kinks(decision: Decision, sides: Sequence[Term]) -> Decision:
    """The decision with the conditions under which the derivative exists."""
    conditions = kinks(sides)
    if not conditions:
        return decision
    return decision.but("provided that " + ", ".join(conditions))


def _has_derivative(*nodes: s.Node) -> bool:
    return any(isinstance(x, s.Partial) for node in nodes for x in node.walk())


def _through(loss: Ref, sink: Ref) -> str:
    return f"taking {as_named(ref_text(loss))} to depend on what is before {ref_text(sink)} only through it"


def _has_slope(*nodes: s.Node) -> bool:
    """Whether a function with a prime occurs."""
    return any(isinstance(x, s.Call | s.Function) and x.order > 0 for node in nodes for x in node.walk())
