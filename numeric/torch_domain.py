"""Terms as torch tensors, so that autograd can differentiate them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import cast

import torch

from derivations.evaluate import Array, as_float, generic
from derivations.functions import FUNCTIONS
from derivations.terms import Labels


def _step(x: torch.Tensor) -> torch.Tensor:
    """Added to 0·x, so that autograd finds a derivative, which is zero."""
    return torch.heaviside(x.detach(), torch.zeros((), dtype=x.dtype)) + 0.0 * x


def _winner(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.one_hot(x.argmax(dim=-1), x.shape[-1]).to(x.dtype) + 0.0 * x


FUNCTION_OF: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "step": _step,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "relu": torch.relu,
}
OPERATORS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "inverse": torch.linalg.inv,
    "det": torch.linalg.det,
    "max": lambda x: x.amax(dim=-1),
    "winner": _winner,
}


class Tensors:
    """float64 tensors: the :class:`~derivations.evaluate.Domain` of torch."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def array(self, entries: Array) -> torch.Tensor:
        return torch.as_tensor(entries.astype(float))

    def combine(self, addends: Sequence[tuple[Fraction, torch.Tensor]]) -> torch.Tensor:
        first, *rest = (x if value == 1 else x * as_float(value) for value, x in addends)
        for x in rest:
            first = first + x
        return first

    def contract(self, operands: Sequence[torch.Tensor], labels: Sequence[Labels], out: Labels) -> torch.Tensor:
        arguments = [part for pair in zip(operands, labels, strict=True) for part in pair]
        return torch.einsum(*arguments, out)

    def apply(self, function: str, x: torch.Tensor) -> torch.Tensor:
        row = FUNCTIONS.get(function)
        if row:
            act = FUNCTION_OF.get(function) or getattr(torch, row.torch)
            return cast(torch.Tensor, act(x))
        stand_in, order = generic(function, self.seed)
        return cast(torch.Tensor, stand_in.value(x, order, float))

    def power(self, x: torch.Tensor, exponent: Fraction) -> torch.Tensor:
        return x ** float(exponent)

    def operate(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return OPERATORS[name](x)
