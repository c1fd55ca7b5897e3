"""Calling a person's own functions: with NumPy arrays or torch tensors, in double precision where they take it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from derivations.errors import UsageError
from derivations.evaluate import Array

FAILURES = (TypeError, ValueError, AttributeError, RuntimeError, LookupError, ArithmeticError)
"""What a function raises that was given a kind of array that it does not take, among other reasons."""
PRECISIONS = {np.dtype(np.float64): 2.0**-52, np.dtype(np.float32): 2.0**-23, np.dtype(np.float16): 2.0**-10}
Values = Mapping[str, Array]


@dataclass(frozen=True)
class Arguments:
    """The inputs by name. ``keywords``: whether they are handed over by name; ``tensors``: whether they are tensors."""

    values: dict[str, Array]
    keywords: bool
    tensors: bool

    @property
    def floating(self) -> list[str]:
        """The inputs that have a gradient."""
        return [name for name, x in self.values.items() if np.issubdtype(x.dtype, np.floating)]

    @property
    def single(self) -> bool:
        return any(self.values[name].dtype.itemsize < 8 for name in self.floating)

    def double(self) -> dict[str, Array]:
        return {name: x.astype(np.float64) if name in self.floating else x for name, x in self.values.items()}


def arguments(function: Callable[..., Any], inputs: Any) -> Arguments:
    """Inputs as a mapping, a tuple or list of several, or one array; a list of numbers is one array.

    Raises UsageError where an input is no array of numbers, and where none has a gradient.
    """
    keywords = isinstance(inputs, Mapping)
    single = not keywords and (not isinstance(inputs, tuple | list) or _is_row(inputs))
    given = list(inputs.values()) if keywords else [inputs] if single else list(inputs)
    names = list(inputs) if keywords else _names(function, len(given))
    found = Arguments(
        {name: _array(name, x) for name, x in zip(names, given, strict=True)},
        keywords,
        any(isinstance(x, torch.Tensor) for x in given),
    )
    if not found.floating:
        raise UsageError("no input has floating-point numbers, so there is nothing to differentiate by")
    return found


def _is_row(inputs: Any) -> bool:
    return isinstance(inputs, list) and bool(inputs) and all(isinstance(x, int | float) for x in inputs)


def _names(function: Callable[..., Any], count: int) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        named = [p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds]
    except (TypeError, ValueError):  # a builtin without a signature
        named = []
    return [named[k] if k < len(named) else f"input {k}" for k in range(count)]


def _array(name: str, x: Any) -> Array:
    array = x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer) or array.dtype == bool):
        raise UsageError(f"the input {name} must be an array of real numbers, not of {array.dtype}")
    return np.array(array)


@dataclass(frozen=True)
class Caller:
    """A function with the kind of arrays that it takes."""

    function: Callable[..., Any]
    keywords: bool
    tensors: bool

    def __call__(self, values: Values, *further: Array) -> Any:
        """Fresh copies are handed over, so that a function that writes into its inputs harms nobody."""
        handed = {name: self._handed(x) for name, x in values.items()}
        more = [self._handed(x) for x in further]
        with np.errstate(all="ignore"):
            if self.keywords:
                return self.function(**handed, **({"cotangent": more[0]} if more else {}))
            return self.function(*handed.values(), *more)

    def _handed(self, x: Array) -> Any:
        return torch.tensor(x) if self.tensors else np.array(x)

    def array(self, values: Values) -> Array:
        """The value of the function as an array."""
        return to_array(self(values))


def to_array(x: Any) -> Array:
    """A result as an array of NumPy; raises UsageError where it is none."""
    array = x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)
    if not np.issubdtype(array.dtype, np.number) or np.issubdtype(array.dtype, np.complexfloating):
        raise UsageError(f"a real number or array was expected, not {type(x).__name__}")
    return array


def find_caller(
    function: Callable[..., Any], given: Arguments, what: str, further: Sequence[Array] = ()
) -> tuple[Caller, bool, Any]:
    """The way in which ``function`` can be called, whether it takes double precision, and its first result.

    Raises UsageError with the function's own message where it fails in every way.
    """
    failures: list[Exception] = []
    for doubled in (True, False) if given.single else (True,):
        values = given.double() if doubled else given.values
        for tensors in (given.tensors, not given.tensors):
            caller = Caller(function, given.keywords, tensors)
            more = further if doubled else [u.astype(np.float32) for u in further]
            try:
                result = caller(values, *more)
            except FAILURES as error:
                failures.append(error)
                continue
            return _preferring_tensors(caller, values, more, result, doubled)
    own = f"{type(failures[0]).__name__}: {failures[0]}"
    raise UsageError(f"{what} fails at these inputs: {own}") from failures[0]


def _preferring_tensors(
    caller: Caller, values: Values, further: Sequence[Array], result: Any, doubled: bool
) -> tuple[Caller, bool, Any]:
    """A function that makes tensors of arrays gets tensors at once, where it takes them."""
    if isinstance(result, torch.Tensor) and not caller.tensors:
        better = replace(caller, tensors=True)
        try:
            return better, doubled, better(values, *further)
        except FAILURES:
            return caller, doubled, result
    return caller, doubled, result


def takes(function: Callable[..., Any], given: Arguments) -> bool:
    """Whether a gradient function has room for a cotangent after the inputs."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        if given.keywords:
            signature.bind(**given.values, cotangent=None)
        else:
            signature.bind(*given.values.values(), None)
    except TypeError:
        return False
    return True


def named_gradients(result: Any, given: Arguments) -> dict[str, Array | None]:
    """The gradients by input: from one array, a tuple or a mapping. Raises UsageError where they do not fit."""
    if isinstance(result, Mapping):
        unknown = [str(name) for name in result if name not in given.values]
        if unknown:
            raise UsageError(f"a gradient is given for {', '.join(unknown)}; the inputs are {', '.join(given.values)}")
        return {name: _optional(result.get(name)) for name in given.floating}
    parts = list(result) if isinstance(result, tuple | list) else [result]
    for names in (given.floating, list(given.values)):
        if len(parts) == len(names):
            return {name: _optional(x) for name, x in zip(names, parts, strict=True) if name in given.floating}
    if len(parts) == 1:
        return {name: _optional(x) for name, x in zip(given.floating[:1], parts, strict=True)}
    raise UsageError(f"{len(parts)} gradients are given, but the function has the inputs {', '.join(given.values)}")


def _optional(x: Any) -> Array | None:
    return None if x is None else to_array(x)
