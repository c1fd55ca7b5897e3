"""Statistics of batch norm for measuring: those of the weights as they are, not an average over steps gone by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import torch
from torch import nn

from numeric.training.batches import Batch
from numeric.training.recurrent import StepNorm

NORMS: Final = (nn.BatchNorm1d, StepNorm)
BATCHES: Final = 20
"""How many batches of the training data the statistics are taken from."""


def settle(model: nn.Module, batches: Iterable[Batch], carried: bool) -> None:
    """Put the means and variances over some batches in force (Ioffe and Szegedy 2015, algorithm 2, lines 8 to 11).

    A running average lags behind the weights. Where the states of all examples are alike, as after a last row of white
    pixels, it is further from the mean than the examples are from each other, and what is measured with it is noise.
    Nothing but these statistics changes; the model is left ready to be measured.
    """
    norms = [module for module in model.modules() if isinstance(module, NORMS)]
    model.train(False)
    if not norms:
        return
    usual = [norm.momentum for norm in norms]
    state: Any = None
    with torch.no_grad():
        for count, batch in enumerate(batches, 1):
            for norm in norms:
                norm.train().momentum = 1 / count
            _, after = model(batch.x, state, batch.times, batch.lengths)
            state = after if carried else None
    for norm, momentum in zip(norms, usual, strict=True):
        norm.train(False).momentum = momentum
