"""Optimisers, schedules of the learning rate and clipping: tables of one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import torch

from numeric.training.config import Config

Parameters = Iterable[torch.nn.Parameter]
MAKERS: Final[dict[str, Callable[[Parameters, Config], torch.optim.Optimizer]]] = {
    "sgd": lambda p, c: torch.optim.SGD(p, lr=c.rate, fused=True),
    "momentum": lambda p, c: torch.optim.SGD(p, lr=c.rate, momentum=c.momentum, fused=True),
    "nesterov": lambda p, c: torch.optim.SGD(p, lr=c.rate, momentum=c.momentum, nesterov=True, fused=True),
    "rmsprop": lambda p, c: torch.optim.RMSprop(p, lr=c.rate),
    "adam": lambda p, c: torch.optim.Adam(p, lr=c.rate, fused=True),
    "adamw": lambda p, c: torch.optim.AdamW(p, lr=c.rate, fused=True),
}
"""Fused where torch has it: one pass over parameters, gradients and moments in place of several."""
RATES: Final[dict[str, Callable[[Config, int, int], float]]] = {
    "constant": lambda c, epoch, step: c.rate,
    "step": lambda c, epoch, step: float(c.rate * c.decay ** (step // c.decay_every)),
    "after": lambda c, epoch, step: float(c.rate * c.decay ** max(0, epoch + 1 - c.decay_after)),
}
"""The learning rate from the epoch and the step, both from 0 (after: Zaremba, Sutskever and Vinyals 2014, §4.1)."""


def optimiser(parameters: Parameters, config: Config) -> torch.optim.Optimizer:
    """The optimiser of a run."""
    return MAKERS[config.optimiser](parameters, config)


def set_rate(made: torch.optim.Optimizer, config: Config, epoch: int, step: int) -> float:
    """Put the learning rate of a step in force, and return it."""
    rate = RATES[config.schedule](config, epoch, step)
    for group in made.param_groups:
        group["lr"] = rate
    return rate


def clip(parameters: list[torch.nn.Parameter], config: Config) -> Any:
    """Clip the gradients in place: entries first, then the norm of the whole."""
    if config.clip_value:
        torch.nn.utils.clip_grad_value_(parameters, config.clip_value)
    if config.clip_norm:
        torch.nn.utils.clip_grad_norm_(parameters, config.clip_norm)
