"""Between SymPy matrix expressions and terms.

Gate equations are written and printed as SymPy matrix expressions; all derivation and proof is done on terms.
A SymPy column (n×1) is a vector, a row (1×n) too; a matrix with one row and one column is a scalar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from derivations.errors import UsageError
from derivations.functions import FUNCTIONS
from derivations.tensors import concatenate
from derivations.terms import (
    Apply,
    Block,
    Delta,
    Dim,
    Labels,
    Power,
    Product,
    Shape,
    Size,
    Sum,
    Term,
    Var,
    add,
    apply,
    delta,
    dimension,
    number,
    power,
    product,
)
from derivations.traverse import postorder

BATCH = "batch"


SYMPY_OWN = frozenset({"tanh", "exp", "log", "sin", "cos", "floor"})
"""The functions that SymPy has under our name."""


def _scalar_function(name: str) -> Any:
    return getattr(sympy, name) if name in SYMPY_OWN else sympy.Function(name)


SYMPY_FUNCTIONS: dict[str, Any] = {name: _scalar_function(name) for name in FUNCTIONS}
"""The SymPy function of every elementwise function: SymPy's own where it has one."""


def elementwise(name: str, argument: sympy.MatrixExpr) -> sympy.MatrixExpr:
    """A function, of the table or generic, applied to every entry of a SymPy matrix expression."""
    entry = sympy.Dummy("entry")
    function = SYMPY_FUNCTIONS.get(name) or sympy.Function(name)
    return ElementwiseApplyFunction(sympy.Lambda(entry, function(entry)), argument)


@dataclass(frozen=True, slots=True)
class Lowered:
    """A term with its axes named: ``rows``, ``columns`` and ``batch``, those of length one left out."""

    term: Term
    axes: tuple[str, ...]


@dataclass
class Lowering:
    """Lowers expressions over ``values``; names of ``batched`` carry a last axis of the dimension ``batch``."""

    values: Mapping[str, Term]
    batched: frozenset[str] = frozenset()
    batch: Dim | None = None
    _known: dict[Any, Lowered] = field(default_factory=dict)

    def term(self, expression: Any) -> Term:
        """The term of a SymPy expression, matrix or scalar.

        Raises UsageError for a name without a value and for an operation that has no term.
        """
        return self.lowered(expression).term

    def lowered(self, expression: Any) -> Lowered:
        if expression not in self._known:
            self._known[expression] = self._lower(expression)
        return self._known[expression]

    def _lower(self, node: Any) -> Lowered:
        if isinstance(node, sympy.MatrixSymbol):
            return self._symbol(str(node.name), _axes(node))
        if not getattr(node, "is_Matrix", False):
            return self._scalar(node)
        if isinstance(node, sympy.MatAdd):
            return self._sum([self.lowered(x) for x in node.args])
        if isinstance(node, sympy.MatMul):
            return self._product(node)
        if isinstance(node, sympy.HadamardProduct):
            return self._hadamard([self.lowered(x) for x in node.args])
        if isinstance(node, sympy.HadamardPower):
            inner = self.lowered(node.base)
            return Lowered(power(inner.term, _fraction(node.exp)), inner.axes)
        if isinstance(node, ElementwiseApplyFunction):
            inner = self.lowered(node.expr)
            return Lowered(apply(function_name(node.function), inner.term), inner.axes)
        return self._structured(node)

    def _structured(self, node: Any) -> Lowered:
        if isinstance(node, sympy.Transpose):
            return self._transposed(self.lowered(node.arg))
        if isinstance(node, sympy.DiagMatrix):
            inner = self.lowered(node.arg).term
            return Lowered(product([(inner, "i"), (delta(inner.shape[0]), "ij")], "ij"), ("rows", "columns"))
        if isinstance(node, sympy.BlockMatrix) and node.blockshape[1] == 1:
            return self._stacked([self.lowered(x) for x in node.blocks])
        if isinstance(node, sympy.BlockMatrix) and node.blockshape[0] == 1:
            return self._transposed(self.lowered(node.T))
        if isinstance(node, sympy.Identity):
            return Lowered(delta(node.shape[0]), ("rows", "columns"))
        if isinstance(node, sympy.OneMatrix | sympy.ZeroMatrix):
            shape = tuple(dim for dim in node.shape if dim != 1)
            value = int(isinstance(node, sympy.OneMatrix))
            return Lowered(number(value, shape), _axes(node))
        raise UsageError(f"{type(node).__name__} has no form as a term")

    def _symbol(self, name: str, axes: tuple[str, ...]) -> Lowered:
        if name not in self.values:
            raise UsageError(f"no value is given for {name}")
        return Lowered(self.values[name], (*axes, BATCH) if name in self.batched else axes)

    def _scalar(self, node: Any) -> Lowered:
        if node.is_Rational:
            return Lowered(number(_fraction(node)), ())
        if node.is_Symbol:
            return self._symbol(str(node), ())
        if node.is_Add:
            return self._sum([self._scalar(x) for x in node.args])
        if node.is_Mul:
            return self._hadamard([self._scalar(x) for x in node.args])
        if node.is_Pow:
            inner = self._scalar(node.base)
            return Lowered(power(inner.term, _fraction(node.exp)), inner.axes)
        raise UsageError(f"{node} has no form as a term")

    def _spread(self, item: Lowered, axes: tuple[str, ...], dims: Mapping[str, Dim]) -> Term:
        return product([(item.term, item.axes)], axes, dict(dims)) if item.axes != axes else item.term

    def _sum(self, items: Sequence[Lowered]) -> Lowered:
        axes, dims = _joined(items)
        return Lowered(add(*(self._spread(item, axes, dims) for item in items)), axes)

    def _hadamard(self, items: Sequence[Lowered]) -> Lowered:
        axes, _ = _joined(items)
        return Lowered(product([(item.term, item.axes) for item in items], axes), axes)

    def _product(self, node: Any) -> Lowered:
        """A·B·…: label k stands between factor k − 1 and factor k, and is left out where that dimension is one."""
        coefficient, factors = node.as_coeff_matrices()
        pairs: list[tuple[Term, Sequence[Any]]] = []
        carried: set[Any] = set()
        for place, factor in enumerate(factors):
            item = self.lowered(factor)
            names = {"rows": place, "columns": place + 1, BATCH: BATCH}
            pairs.append((item.term, [names[axis] for axis in item.axes]))
            carried |= set(item.axes) & {BATCH}
        scalar = self._scalar(coefficient)
        pairs.append((scalar.term, scalar.axes))
        carried |= set(scalar.axes)
        ends = {"rows": 0, "columns": len(factors), BATCH: BATCH}
        axes = (*_axes(node), *sorted(carried))
        return Lowered(product(pairs, [ends[axis] for axis in axes]), axes)

    def _transposed(self, item: Lowered) -> Lowered:
        swap = {"rows": "columns", "columns": "rows", BATCH: BATCH}
        turned = tuple(swap[axis] for axis in item.axes)
        order = tuple(axis for axis in ("rows", "columns", BATCH) if axis in turned)
        return Lowered(product([(item.term, turned)], order), order)

    def _stacked(self, parts: Sequence[Lowered]) -> Lowered:
        axes, dims = _joined(parts, but="rows")
        whole = tuple(axis for axis in ("rows", "columns", BATCH) if axis in ("rows", *axes))
        terms = []
        for part in parts:
            own = dict(dims) | ({"rows": part.term.shape[0]} if "rows" in part.axes else {})
            terms.append(self._spread(part, whole, own))
        return Lowered(concatenate(terms), whole)


def lower(expression: Any, values: Mapping[str, Term]) -> Term:
    """The term of a SymPy expression whose names stand for ``values``; see :meth:`Lowering.term`."""
    return Lowering(values).term(expression)


def _axes(node: Any) -> tuple[str, ...]:
    return tuple(name for name, dim in zip(("rows", "columns"), node.shape, strict=True) if dim != 1)


def _joined(items: Sequence[Lowered], but: str = "") -> tuple[tuple[str, ...], dict[str, Dim]]:
    """The axes that any item has, in order, with their dimensions."""
    dims: dict[str, Dim] = {}
    for item in items:
        dims.update((axis, dim) for axis, dim in zip(item.axes, item.term.shape, strict=True) if axis != but)
    return tuple(axis for axis in ("rows", "columns", BATCH) if axis in dims), dims


def _fraction(value: Any) -> Fraction:
    if not getattr(value, "is_Rational", False):
        raise UsageError(f"the exponent or factor {value} is not rational")
    return Fraction(int(value.p), int(value.q))


def function_name(function: Any) -> str:
    """The name in our table of the function that an ElementwiseApplyFunction applies."""
    body = function.expr if isinstance(function, sympy.Lambda) else function(sympy.Dummy("entry"))
    for name, known in SYMPY_FUNCTIONS.items():
        if body.func == known:
            return name
    return str(body.func)


# Back to SymPy


@dataclass(frozen=True, slots=True)
class _Item:
    """A matrix expression on its way; ``labels`` are those of its rows and columns, None for length one."""

    matrix: Any
    row: int | None
    column: int | None

    def turned(self) -> _Item:
        return _Item(self.matrix.T, self.column, self.row)


def lift(root: Term) -> Any:
    """A term of rank two at most as a SymPy matrix expression: vectors as columns, scalars as 1×1 matrices.

    Raises UsageError for a term without such a form.
    """
    known: dict[Term, Any] = {}
    for term in postorder([root]):
        known[term] = _lifted(term, known)
    return known[root]


def _lifted(term: Term, known: Mapping[Term, Any]) -> Any:
    rows, columns = _matrix_shape(term.shape)
    if isinstance(term, Var):
        return sympy.MatrixSymbol(term.name, rows, columns)
    if isinstance(term, Delta):
        return sympy.Identity(rows)
    if isinstance(term, Size):
        return term.dim * sympy.OneMatrix(1, 1)
    if isinstance(term, Block):
        return _placing(term.parts, term.place)
    if isinstance(term, Sum):
        stacked = _stacked_columns(term)
        if stacked:
            return sympy.BlockMatrix([[known[part]] for part in stacked])
        parts = [sympy.Rational(q.numerator, q.denominator) * known[x] for q, x in term.addends]
        return sympy.MatAdd(*parts) if len(parts) > 1 else parts[0] if parts else sympy.ZeroMatrix(rows, columns)
    if isinstance(term, Apply):
        return elementwise(term.function, known[term.argument])
    if isinstance(term, Power):
        exponent = sympy.Rational(term.exponent.numerator, term.exponent.denominator)
        return sympy.HadamardPower(known[term.base], exponent)
    if isinstance(term, Product):
        return _lifted_product(term, known)
    raise UsageError(f"{type(term).__name__} has no form as a SymPy matrix expression")


def _placing(parts: Shape, place: int) -> Any:
    """The matrix E of ``[a, b] = E₁ a + E₂ b``: an identity among zeros."""
    columns = parts[place]
    return sympy.BlockMatrix(
        [[sympy.Identity(columns) if k == place else sympy.ZeroMatrix(dim, columns)] for k, dim in enumerate(parts)]
    )


def _stacked_columns(term: Sum) -> list[Term]:
    """The columns of a concatenation ``Block₀ a + Block₁ b`` in order; empty where the sum is none."""
    found: dict[int, Term] = {}
    for q, addend in term.addends:
        factors = addend.factors if isinstance(addend, Product) and addend.rank == 1 else ()
        block = factors[0][0] if len(factors) == 2 else None
        if q != 1 or not isinstance(block, Block) or (factors[0][1], factors[1][1]) != ((0, 1), (1,)):
            return []
        found[block.place] = factors[1][0]
        complete = len(found) == len(block.parts) == len(term.addends)
    return [found[place] for place in sorted(found)] if found and complete else []


def _matrix_shape(shape: Shape) -> tuple[Dim, Dim]:
    if len(shape) > 2:
        raise UsageError("a tensor of more than two axes has no form as a SymPy matrix expression")
    padded = (*shape, sympy.S.One, sympy.S.One)
    return padded[0], padded[1]


def _lifted_product(term: Product, known: Mapping[Term, Any]) -> Any:
    items = [_item(known[factor], labels) for factor, labels in term.factors]
    for label in range(term.rank, len(term.label_dims)):
        items = _contracted(items, label)
    return _combined(items, term)


def _item(matrix: Any, labels: Labels) -> _Item:
    if len(labels) == 2 and labels[0] == labels[1]:
        raise UsageError("the diagonal of a matrix has no form as a SymPy matrix expression")
    return _Item(matrix, *(*labels, None, None)[:2])


def _contracted(items: Sequence[_Item], label: int) -> list[_Item]:
    """Sum over a label: the vectors that carry it become one, then meet at most two matrices."""
    vectors = [
        x if x.row == label else x.turned() for x in items if (x.row, x.column) in ((label, None), (None, label))
    ]
    matrices = [x for x in items if label in (x.row, x.column) and None not in (x.row, x.column)]
    rest = [x for x in items if label not in (x.row, x.column)]
    if len(matrices) > 2:
        raise UsageError("a sum over three matrices has no form as a SymPy matrix expression")
    left = matrices[0] if matrices and matrices[0].column == label else matrices[0].turned() if matrices else None
    right = None
    if len(matrices) == 2:
        right = matrices[1] if matrices[1].row == label else matrices[1].turned()
    vector = _hadamard([x.matrix for x in vectors])
    if left is None:
        return (
            [*rest, _Item(vectors[0].matrix.T * _hadamard([x.matrix for x in vectors[1:]]), None, None)]
            if len(vectors) > 1
            else [*rest, _Item(sympy.OneMatrix(1, vector.shape[0]) * vector, None, None)]
        )
    if right is None:
        column = vector if vector is not None else sympy.OneMatrix(left.matrix.shape[1], 1)
        return [*rest, _Item(left.matrix * column, left.row, None)]
    middle = left.matrix if vector is None else left.matrix * sympy.DiagMatrix(vector)
    return [*rest, _Item(middle * right.matrix, left.row, right.column)]


def _hadamard(matrices: Sequence[Any]) -> Any:
    if not matrices:
        return None
    return matrices[0] if len(matrices) == 1 else sympy.HadamardProduct(*matrices)


def _combined(items: Sequence[_Item], term: Product) -> Any:
    """What is left once nothing is summed: numbers, columns on each axis, matrices on both."""
    rows, columns = _matrix_shape(term.shape)
    scalars = [x.matrix for x in items if (x.row, x.column) == (None, None)]
    sides = {axis: [_column(x, axis) for x in items if _only(x) == axis] for axis in (0, 1)}
    matrices = [x.matrix if x.row == 0 else x.matrix.T for x in items if None not in (x.row, x.column)]
    column, row = _hadamard(sides[0]), _hadamard(sides[1])
    body = _hadamard(matrices)
    if body is not None:
        body = body if column is None else sympy.DiagMatrix(column) * body
        body = body if row is None else body * sympy.DiagMatrix(row)
    elif term.rank == 2:
        first = column if column is not None else sympy.OneMatrix(rows, 1)
        body = first * (row if row is not None else sympy.OneMatrix(columns, 1)).T
    elif term.rank == 1:
        body = column if column is not None else sympy.OneMatrix(rows, 1)
    for scalar in scalars:
        body = (
            scalar
            if body is None
            else body * scalar
            if body.shape[1] == 1
            else sympy.MatMul(sympy.DiagMatrix(sympy.OneMatrix(rows, 1) * scalar), body)
        )
    return body if body is not None else sympy.OneMatrix(1, 1)


def _only(item: _Item) -> int | None:
    labels = [x for x in (item.row, item.column) if x is not None]
    return labels[0] if len(labels) == 1 else None


def _column(item: _Item, axis: int) -> Any:
    return item.matrix if item.row == axis else item.matrix.T


def column(name: str, rows: str) -> Any:
    """A SymPy column of a named dimension."""
    return sympy.MatrixSymbol(name, dimension(rows), 1)


def matrix(name: str, rows: str, columns: str) -> Any:
    """A SymPy matrix of named dimensions."""
    return sympy.MatrixSymbol(name, dimension(rows), dimension(columns))


def ones_like(expression: Any) -> Any:
    """The matrix of ones of the same shape."""
    return sympy.OneMatrix(*expression.shape)
