"""What the modules of truth share: sizes, random tensors, derivatives by autograd, sides that cannot fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

Claims: TypeAlias = list[list[Tensor]]
"""One entry for each claim, in the order of the sheet: the values of its sides from left to right."""

MISFIT = torch.empty(0)
"""The value of a side whose shapes fit in no reading; it equals nothing, itself neither."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Small numbers, all different: state n, input d, output m, steps T."""

    n: int
    d: int
    m: int
    T: int


TRIED = (Sizes(n=3, d=2, m=5, T=4), Sizes(n=2, d=5, m=4, T=3))


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    """Independent normal entries that autograd can differentiate by."""
    return torch.randn(shape, dtype=torch.float64, generator=rng).requires_grad_()


def simplex(rng: torch.Generator, size: int) -> Tensor:
    """Positive entries that add up to one."""
    return torch.softmax(normal(rng, size), 0).detach().requires_grad_()


def one_hot(rng: torch.Generator, size: int) -> Tensor:
    """A unit vector at a random place."""
    return torch.eye(size, dtype=torch.float64)[int(torch.randint(size, (1,), generator=rng))]


def number(value: float) -> Tensor:
    """A number without axes."""
    return torch.tensor(float(value), dtype=torch.float64)


def grad(of: Tensor, by: Tensor) -> Tensor:
    """The total derivative, axes of ``of`` before axes of ``by``; zero where nothing depends."""
    rows = [_row(entry, by) for entry in of.reshape(-1)]
    return torch.stack(rows).reshape((*of.shape, *by.shape))


def _row(entry: Tensor, by: Tensor) -> Tensor:
    if not entry.requires_grad:
        return torch.zeros_like(by)
    (found,) = torch.autograd.grad(entry, by, retain_graph=True, allow_unused=True)
    return torch.zeros_like(by) if found is None else found


def product(factors: Sequence[Tensor]) -> Tensor:
    """The product of matrices from left to right."""
    found = factors[0]
    for factor in factors[1:]:
        found = found @ factor
    return found


def attempt(side: Callable[[], Tensor]) -> Tensor:
    """The value of a side, MISFIT where its shapes do not fit."""
    try:
        return side()
    except (RuntimeError, ValueError, IndexError):
        return MISFIT
