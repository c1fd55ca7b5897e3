"""Whether one recurrent cell is a special case of another: reductions that are proved, and points that refute the rest.

What is compared is one step from the same state with the same weights of the candidate. The gates of the general cell
may take any of the values 0, 1, a and 1 − a for the gates a of the special one; a gate of the special cell may have to
be held at 0 or 1. Equal steps from equal states make equal sequences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from derivations.cell import Cell
from derivations.cell_differences import Growth, Unreachable, growth, mean, outside
from derivations.errors import UsageError
from derivations.gate_goals import GOALS, Solver
from derivations.gates import CORNERS, Equality, Gated, Setting, all_settings, smallest_settings, without
from derivations.lowering import column
from derivations.report import Counterexample
from derivations.tensors import concatenate, hadamard, transpose
from derivations.terms import Shape, Term, add, number, subtract, var, zeros
from derivations.traverse import free_variables, substitute

Links = dict[str, tuple[str, bool]]
"""For each gate of the general cell the name that it equals, and whether it is 1 minus that; 0 and 1 are numbers."""

LINEAR = "identity output activation"
MIDDLE = (Fraction(1, 8), Fraction(7, 8))


@dataclass(frozen=True, slots=True)
class Needed:
    """A condition that cannot be left out, and a point at which the steps differ without it."""

    condition: str
    counterexample: Counterexample | None


@dataclass(frozen=True, slots=True)
class Reduction:
    """The special cell is the general one under these links, with gates of its own held and perhaps a linear output.

    ``weights`` says what each parameter of the general candidate is in terms of those of the special one. ``beyond``
    are gates of the general cell that can have these values at one step, but do not see what decides them.
    """

    linear: bool
    held: Setting
    links: Links
    weights: Mapping[str, Term]
    rules: tuple[str, ...]
    needed: tuple[Needed, ...]
    beyond: tuple[str, ...]

    @property
    def unconditional(self) -> bool:
        """Whether the special cell is the general one whatever its own gates are."""
        return not (self.linear or self.held or self.beyond)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found of ``special`` as a case of ``general``.

    ``only_special`` and ``only_general`` are goals that one of them reaches and the other is refuted for. ``bounded``
    is a cell whose state stays in [−1, 1], with the gate by which it is a weighted mean of the state before and the
    candidate; ``growth`` a run of the other. ``hidden`` is a cell with a state that its output does not show, where the
    other has none.
    """

    special: Cell
    general: Cell
    reductions: tuple[Reduction, ...]
    unreachable: Unreachable | None
    only_special: tuple[str, ...]
    only_general: tuple[str, ...]
    bounded: tuple[str, str] | None
    growth: Growth | None
    hidden: tuple[str, str] | None

    @property
    def is_case(self) -> bool:
        """Whether the special cell is the general one without conditions."""
        return any(reduction.unconditional for reduction in self.reductions)

    @property
    def refuted(self) -> bool:
        """Whether it is certified that it is not: by values out of reach, by growth or by what its output hides."""
        grows = self.growth is not None and self.growth.cell == self.special.name
        hides = self.hidden is not None and self.hidden[0] == self.special.name
        return self.unreachable is not None or grows or hides


def compare(special: Cell, general: Cell, seed: int = 0) -> Comparison:
    """Look for reductions of one cell to another and for what refutes the general claim.

    Raises UsageError for a general cell without gates.
    """
    found = Comparer(special, general, seed)
    reductions = tuple(found.reductions())
    is_case = any(reduction.unconditional for reduction in reductions)
    only_special, only_general = found.goals()
    bounded, growth = found.bound()
    unreachable = None if is_case else found.unreachable()
    return Comparison(
        special, general, reductions, unreachable, only_special, only_general, bounded, growth, found.hidden()
    )


def with_linear_output(cell: Cell) -> Cell | None:
    """The cell with c_t in the place of tanh(c_t) in its output; None where there is nothing to replace."""
    output, memory = cell.states[0][1], cell.states[-1][1]
    if output == memory:
        return None
    shown = column(memory, "n")

    def squashed(node: object) -> bool:
        return isinstance(node, ElementwiseApplyFunction) and node.expr == shown

    equations = tuple(
        (name, right.replace(squashed, lambda node: node.expr) if name == output else right)
        for name, right in cell.equations
    )
    return replace(cell, equations=equations)


class Comparer:
    """One special and one general cell, on the same state and with the same candidate weights."""

    def __init__(self, special: Cell, general: Cell, seed: int = 0) -> None:
        self.special, self.general = Gated(special), Gated(general)
        self.equality = Equality(seed)
        self.seed = seed
        if not self.general.gates:
            raise UsageError(f"{general.name} has no gates that could be set")
        if len({x.shape for gated in (self.special, self.general) for x in gated.past.values()}) > 1:
            raise UsageError(f"the states of {special.name} and {general.name} have different shapes")
        self.gates = tuple(gate.name for gate in self.special.gates)
        self.weights = self._weights()

    def _weights(self) -> dict[str, Term]:
        """The parameters of the general candidate from those of the special one: sums of those of the same shape."""
        wanted, given = (self._candidate_parameters(x) for x in (self.general, self.special))
        left, found = dict(given), dict[str, Term]()
        for name, term in wanted.items():
            same = [x for x in left if left[x].shape == term.shape]
            found[name] = add(*(left.pop(x) for x in same)) if same else zeros(term.shape)
            if not same and term.rank == 2:
                found[name] = self._joined(left, term) or found[name]
        return found

    def _joined(self, left: dict[str, Term], term: Term) -> Term | None:
        """One matrix on [h, x] from one on each."""
        parts = [x for x in left if left[x].rank == 2 and left[x].shape[0] == term.shape[0]]
        parts.sort(key=lambda name: left[name].shape[1] != term.shape[0])
        if len(parts) != 2 or sum(left[x].shape[1] for x in parts) != term.shape[1]:
            return None
        return transpose(concatenate([transpose(left.pop(x)) for x in parts]))

    @staticmethod
    def _candidate_parameters(gated: Gated) -> dict[str, Term]:
        """The parameters that a candidate sees by itself, its gates apart."""
        seen = set(free_variables([gated.evaluated(_unknown_gates(gated))[gated.candidates[0]]]))
        return {name: x for name, x in gated.free.items() if x in seen}

    # Reductions

    def reductions(self) -> Iterator[Reduction]:
        """The reductions with the fewest conditions: the general cell as it is, else with a linear output."""
        linear = with_linear_output(self.general.cell)
        for general, is_linear in ((self.general, False), (linear and Gated(linear), True)):
            if not general:
                continue
            found = list(self._reductions(general, is_linear))
            yield from found
            if any(not x.held for x in found):
                return  # a linear output is asked for only where it helps

    def _reductions(self, general: Gated, linear: bool) -> Iterator[Reduction]:
        links: dict[tuple[tuple[str, int], ...], Links] = {}

        def works(held: Setting) -> bool:
            found = self._links(general, held)
            links[tuple(held.items())] = found or {}
            return found is not None

        for held in smallest_settings(self.gates, works):
            chosen = links[tuple(held.items())]
            one, other = self._sides(general, held, chosen)
            rules = tuple(rule for a, b in zip(one, other, strict=True) for rule in self.equality.proof(a, b) or ())
            needed = tuple(self._needed(general, held, chosen, linear))
            beyond = tuple(name for name, link in chosen.items() if not self._sees(general, name, link[0]))
            yield Reduction(linear, held, chosen, self.weights, tuple(dict.fromkeys(rules)), needed, beyond)

    def _sees(self, general: Gated, name: str, link: str) -> bool:
        """Whether a gate of the general cell sees all that the gate it equals depends on."""
        one = next((set(gate.sees) for gate in self.special.gates if gate.name == link), set[str]())
        other = next(set(gate.sees) for gate in general.gates if gate.name == name)
        if len(self.special.past) == len(general.past):
            return one <= other
        return one - self.special.past.keys() <= other and bool(other & general.past.keys())

    def _links(self, general: Gated, held: Setting) -> Links | None:
        """Links under which the step of the general cell is that of the special one; the memory is matched first."""
        options = [(name, inverse) for inverse in (False, True) for name in self.gates if name not in held]
        options += [("1", False), ("0", False)]
        names = [gate.name for gate in general.gates]
        gates = _unknown_gates(general)
        seen = set(free_variables([general.evaluated(gates)[general.memory]]))
        inner = [x for x in names if gates[x] in seen]
        outer = [x for x in names if x not in inner]
        for chosen in product(options, repeat=len(inner)):
            links = dict(zip(inner, chosen, strict=True))
            if self._equal(general, held, links | dict.fromkeys(outer, ("1", False)), slice(0, 1)):
                for more in product(options[::-1][1:] + options[-1:], repeat=len(outer)):
                    whole = links | dict(zip(outer, more, strict=True))
                    if self._equal(general, held, whole, slice(None)):
                        return whole
        return None

    def _equal(self, general: Gated, held: Setting, links: Links, which: slice) -> bool:
        one, other = self._sides(general, held, links)
        return all(self.equality.proof(a, b) for a, b in zip(one[which], other[which], strict=True))

    def _sides(self, general: Gated, held: Setting, links: Links, own: bool = False) -> tuple[list[Term], list[Term]]:
        """Memory and output of both steps; gates of the special cell are unknowns, with ``own`` their definitions."""
        special = self.special
        shapes = {name: special.plain[name].shape for name in self.gates}
        fixed = {name: number(value, shapes[name]) for name, value in held.items()}
        free = {} if own else {name: var(name, *shapes[name]) for name in self.gates if name not in held}
        step = special.evaluated(fixed | free)
        gates = {name: step[name] for name in self.gates}
        values = {name: _linked(link, gates, general.plain[name].shape) for name, link in links.items()}
        other = general.evaluated(values)
        pairs = [(special.memory, general.memory), (special.output, general.output)]
        return [self._merged(step[a]) for a, _ in pairs], [self._merged(other[b], general) for _, b in pairs]

    def _merged(self, term: Term, general: Gated | None = None) -> Term:
        """A term on the common state, and for the general cell on the common weights."""
        gated = general or self.special
        states = list(self.special.past.values())
        paired = len(gated.past) == len(states) and len(self.general.past) == len(states)
        found = dict(zip(gated.past.values(), states if paired else states[:1] * len(gated.past), strict=True))
        if general is not None:
            found |= {general.free[name]: weight for name, weight in self.weights.items()}
        return substitute([term], found)[0]

    def _needed(self, general: Gated, held: Setting, links: Links, linear: bool) -> Iterator[Needed]:
        """What cannot be left out: each gate that is held, each of the general cell that is at 0 or 1."""
        for gate, value in held.items():
            rest = {name: x for name, x in held.items() if name != gate}
            yield Needed(f"{gate} = {value}", self._difference(general, rest, links))
        for gate, (name, _) in links.items():
            if name in ("0", "1"):
                rest_of = {x: link for x, link in links.items() if x != gate}
                yield Needed(f"{gate} = {name}", self._difference(general, held, rest_of))
        if linear:
            yield Needed(LINEAR, self._difference(self.general, held, links))

    def _difference(self, general: Gated, held: Setting, links: Links) -> Counterexample | None:
        one, other = self._sides(general, held, links, own=True)
        return self.equality.counterexample(one[1], other[1])

    # What refutes the general claim

    def unreachable(self) -> Unreachable | None:
        """A point where no gates in [0, 1] give the memory of the general cell the state of the special one.

        The memory is of first degree in each gate, so that its extremes over all gate values are at the corners.
        """
        corners = self._corners()
        if corners is None or len(self.special.past) != 1:
            return None
        for values in product(MIDDLE, repeat=len(self.gates)):
            held = {name: number(v, self.special.plain[name].shape) for name, v in zip(self.gates, values, strict=True)}
            state = self._merged(self.special.evaluated(held)[self.special.memory])
            found = outside(state, corners, dict(zip(self.gates, values, strict=True)), self.seed)
            if found is not None:
                return found
        return None

    def _corners(self) -> list[Term] | None:
        """The memory of the general cell at all corners; None where it is not of first degree in its gates."""
        gates = _unknown_gates(self.general)
        memory = self.general.evaluated(gates)[self.general.memory]
        gates = {name: gate for name, gate in gates.items() if gate in free_variables([memory])}
        for gate in gates.values():
            low, high = (substitute([memory], {gate: number(x, gate.shape)})[0] for x in CORNERS)
            if self.equality.proof(memory, add(low, hadamard(gate, subtract(high, low)))) is None:
                return None
        settings = (x for x in all_settings(tuple(gates)) if len(x) == len(gates))
        return [self._merged(self.general.step(x)[self.general.memory], self.general) for x in settings]

    def goals(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The goals that one cell reaches and the other is refuted for."""
        found = []
        for gated in (self.special, self.general):
            solver = Solver(gated, self.seed, detail=False)
            plain = gated.candidates == (gated.memory,)
            asked = [goal for goal in GOALS.values() if not (plain and goal.of_candidate)]
            found.append({goal.name: solver.answer(goal) for goal in asked})
        one, other = found
        both = [name for name in one if name in other]
        return (
            tuple(name for name in both if one[name].solutions and other[name].impossible),
            tuple(name for name in both if other[name].solutions and one[name].impossible),
        )

    def bound(self) -> tuple[tuple[str, str] | None, Growth | None]:
        """The one of the two cells whose state is bounded by 1, with its gate, and a run of the other past 1."""
        for one, other in ((self.special, self.general), (self.general, self.special)):
            gate = mean(one, self.equality)
            if gate and not mean(other, self.equality):
                return (one.cell.name, gate), growth(other.cell)
        return None, None

    def hidden(self) -> tuple[str, str] | None:
        """The cell whose output and input do not determine its next output, and by which state, if the other's do."""
        for one, other in ((self.special, self.general), (self.general, self.special)):
            name, state = list(one.past.items())[-1]
            output = one.plain[one.output]
            if len(one.past) > len(other.past) == 1 and self.equality.differ(output, without(output, {name: state})):
                return one.cell.name, name
        return None


def _unknown_gates(gated: Gated) -> dict[str, Term]:
    return {gate.name: var(gate.name, *gated.plain[gate.name].shape) for gate in gated.gates}


def _linked(link: tuple[str, bool], gates: Mapping[str, Term], shape: Shape) -> Term:
    name, inverse = link
    if name in gates:
        return subtract(number(1, gates[name].shape), gates[name]) if inverse else gates[name]
    return number(int(name), shape)
