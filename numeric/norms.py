"""How large ∂h_T/∂h_i is against T−i: measured on random recurrent cells, beside a bound of it.

Norms are spectral. The Jacobian of one step is that of the whole state, found by torch autograd from the equations of
the cell; ∂h_T/∂h_i is the block of the product of them that leads from hidden state to hidden state. The bound is
(γ‖W‖)^{T−i} for a plain recurrent layer (Pascanu, Mikolov and Bengio, 2013), else the product of the norms of the
steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

from derivations.cells import Cell
from derivations.cells import cell as cell_named
from derivations.errors import UsageError
from derivations.terms import dimension
from numeric.equations import step

LEAST: Final = 1e-300
"""What a norm that underflows counts as in a mean of logarithms."""
PLAIN: Final = {"rnn": ("W_{hh}", 1.0)}
"""The cells with one matrix between states, and the largest slope of their activation."""
Init = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


def _glorot(weight: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.nn.init.xavier_uniform_(weight, generator=generator)


def _orthogonal(weight: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.nn.init.orthogonal_(weight, generator=generator)


def _identity(weight: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.nn.init.eye_(weight)


INITS: Final[dict[str, Init]] = {"glorot": _glorot, "orthogonal": _orthogonal, "identity": _identity}
"""How the square matrices are drawn; all others are drawn as Glorot and Bengio (2010) do, and biases are zero."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured: sizes, steps, seeds."""

    steps: int = 50
    n: int = 32
    d: int = 8
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Curve:
    """One cell with one way to draw its weights; row k of ``norms`` and ``bounds`` is T−i = k, a column a seed."""

    cell: str
    init: str
    norms: tuple[tuple[float, ...], ...]
    bounds: tuple[tuple[float, ...], ...]

    @property
    def label(self) -> str:
        """``lstm, glorot``."""
        return f"{self.cell}, {self.init}"

    def means(self) -> list[float]:
        """The geometric mean of the norms over the seeds, for every T−i."""
        return [mean(row) for row in self.norms]

    def mean_bounds(self) -> list[float]:
        """The geometric mean of the bounds."""
        return [mean(row) for row in self.bounds]


def mean(values: Sequence[float]) -> float:
    """The geometric mean."""
    return exp(sum(log(max(value, LEAST)) for value in values) / len(values))


def measure(name: str, init: str, setting: Setting) -> Curve:
    """The norms of one cell. Raises UsageError for an unknown cell or initialisation, or other states than h."""
    cell = cell_named(name)
    if init not in INITS:
        raise UsageError(f"there is no initialisation {init}; there are {', '.join(INITS)}")
    if not cell.states or cell.states[0][1] != "h_t":
        raise UsageError(f"{name} passes on no hidden state h_t")
    runs = [_run(cell, INITS[init], setting, seed) for seed in setting.seeds]
    norms, bounds = ([run[side] for run in runs] for side in (0, 1))
    return Curve(name, init, tuple(zip(*norms, strict=True)), tuple(zip(*bounds, strict=True)))


def _run(cell: Cell, init: Init, setting: Setting, seed: int) -> tuple[list[float], list[float]]:
    """‖∂h_T/∂h_{T−k}‖ for k = 0 … T, and its bounds."""
    generator = torch.Generator().manual_seed(seed)
    weights = _weights(cell, init, setting, generator)
    jacobians = _jacobians(cell, weights, setting, generator)
    plain = PLAIN.get(cell.name)
    fixed = float(torch.linalg.matrix_norm(weights[plain[0]], 2)) * plain[1] if plain is not None else None
    product = torch.eye(jacobians[0].shape[0], dtype=torch.float64)
    norms, bounds = [1.0], [1.0]
    for jacobian in reversed(jacobians):
        product = product @ jacobian
        norms.append(float(torch.linalg.matrix_norm(product[: setting.n, : setting.n], 2)))
        bounds.append(bounds[-1] * (fixed if fixed is not None else float(torch.linalg.matrix_norm(jacobian, 2))))
    return norms, bounds


def _weights(cell: Cell, init: Init, setting: Setting, generator: torch.Generator) -> dict[str, torch.Tensor]:
    sizes = {dimension("n"): setting.n, dimension("d"): setting.d}
    found = {}
    for name, shape in cell.parameters:
        extents = [dim.subs(sizes) for dim in shape]
        if not all(extent.is_Integer for extent in extents):
            raise UsageError(f"{cell.name} has sizes besides n and d")
        rows = [int(extent) for extent in extents]
        weight = torch.zeros(rows, dtype=torch.float64)
        square = len(rows) == 2 and shape[0] == shape[1]
        found[name] = weight if len(rows) < 2 else (init if square else _glorot)(weight, generator)
    return found


def _jacobians(
    cell: Cell, weights: dict[str, torch.Tensor], setting: Setting, generator: torch.Generator
) -> list[torch.Tensor]:
    """The Jacobian of the whole state of every step, the first step first, from a state of zeros and normal inputs."""
    before, after = [state[0] for state in cell.states], [state[1] for state in cell.states]
    state = torch.zeros(setting.n * len(before), dtype=torch.float64)
    found = []
    for _ in range(setting.steps):
        inputs = {x: torch.randn(setting.d, 1, dtype=torch.float64, generator=generator) for x in cell.inputs}

        copies = state.unsqueeze(-1).repeat(1, len(state)).requires_grad_()  # one column for every row of the Jacobian
        parts = dict(zip(before, copies.reshape(len(before), setting.n, -1), strict=True))
        known = step(cell, {**weights, **inputs, **parts})
        following = torch.cat([known[name] for name in after])
        found.append(torch.autograd.grad(following, copies, torch.eye(len(state), dtype=torch.float64))[0].T)
        state = following[:, 0].detach()
    return found


def plot(curves: Sequence[Curve], setting: Setting, target: Path) -> None:
    """Draw the curves with their bounds into a picture. Raises UsageError where it cannot be written."""
    try:
        figure_of(curves, setting).savefig(target, dpi=130)
    except (OSError, ValueError) as error:
        raise UsageError(f"{target} cannot be written: {error}") from error


def figure_of(curves: Sequence[Curve], setting: Setting) -> Figure:
    """The curves with their bounds, as a figure of matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 5.4), layout="constrained")
    axes = figure.subplots()
    for number, curve in enumerate(curves):
        colour = f"C{number}"
        apart = list(range(len(curve.norms)))
        axes.semilogy(apart, curve.means(), color=colour, label=curve.label)
        axes.fill_between(apart, [min(r) for r in curve.norms], [max(r) for r in curve.norms], color=colour, alpha=0.15)
        axes.semilogy(apart, curve.mean_bounds(), color=colour, linestyle=":", linewidth=1)
    least = min(min(curve.means()) for curve in curves)
    most = max(max(max(row) for row in curve.norms) for curve in curves)
    axes.set_ylim(max(least / 10, 1e-20), most * 1e3)
    axes.set_xlabel("steps between, $T-i$")
    axes.set_ylabel(r"$\|\partial h_T / \partial h_i\|_2$")
    axes.grid(alpha=0.3)
    axes.legend(title="measured (dotted: bound)", fontsize="small")
    figure.supxlabel(caption(setting), fontsize="small", wrap=True)
    return figure


def caption(setting: Setting) -> str:
    """What was measured, with the seeds."""
    seeds = ", ".join(str(seed) for seed in setting.seeds)
    sizes = f"T = {setting.steps}, n = {setting.n}, d = {setting.d}"
    return f"{sizes}; normal inputs; geometric mean and range over seeds {seeds}"
