"""The equations of a cell as they are printed, run through torch: nothing of our terms or derivatives takes part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import add, matmul, mul
from typing import Any

import sympy
import torch
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from derivations.cells import Cell
from derivations.errors import UsageError
from derivations.lowering import SYMPY_FUNCTIONS
from numeric.torch_domain import Tensors


def step(cell: Cell, values: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """All names of one step. Inputs and states have shape (rows, batch), numbers (batch,); parameters their own."""
    known = dict(values)
    vectors = {name for name, shape in cell.parameters if len(shape) == 1}
    columns = {name: x.unsqueeze(-1) if name in vectors else x for name, x in known.items()}
    for name, expression in cell.equations:
        known[name] = columns[name] = _value(expression, columns)
    return known


def _value(node: Any, known: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """A matrix expression as a tensor (rows, batch) or, where it has one column for all, (rows, 1)."""
    if isinstance(node, sympy.MatrixSymbol | sympy.Symbol):
        return known[str(node.name)]
    if isinstance(node, ElementwiseApplyFunction):
        return Tensors().apply(_name(node.function), _value(node.expr, known))
    if isinstance(node, sympy.MatAdd | sympy.Add):
        return reduce(add, (_value(x, known) for x in node.args))
    if isinstance(node, sympy.MatMul):  # before Mul, of which it is a kind
        coefficient, factors = node.as_coeff_matrices()
        if isinstance(factors[0], sympy.OneMatrix) and factors[0].shape[0] == 1:
            return _value(coefficient, known) * reduce(matmul, _values(factors[1:], known)).sum(0, keepdim=True)
        return _value(coefficient, known) * reduce(matmul, _values(factors, known))
    if isinstance(node, sympy.HadamardProduct | sympy.Mul):
        return reduce(mul, (_value(x, known) for x in node.args))
    if isinstance(node, sympy.HadamardPower | sympy.Pow):
        return _value(node.base, known) ** float(node.exp)
    return _constant(node, known)


def _values(nodes: Iterable[Any], known: Mapping[str, torch.Tensor]) -> Iterator[torch.Tensor]:
    return (_value(x, known) for x in nodes)


def _constant(node: Any, known: Mapping[str, torch.Tensor]) -> torch.Tensor:
    some = next(iter(known.values()))
    if isinstance(node, sympy.Transpose):
        return _value(node.arg, known).T
    if isinstance(node, sympy.OneMatrix) and node.shape[1] == 1:
        return some.new_ones((1, 1))
    if isinstance(node, sympy.BlockMatrix) and node.blockshape[1] == 1:
        return torch.cat([_value(x, known) for x in node.blocks])
    if getattr(node, "is_Rational", False):
        return some.new_tensor(float(node))
    raise UsageError(f"{type(node).__name__} in the equations of a cell has no form in torch")


def _name(function: Any) -> str:
    body = function.expr if isinstance(function, sympy.Lambda) else function(sympy.Dummy("entry"))
    return next((name for name, known in SYMPY_FUNCTIONS.items() if body.func == known), str(body.func))
