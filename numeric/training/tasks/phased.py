"""Is the period of a sampled sine wave between 5 and 6 ms? Regular, fine and asynchronous sampling.

The task of Neil, Pfeiffer and Liu 2016, §3.1: half of the waves have a period in that range, the others one in
[1, 5] or [6, 100] ms (log-uniform, as in the code of its authors); waves last from 15 ms to ``--length`` ms. The phased
LSTM gets the times through its gate, the other networks as a second input.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import e, log, pi
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from derivations.errors import UsageError
from numeric.training.batches import Batch, Problem, seeded
from numeric.training.config import Config
from numeric.training.figures import canvas, caption, dress, grouped, learning_curves, save
from numeric.training.loop import DTYPES, Finished
from numeric.training.models import Recurrent, Sizes, recurrent_only
from numeric.training.recurrent import PhasedLSTM
from numeric.training.study import Findings, Picture, Study, Task, rebuilt
from numeric.training.tables import add_table

WANTED: Final = (5.0, 6.0)
OTHERS: Final = ((1.0, 5.0), (6.0, 100.0))
SHORTEST: Final = 15.0
STEP: Final = {"standard": 1.0, "high": 0.1, "asynchronous": 1.0}
"""Milliseconds between samples; asynchronous ones are 15 to ``--length``, at random times."""
PERIODS: Final = (e, e**3)
UNIT: Final = 100.0
"""Milliseconds by which times are divided where they are inputs."""
HELD_OUT: Final = {"valid": (2, 500), "test": (3, 2000)}
AT_ONCE = 250
SHOWN = 6


def waves(count: int, config: Config, *seeds: int, alike: bool = False) -> Batch:
    """Sampled waves (T, count, 1 or 2) with their times, and whether (1) or not (0) the period is in the range.

    Where they are ``alike``, all have the same number of samples, and none is padded.
    """
    draw = seeded(*seeds)
    labels = draw.integers(0, 2, count)
    periods = np.where(labels == 1, draw.uniform(*WANTED, count), _other_periods(draw, count))
    durations, lengths = _extents(draw, config, count, alike)
    times = _times(draw, config, durations, lengths) + draw.uniform(0, config.length - durations, count)
    x = np.sin(2 * pi * times / periods + draw.uniform(0, 2 * pi, count))
    kind = DTYPES[config.precision]
    features = torch.from_numpy(x if config.cell == "phased-lstm" else np.stack([x, times / UNIT], -1)).to(kind)
    inputs = features.unsqueeze(-1) if features.ndim == 2 else features
    moments = torch.from_numpy(times).to(kind)
    return Batch(inputs, torch.from_numpy(labels), moments, None if alike else torch.from_numpy(lengths))


def _extents(draw: np.random.Generator, config: Config, count: int, alike: bool) -> tuple[Any, Any]:
    """How long waves last (ms), and of how many samples they are: one a step, or any number where times are random."""
    several = 1 if alike else count
    if config.sampling == "asynchronous":
        samples = draw.integers(int(SHORTEST), config.length + 1, several)
        return draw.uniform(SHORTEST, config.length, count), np.repeat(samples, count // several)
    durations = np.repeat(draw.uniform(SHORTEST, config.length, several), count // several)
    return durations, (durations / STEP[config.sampling]).astype(int)


def _other_periods(draw: np.random.Generator, count: int) -> Any:
    """Log-uniform over both ranges together."""
    (a, b), (c, d) = OTHERS
    first = log(b / a)
    place = draw.uniform(0, first + log(d / c), count)
    return np.where(place < first, a * np.exp(place), c * np.exp(place - first))


def _times(draw: np.random.Generator, config: Config, durations: Any, lengths: Any) -> Any:
    """When samples are taken (T, count), from the start of each wave; behind its end the times go on to rise."""
    longest = int(lengths.max())
    even = np.arange(longest)[:, None] * STEP[config.sampling] + np.zeros(len(lengths))
    if config.sampling != "asynchronous":
        return even
    random = draw.uniform(0, 1, even.shape) * durations
    random[np.arange(longest)[:, None] >= lengths] = np.inf
    ordered = np.sort(random, axis=0)
    return np.where(np.isfinite(ordered), ordered, durations + even)


def problem(config: Config, data: Any = None) -> Problem:
    """Raises UsageError for waves that would be shorter than the shortest."""
    recurrent_only(config, "phased")
    if config.length <= SHORTEST:
        raise UsageError(f"--length: waves last at least {SHORTEST:g} ms; the longest must be longer")

    def held_out(split: str) -> Iterable[Batch]:
        stream, usual = HELD_OUT[split]
        count = config.test_size or usual
        for number, start in enumerate(range(0, count, AT_ONCE)):
            yield waves(min(AT_ONCE, count - start), config, stream, number)

    def build() -> nn.Module:
        steps = int(config.length / STEP[config.sampling])
        return Recurrent(config, Sizes(1 if config.cell == "phased-lstm" else 2, 2, steps, periods=PERIODS))

    splits = {"valid": lambda: held_out("valid"), "test": lambda: held_out("test")}

    alike = config.cell != "bn-lstm"  # which keeps statistics of every step, and would see the late ones seldom

    def batch(epoch: int, k: int) -> Batch:
        return waves(config.batch, config, config.seed, 1, epoch, k, alike=alike)

    return Problem(build, batch, config.epoch_steps, splits)


def report(study: Study, done: Sequence[Finished]) -> Findings:
    """Accuracy by network and sampling, learning curves, the time gate k(t) before and after training."""
    findings = Findings()
    add_table(findings, done, ("test_loss", "test_accuracy"))
    findings.pictures.append(_bars(study, done))
    findings.pictures.append(learning_curves(study, done, (("accuracy", "accuracy"),)))
    findings.pictures += [_gates(study, one) for one in done if one.config.cell == "phased-lstm"]
    return findings


def _bars(study: Study, done: Sequence[Finished]) -> Picture:
    """Mean over seeds; whiskers from the least to the largest."""
    figure, axes = canvas()
    kinds = list(dict.fromkeys(one.config.sampling for one in done))
    cells = grouped(done, lambda one: one.config.cell)
    width = 0.8 / len(cells)
    for number, (cell, runs) in enumerate(cells.items()):
        for place, kind in enumerate(kinds):
            found = [one.metrics["test_accuracy"] for one in runs if one.config.sampling == kind]
            if found:
                mean = sum(found) / len(found)
                spread = [[mean - min(found)], [max(found) - mean]]
                text = cell if place == 0 else None
                bar = axes.bar(
                    place + (number - (len(cells) - 1) / 2) * width,
                    mean,
                    width,
                    yerr=spread,
                    color=f"C{number}",
                    label=text,
                )
                axes.bar_label(bar, fmt="%.3f", fontsize=8)
    axes.set_xticks(range(len(kinds)), kinds)
    axes.axhline(0.5, color="grey", linestyle=":", linewidth=1)
    dress(axes, "sampling", "test accuracy", legend=False)
    figure.legend(loc="outside upper center", ncols=len(cells), fontsize="small")
    return save(figure, study.folder, "accuracy", caption(study, done, "Accuracy by sampling (dotted: guessing)"))


def _phased(network: Any) -> PhasedLSTM:
    layer = network.core.layers[0]
    if not isinstance(layer, PhasedLSTM):
        raise TypeError("the first layer is no phased LSTM")
    return layer


def _gates(study: Study, one: Finished) -> Picture:
    """k(t) of some units, in the order of their periods, and what became of all periods."""
    after = _phased(rebuilt(study, one))
    torch.manual_seed(one.config.seed)
    before = _phased(study.task.problem(one.config, study.data()).build())
    figure, (left, right) = canvas(1, 2, (9.5, 4.4), width_ratios=(2, 1))
    times = torch.linspace(0, 40, 4001)
    with torch.no_grad():
        openness = after.openness(times, 0.0)
    periods = after.period.detach()
    order = periods.argsort()
    for level, unit in enumerate(order[torch.linspace(0, len(order) - 1, SHOWN).long()].tolist()):
        left.plot(times.numpy(), openness[:, unit].numpy() + 1.2 * level, linewidth=1)
        left.text(40.5, 1.2 * level + 0.2, f"τ = {float(periods[unit]):.1f}", fontsize=8)
    left.set_yticks([])
    dress(left, "time t (ms)", "openness k(t), a line a unit", legend=False)
    ends = [min(_numbers(before.period)), max(_numbers(before.period))]
    right.plot(ends, ends, color="grey", linewidth=0.8, linestyle=":")
    right.scatter(_numbers(before.period), _numbers(after.period), s=8)
    right.axhspan(*WANTED, color="C2", alpha=0.2)
    dress(right, "period τ before training (ms)", "period τ after training (ms)", legend=False)
    said = caption(study, [one], f"Time gates of {one.label} after training (green: the periods to be told)")
    return save(figure, study.folder, f"gates-{one.label}", said)


def _numbers(x: Tensor) -> list[float]:
    return [float(v) for v in x.detach()]


CELLS = ("phased-lstm", "lstm", "bn-lstm")
COMMON: dict[str, Any] = {
    "cell": CELLS,
    "size": "110",
    "batch": 32,
    "rate": 1e-3,
    "clip_norm": 10.0,
    "length": 125,
    "epoch_steps": 157,
}
"""Of the authors' code (https://github.com/dannyneil/public_plstm); an epoch is 5,000 waves."""
QUICK = {"epochs": 2, "epoch_steps": 30, "size": "32", "test_size": 250, "length": 40, "rate": 5e-3}
TASK = Task(
    "phased",
    "periods told from samples: phased LSTM, LSTM and LSTM with batch norm",
    "",
    (COMMON | {"sampling": ("standard", "asynchronous"), "epochs": 20}, COMMON | {"sampling": "high", "epochs": 5}),
    (COMMON | {"sampling": ("standard", "asynchronous")} | QUICK,),
    (COMMON | {"sampling": tuple(STEP), "epochs": 70, "seed": tuple(range(5))},),
    problem,
    report,
)
