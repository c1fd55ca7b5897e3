"""Update equations of an optimiser, read from a sheet: what each step makes of the parameters.

Two rules are the same if they make the same steps from the same start for the same gradients, whatever their states and
numbers are called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations

from derivations.budget import Budget
from derivations.decide import decide
from derivations.elaborate import Elaborator
from derivations.errors import BudgetError, SheetError, UsageError
from derivations.latex import Printer
from derivations.names import Ref
from derivations.normal_form import prove_equal
from derivations.optimisers import DAMPING, DECAY, OPTIMISERS, PARAMETERS, Optimiser
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.places import Source, Span
from derivations.report import Verdict
from derivations.screening import Screen
from derivations.sheet import understand
from derivations.terms import Term, Var, dim_text, number, var, zeros
from derivations.traverse import free_variables, substitute
from derivations.world import World

STEPS = 3
HABITS = (PARAMETERS, "w", "W", "x", "p")
"""Names of parameters, the most usual first."""
OPTIONAL = frozenset({DAMPING, DECAY})
"""Numbers of a rule that a sheet may leave out, as zero."""
NOWHERE = Span(0, 0)
WRITTEN = {"start": r"\theta_0"} | {f"gradient {step}": f"g_{step}" for step in range(1, STEPS + 1)}
"""How the start and the gradients are shown."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The parameters after steps 1, 2, … as terms, with the names of the start and of the gradients settled.

    ``numbers`` are the settings of the rule; ``parameters`` is the name of what is updated.
    """

    steps: tuple[Term, ...]
    numbers: tuple[str, ...]
    parameters: str
    gradient: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether a rule is an optimiser of the table: by which ``renaming``, or else the first ``step`` that differs.

    ``certain`` tells that the steps are certainly different; ``sides`` are the two, the rule's own first, as LaTeX.
    """

    optimiser: Optimiser
    renaming: Mapping[str, str] | None = None
    step: int = 0
    certain: bool = False
    sides: tuple[str, str] = ("", "")


class Rule:
    """The update rule that a sheet defines by equations such as ``\\theta_t = \\theta_{t-1} - \\eta g_t``."""

    def __init__(self, source: Source) -> None:
        self.source = source
        sheet = understand(source, read_document(source))
        for entry in sheet.entries:
            if isinstance(entry.sentence, s.Unreadable):
                line = source.place(entry.sentence.span.start).line
                raise UsageError(f"{source.name}: line {line} cannot be read: {entry.sentence.message}")
        self.knowledge = sheet.knowledge
        self.elaborator = Elaborator(sheet.knowledge, scalar=sheet.scalars_only)
        self.parameters = self._parameters()

    def trajectory(self, steps: int = STEPS) -> Trajectory:
        """The first steps. Raises UsageError where they depend on anything but the start, gradients and numbers."""
        found = [self.after(step) for step in range(1, steps + 1)]
        return self._settled(found, steps)

    def after(self, step: int, before: int = 0) -> Term:
        """The parameters after a step, in terms of what was known after an earlier one."""
        return self.value(self.parameters, step, before)

    def value(self, key: str, step: int, before: int) -> Term:
        """A quantity after a step in terms of the states after an earlier one; UsageError where it has no meaning."""
        early = [
            ref for ref in self.knowledge.instances if before and ref.time is not None and ref.time.offset <= before
        ]
        world = World(floor=((None, before),), cut=tuple(early))
        try:
            return self.elaborator.value_of(Ref(key, s.Time(None, step)), world, NOWHERE)
        except SheetError as error:
            raise UsageError(f"{self.source.name}: step {step} of {key}: {error}") from error

    def size(self) -> str:
        """The size of the parameters; empty for a number. Raises UsageError for matrices."""
        shape = self.elaborator.variable(Ref(self.parameters)).shape
        if len(shape) > 1:
            raise UsageError(f"{self.source.name}: {self.parameters} is a matrix; write its update for a column")
        return dim_text(shape[0]) if shape else ""

    def refs(self, term: Term) -> list[tuple[Term, Ref]]:
        """The names behind the variables of a term."""
        return self.elaborator.refs_of(term)

    def _parameters(self) -> str:
        """What is updated: the state with the most usual name of parameters, or the one that no other uses."""
        families = self.knowledge.families
        own = [key for key in families if key in self.knowledge.reachable(families[key].node)]
        used = {other for key in own for other in self.knowledge.reachable(families[key].node) - {key}}
        likely = [key for key in HABITS if key in own] or [key for key in own if key not in used]
        if not likely:
            raise UsageError(f"{self.source.name}: no equation updates parameters, such as θ_t = θ_{{t-1}} - η g_t")
        return likely[0]

    def _settled(self, found: Sequence[Term], steps: int) -> Trajectory:
        refs = {variable: ref for term in found for variable, ref in self.refs(term)}
        gradients = self._gradients(refs)
        names: dict[Term, Term] = {}
        numbers: list[str] = []
        for variable, ref in refs.items():
            if ref.time is None:
                numbers.append(ref.key)
                names[variable] = var(ref.key, *variable.shape)
            elif ref.key == gradients:
                continue
            elif ref.key == self.parameters:
                names[variable] = var("start", *variable.shape)
            else:
                names[variable] = zeros(variable.shape)
        times = sorted(r.time.offset for r in refs.values() if r.key == gradients and r.time is not None)
        if len(times) != steps:
            raise UsageError(f"{self.source.name}: {steps} steps use {len(times)} gradients")
        for variable, ref in refs.items():
            if ref.key == gradients and ref.time is not None:
                names[variable] = var(f"gradient {times.index(ref.time.offset) + 1}", *variable.shape)
        terms = tuple(substitute(list(found), names))
        return Trajectory(terms, tuple(sorted(numbers)), self.parameters, gradients)

    def _gradients(self, refs: Mapping[Term, Ref]) -> str:
        """The one quantity of every step that the sheet does not define."""
        free = {r.key for r in refs.values() if r.time is not None and not self.knowledge.defined(r.key)}
        if len(free) != 1:
            names = ", ".join(sorted(free)) or "none"
            raise UsageError(f"{self.source.name}: one gradient of every step is needed, such as g_t; there is {names}")
        return next(iter(free))


@cache
def rule_of(name: str, size: str = "n") -> Rule:
    """The rule of an optimiser of the table, for columns of a size, or for a number."""
    return Rule(Source(name, OPTIMISERS[name].sheet(size)))


@cache
def trajectory_of(name: str, size: str = "n") -> Trajectory:
    return rule_of(name, size).trajectory()


def compared(rule: Rule, optimiser: Optimiser, seed: int = 0) -> Comparison:
    """Whether the steps of a rule are those of an optimiser, for some renaming of the numbers.

    Raises UsageError where the rule of the sheet has no steps to compare.
    """
    own = rule.trajectory()
    other = trajectory_of(optimiser.name, rule.size())
    screen, budget = Screen(seed), Budget(seconds=20.0)
    best: tuple[int, dict[str, str]] | None = None
    for renaming in _renamings(own.numbers, optimiser.numbers):
        agreeing = _agreeing(_pairs(own, other, renaming), screen, budget)
        if agreeing == len(own.steps):
            return Comparison(optimiser, renaming)
        if best is None or agreeing > best[0]:
            best = agreeing, renaming
    if best is None:
        return Comparison(optimiser, certain=True)
    left, right = _pairs(own, other, best[1])[best[0]]
    certain = left.shape == right.shape and decide(left, right, seed, budget).verdict is Verdict.WRONG
    return Comparison(optimiser, None, best[0] + 1, certain, (_written(own.steps[best[0]]), _written(right)))


def relatives(rule: Rule, seed: int = 0) -> list[Comparison]:
    """The optimisers of the table whose steps are those of a rule, those with the fewest numbers that are zero."""
    found = (compared(rule, optimiser, seed) for optimiser in OPTIMISERS.values())
    same = [comparison for comparison in found if comparison.renaming is not None]
    least = min((len(comparison.optimiser.numbers) for comparison in same), default=0)
    return [comparison for comparison in same if len(comparison.optimiser.numbers) == least]


def _renamings(own: Sequence[str], other: Sequence[str]) -> Iterator[dict[str, str]]:
    """The numbers of the sheet by names of the table, equal names first; what may be zero may be left out."""
    if len(own) > len(other):
        return
    for order in sorted(permutations(other, len(own)), key=lambda x: sum(a != b for a, b in zip(own, x, strict=True))):
        if set(other) - set(order) <= OPTIONAL:
            yield dict(zip(own, order, strict=True))


def _pairs(own: Trajectory, other: Trajectory, renaming: Mapping[str, str]) -> list[tuple[Term, Term]]:
    """The steps of both in the names of the table."""
    own_steps = substitute(list(own.steps), {var(key): var(value) for key, value in renaming.items()})
    left_out = sorted(OPTIONAL & set(other.numbers) - set(renaming.values()))
    other_steps = substitute(list(other.steps), {var(key): number(0) for key in left_out})
    return list(zip(own_steps, other_steps, strict=True))


def _agreeing(pairs: Sequence[tuple[Term, Term]], screen: Screen, budget: Budget) -> int:
    """How many first steps are proved to be equal."""
    for place, (left, right) in enumerate(pairs):
        if left.shape != right.shape or not screen.may_agree(left, right):
            return place
        try:
            if left is not right and prove_equal(left, right, budget) is None:
                return place
        except BudgetError:
            return place
    return len(pairs)


def _written(term: Term) -> str:
    """A step with the start and the gradients by their usual names."""
    names: dict[Term, Term] = {
        v: var(WRITTEN.get(v.name, v.name), *v.shape) for v in free_variables([term]) if isinstance(v, Var)
    }
    return Printer({}).latex(substitute([term], names)[0])
