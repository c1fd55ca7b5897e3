"""Training speed of `rows` and `words` beside a loop by hand, PyTorch Lightning and Keras 3 on torch, in one run.

Every contestant trains the same network (torch.nn's for all but Keras, which brings its own of the same size) in
float32 on the same data, with the same batch, optimiser, clipping and number of threads: for `rows` one GRU of 128
units over 28 × 28 images, for `words` a 2 × 200 LSTM over 10,000 words with carried state. Then both with networks of
four units and batches of two, where one sees what a loop costs beside the kernels. The others use torch.optim as it
comes, ours asks for its fused kernels. The contestants take turns in rounds, the order reversed every other round, so
that a slow minute hits all of them; reported are medians over rounds, of the rate and of the ratio within the round.
Images and text are random: speed does not depend on what they show. Keras 3.15 starts every batch of `words` from
zeros: with ``stateful=True`` its backward pass fails on torch. Each contestant has one warm-up. On a machine with other
work on it, ``--clock cpu`` counts the time of the processors spent on the contestant in place of wall time. Lightning
and Keras are left out where they are not installed (``pip install "lightning>=2.4" "keras>=3.5"``, the extra
``bench``).

Run: python benchmarks/train.py [--rounds N] [--threads N] [--only rows words …] [--clock wall|cpu]
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from numeric.training.batches import Batch, Problem, Shuffled
from numeric.training.config import Config
from numeric.training.loop import Trainer, detached
from numeric.training.models import Recurrent, Sizes
from numeric.training.tasks.language import Stream

os.environ["KERAS_BACKEND"] = "torch"
Job = Callable[[], None]


class Quiet:
    """A listener that hears nothing."""

    def begin(self, label: str, total: int) -> None: ...

    def advance(self, step: int, rate: float, unit: str) -> None: ...

    def epoch(self, line: Any) -> None: ...

    def end(self, ended: str) -> None: ...


class Race:
    """One task: its settings, its batches, and how many steps make a round."""

    def __init__(self, name: str, config: Config, steps: int) -> None:
        self.name, self.config, self.steps = name, config, steps
        torch.manual_seed(0)
        self.words = name.startswith("words")
        if self.words:
            self.tokens = torch.randint(0, config.vocabulary, (config.batch * (config.bptt * steps + 1),))
            self.source: Any = Stream(self.tokens.tolist(), config.batch, config.bptt, "the benchmark")
        else:
            self.x, self.y = torch.rand(config.batch * steps, 28, 28), torch.randint(0, 10, (config.batch * steps,))
            self.source = Shuffled(self.x, self.y, config.batch, 0)
        self.units = config.batch * steps * (config.bptt if self.words else 1)

    def network(self) -> nn.Module:
        """The network, drawn anew."""
        if not self.words:
            return Recurrent(self.config, Sizes(28, 10, 28))
        n, known = self.config.shape[1], self.config.vocabulary
        return Recurrent(self.config, Sizes(n, known, 25, every=True), nn.Embedding(known, n))

    def problem(self) -> Problem:
        """What our loop is handed; it is measured on one small batch at the end of a round."""

        def small() -> Iterator[Batch]:
            first = self.source(0, 0)
            yield Batch(first.x[:2, :2], first.y[:2, :2] if self.words else first.y[:2])

        splits = {"valid": small, "test": small}
        unit = "tokens" if self.words else "sequences"
        return Problem(self.network, self.source, self.steps, splits, unit, self.words, not self.words)


def ours(race: Race) -> Job:
    folder = Path(tempfile.mkdtemp())
    return lambda: Trainer(race.problem(), race.config, "run", folder, Quiet()).train() and None


def usual(race: Race, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser as one writes it."""
    if race.words:
        return torch.optim.SGD(model.parameters(), lr=race.config.rate, momentum=race.config.momentum)
    return torch.optim.Adam(model.parameters(), lr=race.config.rate)


def by_hand(race: Race) -> Job:
    """What one writes who wants these numbers and nothing else."""

    def job() -> None:
        model = race.network()
        model.train()
        made = usual(race, model)
        state, total = None, 0.0
        for k in range(race.steps):
            batch = race.source(0, k)
            made.zero_grad()
            logits, after = model(batch.x, state)
            loss = functional.cross_entropy(logits.flatten(0, -2), batch.y.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), race.config.clip_norm)
            made.step()
            state = detached(after) if race.words else None
            total += loss.detach()

    return job


def lightning(race: Race) -> Job:
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.state = race.network(), None

        def training_step(self, batch: Any, index: int) -> Tensor:
            x, y = (one.transpose(0, 1) for one in batch) if race.words else (batch[0].transpose(0, 1), batch[1])
            logits, after = self.model(x, self.state)
            self.state = detached(after) if race.words else None
            return functional.cross_entropy(logits.flatten(0, -2), y.flatten())

        def configure_optimizers(self) -> Any:
            return usual(race, self)

    def job() -> None:
        data = torch.utils.data.TensorDataset(*batch_first(race))
        loader = torch.utils.data.DataLoader(data, race.config.batch, shuffle=not race.words)
        quiet = {
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
        }
        made = lightning.Trainer(max_epochs=1, accelerator="cpu", gradient_clip_val=race.config.clip_norm, **quiet)
        made.fit(Module(), loader)

    return job


def batch_first(race: Race) -> tuple[Tensor, Tensor]:
    """The data as examples, one after the other, in the order in which batches are made of them."""
    if not race.words:
        return race.x, race.y
    parts = list(islice(race.source.all(), race.steps))
    return torch.cat([p.x.T for p in parts]), torch.cat([p.y.T for p in parts])


def keras(race: Race) -> Job:
    import keras

    config, words = race.config, race.words
    layers, n = config.shape
    kind = keras.layers.LSTM if words else keras.layers.GRU
    shape = (config.bptt,) if words else (28, 28)

    def job() -> None:
        first = [keras.layers.Embedding(config.vocabulary, n)] if words else []
        core = [kind(n, return_sequences=words) for _ in range(layers)]
        head = keras.layers.Dense(config.vocabulary if words else 10)
        model = keras.Sequential([keras.Input(batch_shape=(config.batch, *shape)), *first, *core, head])
        rate = config.rate
        made = keras.optimizers.SGD(rate, momentum=config.momentum) if words else keras.optimizers.Adam(rate)
        made.global_clipnorm = config.clip_norm
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=made, loss=loss)
        x, y = (np.asarray(one) for one in batch_first(race))
        model.fit(x, y, batch_size=config.batch, epochs=1, shuffle=not words, verbose=0)

    return job


CONTESTANTS: dict[str, tuple[str, Callable[[Race], Job]]] = {
    "gradproof": ("", ours),
    "by hand": ("", by_hand),
    "PyTorch Lightning": ("lightning", lightning),
    "Keras 3 on torch": ("keras", keras),
}


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


CLOCKS: dict[str, Callable[[], float]] = {"wall": perf_counter, "cpu": process_time}


def raced(jobs: dict[str, Job], rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds a round of every contestant."""
    for job in jobs.values():
        job()
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds):
        for name in list(jobs)[:: -1 if number % 2 else 1]:
            start = clock()
            jobs[name]()
            found[name].append(clock() - start)
    return found


RACES = (
    ("rows", {"cell": "gru", "size": "128", "batch": 100, "clip_norm": 1.0, "rate": 2e-3}, 80),
    (
        "words",
        {"cell": "lstm", "size": "2x200", "batch": 20, "bptt": 25, "clip_norm": 5.0, "optimiser": "momentum"}
        | {"momentum": 0.8, "rate": 0.1},
        40,
    ),
    ("rows, 4 units", {"cell": "gru", "size": "4", "batch": 2, "clip_norm": 1.0}, 300),
    (
        "words, 2×4 units",
        {"cell": "lstm", "size": "2x4", "batch": 2, "clip_norm": 5.0, "optimiser": "momentum", "vocabulary": 50},
        300,
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    parser.add_argument("--only", choices=[race[0] for race in RACES], nargs="+")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.filterwarnings("ignore", module="lightning")
    print(f"Python {platform.python_version()}, torch {torch.__version__}, {options.threads} threads, float32")
    print(f"{options.clock} time")
    for package in ("lightning", "keras"):
        print(f"{package} {installed(package) or 'is absent: its row is left out'}")
    for name, settings, steps in RACES:
        if options.only is None or name in options.only:
            race = Race(name, Config(epochs=1, **settings), steps)
            jobs = {title: make(race) for title, (needs, make) in CONTESTANTS.items() if not needs or installed(needs)}
            show(race, raced(jobs, options.rounds, CLOCKS[options.clock]))


def show(race: Race, found: dict[str, list[float]]) -> None:
    """Rates, and ours over theirs, round by round."""
    unit = "tokens/s" if race.words else "images/s"
    print(f"\n{race.name}: {race.steps} steps a round, {len(found['gradproof'])} rounds")
    print(f"  {'':20}{unit:>12}{'ms a step':>12}{'ours over it':>16}{'range':>18}")
    for name, times in found.items():
        ratios = sorted(theirs / mine for theirs, mine in zip(times, found["gradproof"], strict=True))
        rate, step = race.units / median(times), 1000 * median(times) / race.steps
        print(f"  {name:20}{rate:12,.0f}{step:12.2f}{median(ratios):15.3f}×{ratios[0]:11.2f}–{ratios[-1]:.2f}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
