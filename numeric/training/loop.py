"""The one training loop: every task that learns goes through it."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from derivations.errors import UsageError
from numeric.training.batches import IGNORED, Batch, Problem
from numeric.training.checkpoints import History, load, load_weights, save
from numeric.training.config import Config
from numeric.training.optimisation import clip, optimiser, set_rate
from numeric.training.population import BATCHES, settle

DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.float32, "float64": torch.float64}
"""What the parameters are kept in; bfloat16 is for the arithmetic alone."""
SHOWN_EVERY: Final = 0.5
"""Seconds between two reports of how far a run is."""


@dataclass
class Tally:
    """Sums over targets: of losses in nats, of targets, of right answers (kept on the device)."""

    loss: Any = 0.0
    count: Any = 0
    right: Any = 0

    def metrics(self, prefix: str, accuracy: bool = True) -> dict[str, float]:
        """Means, under names that start with a prefix."""
        count = int(self.count)
        found = {f"{prefix}_loss": float(self.loss) / count if count else math.nan}
        if accuracy:
            found[f"{prefix}_accuracy"] = int(self.right) / count if count else math.nan
        return found


@dataclass
class State:
    """Where a run stands: everything that a checkpoint keeps beside weights and generators."""

    epoch: int = 0
    index: int = 0
    step: int = 0
    best: float = math.inf
    best_epoch: int = 0
    seconds: float = 0.0
    ended: str = ""
    sums: Tally = field(default_factory=Tally)


class Listener(Protocol):
    """Who is told how a run goes."""

    def begin(self, label: str, total: int) -> None: ...
    def advance(self, step: int, rate: float, unit: str) -> None: ...
    def epoch(self, line: Mapping[str, Any]) -> None: ...
    def end(self, ended: str) -> None: ...


class Interrupted(Exception):
    """Ctrl-C was pressed; a checkpoint has been written."""


@dataclass(frozen=True)
class Finished:
    """A run that is over: what it was, how it ended, its measures, and where its files lie."""

    label: str
    config: Config
    metrics: dict[str, Any]
    history: list[dict[str, Any]]
    folder: Path


class Trainer:
    """One run. ``folder`` takes its checkpoint, its best weights and its history."""

    def __init__(self, problem: Problem, config: Config, label: str, folder: Path, listener: Listener) -> None:
        self.problem, self.config, self.label, self.listener = problem, config, label, listener
        self.folder = folder
        self.device = chosen_device(config.device)
        torch.manual_seed(config.seed)
        self.model = problem.build().to(self.device, DTYPES[config.precision])
        if config.weights:
            load_weights(self.model, Path(config.weights), self.device)
        self.forward: Any = torch.compile(self.model) if config.compile else self.model
        self.optimiser = optimiser(self.model.parameters(), config)
        self.parameters = list(self.model.parameters())
        self.state = State()
        self.carried: Any = None
        self.best_weights = self._weights()
        self.history = History(folder / "history.jsonl")
        self.began = monotonic()
        self._stopping = False

    def _weights(self) -> dict[str, Tensor]:
        return {name: x.detach().clone() for name, x in self.model.state_dict().items()}

    def train(self) -> Finished:
        """Train to the end, and measure the best weights on the test set. Raises Interrupted after Ctrl-C."""
        self.listener.begin(self.label, self.config.epochs * self.problem.batches)
        with self._interruptible():
            while not self.state.ended:
                self._epoch()
                if self.state.ended:
                    self._save()
        self.model.load_state_dict(self.best_weights)
        metrics = self._summary()
        self.listener.end(self.state.ended)
        return Finished(self.label, self.config, metrics, self.history.lines, self.folder)

    def resume(self) -> bool:
        """Go on from the checkpoint in the folder, if there is one. Raises UsageError for one of another run."""
        found = load(self.folder, self.config, self.device)
        if found is None:
            return False
        self.model.load_state_dict(found["model"])
        self.optimiser.load_state_dict(found["optimiser"])
        self.best_weights, self.carried = found["best_weights"], found["carried"]
        sums = Tally(**found["state"].pop("sums"))
        self.state = State(**found["state"], sums=sums)
        torch.set_rng_state(found["random"].cpu())
        if self.device.type == "cuda" and found["random_cuda"] is not None:
            torch.cuda.set_rng_state(found["random_cuda"].cpu())
        self.history.keep(self.state.epoch)
        self.began = monotonic() - self.state.seconds
        return True

    def _epoch(self) -> None:
        state = self.state
        if state.epoch >= self.config.epochs:
            state.ended = "all epochs"
            return
        saved = shown = monotonic()
        first, since = state.step, monotonic()
        self.model.train()
        while state.index < self.problem.batches:
            batch = self.problem.batch(state.epoch, state.index).to(self.device)
            self._step(batch)
            state.index += 1
            state.step += 1
            now = monotonic()
            if now - shown > SHOWN_EVERY:
                shown = now
                self._tell(state.step - first, now - since, batch)
            if self._stopping or now - saved > 60 * self.config.checkpoint_minutes:
                saved = now
                self._save()
            if self._stopping:
                raise Interrupted
            if self.config.minutes and now - self.began > 60 * self.config.minutes:
                state.ended = "time limit"
                break
        if state.step > first:
            self._tell(state.step - first, monotonic() - since, batch)
        self._end_epoch()

    def _tell(self, steps: int, seconds: float, batch: Batch) -> None:
        size = batch.y.numel() if self.problem.unit == "tokens" else batch.x.shape[1]
        self.listener.advance(self.state.step, steps * size / max(seconds, 1e-9), self.problem.unit)

    def _step(self, batch: Batch) -> None:
        """One step of the optimiser."""
        set_rate(self.optimiser, self.config, self.state.epoch, self.state.step)
        with self._arithmetic():
            logits, after = self.forward(batch.x, self.carried, batch.times, batch.lengths)
            loss, count = mean_loss(logits, batch.y)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.config.clip_norm or self.config.clip_value:
            clip(self.parameters, self.config)
        self.optimiser.step()
        if self.problem.carried:
            self.carried = detached(after)
        sums = self.state.sums
        sums.loss += loss.detach() * count
        sums.count += count
        if self.problem.accuracy:
            sums.right += right_answers(logits, batch.y)

    def _arithmetic(self) -> AbstractContextManager[Any]:
        if self.config.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def _end_epoch(self) -> None:
        """Measure, write a line of history, and decide whether the run is over."""
        state, config = self.state, self.config
        line: dict[str, Any] = {"run": self.label, "epoch": state.epoch + 1, "step": state.step}
        line["rate"] = self.optimiser.param_groups[0]["lr"]
        self._settle()
        line |= state.sums.metrics("train", self.problem.accuracy) | self.measure("valid")
        if self.problem.samples is not None:
            self.model.train(False)
            line |= self.problem.samples(self.model, state.epoch)
        state.epoch, state.index, state.sums, self.carried = state.epoch + 1, 0, Tally(), None
        if line["valid_loss"] < state.best:
            state.best, state.best_epoch = line["valid_loss"], state.epoch
            self.best_weights = self._weights()
        state.ended = state.ended or self._reason(line) or ("all epochs" if state.epoch >= config.epochs else "")
        state.seconds = line["seconds"] = monotonic() - self.began
        self.history.add(line)
        self.listener.epoch(line)

    def _settle(self) -> None:
        """Statistics of batch norm as they are with these weights."""
        first = range(min(BATCHES, self.problem.batches))
        batches = (self.problem.batch(self.state.epoch, index).to(self.device) for index in first)
        with self._arithmetic():
            settle(self.model, batches, self.problem.carried)

    def _reason(self, line: Mapping[str, Any]) -> str:
        """Why the run is over before its last epoch; empty where it is not."""
        config, state = self.config, self.state
        if not (math.isfinite(line["train_loss"]) and math.isfinite(line["valid_loss"])):
            return "diverged"
        if config.target and line.get("valid_accuracy", 0.0) >= config.target:
            return "target reached"
        return "early stopping" if config.patience and state.epoch - state.best_epoch >= config.patience else ""

    def measure(self, split: str) -> dict[str, float]:
        """Loss in nats a target, and accuracy, of the model as it is."""
        self.model.train(False)
        with torch.no_grad(), self._arithmetic():
            total = tally(self.model, self.problem.splits[split](), self.device, self.problem)
        return total.metrics(split, self.problem.accuracy)

    def _summary(self) -> dict[str, Any]:
        state = self.state
        best = next((x for x in self.history.lines if x["epoch"] == state.best_epoch), {})
        kept: dict[str, Any] = {name: best[name] for name in ("train_loss", "train_accuracy") if name in best}
        if "train" in self.problem.splits:
            kept = self.measure("train")
        valid, test = (self.measure(split) for split in ("valid", "test"))
        size = sum(p.numel() for p in self.parameters)
        about = {"parameters": size, "epochs": state.epoch, "steps": state.step, "best_epoch": state.best_epoch}
        return {**about, **kept, **valid, **test, "seconds": round(state.seconds, 2), "ended": state.ended}

    def _save(self) -> None:
        self.state.seconds = monotonic() - self.began
        cuda = self.device.type == "cuda"
        state = asdict(self.state) | {"sums": {name: _number(x) for name, x in asdict(self.state.sums).items()}}
        content = {
            "config": self.config.fixed(),
            "state": state,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "best_weights": self.best_weights,
            "carried": self.carried,
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state() if cuda else None,
        }
        save(self.folder, content)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """The first Ctrl-C ends the run after the step under way, the second one at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(*_: Any) -> None:
            self._stopping = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _number(x: Any) -> Any:
    return x.item() if isinstance(x, Tensor) else x


def chosen_device(name: str) -> torch.device:
    """The device of a setting. Raises UsageError where there is none."""
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise UsageError("--device: torch finds no CUDA device here; use --device cpu")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def mean_loss(logits: Tensor, targets: Tensor) -> tuple[Tensor, Any]:
    """The mean cross-entropy in nats over the targets that count, and how many these are."""
    flat = targets.reshape(-1)
    count = (flat != IGNORED).sum() if targets.ndim > 1 else flat.numel()
    return functional.cross_entropy(logits.flatten(0, -2), flat, ignore_index=IGNORED), count


def right_answers(logits: Tensor, targets: Tensor) -> Tensor:
    """How many targets have the largest logit."""
    return (logits.argmax(-1) == targets).sum()


def tally(model: Any, batches: Iterable[Batch], device: torch.device, problem: Problem) -> Tally:
    """Sums over all batches, the state carried from one to the next where the problem says so."""
    total, state = Tally(), None
    for one in batches:
        batch = one.to(device)
        logits, after = model(batch.x, state, batch.times, batch.lengths)
        state = after if problem.carried else None
        loss, count = mean_loss(logits, batch.y)
        total.loss += float(loss) * int(count)
        total.count += int(count)
        if problem.accuracy:
            total.right += int(right_answers(logits, batch.y))
    return total


def detached(state: Any) -> Any:
    """The same state, cut off from the steps that led to it."""
    if isinstance(state, Tensor):
        return state.detach()
    return None if state is None else tuple(map(detached, state))
