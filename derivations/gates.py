"""What the gates of a cell can do: which of them at 0 or 1 make it store, keep, add, reset or ignore.

Nothing is written down by cell: every setting of the gates is put into the cell's own equations, and what follows is
proved for all sizes or refuted at a certified point. A setting that is found is minimal: for every value in it there is
a counterexample to the goal without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from typing import TypeVar

from derivations.budget import Budget
from derivations.cell import Cell
from derivations.errors import BudgetError
from derivations.lowering import Lowering
from derivations.normal_form import prove_equal
from derivations.refute import refute
from derivations.report import Counterexample
from derivations.screening import Screen, certainly_different
from derivations.terms import Apply, Shape, Term, is_zero, number, var, zeros
from derivations.traverse import free_variables, substitute

G = TypeVar("G")
Setting = Mapping[str, int]
Pair = tuple[Term, Term]
CORNERS = (0, 1)


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate: σ of a pre-activation, or (``clock``) a function of the time alone.

    ``sees`` are the inputs and states that it depends on; ``at_rest`` is its value where all of them are zero, None
    where a bias decides that.
    """

    name: str
    clock: bool
    sees: tuple[str, ...]
    at_rest: Fraction | None


def all_settings(gates: Sequence[G]) -> Iterator[dict[G, int]]:
    """Every way to set some gates to 0 or 1 and to leave the others, fewest first."""
    for count in range(len(gates) + 1):
        for chosen in combinations(gates, count):
            for values in product(CORNERS, repeat=count):
                yield dict(zip(chosen, values, strict=True))


def smallest_settings(gates: Sequence[G], works: Callable[[dict[G, int]], bool]) -> list[dict[G, int]]:
    """Every setting of gates to 0 or 1 that works, and of which no part does; the smallest first."""
    found: list[dict[G, int]] = []
    for setting in all_settings(gates):
        if not any(part.items() <= setting.items() for part in found) and works(setting):
            found.append(setting)
    return found


class Equality:
    """Equality of terms, proved or certainly refuted; each question answered once."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.screen = Screen(seed)
        self.known: dict[Pair, tuple[str, ...] | None] = {}

    def proof(self, left: Term, right: Term) -> tuple[str, ...] | None:
        """The rules of a proof for all sizes, or None."""
        if (left, right) not in self.known:
            self.known[left, right] = self._proof(left, right)
        return self.known[left, right]

    def _proof(self, left: Term, right: Term) -> tuple[str, ...] | None:
        if left is right:
            return ("both sides are the same expression",)
        if left.shape != right.shape or not self.screen.may_agree(left, right):
            return None
        try:
            proof = prove_equal(left, right, Budget())
        except BudgetError:
            return None
        return None if proof is None or proof.conditions else proof.log

    def differ(self, left: Term, right: Term) -> bool:
        """Whether two terms are certified to differ somewhere."""
        return certainly_different([(left, right)], self.seed)[0] or self.counterexample(left, right) is not None

    def counterexample(self, left: Term, right: Term) -> Counterexample | None:
        """A small certified point at which two terms differ, where one is found."""
        return refute(left, right, self.seed, Budget()).counterexample


class Gated:
    """A cell with its gates taken apart.

    ``memory`` and ``output`` are the states that carry and show; ``candidates`` the names of what a step would store:
    functions of the input that are neither gates nor made of other candidates (the state itself in a cell without).
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.free = {name: var(name, *shape) for name, shape in cell.parameters}
        self.inputs = {name: var(name, *cell.input_shape(name)) for name in cell.inputs}
        self.signals = {name: x for name, x in self.inputs.items() if x.rank}
        self.past = {before: var(before, *cell.state_shape(before)) for before, _ in cell.states}
        self.before, self.memory = cell.states[-1]
        self.output = cell.states[0][1]
        self._steps: dict[tuple[tuple[str, int], ...], dict[str, Term]] = {}

    def step(self, setting: Setting) -> dict[str, Term]:
        """All names of a step with some gates at fixed values; a clock that is not set is free."""
        key = tuple(sorted(setting.items()))
        if key not in self._steps:
            held = {name: number(value, self._shape(name)) for name, value in setting.items()}
            clocks = {name: var(name, *self._shape(name)) for name in self.clocks if name not in setting}
            self._steps[key] = self.evaluated(held | clocks)
        return self._steps[key]

    def evaluated(self, held: Mapping[str, Term]) -> dict[str, Term]:
        """All names of a step; those of ``held`` have the values given there instead of their own."""
        known: dict[str, Term] = {**self.free, **self.inputs, **self.past}
        for name, expression in self.cell.equations:
            known[name] = held[name] if name in held else Lowering(known).term(expression)
        return known

    def _shape(self, name: str) -> Shape:
        return self.plain[name].shape

    @cached_property
    def plain(self) -> dict[str, Term]:
        """The step as the cell defines it."""
        return self.evaluated({})

    def sees(self, term: Term) -> tuple[str, ...]:
        """The inputs and past states that a term depends on."""
        variables = set(free_variables([term]))
        return tuple(name for name, x in (self.inputs | self.past).items() if x in variables)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names between the past and the new states."""
        states = {after for _, after in self.cell.states}
        return tuple(name for name, _ in self.cell.equations if name not in states)

    @cached_property
    def clocks(self) -> tuple[str, ...]:
        """Functions of the time alone, the last of them: what gates by the clock."""
        timed = {x for x in self.cell.inputs if not self.cell.input_shape(x)}
        found = [
            name for name in self.names if self.sees(self.plain[name]) and set(self.sees(self.plain[name])) <= timed
        ]
        return tuple(found[-1:])

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """The gates, in the order of the equations."""
        sigmoids = [x for x in self.names if _applies("sigma", self.plain[x])]
        return tuple(self._gate(name) for name in self.names if name in sigmoids or name in self.clocks)

    def _gate(self, name: str) -> Gate:
        term = self.plain[name]
        rest = {x: zeros(x.shape) for x in (self.inputs | self.past).values()}
        clock = name in self.clocks
        value = None if clock else _constant(substitute([term], rest)[0])
        return Gate(name, clock, self.sees(term), value)

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        found = [x for x in self.names if _applies("tanh", self.plain[x]) and "x_t" in self.sees(self.plain[x])]
        return tuple(x for x in found if self._shape(x) == self._shape(self.memory)) or (self.memory,)

    @cached_property
    def apart(self) -> dict[str, Term]:
        """The step with the gates and candidates as unknowns of their own."""
        opaque = [gate.name for gate in self.gates] + [x for x in self.candidates if x != self.memory]
        return self.evaluated({name: var(name, *self._shape(name)) for name in opaque})


def _applies(function: str, term: Term) -> bool:
    return isinstance(term, Apply) and term.function == function


def _constant(term: Term) -> Fraction | None:
    """The value of σ at rest: 1/2 where nothing is left in it."""
    return Fraction(1, 2) if isinstance(term, Apply) and is_zero(term.argument) else None


def without(term: Term, names: Mapping[str, Term]) -> Term:
    """A term in which some variables are replaced by others that nothing is known of."""
    return substitute([term], {x: var(f"another {name}", *x.shape) for name, x in names.items()})[0]
