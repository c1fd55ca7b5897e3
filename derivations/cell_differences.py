"""What tells two cells apart: values out of reach, and states that can or cannot grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import sympy

from derivations.cell import Cell, unroll
from derivations.evaluate import Array, Balls, Floats, evaluate, exact_array, extents, precision
from derivations.gates import Equality, Gated
from derivations.tensors import hadamard
from derivations.terms import Term, add, number, subtract
from derivations.traverse import dim_symbols, free_variables

BITS = 128
POINTS = 400
MARGIN = 0.05
EIGHTHS = tuple(Fraction(k, 8) for k in (-16, -12, -8, -6, -4, -2, 2, 4, 6, 8, 12, 16))
GROWN = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A point of one unit where the new state of the special cell lies outside all that gates in [0, 1] can give.

    ``state`` and the ``lowest`` and ``highest`` values are certified to the digits shown.
    """

    values: Mapping[str, Fraction]
    state: str
    lowest: str
    highest: str


@dataclass(frozen=True, slots=True)
class Growth:
    """A run from zero states, every weight and bias ``value`` and every input 1, whose state leaves [−1, 1]."""

    cell: str
    value: int
    steps: int
    state: str


def outside(state: Term, corners: Sequence[Term], gates: dict[str, Fraction], seed: int) -> Unreachable | None:
    """A point of one unit at which ``state`` is certified to lie outside the range of ``corners``."""
    roots = [state, *corners]
    random = Random(f"{seed}|outside")
    sizes = _one_unit(roots)
    variables = free_variables(roots)
    for _ in range(POINTS):
        point = {v: random.choice(EIGHTHS) for v in variables}
        values = _arrays(point)
        first, *others = (float(x.item(0)) for x in evaluate(roots, _in(Floats(), values), sizes, Floats()))
        if min(others) - MARGIN <= first <= max(others) + MARGIN:
            continue
        found = _certified(roots, values, {**gates, **{v.name: x for v, x in point.items()}})
        if found is not None:
            return found
    return None


def _certified(roots: list[Term], values: dict[Term, Array], named: dict[str, Fraction]) -> Unreachable | None:
    sizes, balls = _one_unit(roots), Balls()
    with precision(BITS):
        first, *others = (x.item(0) for x in evaluate(roots, _in(balls, values), sizes, balls))
        if not (all(first < x for x in others) or all(first > x for x in others)):
            return None
        shown = [_digits(x) for x in sorted(others, key=lambda ball: float(ball.mid()))]
    return Unreachable(named, _digits(first), shown[0], shown[-1])


def mean(gated: Gated, equality: Equality) -> str:
    """The gate g by which the new state is g ⊙ a + (1 − g) ⊙ b for the old state and a candidate in [−1, 1]."""
    memory, before = gated.apart[gated.memory], gated.past[gated.before]
    candidate = gated.apart[gated.candidates[0]]
    if gated.candidates == (gated.memory,) or gated.output != gated.memory:
        return ""
    for name in (x.name for x in gated.gates if not x.clock):
        gate = gated.apart[name]
        rest = subtract(number(1, gate.shape), gate)
        for one, other in ((before, candidate), (candidate, before)):
            if equality.proof(memory, add(hadamard(gate, one), hadamard(rest, other))) is not None:
                return name
    return ""


def growth(cell: Cell) -> Growth | None:
    """A run of a cell from zero states whose last state is certified to be larger than 1."""
    for value, steps in product(GROWN, (2, 3, 4)):
        run = unroll(cell, steps)
        state = run.final()[cell.states[-1][1]]
        point = {x: Fraction(value) for x in run.parameters.values()}
        point |= {x: Fraction(1) for row in run.inputs for x in row.values()}
        point |= dict.fromkeys(run.initial.values(), Fraction(0))
        balls = Balls()
        with precision(BITS):
            found = evaluate([state], _in(balls, _arrays(point)), _one_unit([state]), balls)[0].item(0)
            if found > 1:
                return Growth(cell.name, value, steps, _digits(found))
    return None


def _arrays(point: Mapping[Any, Fraction]) -> dict[Term, Array]:
    """Numbers for variables of one unit."""
    sizes = _one_unit(point)
    return {v: exact_array([x], extents(v.shape, sizes)) for v, x in point.items()}


def _one_unit(terms: Iterable[Term]) -> dict[sympy.Symbol, int]:
    return dict.fromkeys(dim_symbols(terms), 1)


def _in(domain: Balls | Floats, values: Mapping[Term, Array]) -> dict[Term, Array]:
    return {v: domain.array(x) for v, x in values.items()}


def _digits(ball: Any) -> str:
    return f"{float(ball.mid()):.6f}"
