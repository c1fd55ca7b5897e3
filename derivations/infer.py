"""Shapes of all quantities of a sheet, from its definitions and declarations, last from the habits of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

import sympy

from derivations import names as habits
from derivations.beside import numbers_beside_components
from derivations.clashes import ClashError, Part, Use
from derivations.component_names import UNIT, has_components
from derivations.errors import ShapeError
from derivations.names import CONSTANTS, Names, defines_loss, rank_by_habit
from derivations.products import Form, Signs
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.shape_readers import ClaimReader, RankReader, ShapeReader, UnknownShapeError
from derivations.shapes import Dimensions, is_unknown
from derivations.terms import Dim, Shape, shape_text


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
            ClaimReader(self).read(side)
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
        if key not in self.names.bases:
            return CONSTANTS.get(key, 0)  # a column of ones that the batch has put beside a bias
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
            self.ranks[key] = len(RankReader(self).form(right).shape)
            self.ranked.setdefault(key, right.span)
        except ShapeError:
            return

    def _learn_units(self, claim: Sequence[s.Node]) -> None:
        """How long unit vectors are whose components stand beside those of other quantities."""
        nodes = [node for side in claim for node in side.walk()]
        if any(isinstance(x, s.Symbol) and x.base == UNIT and x.component for x in nodes):
            reader = ShapeReader(self)
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
            reader = ShapeReader(self)
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
        return ShapeReader(self).form(node)

    def ranked_form(self, node: s.Node) -> Form:
        """The form of an expression as far as ranks tell; learns nothing. Raises ShapeError."""
        return RankReader(self).form(node)

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


def _index_counts(nodes: Sequence[s.Node], names: Names) -> dict[str, int]:
    """The number of indices of every name that is written with some."""
    parts = (part for node in nodes for part in node.walk())
    return {names.ref(x).key: len(x.component) for x in parts if isinstance(x, s.Symbol) and x.component}


def _is_number(node: s.Node) -> bool:
    """A bare number fits every shape: ``h_0 = 0``."""
    return not any(isinstance(part, s.Symbol | s.Matrix | s.Concat) for part in node.walk())
