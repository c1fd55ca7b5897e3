"""What a person's own function has for a gradient: by torch autograd where it takes tensors, by differences always."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import torch

from derivations.errors import UsageError
from derivations.evaluate import Array
from numeric.calls import (
    FAILURES,
    PRECISIONS,
    Arguments,
    Caller,
    find_caller,
    to_array,
)
from numeric.differences import DOUBLE, Limit, Setting, limit
from numeric.mutations import Mutation, mutants
from numeric.sampling import normal
from numeric.traced import Traced

AUTOGRAD = "autograd"
DIFFERENCES = "finite differences"
MOST_ENTRIES = 2000  # of an input, looked at one by one where there is no autograd
SMALLEST_UNIT = 0.1
AROUND = 4  # points at which the size of a function is looked at


@dataclass
class Subject:
    """The function at the inputs: its value, how it is called, and the cotangent that makes it a number."""

    given: Arguments
    caller: Caller
    values: dict[str, Array]
    output: Array
    cotangent: Array
    epsilon: float

    def weighed(self, values: Mapping[str, Array]) -> float:
        """The output weighed by the cotangent."""
        return float((self.cotangent * self.caller.array(values)).sum(dtype=np.float64))

    @cached_property
    def magnitude(self) -> float:
        """The size of the addends of the weighed output: its value may be small only because they cancel here."""
        here = float(np.abs(self.cotangent * self.output).sum(dtype=np.float64))
        around = (self._moved(f"around {k}") for k in range(AROUND))
        return max([here, *(abs(x) for x in around if np.isfinite(x))])

    def _moved(self, key: str) -> float:
        """The weighed output where all inputs are moved by about half their size."""
        moved = {n: x + 0.5 * self.unit(n) * normal(f"{key} {n}", x.shape) for n, x in self._floats().items()}
        same_type = {n: x.astype(self.values[n].dtype) for n, x in moved.items()}
        return self._anywhere(self.values | same_type)

    def _anywhere(self, values: Mapping[str, Array]) -> float:
        """The weighed output; NaN where the function has none."""
        try:
            with np.errstate(all="ignore"):
                return self.weighed(values)
        except FAILURES:
            return float("nan")

    def _floats(self) -> dict[str, Array]:
        return {name: self.values[name] for name in self.given.floating}

    def line(self, name: str, direction: Array) -> Callable[[float], float]:
        """The weighed output along a direction of one input."""

        def along(distance: float) -> float:
            moved = (self.values[name] + distance * direction).astype(self.values[name].dtype)
            return self._anywhere(self.values | {name: moved})

        return along

    def unit(self, name: str) -> float:
        """How far is far for an input."""
        return max(SMALLEST_UNIT, float(np.sqrt(np.square(self.values[name]).mean())))

    def natural(self, name: str) -> float:
        """The size that a gradient has by that of the function and of the input."""
        return self.magnitude / self.unit(name)


def subject(function: Callable[..., Any], given: Arguments, cotangent: Any, seed: int) -> Subject:
    """Raises UsageError where the function fails, gives no array of numbers, or where the cotangent does not fit."""
    caller, doubled, result = find_caller(function, given, "the function")
    values = given.double() if doubled else given.values
    output = to_array(result)
    if not np.isfinite(output).all():
        raise UsageError("the function is not finite at these inputs; choose others")
    epsilon = PRECISIONS.get(output.dtype, DOUBLE)
    u = normal(f"{seed} cotangent", output.shape) if cotangent is None else to_array(cotangent).astype(np.float64)
    if u.shape != output.shape:
        raise UsageError(f"the cotangent has the shape {u.shape}, but the output has {output.shape}")
    return Subject(given, caller, dict(values), output.astype(np.float64), u, epsilon)


@dataclass
class Autograd:
    """The function through torch: as it is where it takes tensors, traced where it is written in NumPy."""

    subject: Subject
    function: Callable[..., Any]
    traced: bool = False

    def leaves(self) -> dict[str, torch.Tensor]:
        floating = self.subject.given.floating
        return {n: torch.tensor(x, requires_grad=n in floating) for n, x in self.subject.values.items()}

    def call(self, leaves: Mapping[str, torch.Tensor]) -> Any:
        """The function's own result, unwrapped."""
        handed = {name: self._handed(name, x) for name, x in leaves.items()}
        found = self.function(**handed) if self.subject.given.keywords else self.function(*handed.values())
        return found.record if isinstance(found, Traced) else found

    def _handed(self, name: str, leaf: torch.Tensor) -> Any:
        if not self.traced:
            return leaf
        return Traced(leaf) if name in self.subject.given.floating else self.subject.values[name]

    def forward(self, leaves: Mapping[str, torch.Tensor]) -> torch.Tensor | None:
        """The output as a tensor with a graph; None where there is no autograd."""
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                found = self.call(leaves)
        except FAILURES:
            return None
        if any("requires_grad=True to a scalar" in str(warning.message) for warning in said):
            return None  # what was made of that number is lost to autograd
        return found if isinstance(found, torch.Tensor) and found.requires_grad else None

    def gradients(self, cotangent: Array) -> dict[str, Array] | None:
        """The vector–Jacobian products; None where there is no autograd, or where it computes other values."""
        leaves = self.leaves()
        output = self.forward(leaves)
        if output is None or output.shape != cotangent.shape:
            return None
        if not np.allclose(output.detach().numpy(), self.subject.output, rtol=1e3 * self.subject.epsilon, atol=1e-12):
            return None
        return self.pulled(output, leaves, cotangent)

    @staticmethod
    def pulled(output: torch.Tensor, leaves: Mapping[str, torch.Tensor], cotangent: Array) -> dict[str, Array]:
        named = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
        if not output.requires_grad:
            return {name: np.zeros(leaf.shape) for name, leaf in named.items()}
        weight = torch.tensor(cotangent, dtype=output.dtype)
        found = torch.autograd.grad(output, list(named.values()), weight, materialize_grads=True, allow_unused=True)
        return {name: x.double().numpy() for name, x in zip(named, found, strict=True)}

    def mutants(self) -> list[tuple[Mutation, dict[str, Array]]]:
        leaves = self.leaves()
        cotangent = self.subject.cotangent
        return list(mutants(lambda: self.call(leaves), lambda output: self.pulled(output, leaves, cotangent)))


def autograd(subject: Subject, function: Callable[..., Any]) -> Autograd:
    """The function as torch sees it, traced only where it takes no tensors as they are."""
    plain = Autograd(subject, function)
    return plain if plain.gradients(subject.cotangent) is not None else Autograd(subject, function, traced=True)


def entry_limit(subject: Subject, name: str, index: tuple[int, ...]) -> Limit | None:
    """The difference quotients by one entry of an input."""
    unit = subject.unit(name)
    direction = np.zeros(subject.values[name].shape)
    direction[index] = unit
    found = limit(subject.line(name, direction), Setting(0.0, subject.magnitude, subject.epsilon))
    if found is None:
        return None
    sides = None if found.sides is None else (found.sides[0] / unit, found.sides[1] / unit)
    return replace(found, value=found.value / unit, uncertainty=found.uncertainty / unit, sides=sides)


def entries(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The indices of an array; of a large one only evenly spaced ones."""
    count = prod(shape)
    for place in range(0, count, max(1, -(-count // MOST_ENTRIES))):
        yield tuple(int(k) for k in np.unravel_index(place, shape))


@dataclass(frozen=True)
class Reference:
    """What a gradient should be: with uncertainties, and the slopes on either side of every kink that was met.

    ``looked`` entries were looked at, of which the quotients of ``failed`` did not converge; those are NaN.
    """

    source: str
    values: Array
    uncertainties: Array
    kinks: Mapping[tuple[int, ...], tuple[float, float]]
    looked: int = 0
    failed: int = 0

    def excuses(self, index: tuple[int, ...], claimed: float, margin: float) -> bool:
        """Whether a claimed value lies between the two slopes of a kink."""
        if index not in self.kinks:
            return False
        low, high = sorted(self.kinks[index])
        return low - margin <= claimed <= high + margin

    def kink_notes(self) -> list[str]:
        """Where the function has no derivative."""
        if not self.kinks:
            return []
        index, (left, right) = next(iter(self.kinks.items()))
        place = f"at entry [{', '.join(map(str, index))}]" if index else "here"
        more = f" and at {len(self.kinks) - 1} more" if len(self.kinks) > 1 else ""
        return [
            f"{place}{more} the function has a kink with slopes {left:.3g} and {right:.3g}: any value between will do"
        ]


def quotients(subject: Subject, name: str) -> Reference:
    """The gradient by difference quotients, entry by entry."""
    shape = subject.values[name].shape
    values, uncertainties = np.full(shape, np.nan), np.full(shape, np.inf)
    limits = {index: entry_limit(subject, name, index) for index in entries(shape)}
    known = {index: found for index, found in limits.items() if found is not None}
    for index, found in known.items():
        values[index], uncertainties[index] = found.value, found.uncertainty
    kinks = {index: found.sides for index, found in known.items() if found.sides is not None}
    return Reference(DIFFERENCES, values, uncertainties, kinks, len(limits), len(limits) - len(known))
