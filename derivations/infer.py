"""Shapes of all quantities of a sheet, from its definitions and declarations, last from the habits of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, pairwise

import sympy

from derivations import names as habits
from derivations.beside import numbers_beside_components
from derivations.blocks import extent, measured, whole_shape
from derivations.calls import SPECIAL, Result
from derivations.clashes import ClashError, Part, Use
from derivations.component_names import UNIT, bound, has_components, letters_of
from derivations.convolutions import STAR, AsymmetricError, are_arrays, out_shape
from derivations.errors import ShapeError
from derivations.functions import FUNCTIONS
from derivations.measures import BARS
from derivations.names import CONSTANTS, Names, defines_loss, rank_by_habit
from derivations.products import Form, Signs, fold
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.shapes import Dimensions, is_unknown
from derivations.terms import Dim, Shape, dimension, shape_text

ELEMENTWISE = frozenset(FUNCTIONS) | habits.GENERIC_FUNCTIONS | {BARS}


@dataclass(frozen=True, slots=True)
class Equation:
    """A definition as inference sees it: the symbol on the left, its right-hand side."""

    left: s.Symbol
    right: s.Node


@dataclass(frozen=True, slots=True)
class Declaration:
    """The shape that the sheet states of an expression."""

    of: s.Node
    shape: Shape


class Inference:
    """Finds ``shapes``: quantity → shape.

    ``clashes`` lists what did not fit, with the equation it was seen in; ``loose`` the letters of dimensions that
    nothing on the sheet ties to a state, an input or a declaration.
    """

    def __init__(
        self,
        names: Names,
        formals: frozenset[str],
        scalars_only: bool = False,
        rows: bool = False,
        constants: frozenset[str] = frozenset(),
    ) -> None:
        self.names = names
        self.formals = formals
        self.scalars_only = scalars_only
        self.rows = rows
        self.standing: Mapping[str, bool] = {}
        self.signs = Signs()
        self.constants = constants
        self.dims = Dimensions()
        self.shapes: dict[str, Shape] = {}
        self.declared: set[str] = set()
        self.stated: dict[str, Span] = {}
        self.ranked: dict[str, Span] = {}
        self.ranks: dict[str, int] = {}
        self.clashes: list[tuple[Equation | Declaration, ShapeError]] = []
        self.loose: set[str] = set()
        self.written: frozenset[str] = frozenset()
        self.indexed: dict[str, int] = {}
        self.beside: frozenset[str] = frozenset()

    def run(
        self,
        declarations: Sequence[Declaration],
        equations: Sequence[Equation],
        claims: Sequence[Sequence[s.Node]] = (),
    ) -> dict[str, Shape]:
        """Shapes of every quantity that occurs.

        Sums and elementwise signs in ``claims``, the sides of each, and components of unit vectors there fill what is
        left open.
        """
        for declaration in declarations:
            if isinstance(declaration.of, s.Symbol):
                self._declare(declaration, declaration.of)
        self.indexed = _index_counts([*(x for e in equations for x in (e.left, e.right)), *chain(*claims)], self.names)
        self.beside = numbers_beside_components(equations, self.names)
        self._find_ranks(equations)
        for key in self.names.bases.keys() - self.constants:
            self.shapes.setdefault(key, self.dims.fresh(self.rank(key)))
        for equation in sorted(equations, key=_is_convolved):  # the shapes of what is convolved come first
            self._equate(equation)
        for declaration in declarations:
            if not isinstance(declaration.of, s.Symbol):
                self._agree(declaration)
        self.dims.settle()
        for claim in claims:
            self._learn_units(claim)
        for side in chain(*claims):
            _ClaimReader(self).read(side)
        self._name_dimensions()
        return {key: self.dims.shape(shape) for key, shape in self.shapes.items()}

    def rank(self, key: str) -> int:
        """The rank of a quantity as far as it is known."""
        if self.scalars_only or key in self.formals:
            return 0
        if key in self.shapes:
            return len(self.shapes[key])
        if key in self.indexed:
            return self.indexed[key]
        if key in self.beside:
            return 0
        if key in self.constants:
            return CONSTANTS[self.names.bases[key].base]
        symbol = self.names.bases[key]
        if symbol.marks and symbol.marks[-1].startswith(habits.SLOPE):
            return self.rank(self.names.ref(replace(symbol, marks=symbol.marks[:-1])).key)
        return self.ranks.get(key, rank_by_habit(symbol, key in self.names.timed))

    def _declare(self, declaration: Declaration, symbol: s.Symbol) -> None:
        for key in self.names.listed(symbol):
            known = self.shapes.setdefault(key, declaration.shape)
            self.declared.add(key)
            self.stated.setdefault(key, symbol.span)
            if known != declaration.shape:
                error = ShapeError(f"{shape_text(declaration.shape)} here, {shape_text(known)} before")
                self.clashes.append((declaration, error))

    def _agree(self, declaration: Declaration) -> None:
        self.dims.at = declaration.of.span
        try:
            self.dims.unify(self.form(declaration.of).shape, declaration.shape)
        except UnknownShapeError:
            return
        except ShapeError as error:
            self.clashes.append((declaration, error))

    def _find_ranks(self, equations: Sequence[Equation]) -> None:
        for _ in range(6):
            before = dict(self.ranks)
            for equation in equations:
                key = self.names.ref(equation.left).key
                if key not in self.shapes and not defines_loss(equation.left, equation.right):
                    self._find_rank(key, equation.right)
            if before == self.ranks:
                return

    def _find_rank(self, key: str, right: s.Node) -> None:
        if _is_number(right):
            return
        try:
            self.ranks[key] = len(_RankReader(self).form(right).shape)
            self.ranked.setdefault(key, right.span)
        except ShapeError:
            return

    def _learn_units(self, claim: Sequence[s.Node]) -> None:
        """How long unit vectors are whose components stand beside those of other quantities."""
        nodes = [node for side in claim for node in side.walk()]
        if any(isinstance(x, s.Symbol) and x.base == UNIT and x.component for x in nodes):
            reader = _ShapeReader(self)
            with suppress(ShapeError), self.dims.undone_on_clash():
                for side in claim:
                    reader.components(side)

    def _equate(self, equation: Equation) -> None:
        self.dims.at = equation.left.span
        try:
            with self.dims.undone_on_clash(), suppress(UnknownShapeError):
                self._equate_shapes(equation)
        except ShapeError as error:
            self.clashes.append((equation, error))

    def _equate_shapes(self, equation: Equation) -> None:
        if has_components(equation.left) or has_components(equation.right):
            reader = _ShapeReader(self)
            for side in (equation.left, equation.right):
                reader.components(side)
            return
        if _is_number(equation.right):
            return
        key = self.names.ref(equation.left).key
        right = self.form(equation.right)
        if self.shapes[key] or not defines_loss(equation.left, equation.right):
            self._unify(Part(equation.left, self.shapes[key]), Part(equation.right, right.shape), Use.EQUATED)

    def _unify(self, left: Part, right: Part, use: Use) -> None:
        """Make the shapes of two parts equal. Raises ClashError where they cannot be."""
        try:
            self.dims.unify(left.shape, right.shape)
        except ShapeError as error:
            raise ClashError(use, left, right) from error

    def origin(self, symbol: s.Symbol) -> Span | None:
        """Where the sheet tells the shape of a name: in a declaration, or first in an equation; None by habit alone."""
        key = self.names.ref(symbol).key
        places = self.dims.places(self.shapes.get(key, ()))
        return self.stated.get(key) or next(iter(places), None) or self.ranked.get(key)

    def rule(self, symbol: s.Symbol) -> tuple[str, list[Span]]:
        """How the shape of a name was found, and where."""
        key = self.names.ref(symbol).key
        places = self.dims.places(self.shapes.get(key, ()))
        if self.scalars_only or (key in self.formals and key not in self.stated):
            return "only numbers are on this sheet" if self.scalars_only else "it only stands for a number", []
        if key in self.constants:
            return "a constant of whatever size fits", []
        if key in self.stated:
            return "declared", [self.stated[key]]
        if key in self.indexed:
            return "from its indices", places
        if key in self.beside:
            return "a number: it stands beside components without an index", places
        if key in self.ranks:
            return "from its equation", [self.ranked[key]]
        rank = ("a number", "a column", "a matrix", "a tensor")[min(self.rank(key), 3)]
        sizes = "; its size from an equation" if places else ""
        return f"habit: a name like this is {rank}{sizes}", places

    def clash(self, nodes: Sequence[s.Node]) -> ClashError | None:
        """What does not fit within expressions, each taken alone; nothing is learnt from them."""
        for node in nodes:
            try:
                with self.dims.undone_on_clash():
                    self.form(node)
            except ClashError as error:
                return error
            except ShapeError:
                continue
        return None

    def form(self, node: s.Node) -> Form:
        """The shape of an expression; unifies as it goes. Raises ShapeError."""
        return _ShapeReader(self).form(node)

    def ranked_form(self, node: s.Node) -> Form:
        """The form of an expression as far as ranks tell; learns nothing. Raises ShapeError."""
        return _RankReader(self).form(node)

    def _name_dimensions(self) -> None:
        resolved = [self.dims.shape(shape) for shape in self.shapes.values()]
        taken = {str(x) for shape in resolved for dim in shape for x in dim.free_symbols}
        taken = {name for name in taken if not is_unknown(sympy.Symbol(name))}
        self.written = frozenset(taken)
        wishes: list[tuple[Dim, str]] = []
        for family, letter in ((habits.STATE_NAMES, "n"), (habits.INPUT_NAMES, "d")):
            for key, symbol in sorted(self.names.bases.items()):
                if symbol.base in family and key in self.names.timed and len(self.shapes[key]) == 1:
                    wishes.append((self.shapes[key][0], letter))
        self.dims.name_unknowns(wishes, taken)
        firm = set(taken)
        self.dims.name_rest([dim for key in sorted(self.shapes) for dim in self.shapes[key]], taken)
        self.loose = taken - firm


def _is_convolved(equation: Equation) -> bool:
    return any(isinstance(node, s.Correlation) for node in equation.right.walk())


class UnknownShapeError(ShapeError):
    """An expression whose shape is not inferred; it says nothing about its parts."""


class _ShapeReader:
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


class _RankReader(_ShapeReader):
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


class _ClaimReader(_ShapeReader):
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


def _index_counts(nodes: Sequence[s.Node], names: Names) -> dict[str, int]:
    """The number of indices of every name that is written with some."""
    parts = (part for node in nodes for part in node.walk())
    return {names.ref(x).key: len(x.component) for x in parts if isinstance(x, s.Symbol) and x.component}


def _is_number(node: s.Node) -> bool:
    """A bare number fits every shape: ``h_0 = 0``."""
    return not any(isinstance(part, s.Symbol | s.Matrix | s.Concat) for part in node.walk())


def _any(one: Dim, other: Dim) -> bool:
    return True


def _flip(form: Form) -> Form:
    if len(form.shape) == 1:
        return Form(form.shape, not form.row)
    return Form(form.shape[::-1])
