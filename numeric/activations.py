"""An activation beside its derivative, sampled through torch and drawn."""

from __future__ import annotations

from typing import Final

import torch
from matplotlib.figure import Figure

from derivations.calculus import gradient
from derivations.errors import UsageError
from derivations.evaluate import Floats, evaluate
from derivations.functions import FUNCTIONS
from derivations.terms import apply, var

DRAWN: Final = ("sigma", "tanh", "relu", "softplus")
"""The activations that are drawn, by their names in the table of functions."""
COUNT: Final = 401
AGREED: Final = 1e-12
TORCH: Final = {
    "sigma": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": torch.nn.functional.softplus,
}
SHOWN: Final = {"sigma": "σ", "tanh": "tanh", "relu": "ReLU", "softplus": "softplus"}
INK, SLOPE, FAINT = "#1f4e79", "#b3541e", "#9a9a9a"
Curve = tuple[list[float], list[float], list[float]]


def samples(name: str, reach: float = 6.0) -> Curve:
    """Arguments from −reach to reach, the values there, and the slopes of the derived derivative.

    Raises UsageError for a function that is not drawn, and where values or slopes are not those of torch.
    """
    if name not in DRAWN or name not in FUNCTIONS:
        raise UsageError(f"there is no activation {name}; there are {', '.join(DRAWN)}")
    x = var("x")
    value = apply(name, x)
    slope = gradient(value, [x])[0]
    points = torch.linspace(-reach, reach, COUNT, dtype=torch.float64).requires_grad_()
    theirs = TORCH[name](points)
    (slopes,) = torch.autograd.grad(theirs.sum(), points)
    rows = [evaluate([value, slope], {x: point.detach().numpy()}, {}, Floats()) for point in points]
    ours = [(float(a), float(b)) for a, b in rows]
    _compare(name, ours, theirs.detach(), slopes)
    return [float(p) for p in points.detach()], [a for a, _ in ours], [b for _, b in ours]


def _compare(name: str, ours: list[tuple[float, float]], values: torch.Tensor, slopes: torch.Tensor) -> None:
    """Both engines agree; at a kink, where the slope is anything between two, only the values are compared."""
    for k, (value, slope) in enumerate(ours):
        kink = name == "relu" and abs(value) + abs(float(values[k])) == 0
        if abs(value - float(values[k])) > AGREED or (not kink and abs(slope - float(slopes[k])) > AGREED):
            raise UsageError(f"{name}: torch has another value or slope at sample {k}")


def figure_of(name: str, curve: Curve) -> Figure:
    """The function and its slope, as a figure of matplotlib."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    points, values, slopes = curve
    axes.plot(points, values, color=INK, linewidth=1.8, label=f"{SHOWN[name]}(x)")
    axes.plot(points, slopes, color=SLOPE, linewidth=1.8, linestyle="--", label=f"{SHOWN[name]}′(x)")
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.axvline(0, color=FAINT, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("argument x")
    axes.set_ylabel("value, slope")
    axes.legend(frameon=False)
    return figure
