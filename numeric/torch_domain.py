"""Terms as torch tensors, so that autograd can differentiate them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import cast

import torch

from derivations.evaluate import Array, generic
from derivations.functions import FUNCTIONS
from derivations.terms import Labels


class Tensors:
    """float64 tensors: the :class:`~derivations.evaluate.Domain` of torch."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def array(self, entries: Array) -> torch.Tensor:
        return torch.as_tensor(entries.astype(float))

    def combine(self, addends: Sequence[tuple[Fraction, torch.Tensor]]) -> torch.Tensor:
        first, *rest = (x if value == 1 else x * float(value) for value, x in addends)
        for x in rest:
            first = first + x
        return first

    def contract(self, operands: Sequence[torch.Tensor], labels: Sequence[Labels], out: Labels) -> torch.Tensor:
        arguments = [part for pair in zip(operands, labels, strict=True) for part in pair]
        return torch.einsum(*arguments, out)

    def apply(self, function: str, x: torch.Tensor) -> torch.Tensor:
        row = FUNCTIONS.get(function)
        if row:
            return cast(torch.Tensor, getattr(torch, row.torch)(x))
        stand_in, order = generic(function, self.seed)
        return cast(torch.Tensor, stand_in.value(x, order, float))

    def power(self, x: torch.Tensor, exponent: Fraction) -> torch.Tensor:
        return x ** float(exponent)
