"""The shape of an expression from those of its names: as shapes, as ranks alone, or as far as a claim may tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import sympy

from derivations import names as habits
from derivations.blocks import extent, measured, whole_shape
from derivations.calls import SPECIAL, Result
from derivations.clashes import ClashError, Part, Use
from derivations.component_names import bound, letters_of
from derivations.convolutions import STAR, AsymmetricError, are_arrays, out_shape
from derivations.errors import ShapeError
from derivations.functions import FUNCTIONS
from derivations.measures import BARS
from derivations.names import CONSTANTS
from derivations.products import Form, fold
from derivations.reading import surface as s
from derivations.shapes import is_unknown
from derivations.terms import Dim, Shape, dimension, shape_text

ELEMENTWISE = frozenset(FUNCTIONS) | habits.GENERIC_FUNCTIONS | {BARS}

if TYPE_CHECKING:
    from derivations.infer import Inference


class UnknownShapeError(ShapeError):
    """An expression whose shape is not inferred; it says nothing about its parts."""


class ShapeReader:
    """Walks a surface tree and returns its form."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.dims = inference.dims
        self.letters: dict[str, Dim] = {}

    def form(self, node: s.Node) -> Form:
        match node:
            case s.Symbol():
                shape = self.symbol(node)
                row = self.inference.standing.get(self.inference.names.ref(node).key, self.inference.rows)
                return Form(shape, row and len(shape) == 1)
            case s.Neg() | s.Raise() | s.Group():
                return self.form(next(node.children()))
            case s.Add():
                return self._sum([self.form(addend) for addend in node.addends], node.addends)
            case s.Mul():
                return self._product(node)
            case s.Correlation():
                return self._correlation(node)
            case s.Divide():
                return self._sum([self.form(node.numerator), self.form(node.denominator)])
            case s.Transposed():
                return _flip(self.form(node.argument))
            case s.Call() if not node.arguments:
                raise UnknownShapeError(node.function)
            case s.Call() if node.function in ELEMENTWISE:
                return self.form(node.arguments[0])
            case s.Call() if node.function in SPECIAL:
                return self._special(SPECIAL[node.function].result, [self.form(x) for x in node.arguments])
            case s.Concat():
                forms = [self.form(part) for part in node.parts]
                if node.semicolon and {len(x.shape) for x in forms} == {2}:
                    raise UnknownShapeError("matrices between brackets")
                columns = len(forms) if not node.stacked and {len(x.shape) for x in forms} == {2} else 1
                columns_only = all(len(x.shape) == 1 for x in forms)
                return self._concat(forms) if columns_only else self._blocks(node.parts, columns)
            case s.Matrix():
                return self._blocks(node.entries, node.columns)
            case s.Partial():
                return self._partial(node)
            case s.Iverson():
                return self._sum([self.form(side) for child in node.children() for side in child.children()])
            case s.Number():
                return Form(())
            case s.Cases():
                return self._sum([self.form(branch.value) for branch in node.branches])
            case s.Big() | s.Limit():
                return self.form(node.body)
            case s.Norm():
                self.form(node.argument)
                return Form(())
        raise UnknownShapeError(type(node).__name__)

    def _special(self, result: Result, forms: list[Form]) -> Form:
        first = forms[0]
        if result is Result.DIAGONAL:
            return Form(first.shape * 2, diagonal=True) if len(first.shape) == 1 else Form(first.shape[:1])
        if result is Result.SCALAR or (result is Result.REDUCED and len(forms) == 1):
            self._sum(forms)
            return Form(())
        if result in (Result.ROWS, Result.COLUMNS):
            return _along(first, result)
        if result is Result.UNORIENTED:
            return Form(first.shape, self.inference.rows)
        if result is Result.COLUMN:
            raise UnknownShapeError(result.value)
        return self._sum(forms)

    def _partial(self, node: s.Partial) -> Form:
        if isinstance(node.of, s.Function):
            return Form(())
        of, by = self.form(node.of).shape, self.form(node.by)
        return Form(of + by.shape, by.row and not of, gradient=not of)

    def components(self, node: s.Node) -> None:
        """Make all axes that one index letter runs over equal."""
        for part in node.walk():
            if isinstance(part, s.Symbol) and part.component:
                self._index(letters_of(part), self.symbol(replace(part, component=())))
        for part in node.walk():
            if isinstance(part, s.Big) and bound(part.upper).strip("|").isalpha() and part.index in self.letters:
                self._index((part.index,), (dimension(bound(part.upper)),))

    def _index(self, letters: tuple[str, ...], shape: Shape) -> None:
        for letter, dim in zip(letters, shape, strict=False):
            self.dims.unify((self.letters.setdefault(letter, dim),), (dim,))

    def symbol(self, node: s.Symbol) -> Shape:
        if node.component:
            return ()
        if self.inference.names.ref(node).key in self.inference.constants:
            return self.dims.fresh(1) * CONSTANTS[node.base]
        return self.inference.shapes[self.inference.names.ref(node).key]

    def same(self, a: Dim, b: Dim) -> bool:
        """Whether two dimensions can be one; makes them one."""
        try:
            self.dims.unify((a,), (b,))
        except ShapeError:
            return False
        return True

    def _sum(self, forms: list[Form], nodes: Sequence[s.Node] = ()) -> Form:
        tensors = [k for k, form in enumerate(forms) if form.shape]
        for k in tensors[1:]:
            try:
                self.join(forms[tensors[0]], forms[k])
            except ShapeError as error:
                if not nodes:
                    raise
                parts = (Part(nodes[x], forms[x].shape) for x in (k, tensors[0]))
                raise ClashError(Use.ADDED, *parts) from error
        return forms[tensors[0]] if tensors else Form(())

    def join(self, left: Form, right: Form) -> None:
        self.dims.unify(left.shape, right.shape)

    def _product(self, node: s.Mul) -> Form:
        forms = [self.form(factor) for factor in node.factors]
        for plan in self.inference.signs.plans(node.operators):
            if fold(forms, node.operators, plan, self._ranks_fit) is not None:
                result = fold(forms, node.operators, plan, self._fitted)
                if result is not None:
                    return result
                break
        parts = [Part(factor, form.shape) for factor, form in zip(node.factors, forms, strict=True)]
        for operator, (left, right), pair in zip(node.operators, pairwise(forms), pairwise(parts), strict=True):
            if self._fitted(left, right, operator) is None:
                raise ClashError(Use.MULTIPLIED, *pair)
        raise ShapeError(f"{' times '.join(map(self.text, forms))} does not fit")

    def _correlation(self, node: s.Correlation) -> Form:
        one, other = (self.dims.shape(self.form(factor).shape) for factor in node.product.factors)
        if are_arrays(one, other) and not node.way.plain:
            try:
                return Form(out_shape(one, other, node.way))
            except AsymmetricError as error:
                raise UnknownShapeError(str(error)) from error
        if STAR in node.product.operators:
            raise UnknownShapeError(STAR)
        return self._product(node.product)

    def _fitted(self, left: Form, right: Form, operator: str) -> Form | None:
        return next((choice.form for choice in self.inference.signs.choices(left, right, operator, self.same)), None)

    def _ranks_fit(self, left: Form, right: Form, operator: str) -> Form | None:
        """The product as far as ranks tell, no dimension compared."""
        return next((choice.form for choice in self.inference.signs.choices(left, right, operator, _any)), None)

    def _blocks(self, nodes: Sequence[s.Node], columns: int) -> Form:
        forms = [self.form(node) for node in nodes]
        zero = [isinstance(node, s.Number) and not node.value for node in nodes]
        room = [extent(form.shape, form.row, none) for form, none in zip(forms, zero, strict=True)]
        return Form(whole_shape(*measured(room, columns, self.agree)))

    def agree(self, a: Dim, b: Dim) -> None:
        self.dims.unify((a,), (b,))

    def text(self, form: Form) -> str:
        return shape_text(self.dims.shape(form.shape))

    def _concat(self, forms: list[Form]) -> Form:
        total = sum((form.shape[0] for form in forms if form.shape), sympy.Integer(0))
        return Form((total,), self.inference.rows)


class RankReader(ShapeReader):
    """The same walk before any dimension is known: every dimension is one placeholder, so that only ranks count."""

    def symbol(self, node: s.Symbol) -> Shape:
        if node.component:
            return ()
        return (dimension("?"),) * self.inference.rank(self.inference.names.ref(node).key)

    def same(self, a: Dim, b: Dim) -> bool:
        return True

    def join(self, left: Form, right: Form) -> None:
        return None

    def agree(self, a: Dim, b: Dim) -> None:
        return None

    def _concat(self, forms: list[Form]) -> Form:
        return Form((dimension("?"),) * max(len(form.shape) for form in forms), self.inference.rows)


class ClaimReader(ShapeReader):
    """The walk over a claim: addends and factors of an elementwise sign must agree, any other product binds nothing."""

    def read(self, node: s.Node) -> None:
        for part in node.walk():
            if isinstance(part, s.Add) or (isinstance(part, s.Mul) and "odot" in part.operators):
                try:
                    self.form(part)
                except ShapeError:
                    continue

    def same(self, a: Dim, b: Dim) -> bool:
        a, b = self.dims.resolve(a), self.dims.resolve(b)
        return bool(a == b) or any(is_unknown(x) for x in a.free_symbols | b.free_symbols)

    def _product(self, node: s.Mul) -> Form:
        forms = [self.form(factor) for factor in node.factors]
        around = ("odot", *node.operators, "odot")
        for k, (left, right) in enumerate(pairwise(forms)):
            alone = set(around[k : k + 3]) == {"odot"}  # in U v ⊙ h it is U v that is like h
            if alone and len(left.shape) == len(right.shape):
                self.join(left, right)
        return super()._product(node)


def _any(one: Dim, other: Dim) -> bool:
    return True


def _along(form: Form, result: Result) -> Form:
    """A number for each row or column of a matrix; raises UnknownShapeError for anything else."""
    if len(form.shape) != 2:
        raise UnknownShapeError(result.value)
    return Form(form.shape[:1]) if result is Result.ROWS else Form(form.shape[1:], row=True)


def _flip(form: Form) -> Form:
    if len(form.shape) == 1:
        return Form(form.shape, not form.row)
    return Form(form.shape[::-1])
