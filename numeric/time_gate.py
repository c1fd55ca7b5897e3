"""The time gate of the phased LSTM in numbers: sampled, through torch, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from derivations.time_gate import TimeGate

Sample = tuple[float, float, float]
INK, FALLEN, FAINT = "#1f4e79", "#b3541e", "#9a9a9a"
NEAR = Fraction(1, 10**9)


def samples(gate: TimeGate, start: Fraction, end: Fraction, count: int = 400) -> list[Sample]:
    """(t, k, ∂k/∂t) at even times between two, and on both sides of every boundary, in order."""
    return [_sample(gate, time) for time in _times(gate, start, end, count)]


def _times(gate: TimeGate, start: Fraction, end: Fraction, count: int = 400) -> list[Fraction]:
    """The times, exactly; none of them is a boundary."""
    even = {start + (end - start) * k / count for k in range(count + 1)}
    edges = gate.edges(start, end)
    near = {x + side * NEAR * gate.tau for x in edges for side in (-1, 1)}
    return sorted(x for x in (even | near) - set(edges) if start <= x <= end)


def _sample(gate: TimeGate, time: Fraction) -> Sample:
    return float(time), float(gate.gate(time)), float(gate.slope(time))


def through_torch(values: dict[str, torch.Tensor]) -> torch.Tensor:
    """k as the paper writes it, from tensors t, s, tau, r_on and alpha, so that autograd can differentiate it."""
    phase = torch.remainder(values["t"] - values["s"], values["tau"]) / values["tau"]
    ratio = phase / values["r_on"]
    return torch.where(ratio < 0.5, 2 * ratio, torch.where(ratio < 1, 2 - 2 * ratio, values["alpha"] * phase))


def draw(gate: TimeGate, start: Fraction, end: Fraction, path: Path) -> None:
    """A picture of k(t) above ∂k/∂t. Raises OSError and ValueError where it cannot be written."""
    figure_of(gate, start, end).savefig(path, dpi=150)


def figure_of(gate: TimeGate, start: Fraction, end: Fraction) -> Figure:
    """k(t) above ∂k/∂t, as a figure of matplotlib."""
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1.3))
    runs = _runs(gate, _times(gate, start, end))
    for axis, column, colour in ((above, 1, INK), (below, 2, FALLEN)):
        for run in runs:
            axis.plot([row[0] for row in run], [row[column] for row in run], color=colour, linewidth=1.6)
        for edge in gate.edges(start, end):
            axis.axvline(float(edge), color=FAINT, linewidth=0.5, linestyle=":")
        axis.spines[["top", "right"]].set_visible(False)
    above.set_title(_title(gate), fontsize=10)
    above.set_ylabel("openness k(t)")
    below.set_ylabel("slope ∂k/∂t\n(1 / unit of time)")
    below.set_xlabel("time t (unit of τ)")
    below.set_xlim(float(start), float(end))
    return figure


def _runs(gate: TimeGate, times: Sequence[Fraction]) -> list[list[Sample]]:
    """The samples of every piece by itself, so that no line joins what a jump parts."""

    def place(time: Fraction) -> tuple[int, str]:
        return (time - gate.shift) // gate.tau, gate.piece(time).name

    return [[_sample(gate, time) for time in run] for _, run in groupby(times, key=place)]


def _title(gate: TimeGate) -> str:
    named = (("τ", gate.tau), ("r_on", gate.r_on), ("s", gate.shift), ("α", gate.leak))
    return "time gate of the phased LSTM: " + ", ".join(f"{name} = {float(value):g}" for name, value in named)
