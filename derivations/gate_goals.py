"""What a cell may be asked to do, and which settings of its gates do it: ``goals`` of :mod:`derivations.gates`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from derivations.budget import Budget
from derivations.cell import Cell
from derivations.errors import UsageError
from derivations.gates import CORNERS, Equality, Gate, Gated, Pair, Setting, all_settings, smallest_settings, without
from derivations.normal_form import normal_form
from derivations.polynomials import to_term
from derivations.report import Counterexample
from derivations.tensors import hadamard
from derivations.terms import Term, add, number, subtract, zeros
from derivations.traverse import free_variables, substitute

Sides = Callable[[Gated, Mapping[str, Term]], Pair]


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing to ask for: a question, what it means as an equation between two terms of a step, said in words.

    ``needs`` is a pair that has to differ for the goal to be more than an empty one; ``nearest`` the goal to look at
    where this one cannot be reached.
    """

    name: str
    question: str
    sides: Sides
    meaning: str
    of: str = "memory"
    needs: Sides | None = None
    of_candidate: bool = False
    nearest: str = ""


def _candidate(gated: Gated, step: Mapping[str, Term]) -> Pair:
    return step[gated.memory], step[gated.candidates[0]]


def _kept(gated: Gated, step: Mapping[str, Term]) -> Pair:
    return step[gated.memory], gated.past[gated.before]


def _added(gated: Gated, step: Mapping[str, Term]) -> Pair:
    candidate = step[gated.candidates[0]]
    return step[gated.memory], add(gated.past[gated.before], candidate)


def _zero(state: str) -> Sides:
    return lambda gated, step: (step[getattr(gated, state)], zeros(step[getattr(gated, state)].shape))


def _unaware(of: str) -> Sides:
    """The state against itself with other inputs, or with another past."""

    def sides(gated: Gated, step: Mapping[str, Term]) -> Pair:
        term = step[gated.memory]
        return term, without(term, getattr(gated, of))

    return sides


GOALS = {
    goal.name: goal
    for goal in (
        Goal(
            "store",
            "store just the current input",
            _unaware("past"),
            "the new {memory} is a function of the input alone",
            needs=_unaware("signals"),
            nearest="renew",
        ),
        Goal("renew", "store the candidate alone", _candidate, "{memory} = {candidate}", of_candidate=True),
        Goal("keep", "keep the previous state", _kept, "{memory} = {before}"),
        Goal(
            "add",
            "add to the state and forget nothing",
            _added,
            "{memory} = {before} + {candidate}",
            of_candidate=True,
        ),
        Goal("reset", "reset the state", _zero("memory"), "{memory} = 0"),
        Goal("ignore-input", "ignore the input", _unaware("signals"), "{memory} does not depend on {inputs}"),
        Goal("ignore-past", "ignore the past", _unaware("past"), "{memory} does not depend on {past}"),
        Goal("output-off", "switch the output off", _zero("output"), "{output} = 0", of="output"),
    )
}


@dataclass(frozen=True, slots=True)
class Ablation:
    """A gate that cannot be left out of a setting, with a point at which the goal is missed without it."""

    gate: str
    counterexample: Counterexample | None


@dataclass(frozen=True, slots=True)
class Residual:
    """A past state that the candidate still sees.

    ``through`` are the parameters any one of which would shut it out if it were zero, ``closed_by`` further settings of
    the gates that do, ``silenced_by`` settings of the step before that make the state itself zero.
    """

    name: str
    through: tuple[str, ...]
    closed_by: tuple[Setting, ...]
    silenced_by: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far a gate that is only near its value moves the state: by its distance times ``factor``, exactly.

    None for a gate that acts inside the candidate, where only its limit is known.
    """

    gate: str
    value: int
    factor: Term | None


@dataclass(frozen=True, slots=True)
class Solution:
    """A minimal setting that reaches a goal, the rules of its proof, and what stays of the past and the input."""

    setting: Setting
    rules: tuple[str, ...]
    residuals: tuple[Residual, ...] = ()
    ablations: tuple[Ablation, ...] = ()
    deviations: tuple[Deviation, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for one goal.

    ``impossible``: all settings of the gates to 0 and 1 are refuted; ``tried`` says how many there were.
    """

    goal: Goal
    meaning: str
    solutions: tuple[Solution, ...]
    impossible: bool
    tried: int


@dataclass(slots=True)
class Behaviour:
    """The gates of a cell and the answers to all goals that were asked."""

    cell: Cell
    gated: Gated
    gates: tuple[Gate, ...]
    answers: list[Answer] = field(default_factory=list)


def goal_named(name: str) -> Goal:
    """A goal of the table. Raises UsageError with the names there are."""
    if name not in GOALS:
        raise UsageError(f"there is no goal {name}; there are {', '.join(GOALS)}")
    return GOALS[name]


def behaviour(cell: Cell, goals: Sequence[str] = (), seed: int = 0, detail: bool = True) -> Behaviour:
    """What settings of its gates make a cell do, for some goals or for all that it has.

    Without ``detail`` only the settings, not what stays, what each gate is needed for and how near is near enough.

    Raises UsageError for a goal that is not known, or one about a candidate for a cell without one.
    """
    gated = Gated(cell)
    found, solver = Behaviour(cell, gated, gated.gates), Solver(gated, seed, detail)
    plain = gated.candidates == (gated.memory,)
    for goal in map(goal_named, goals):
        if goal.of_candidate and plain:
            raise UsageError(f"{goal.name}: {cell.name} has no candidate beside its state")
    asked = [goal_named(name) for name in goals] or [x for x in GOALS.values() if not (plain and x.of_candidate)]
    found.answers = [solver.answer(goal) for goal in asked]
    return found


class Solver:
    """Searches the settings of one cell."""

    def __init__(self, gated: Gated, seed: int = 0, detail: bool = True) -> None:
        self.gated = gated
        self.detail = detail
        self.equality = Equality(seed)
        self.gates = tuple(gate.name for gate in gated.gates)

    def answer(self, goal: Goal) -> Answer:
        """All minimal settings that reach a goal; where there are none, whether every setting is refuted."""
        settings = smallest_settings(self.gates, lambda setting: self.reaches(goal, setting) is not None)
        solutions = tuple(self._solution(goal, setting) for setting in settings)
        impossible = not solutions and all(self.misses(goal, setting) for setting in all_settings(self.gates))
        return Answer(goal, self._meaning(goal), solutions, impossible, 3 ** len(self.gates))

    def _meaning(self, goal: Goal) -> str:
        gated = self.gated
        names = {"memory": gated.memory, "before": gated.before, "output": gated.output}
        lists = {"inputs": " and ".join(gated.signals), "past": " and ".join(gated.past)}
        return goal.meaning.format(**names, **lists, candidate=gated.candidates[0])

    def reaches(self, goal: Goal, setting: Setting) -> tuple[str, ...] | None:
        """The proof that a setting reaches a goal, or None."""
        step = self.gated.step(setting)
        proof = self.equality.proof(*goal.sides(self.gated, step))
        if proof is None or goal.needs is None:
            return proof
        return proof if self.equality.differ(*goal.needs(self.gated, step)) else None

    def misses(self, goal: Goal, setting: Setting) -> bool:
        """Whether a setting certainly does not reach a goal."""
        step = self.gated.step(setting)
        if self.equality.differ(*goal.sides(self.gated, step)):
            return True
        return goal.needs is not None and self.equality.proof(*goal.needs(self.gated, step)) is not None

    def _solution(self, goal: Goal, setting: Setting) -> Solution:
        rules = self.reaches(goal, setting) or ()
        if not self.detail:
            return Solution(setting, rules)
        residuals = self.residuals(setting) if goal.of_candidate else ()
        needed = tuple(self._ablation(goal, setting, gate) for gate in setting)
        return Solution(setting, rules, residuals, needed, self._deviations(goal, setting))

    def _ablation(self, goal: Goal, setting: Setting, gate: str) -> Ablation:
        rest = {name: value for name, value in setting.items() if name != gate}
        return Ablation(gate, self.equality.counterexample(*goal.sides(self.gated, self.gated.step(rest))))

    # What stays

    def residuals(self, setting: Setting) -> tuple[Residual, ...]:
        """The past states that the candidate still depends on, for certain."""
        step = self.gated.step(setting)
        term = step[self.gated.candidates[0]]
        return tuple(
            Residual(name, self._through(term, name), self._closed_by(name, setting), self._silenced_by(name))
            for name in self.gated.past
            if self.equality.differ(term, self._other(term, name))
        )

    def _other(self, term: Term, name: str) -> Term:
        return without(term, {name: self.gated.past[name]})

    def _closed_by(self, name: str, setting: Setting) -> tuple[Setting, ...]:
        rest = [gate for gate in self.gates if gate not in setting]

        def closes(more: Setting) -> bool:
            term = self.gated.step({**setting, **more})[self.gated.candidates[0]]
            return self.equality.proof(term, self._other(term, name)) is not None

        return tuple(smallest_settings(rest, closes))

    def _silenced_by(self, name: str) -> tuple[Setting, ...]:
        off = GOALS["output-off"]
        if self.gated.output == self.gated.memory or name != self.gated.cell.states[0][0]:
            return ()
        found = smallest_settings(self.gates, lambda setting: self.reaches(off, setting) is not None)
        return tuple(found[:1])

    def _through(self, term: Term, name: str) -> tuple[str, ...]:
        """The parameters without any one of which a state would not come in."""
        found = []
        for parameter, variable in self.gated.free.items():
            cut = substitute([term], {variable: zeros(variable.shape)})[0]
            if self.equality.proof(cut, self._other(cut, name)) is not None:
                found.append(parameter)
        return tuple(found)

    # How near

    def _deviations(self, goal: Goal, setting: Setting) -> tuple[Deviation, ...]:
        """The exact difference from the goal, one gate after the other: those before have any value, those behind
        their own."""
        names = list(setting)
        term = self.gated.apart[getattr(self.gated, goal.of)]
        return tuple(self._deviation(term, names[k:], setting) for k in range(len(names)))

    def _deviation(self, term: Term, names: list[str], setting: Setting) -> Deviation:
        first, *others = ((self.gated.apart[name], setting[name]) for name in names)
        term = substitute([term], {x: number(value, x.shape) for x, value in others})[0]
        gate, value = first
        low, high = (substitute([term], {gate: number(corner, gate.shape)})[0] for corner in CORNERS)
        slope = to_term(normal_form(subtract(high, low), Budget()))
        inside = gate not in free_variables([term])
        direct = not inside and slope.shape == gate.shape  # behind a matrix a gate is no factor
        linear = direct and self.equality.proof(term, add(low, hadamard(gate, slope))) is not None
        return Deviation(names[0], value, slope if linear else None)
