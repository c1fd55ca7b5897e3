"""Arrays that NumPy code takes for its own while torch records them: autograd for functions written in NumPy.

NumPy hands every operation on such an array to its class (NEP 13 and NEP 18). What is not in the tables below raises
TypeError, and the function then has no autograd; nothing is ever computed beside the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.lib.mixins import NDArrayOperatorsMixin

UFUNCS: dict[Any, Callable[..., torch.Tensor]] = {
    np.add: torch.add,
    np.subtract: torch.sub,
    np.multiply: torch.mul,
    np.true_divide: torch.true_divide,
    np.matmul: torch.matmul,
    np.power: torch.pow,
    np.float_power: torch.pow,
    np.negative: torch.neg,
    np.positive: torch.positive,
    np.absolute: torch.abs,
    np.square: torch.square,
    np.sqrt: torch.sqrt,
    np.reciprocal: torch.reciprocal,
    np.exp: torch.exp,
    np.expm1: torch.expm1,
    np.log: torch.log,
    np.log1p: torch.log1p,
    np.log2: torch.log2,
    np.logaddexp: torch.logaddexp,
    np.tanh: torch.tanh,
    np.sinh: torch.sinh,
    np.cosh: torch.cosh,
    np.sin: torch.sin,
    np.cos: torch.cos,
    np.arctan: torch.atan,
    np.maximum: torch.maximum,
    np.minimum: torch.minimum,
}
COMPARISONS = {np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isfinite, np.isnan}


def tensor(x: Any) -> Any:
    """The record of a traced array; an ordinary array as a constant."""
    if isinstance(x, Traced):
        return x.record
    return torch.as_tensor(np.asarray(x)) if isinstance(x, np.ndarray | np.generic | int | float) else x


class Traced(NDArrayOperatorsMixin):
    """A torch tensor in the clothes of an array."""

    __array_priority__ = 1000.0

    def __init__(self, record: torch.Tensor) -> None:
        self.record = record

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        out = options.pop("out", None)
        if method != "__call__" or options or (out is not None and out != (self,)):
            return NotImplemented
        if ufunc in COMPARISONS:
            return ufunc(*(x.record.detach().numpy() if isinstance(x, Traced) else x for x in inputs))
        return Traced(UFUNCS[ufunc](*map(tensor, inputs))) if ufunc in UFUNCS else NotImplemented

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return FUNCTIONS[function](*args, **kwargs) if function in FUNCTIONS else NotImplemented

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a traced array cannot be turned into an ordinary one")

    def __getitem__(self, key: Any) -> Traced:
        return Traced(self.record[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.record.is_leaf and self.record.requires_grad:
            raise TypeError("an input is written to")
        self.record[key] = tensor(value)

    def __len__(self) -> int:
        return len(self.record)

    def __iter__(self) -> Iterator[Traced]:
        return (Traced(x) for x in self.record)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.record.shape)

    @property
    def ndim(self) -> int:
        return self.record.ndim

    @property
    def size(self) -> int:
        return self.record.numel()

    @property
    def dtype(self) -> Any:
        return np.dtype(str(self.record.dtype).removeprefix("torch."))

    @property
    def T(self) -> Traced:
        return transpose(self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Traced:
        return reduced(torch.sum)(self, axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Traced:
        return reduced(torch.mean)(self, axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Traced:
        return reduced(torch.amax)(self, axis, keepdims=keepdims)

    def dot(self, other: Any) -> Traced:
        return dot(self, other)

    def transpose(self, *axes: int) -> Traced:
        return transpose(self, axes or None)

    def reshape(self, *shape: Any) -> Traced:
        return reshape(self, shape[0] if len(shape) == 1 else shape)

    def copy(self) -> Traced:
        return Traced(self.record.clone())

    def ravel(self) -> Traced:
        return reshape(self, -1)

    flatten = ravel


# Functions of NumPy that are no ufuncs


def reduced(act: Callable[..., torch.Tensor]) -> Callable[..., Traced]:
    """A reduction with NumPy's names for its options."""

    def along(x: Any, axis: Any = None, *, keepdims: bool = False) -> Traced:
        axes = tuple(range(tensor(x).ndim)) if axis is None else axis
        return Traced(act(tensor(x), dim=axes, keepdim=bool(keepdims)) if axes != () else tensor(x).clone())

    return along


def transpose(x: Any, axes: Sequence[int] | None = None) -> Traced:
    order = axes[0] if axes and isinstance(axes[0], tuple | list) else axes
    return Traced(tensor(x).permute(tuple(order or range(tensor(x).ndim)[::-1])))


def reshape(x: Any, shape: Any) -> Traced:
    return Traced(tensor(x).reshape(shape if isinstance(shape, tuple | list) else (shape,)))


def dot(x: Any, y: Any) -> Traced:
    left, right = tensor(x), tensor(y)
    if left.ndim == 0 or right.ndim == 0:
        return Traced(left * right)
    return Traced(torch.tensordot(left, right, ([left.ndim - 1], [max(0, right.ndim - 2)])))


def _joined(act: Callable[..., torch.Tensor]) -> Callable[..., Traced]:
    def join(parts: Sequence[Any], axis: int = 0) -> Traced:
        return Traced(act([torch.as_tensor(tensor(x)) for x in parts], dim=axis))

    return join


def _outer(x: Any, y: Any) -> Traced:
    return Traced(tensor(x).reshape(-1, 1) * tensor(y).reshape(1, -1))


def _where(condition: Any, x: Any, y: Any) -> Traced:
    return Traced(torch.where(tensor(condition), tensor(x), tensor(y)))


def _clip(x: Any, low: Any = None, high: Any = None) -> Traced:
    return Traced(torch.clamp(tensor(x), low, high))


def _einsum(rule: str, *operands: Any) -> Traced:
    return Traced(torch.einsum(rule, *(torch.as_tensor(tensor(x)) for x in operands)))


FUNCTIONS: dict[Any, Callable[..., Traced]] = {
    np.sum: reduced(torch.sum),
    np.mean: reduced(torch.mean),
    np.max: reduced(torch.amax),
    np.min: reduced(torch.amin),
    np.transpose: transpose,
    np.reshape: reshape,
    np.dot: dot,
    np.outer: _outer,
    np.where: _where,
    np.clip: _clip,
    np.einsum: _einsum,
    np.concatenate: _joined(torch.cat),
    np.stack: _joined(torch.stack),
    np.zeros_like: lambda x: Traced(torch.zeros_like(tensor(x))),
    np.ones_like: lambda x: Traced(torch.ones_like(tensor(x))),
    np.copy: lambda x: Traced(tensor(x).clone()),
}
