"""The settings of a run: one field a line, from which the flags, the files and their checks follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, replace
from itertools import product
from math import isfinite
from typing import Any, cast

from derivations.errors import UsageError

CELLS = ("rnn", "lstm", "gru", "phased-lstm", "bn-lstm", "mlp", "cnn")
INITS = ("default", "glorot", "orthogonal", "identity")
OPTIMISERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "step", "after")


def _option(
    default: Any,
    text: str,
    least: float | None = None,
    among: Iterable[str] = (),
    free: bool = False,
    one: bool = False,
) -> Any:
    """A setting: its default, what it means, its least value and its choices.

    A resumed run may change what is ``free``; a flag of which there is ``one`` value may have commas in it.
    """
    about = {"help": text, "least": least, "among": tuple(among), "free": free, "one": one}
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a run depends on besides its data."""

    cell: str = _option("lstm", "Kind of network.", among=CELLS)
    size: str = _option("128", "Units, or layers × units as in 3x32.")
    init: str = _option("default", "How the matrices between states are drawn.", among=INITS)
    keep_bias: float = _option(0.0, "Added to the bias of the gate that keeps the state: f of an LSTM, z of a GRU.")
    head: str = _option("linear", "Layers above the state.", among=("linear", "relu", "relu-bn"))
    dropout: float = _option(0.0, "Share of non-recurrent connections left out while training.", 0)
    length: int = _option(0, "Length of the sequences (palindromes), longest duration in ms (phased).", 0)
    encoding: str = _option("one-hot", "How a digit is fed.", among=("one-hot", "scalar"))
    pixels: str = _option("binary", "Binarised or grey pixels.", among=("binary", "grey"))
    order: str = _option("scan", "Order of the pixels.", among=("scan", "permuted"))
    sampling: str = _option("standard", "When signals are sampled.", among=("standard", "high", "asynchronous"))
    train_size: int = _option(0, "Examples (or tokens) to train on; 0: all.", 0)
    test_size: int = _option(0, "Examples (or tokens) to validate and to test on; 0: all.", 0)
    vocabulary: int = _option(10_000, "Most words to know; the others are <unk>.", 2)
    optimiser: str = _option("adam", "Optimiser.", among=OPTIMISERS)
    rate: float = _option(1e-3, "Learning rate.", 0)
    momentum: float = _option(0.9, "Momentum of momentum and nesterov.", 0)
    schedule: str = _option("constant", "Of the learning rate.", among=SCHEDULES)
    decay: float = _option(0.95, "Factor of the schedule.", 0)
    decay_every: int = _option(10_000, "Steps between two decays of the schedule step.", 1)
    decay_after: int = _option(0, "Epochs before the schedule after decays, once an epoch.", 0)
    clip_norm: float = _option(0.0, "Largest norm of the whole gradient; 0: any.", 0)
    clip_value: float = _option(0.0, "Largest entry of the gradient; 0: any.", 0)
    batch: int = _option(128, "Sequences in a batch.", 1)
    bptt: int = _option(25, "Steps of truncated backpropagation (words, chars).", 1)
    epochs: int = _option(10, "Most epochs.", 0)
    epoch_steps: int = _option(100, "Steps that make an epoch where the data are generated.", 1)
    patience: int = _option(0, "Epochs without a better validation loss before the run ends; 0: never.", 0)
    target: float = _option(0.0, "Validation accuracy at which the run ends; 0: never.", 0)
    seed: int = _option(0, "Seed of every random choice.", 0)
    precision: str = _option("float32", "Arithmetic.", among=("float32", "bfloat16", "float64"))
    compile: bool = _option(False, "Compile the model with torch.compile.")
    weights: str = _option("", "Start from the best weights of this folder of a finished run.", one=True)
    prompt: str = _option("", "Text that a character model is to continue.", one=True)
    minutes: float = _option(0.0, "Most minutes of training; 0: no limit.", 0, free=True)
    device: str = _option("auto", "Where to compute.", among=("auto", "cpu", "cuda"), free=True)
    threads: int = _option(0, "Threads of torch; 0: as torch chooses.", 0, free=True)
    checkpoint_minutes: float = _option(5.0, "Minutes between two checkpoints.", 0, free=True)

    def __post_init__(self) -> None:
        for one in fields(self):
            reason = flaw(one, getattr(self, one.name))
            if reason:
                raise UsageError(f"--{flag(one.name)}: {reason}")
        _ = self.shape

    @property
    def shape(self) -> tuple[int, int]:
        """Layers and units. Raises UsageError where ``size`` is neither ``n`` nor ``layers``x``n``."""
        parts = self.size.lower().replace("×", "x").split("x")
        if len(parts) > 2 or not all(part.isdecimal() and int(part) for part in parts):
            raise UsageError(f"--size: {self.size} is no size; write 128, or 3x32 for three layers of 32 units")
        return (int(parts[0]) if len(parts) == 2 else 1), int(parts[-1])

    def fixed(self) -> dict[str, Any]:
        """What a resumed run must not change."""
        free = {one.name for one in fields(self) if one.metadata["free"]}
        return {name: value for name, value in asdict(self).items() if name not in free}


FIELDS: dict[str, Field[Any]] = {one.name: one for one in fields(Config)}


def flag(name: str) -> str:
    """The flag of a field, without dashes before it."""
    return name.replace("_", "-")


def flaw(one: Field[Any], value: Any) -> str:
    """What is wrong with the value of a field; empty where nothing is."""
    kind = type(one.default)
    among, least = one.metadata["among"], one.metadata["least"]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        return f"{value!r} is not of the kind {kind.__name__}"
    if among and value not in among:
        return f"there is no {value}; there are {', '.join(among)}"
    if isinstance(value, float) and not isfinite(value):
        return f"{value} is not a finite number"
    return f"{value} is less than {least:g}" if least is not None and value < least else ""


def read_value(name: str, text: str) -> Any:
    """The value of a field as written in a flag. Raises UsageError."""
    one = FIELDS[name]
    if one.default is MISSING or isinstance(one.default, str):
        return text
    if isinstance(one.default, bool):
        if text.lower() not in ("true", "false"):
            raise UsageError(f"--{flag(name)}: write true or false, not {text}")
        return text.lower() == "true"
    try:
        return type(one.default)(text)
    except ValueError as error:
        raise UsageError(f"--{flag(name)}: {text} is not a number of the kind {type(one.default).__name__}") from error


Settings = Mapping[str, Any]
"""Values of fields by name; a tuple stands for a run with each of its values."""


def configs(plans: Iterable[Settings]) -> list[Config]:
    """The runs of all plans, each once; later fields vary fastest. Raises UsageError for what is not a field."""
    found: dict[Config, None] = {}
    for plan in plans:
        for name in plan:
            if name not in FIELDS:
                raise UsageError(f"there is no setting {name}; there are {', '.join(FIELDS)}")
        names = [name for name in FIELDS if name in plan]
        choices = [plan[name] if isinstance(plan[name], tuple) else (plan[name],) for name in names]
        for values in product(*choices):
            found[replace(Config(), **dict(zip(names, map(_floated, names, values), strict=True)))] = None
    return list(found)


def _floated(name: str, value: Any) -> Any:
    kind = type(FIELDS[name].default)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if kind is float and whole else value


def varied(found: list[Config]) -> list[str]:
    """The fields in which runs differ, in the order of the table."""
    return [name for name in FIELDS if len({getattr(config, name) for config in found}) > 1]


def telling(found: list[Config]) -> list[str]:
    """As few of these fields as tell the runs from each other: one that follows from those before it is left out."""
    kept: list[str] = []
    for name in varied(found):
        if _kinds(found, [*kept, name]) > _kinds(found, kept):
            kept.append(name)
    return kept


def _kinds(found: list[Config], names: Iterable[str]) -> int:
    return len({tuple(getattr(config, name) for name in names) for config in found})


def label(config: Config, names: Iterable[str]) -> str:
    """A name for a run by what tells it from the others: ``lstm-length30``; ``run`` where nothing does."""
    parts = [_label_part(name, getattr(config, name)) for name in names]
    return "-".join(parts) or "run"


def _label_part(name: str, value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if FIELDS[name].metadata["among"] else f"{name.replace('_', '')}{text}"


def from_toml(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings from a table of a TOML file, in which lists stand for several values."""
    named = {name.replace("-", "_"): value for name, value in values.items()}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in named.items()}


def typed(config: Mapping[str, Any]) -> Config:
    """A configuration from what was saved of it."""
    return Config(**cast(dict[str, Any], {name: value for name, value in config.items() if name in FIELDS}))
