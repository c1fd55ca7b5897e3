"""One step under every reading: which of them make it right, and what is the matter where none does.

The readings tried are the senses of ∂ (:class:`~derivations.elaborate.Mode`), the meanings of product signs that the
elaborator offers, and the layouts of a derivative. A step is wrong only if it is certified wrong under all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from derivations.budget import Budget
from derivations.chains import plain_name
from derivations.component_names import has_components
from derivations.components import Components, whole
from derivations.decide import Decision, decide
from derivations.elaborate import Elaborator
from derivations.errors import ShapeError
from derivations.kinks import kinks
from derivations.names import Ref, ref_text
from derivations.normal_form import prove_equal
from derivations.reading import surface as s
from derivations.refute import refute
from derivations.report import Verdict
from derivations.screening import Screen, certainly_different
from derivations.tensors import diagonal, spread, transpose
from derivations.terms import Term, is_zero, shape_text
from derivations.traverse import free_variables
from derivations.values import Value
from derivations.world import Mode, OpenEndedError, UnclearError, World

TRANSPOSED = "the derivative written in the transposed layout"
DIAGONAL = "a column standing for the diagonal matrix of its entries"
MODES = tuple(Mode)
SMALL_TIMES = (2, 3, 4)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The two sides under one reading, brought to one shape."""

    mode: Mode
    left: Term
    right: Term
    readings: frozenset[str]
    opaque: bool

    @property
    def effort(self) -> tuple[int, int]:
        """How far the reading is from the plain one: fewer readings first, a bare column for a matrix last."""
        return len(self.readings) + (DIAGONAL in self.readings), MODES.index(self.mode)


@dataclass(slots=True)
class Judgement:
    """What was found of one step.

    ``attempts`` are all readings that fit; ``right`` maps every sense of ∂ under which the step is right to the
    simplest one; ``best`` is the one that a wrong step is shown under.
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
    assumed: tuple[str, ...] = ()
    open_ended: bool = False

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

    def __init__(self, elaborator: Elaborator, seed: int, seconds: float) -> None:
        self.elaborator = elaborator
        self.seed = seed
        self.seconds = seconds
        self.screen = Screen(seed)

    def judge(self, left: s.Node, right: s.Node, world: World) -> Judgement:
        """Judge ``left = right`` under every reading."""
        found = self.ask(left, right, world)
        budget = Budget(seconds=self.seconds)
        if not found.right and not found.unclear:
            self._refute(found.attempts, found, budget)
            if found.open_ended and found.verdict is Verdict.WRONG:
                self._at_small_times(left, right, world, found, budget)
        return found

    def ask(self, left: s.Node, right: s.Node, world: World) -> Judgement:
        """Only whether ``left = right`` is right; what is not is left open."""
        found = Judgement(derivative=_has_derivative(left, right))
        world = replace(world, sinks=self.elaborator.sinks((left, right), world))
        found.derivative = found.derivative or bool(world.sinks)
        found.assumed = tuple(_through(loss, self.elaborator.ref(sink, World())) for loss, sink in world.sinks)
        found.slopes = found.derivative or _has_slope(left, right)
        found.attempts = self._attempts(left, right, world, found)
        self._prove(found.attempts, found, Budget(seconds=self.seconds))
        return found

    def proves(self, left: s.Node, right: s.Node, world: World, budget: Budget, transposed: bool = False) -> bool:
        """Whether ``left = right`` has a proof in the world's own sense of ∂ and in one layout.

        Raises BudgetError when the budget, which many questions may share, is used up.
        """
        found = Judgement(derivative=_has_derivative(left, right))
        attempts = self._attempts(left, right, world, found, (world.mode,))
        plain = [a for a in attempts if transposed or TRANSPOSED not in a.readings]
        likely = [a for a in plain if self.screen.may_agree(a.left, a.right)]
        return any(a.left is a.right or prove_equal(a.left, a.right, budget) is not None for a in likely)

    def _at_small_times(self, left: s.Node, right: s.Node, world: World, found: Judgement, budget: Budget) -> None:
        """A total derivative at a symbolic time: the claim at t = 2 and 3, where nothing is left open.

        If it fails at one of them it is wrong in that sense too. If it does not, it holds as far as was looked.
        """
        letters = sorted(letter for letter, _ in world.floor if letter is not None)
        for step in SMALL_TIMES:
            env = tuple((letter, s.Time(None, step)) for letter in letters)
            now = Judgement(derivative=True)
            then = World(((None, 0),), env=env, facts=world.facts)
            then = replace(then, sinks=self.elaborator.sinks((left, right), then))
            attempts = self._attempts(left, right, then, now, MODES[:1])
            self._prove(attempts, now, budget)
            if not now.right:
                self._refute(attempts, now, budget)
                if now.verdict is not Verdict.WRONG:
                    found.decision = Decision(
                        Verdict.UNDECIDED, f"the total derivative at {letters[0]} = {step} is open"
                    )
                return
        checked = ", ".join(map(str, SMALL_TIMES))
        found.decision = Decision(
            Verdict.HOLDS, f"as a total derivative, checked at {letters[0]} = {checked}; not proved for all times"
        )

    # Readings

    def _attempts(
        self, left: s.Node, right: s.Node, world: World, found: Judgement, modes: Sequence[Mode] = MODES
    ) -> list[Attempt]:
        seen: dict[tuple[Mode, Term, Term], Attempt] = {}
        for mode in modes if found.derivative else (Mode.TOTAL,):
            try:
                for attempt in self._in_mode(left, right, replace(world, mode=mode), found):
                    key = (mode, attempt.left, attempt.right)
                    if key not in seen or attempt.effort < seen[key].effort:
                        seen[key] = attempt
            except UnclearError as error:
                found.unclear = error
                return []
            except OpenEndedError:
                found.open_ended = True
            except ShapeError as error:
                found.misfit = found.misfit or error
        return sorted(seen.values(), key=lambda attempt: attempt.effort)

    def _in_mode(self, left: s.Node, right: s.Node, world: World, found: Judgement) -> Iterator[Attempt]:
        if self.elaborator.knowledge.indexed and (has_components(left) or has_components(right)):
            yield from self._in_components(left, right, world, found)
            return
        lefts = self.elaborator.elaborate(left, world)
        rights = self.elaborator.elaborate(right, world, lefts[0].term.shape)
        if rights[0].term.rank == 2 and lefts[0].term.rank != 2:
            lefts = self.elaborator.elaborate(left, world, rights[0].term.shape)
        found.shapes = found.shapes or (shape_text(lefts[0].term.shape), shape_text(rights[0].term.shape))
        whole = _whole_derivative(left, right)
        if world.mode is not Mode.TOTAL and self._vanishes(world, left, right):
            return
        empty = True
        for a in lefts:
            for b in rights:
                for one, other, readings in _aligned(a, b, whole):
                    empty = False
                    x, y = (self.elaborator.with_facts(term, world) for term in (one, other))
                    both = a.readings | b.readings | readings
                    if world.mode is Mode.TOTAL or free_variables([x, y]):
                        yield Attempt(world.mode, x, y, both, a.opaque or b.opaque)
        if empty and not found.misfit:
            found.misfit = ShapeError(f"the left side is {found.shapes[0]}, the right side is {found.shapes[1]}")

    def _in_components(self, left: s.Node, right: s.Node, world: World, found: Judgement) -> Iterator[Attempt]:
        if world.mode is not Mode.TOTAL and self._vanishes(world, left, right):
            return
        x, y = (
            self.elaborator.with_facts(term, world) for term in Components(self.elaborator, world).sides(left, right)
        )
        found.shapes = found.shapes or (shape_text(x.shape), shape_text(y.shape))
        yield Attempt(world.mode, x, y, frozenset(), False)

    def _vanishes(self, world: World, *sides: s.Node) -> bool:
        """Whether a derivative is zero only because a narrow sense of ∂ cuts every path."""
        return any(is_zero(self.elaborator.partial(whole(p), world).term) for side in sides for p in _partials(side))

    # Verdicts

    def _prove(self, attempts: Sequence[Attempt], found: Judgement, budget: Budget) -> None:
        known: dict[tuple[Term, Term], Decision | None] = {}
        for attempt in attempts:
            if attempt.mode in found.right:
                continue
            pair = (attempt.left, attempt.right)
            if pair not in known:
                known[pair] = self._try_proof(pair, budget)
            decision = known[pair]
            if decision is not None:
                decision = _away_from_kinks(decision, pair) if found.slopes else decision
                found.right[attempt.mode] = (attempt, reduce(Decision.but, found.assumed, decision))

    def _try_proof(self, pair: tuple[Term, Term], budget: Budget) -> Decision | None:
        if not self.screen.may_agree(*pair):
            return None
        decision = decide(*pair, self.seed, budget)
        return decision if decision.verdict in (Verdict.PROVED, Verdict.HOLDS) else None

    def _refute(self, attempts: Sequence[Attempt], found: Judgement, budget: Budget) -> None:
        """Wrong only if every reading is certainly different; else the reading that could not be excluded decides."""
        distinct = list({(a.left, a.right): a for a in reversed(attempts)}.values())[::-1]
        for attempt in distinct:
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
        found.decision = Decision(Verdict.WRONG, counterexample=search.counterexample)


def _away_from_kinks(decision: Decision, sides: Sequence[Term]) -> Decision:
    """The decision with the conditions under which the derivative exists."""
    conditions = kinks(sides)
    if not conditions:
        return decision
    return decision.but("provided that " + ", ".join(conditions))


def _has_derivative(*nodes: s.Node) -> bool:
    return any(isinstance(x, s.Partial) for node in nodes for x in node.walk())


def _through(loss: Ref, sink: Ref) -> str:
    return f"taking {ref_text(loss)} to depend on what is before {ref_text(sink)} only through it"


def _has_slope(*nodes: s.Node) -> bool:
    """Whether a function with a prime occurs."""
    return any(isinstance(x, s.Call | s.Function) and x.order > 0 for node in nodes for x in node.walk())


def _whole_derivative(left: s.Node, right: s.Node) -> str:
    """Which side is a derivative or a chain of them and nothing else: ``left``, ``right``, or empty for none.

    Empty, too, where the other side speaks of the same derivative, which has one layout on one line.
    """
    for name, side, other in (("left", left, right), ("right", right, left)):
        factors = side.factors if isinstance(side, s.Mul) else (side,)
        if all(isinstance(factor, s.Partial) for factor in factors):
            own = {(plain_name(p.of), plain_name(p.by)) for p in _partials(side)}
            same = any((plain_name(p.of), plain_name(p.by)) in own for p in _partials(other))
            return "" if same and len(factors) == 1 else name
    return ""


def _partials(node: s.Node) -> list[s.Partial]:
    return [x for x in node.walk() if isinstance(x, s.Partial)]


def _aligned(a: Value, b: Value, whole: str) -> Iterator[tuple[Term, Term, frozenset[str]]]:
    """Every way in which two values can be compared; ``whole`` names the side that is a derivative."""
    left, right = a.term, b.term
    if left.shape == right.shape:
        if whole or a.row == b.row or a.gradient or b.gradient or left.rank != 1:
            yield left, right, frozenset()
        if whole and left.rank == 2 and left.shape[0] == left.shape[1] and transpose(left) is not left:
            yield left, transpose(right), frozenset({TRANSPOSED})
        return
    if whole and left.rank == right.rank == 2 and left.shape == right.shape[::-1]:
        yield left, transpose(right), frozenset({TRANSPOSED})
    if whole == "left" and left.rank == 2 and right.rank == 1 and left.shape == right.shape * 2:
        yield left, diagonal(right), frozenset({DIAGONAL})
    if whole == "right" and right.rank == 2 and left.rank == 1 and right.shape == left.shape * 2:
        yield diagonal(left), right, frozenset({DIAGONAL})
    if right.rank == 0 and left.rank and not free_variables([right]):
        yield left, spread(right, left.shape), frozenset()
    if left.rank == 0 and right.rank and not free_variables([left]):
        yield spread(left, right.shape), right, frozenset()
