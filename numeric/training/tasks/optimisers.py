"""Optimisers beside each other: down a ravine, and on palindromes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from numeric.training.config import Config
from numeric.training.figures import MARKS, canvas, dress, learning_curves, save
from numeric.training.loop import Finished
from numeric.training.optimisation import optimiser
from numeric.training.study import Findings, Picture, Study, Task
from numeric.training.tables import add_table
from numeric.training.tasks.palindromes import problem

STEEP: Final = 50.0
START: Final = (-4.0, 1.0)
STEPS: Final = 100
READ_OFF: Final = (10, 30, 100)
RATES: Final = {"sgd": 0.036, "momentum": 0.01, "rmsprop": 0.1, "adam": 0.3}
"""Learning rates in the ravine; plain descent diverges above 2/STEEP = 0.04."""


def ravine(x: Tensor) -> Tensor:
    """½(x² + 50 y²): fifty times as steep across as along."""
    return 0.5 * (x[..., 0] ** 2 + STEEP * x[..., 1] ** 2)


def path(name: str) -> Tensor:
    """The points (STEPS + 1, 2) that an optimiser passes, in float64."""
    point = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    made = optimiser([point], Config(optimiser=name, rate=RATES[name]))
    found = [point.detach().clone()]
    for _ in range(STEPS):
        made.zero_grad()
        ravine(point).backward()  # type: ignore[no-untyped-call]
        made.step()
        found.append(point.detach().clone())
    return torch.stack(found)


def report(study: Study, done: Sequence[Finished]) -> Findings:
    """Learning curves on palindromes; paths down the ravine with the height left after some steps."""
    findings = Findings()
    add_table(findings, done, ("test_loss", "test_accuracy"))
    curves = (("loss", "cross-entropy (nats)"), ("accuracy", "accuracy"))
    findings.pictures.append(learning_curves(study, done, curves))
    paths = {name: path(name) for name in RATES}
    findings.more["ravine"] = {
        name: {"rate": RATES[name], **{f"height_after_{k}": float(ravine(found[k])) for k in READ_OFF}}
        for name, found in paths.items()
    }
    findings.pictures.append(_draw(study, paths))
    return findings


def _draw(study: Study, paths: dict[str, Tensor]) -> Picture:
    figure, (left, right) = canvas(1, 2, (10.0, 4.4), width_ratios=(1.3, 1))
    x, y = torch.meshgrid(torch.linspace(-4.6, 1.6, 200), torch.linspace(-1.3, 1.3, 200), indexing="xy")
    left.contour(
        x.numpy(),
        y.numpy(),
        ravine(torch.stack([x, y], -1)).numpy(),
        levels=[0.1, 0.5, 2, 5, 10, 20, 35],
        colors="0.8",
        linewidths=0.8,
    )
    for number, (name, found) in enumerate(paths.items()):
        look: dict[str, Any] = {"color": f"C{number}", "label": f"{name}, rate {RATES[name]:g}"}
        left.plot(
            found[:, 0].numpy(),
            found[:, 1].numpy(),
            f"{MARKS[number]}-",
            markersize=2.5,
            linewidth=0.9,
            alpha=0.8,
            **look,
        )
        right.semilogy(ravine(found).clamp(min=1e-12).numpy(), **look)
    left.plot(0, 0, "k*")
    dress(left, "x (along)", "y (across)", legend=False)
    dress(right, "step", "height ½(x² + 50y²)", legend=False)
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=len(paths), fontsize="small")
    said = f"{STEPS} steps down the ravine ½(x² + 50y²) from ({START[0]:g}, {START[1]:g}); nothing random, no seed."
    return save(figure, study.folder, "ravine", said)


COMMON: dict[str, Any] = {"cell": "rnn", "size": "128", "length": 15, "batch": 128, "clip_norm": 1.0, "epochs": 30}
ON_PALINDROMES = (("sgd", 0.1), ("momentum", 0.01), ("rmsprop", 1e-3), ("adam", 1e-3))
PLANS = tuple(COMMON | {"optimiser": name, "rate": rate} for name, rate in ON_PALINDROMES)
TASK = Task(
    "optimisers",
    "SGD, momentum, RMSprop and Adam in a ravine and on palindromes",
    "",
    PLANS,
    tuple(plan | {"length": 8, "epochs": 8, "size": "64"} for plan in PLANS),
    tuple(plan | {"epochs": 100, "seed": (0, 1, 2)} for plan in PLANS),
    problem,
    report,
)
