"""The networks: an encoding of the input, a recurrent core, a head; and two that see the whole image.

The cores rnn, lstm and gru are those of torch.nn, whose kernels are the fastest at hand; the tests of
:mod:`numeric.crosscheck` hold them against the project's equations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from derivations.errors import UsageError
from numeric.norms import INITS
from numeric.training.config import Config
from numeric.training.recurrent import BatchNormLSTM, PhasedLSTM

BUILT_IN: Final[dict[str, Callable[..., nn.RNNBase]]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a network is built for: features of a step (after encoding), classes, longest sequence, a target a step?"""

    features: int
    classes: int
    steps: int
    every: bool = False
    periods: tuple[float, float] = (1.0, 100.0)


class OneHot(nn.Module):
    """Numbers of classes (…) as unit vectors (…, classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.table: Tensor
        self.register_buffer("table", torch.eye(classes), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """The unit vectors."""
        return self.table[x]


class Core(nn.Module):
    """Layers of one kind with dropout between them: on non-recurrent connections only (Zaremba et al. 2014)."""

    def __init__(self, config: Config, sizes: Sizes) -> None:
        super().__init__()
        layers, n = config.shape
        self.timed = config.cell == "phased-lstm"
        if config.cell in BUILT_IN:
            between = config.dropout if layers > 1 else 0.0
            self.whole: nn.Module | None = BUILT_IN[config.cell](sizes.features, n, layers, dropout=between)
        else:
            self.whole = None
            widths = [sizes.features] + [n] * (layers - 1)
            self.layers = nn.ModuleList(_own(config.cell, width, n, sizes) for width in widths)
            self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, state: Any, times: Tensor | None) -> tuple[Tensor, Any]:
        """The outputs of the last layer (T, batch, n) and the states of all."""
        if self.whole is not None:
            found: tuple[Tensor, Any] = self.whole(x, state)
            return found
        times = _counted(x) if times is None and self.timed else times
        states = []
        for number, layer in enumerate(self.layers):
            x, last = layer(self.dropout(x) if number else x, None if state is None else state[number], times)
            states.append(last)
        return x, tuple(states)


def _own(cell: str, d: int, n: int, sizes: Sizes) -> nn.Module:
    if cell == "phased-lstm":
        return PhasedLSTM(d, n, *sizes.periods)
    return BatchNormLSTM(d, n, sizes.steps)


def _counted(x: Tensor) -> Tensor:
    """The times 1 … T of inputs that come without."""
    return torch.arange(1.0, len(x) + 1, device=x.device).unsqueeze(1).expand(-1, x.shape[1])


class Recurrent(nn.Module):
    """Encoding, dropout, core, dropout, head; logits at the last step (batch, K), or at every one (T, batch, K)."""

    def __init__(self, config: Config, sizes: Sizes, encode: nn.Module | None = None) -> None:
        super().__init__()
        self.encode = encode if encode is not None else nn.Identity()
        self.core = Core(config, sizes)
        self.dropout = nn.Dropout(config.dropout)
        self.head = HEADS[config.head](config.shape[1], sizes.classes)
        self.every = sizes.every
        initialise(self.core, config.init)
        keep(self.core, config.keep_bias)

    def forward(
        self, x: Tensor, state: Any = None, times: Tensor | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Any]:
        """The logits and the last state; ``lengths`` (batch,) say where each sequence ends."""
        outputs, state = self.outputs(x, state, times)
        if not self.every:
            last = outputs[-1] if lengths is None else outputs[lengths - 1, torch.arange(len(lengths), device=x.device)]
            return self.head(self.dropout(last)), state
        return self.read(outputs), state

    def outputs(self, x: Tensor, state: Any = None, times: Tensor | None = None) -> tuple[Tensor, Any]:
        """The states of the last layer over time (T, batch, n), and the last ones of all layers."""
        found: tuple[Tensor, Any] = self.core(self.dropout(self.encode(x)), state, times)
        return found

    def read(self, outputs: Tensor) -> Tensor:
        """The logits of all steps (T, batch, K) from the states over time."""
        logits: Tensor = self.head(self.dropout(outputs).flatten(0, 1))
        return logits.view(*outputs.shape[:2], -1)


def _relu(n: int, classes: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n, 100), nn.ReLU(), nn.Linear(100, classes))


def _relu_bn(n: int, classes: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n, 100), nn.BatchNorm1d(100), nn.ReLU(), nn.Linear(100, classes))


HEADS: Final[dict[str, Callable[[int, int], nn.Module]]] = {"linear": nn.Linear, "relu": _relu, "relu-bn": _relu_bn}


class WholeImage(nn.Module):
    """A network that is shown an image (rows, batch, columns) at once."""

    def __init__(self, config: Config, rows: int, columns: int, classes: int) -> None:
        super().__init__()
        n = config.shape[1]
        make = _mlp if config.cell == "mlp" else _cnn
        self.net = make(rows, columns, n, classes, config.dropout)

    def forward(
        self, x: Tensor, state: Any = None, times: Tensor | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Any]:
        """The logits; there is no state."""
        return self.net(x.transpose(0, 1).unsqueeze(1)), None


def _mlp(rows: int, columns: int, n: int, classes: int, dropout: float) -> nn.Module:
    last = nn.Linear(n, classes)
    return nn.Sequential(nn.Flatten(), nn.Linear(rows * columns, n), nn.ReLU(), nn.Dropout(dropout), last)


def _cnn(rows: int, columns: int, n: int, classes: int, dropout: float) -> nn.Module:
    """Two 5×5 convolutions of 16 and 32 channels, each with 2×2 max pooling, then a layer of n units."""
    left = (rows // 4) * (columns // 4) * 32
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(left, n), nn.ReLU(), nn.Dropout(dropout), nn.Linear(n, classes)),
    )


def initialise(core: nn.Module, kind: str) -> None:
    """Draw the matrices between states anew, gate by gate; the others as Glorot and Bengio 2010, biases zero."""
    if kind == "default":
        return
    generator = torch.Generator().manual_seed(torch.initial_seed())
    with torch.no_grad():
        for name, parameter in core.named_parameters():
            last = name.rpartition(".")[2]
            if last.startswith("weight_hh"):
                for block in parameter.chunk(len(parameter) // parameter.shape[1]):
                    INITS[kind](block, generator)
            elif last.startswith("weight_ih"):
                nn.init.xavier_uniform_(parameter, generator=generator)
            elif last.startswith("bias"):
                parameter.zero_()


def keep(core: nn.Module, bias: float) -> None:
    """Add to the bias of the gate that keeps the state, the second one of each cell: f (i, f, g, o) or z (r, z, n).

    A network then remembers from the start (Gers, Schmidhuber and Cummins 2000; Jozefowicz et al. 2015). A plain
    recurrent layer has no such gate and stays as it is.
    """
    with torch.no_grad():
        for name, parameter in core.named_parameters():
            gates = len(parameter) // dict(core.named_parameters())[_square(name)].shape[1] if "bias" in name else 1
            if gates > 1 and "bias_hh" not in name:
                parameter.chunk(gates)[1].add_(bias)


def _square(name: str) -> str:
    """The matrix between states of the layer of a bias: ``whole.weight_hh_l0`` of ``whole.bias_ih_l0``."""
    before, _, last = name.rpartition(".")
    return f"{before}.weight_hh_{last.rpartition('_')[2]}"


def recurrent_only(config: Config, task: str) -> None:
    """Raises UsageError for a network that needs the whole image in a task that shows one step after another."""
    if config.cell in ("mlp", "cnn"):
        raise UsageError(
            f"--cell: {config.cell} sees the whole image at once; {task} takes {', '.join(BUILT_IN)} and such"
        )
