"""Derived gradients against torch autograd, finite differences and torch.nn.

All outputs are weighed by random cotangents. The derived gradient is evaluated in NumPy, in float64 always; autograd
runs the equations of the cell through torch without our derivatives, in the precision asked for. Every comparison is
made at several points, at scales at which the slopes of σ and tanh are alive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import sympy
import torch

from derivations import cells
from derivations.calculus import gradient
from derivations.errors import UsageError
from derivations.evaluate import Array, Floats, evaluate, extents, work
from derivations.functions import FUNCTIONS
from derivations.tensors import concatenate
from derivations.terms import Apply, Term, Var, add, product, var
from derivations.traverse import dim_symbols, free_variables, postorder
from numeric import equations
from numeric.agreement import CrossCheck, Error, Outcome, Row
from numeric.differences import Convergence, Setting, converge, typical
from numeric.modules import module_gradients, module_name
from numeric.networks import BATCH, Network, Quantity
from numeric.sampling import draw, normal
from numeric.torch_domain import Tensors

DTYPES = {"float64": torch.float64, "float32": torch.float32}
TOLERANCES = {"float64": 1e-9, "float32": 1e-4}
DIFFERENCE_TOLERANCE = 1e-6
GOOD = 1e-7  # relative uncertainty of difference quotients that needs no better step
SMALLEST_SCALE = 1e-5
MOST_WORK = 300_000_000
DRAWS = 24  # of points among which the one farthest from a kink is taken
AUTOGRAD = "autograd"
MIDDLES = (0.0, 0.5, 1.0, 2.0, -1.0, 0.0)  # where to look for a point: terms need not be defined everywhere

Gradients = list[tuple[str, Array]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to compare: precision of the torch side, how many points, the seed, the relative error that is let pass."""

    dtype: str = "float64"
    points: int = 3
    seed: int = 0
    tolerance: float | None = None

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise UsageError(f"the precision must be one of {', '.join(DTYPES)}, not {self.dtype}")
        if self.points < 1:
            raise UsageError(f"the number of points must be at least 1, not {self.points}")
        if self.tolerance is not None and not 0 < self.tolerance < 1:
            raise UsageError(f"the tolerance must be between 0 and 1, not {self.tolerance}")

    @property
    def allowed(self) -> float:
        return TOLERANCES[self.dtype] if self.tolerance is None else self.tolerance

    @property
    def settings(self) -> dict[str, Any]:
        return {"dtype": self.dtype, "points": self.points, "seed": self.seed, "tolerance": self.allowed}


PLAN = Plan()


@dataclass(frozen=True)
class Problem:
    """Outputs as terms, and the ways to have their gradients without our derivatives.

    ``references`` maps a name to a function of a point and the cotangents of all outputs; ``sample`` gives the values
    of all variables at a numbered point; ``wanted`` are the variables to differentiate by, all if empty.
    """

    title: str
    outputs: Sequence[Term]
    variables: Mapping[str, tuple[Term, str]]  # with the kind
    sizes: Mapping[sympy.Symbol, int]
    references: Mapping[str, Callable[[dict[str, Array], list[Array]], Gradients]]
    sample: Callable[[int], dict[str, Array]]
    settings: dict[str, Any] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.wanted or tuple(self.variables)


def check_problem(problem: Problem, plan: Plan) -> CrossCheck:
    """One row for every variable, the worst of all points. Raises UsageError where the arrays would be too large."""
    weights = [var(f"cotangent {k}", *output.shape) for k, output in enumerate(problem.outputs)]
    weighed = [
        product([(u, range(u.rank)), (y, range(y.rank))], ()) for u, y in zip(weights, problem.outputs, strict=True)
    ]
    loss = add(*weighed)
    derived = gradient(loss, [problem.variables[name][0] for name in problem.names])
    if work([loss, *derived], problem.sizes) > MOST_WORK:
        raise UsageError("these sizes make the comparison too large; take smaller ones")
    found = [_Point(problem, plan, loss, weights, derived, number).rows() for number in range(plan.points)]
    rows = [_worst(list(same)) for same in zip(*found, strict=True)]
    return CrossCheck(problem.title, rows, tuple(problem.references), problem.settings | plan.settings)


class _Point:
    """One point: all gradients there."""

    def __init__(
        self, problem: Problem, plan: Plan, loss: Term, weights: Sequence[Term], derived: Sequence[Term], number: int
    ) -> None:
        self.problem, self.plan, self.loss, self.number = problem, plan, loss, number
        single = plan.dtype == "float32"
        self.named = {
            name: x.astype(np.float32).astype(np.float64) if single else x for name, x in problem.sample(number).items()
        }
        cotangents = [
            normal(f"{plan.seed} {number} {k}", extents(u.shape, problem.sizes)) for k, u in enumerate(weights)
        ]
        self.values: dict[Term, Array] = {term: self.named[name] for name, (term, _) in problem.variables.items()}
        self.values |= dict(zip(weights, cotangents, strict=True))
        roots = [*derived, *problem.outputs]
        values = evaluate(roots, self.values, problem.sizes, Floats(plan.seed))
        gradients, outputs = values[: len(derived)], values[len(derived) :]
        self.magnitude = sum(float(np.abs(u * y).sum()) for u, y in zip(cotangents, outputs, strict=True))
        self.derived = dict(zip(problem.names, gradients, strict=True))
        self.references = {name: give(self.named, cotangents) for name, give in problem.references.items()}

    def rows(self) -> list[Row]:
        return [self._row(name) for name in self.problem.names]

    def _row(self, name: str) -> Row:
        ours = self.derived[name]
        errors = {}
        for reference, gradients in self.references.items():
            theirs = [x for other, x in gradients if other == name]
            if theirs:
                errors[reference] = _largest([Error.between(ours, x, SMALLEST_SCALE) for x in theirs])
        differences = self._differences(name)
        outcome, message = self._judge(errors, differences)
        kind = self.problem.variables[name][1]
        return Row(name, kind, ours.shape, outcome, message, errors, differences)

    def _judge(self, errors: Mapping[str, Error], differences: Convergence) -> tuple[Outcome, str]:
        for name, error in errors.items():
            if not error.relative <= self.plan.allowed:
                return Outcome.WRONG, f"the derived gradient and {name} differ by {error.relative:.1e}"
        if differences.outcome is Outcome.WRONG:
            return Outcome.WRONG, f"the difference quotients do not tend to it: {differences.conclusion}"
        if not errors:
            return Outcome.UNDECIDED, "there is no reference"
        return differences.outcome, differences.conclusion

    def _differences(self, name: str) -> Convergence:
        direction = normal(f"{self.plan.seed} {self.number} direction {name}", self.derived[name].shape)
        direction /= max(1.0, float(np.sqrt(np.square(direction).mean())))
        slope = float((self.derived[name] * direction).sum())
        setting = Setting(max(typical(self.derived[name], direction), SMALLEST_SCALE), self.magnitude, good=GOOD)
        return converge(partial(self._along, name, direction), slope, DIFFERENCE_TOLERANCE, setting)

    def _along(self, name: str, direction: Array, distance: float) -> float:
        term = self.problem.variables[name][0]
        moved = self.values | {term: self.values[term] + distance * direction}
        (loss,) = evaluate([self.loss], moved, self.problem.sizes, Floats(self.plan.seed))
        return float(loss)


def _largest(errors: Sequence[Error]) -> Error:
    return max(errors, key=lambda error: error.relative)


def _worst(rows: list[Row]) -> Row:
    """One row from those of several points: the worst outcome, the largest error of each kind."""
    worst = max(rows, key=lambda row: (row.outcome.rank, row.differences.error if row.differences else 0.0))
    errors = {name: _largest([row.errors[name] for row in rows]) for name in worst.errors}
    return replace(worst, errors=errors)


def _autograd(
    forward: Callable[[dict[str, torch.Tensor]], Sequence[torch.Tensor]],
    dtype: torch.dtype,
    point: dict[str, Array],
    cotangents: list[Array],
) -> Gradients:
    leaves = {name: torch.tensor(x, dtype=dtype, requires_grad=True) for name, x in point.items()}
    outputs = forward(leaves)
    pairs = [(y, torch.tensor(u, dtype=dtype)) for y, u in zip(outputs, cotangents, strict=True) if y.requires_grad]
    if pairs:
        torch.autograd.backward([y for y, _ in pairs], [u for _, u in pairs])
    return [(name, np.zeros(x.shape) if x.grad is None else x.grad.double().numpy()) for name, x in leaves.items()]


# Cells


def check_cell(
    cell: str | cells.Cell,
    *,
    n: int = 4,
    d: int = 3,
    batch: int = 2,
    steps: int = 3,
    layers: int = 1,
    bidirectional: bool = False,
    plan: Plan = PLAN,
) -> CrossCheck:
    """Every gradient of a recurrent network: by parameters, initial states and inputs.

    Raises UsageError for an unknown cell and for sizes below one.
    """
    found = cells.recurrent(cell) if isinstance(cell, str) else cell
    network = Network(found, steps if found.states else 1, layers, bidirectional)
    sizes = {"n": n, "d": d, "batch": batch}
    for name, value in sizes.items():
        if value < 1:
            raise UsageError(f"the size {name} must be at least 1, not {value}")
    return check_problem(_network_problem(network, sizes, plan), plan)


def _network_problem(network: Network, sizes: dict[str, int], plan: Plan) -> Problem:
    quantities = {q.name: q for q in network.quantities()}
    terms = {name: var(name, *q.shape) for name, q in quantities.items()}
    outputs = network.run(terms, partial(cells.step, network.cell, batch=BATCH), concatenate)
    others = (symbol for symbol in dim_symbols(outputs) if str(symbol) not in sizes)
    symbols = {symbol: sizes[str(symbol)] for symbol in dim_symbols(outputs) if str(symbol) in sizes}
    symbols |= {symbol: sizes["n"] + place for place, symbol in enumerate(others, start=1)}
    dtype = DTYPES[plan.dtype]
    forward = partial(network.run, step=partial(equations.step, network.cell), join=_stacked)
    references: dict[str, Callable[[dict[str, Array], list[Array]], Gradients]] = {
        AUTOGRAD: partial(_autograd, forward, dtype)
    }
    if module_name(network):
        references[module_name(network)] = partial(module_gradients, network, dtype=dtype)
    return Problem(
        network.cell.name,
        outputs,
        {name: (terms[name], q.kind) for name, q in quantities.items()},
        symbols,
        references,
        partial(_network_point, outputs, quantities, symbols, plan.seed),
        sizes | {"steps": network.steps, "layers": network.layers, "bidirectional": network.bidirectional},
    )


def _stacked(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat(list(parts))


def _network_point(
    outputs: Sequence[Term],
    quantities: Mapping[str, Quantity],
    sizes: Mapping[sympy.Symbol, int],
    seed: int,
    number: int,
) -> dict[str, Array]:
    """The draw that is farthest from any kink, the first one where there are none."""
    kinked = [t for t in postorder(outputs) if isinstance(t, Apply) and FUNCTIONS[t.function].kink]
    best: tuple[float, dict[str, Array]] = (-1.0, {})
    for attempt in range(DRAWS if kinked else 1):
        point = {q.name: draw(q, extents(q.shape, sizes), number, f"{seed} {attempt}") for q in quantities.values()}
        values = {var(name, *q.shape): point[name] for name, q in quantities.items()}
        best = max(best, (_distance(kinked, values, sizes), point), key=lambda pair: pair[0])
    return best[1]


def _distance(kinked: Sequence[Term], values: Mapping[Term, Array], sizes: Mapping[sympy.Symbol, int]) -> float:
    """How far all arguments of piecewise functions are from the place where they have no derivative."""
    arguments = evaluate([t.children[0] for t in kinked], values, sizes, Floats())
    least = np.inf
    for term, x in zip(kinked, arguments, strict=True):
        whole = isinstance(term, Apply) and FUNCTIONS[term.function].kink == "is an integer"
        least = min(least, float(np.abs(x - np.round(x) if whole else x).min()))
    return least


# Terms


def check_term(
    output: Term, *, sizes: Mapping[str, int] | None = None, by: Sequence[Term] = (), plan: Plan = PLAN
) -> CrossCheck:
    """The derivative of any term by its variables, or by those of ``by``.

    ``sizes`` gives dimensions by name; others are 2, 3, …. Raises UsageError where no point is found at which
    everything has a value, and for an unknown size.
    """
    symbols = dim_symbols([output])
    unknown = set(sizes or {}) - set(map(str, symbols))
    if unknown:
        raise UsageError(
            f"there is no dimension {', '.join(sorted(unknown))}; there are {', '.join(map(str, symbols))}"
        )
    numbers = {symbol: (sizes or {}).get(str(symbol), 2 + place) for place, symbol in enumerate(symbols)}
    everything = free_variables([output])
    wanted = tuple(v.name for v in everything if v in by)
    dtype = DTYPES[plan.dtype]
    forward = partial(_through_torch, output, everything, numbers, plan.seed)
    problem = Problem(
        "term",
        [output],
        {v.name: (v, "variable") for v in everything},
        numbers,
        {AUTOGRAD: partial(_autograd, forward, dtype)},
        partial(_term_point, output, everything, numbers, plan.seed),
        {str(symbol): value for symbol, value in numbers.items()},
        wanted,
    )
    return check_problem(problem, plan)


def _through_torch(
    output: Term,
    variables: Sequence[Var],
    sizes: Mapping[sympy.Symbol, int],
    seed: int,
    leaves: dict[str, torch.Tensor],
) -> list[torch.Tensor]:
    return evaluate([output], {v: leaves[v.name] for v in variables}, sizes, Tensors(seed))


def _term_point(
    output: Term, variables: Sequence[Var], sizes: Mapping[sympy.Symbol, int], seed: int, number: int
) -> dict[str, Array]:
    """Functions need not be defined everywhere: places to look at in turn, from a different one for every number."""
    roots = [output, *gradient(product([(output, range(output.rank))], ()), variables)]
    for attempt in range(12):
        point = {v.name: _somewhere(v, extents(v.shape, sizes), seed, number, attempt) for v in variables}
        values: dict[Term, Array] = {v: point[v.name] for v in variables}
        if all(np.isfinite(x).all() for x in evaluate(roots, values, sizes, Floats(seed))):
            return point
    raise UsageError("no point was found at which the term and its derivatives have values")


def _somewhere(v: Var, shape: tuple[int, ...], seed: int, number: int, attempt: int) -> Array:
    spread = (0.5, 1.0, 0.25)[number % 3] * (1.0 if attempt < len(MIDDLES) else 0.2)
    return np.asarray(MIDDLES[attempt % len(MIDDLES)] + spread * normal(f"{seed} {number} {attempt} {v.name}", shape))
