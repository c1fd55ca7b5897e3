r"""Batches: matrices whose columns, or rows, are examples.

In ``Z = W X + b`` the bias stands beside every example: it is written out as ``b \mathbf 1^T`` where examples are
columns, as ``\mathbf 1 b^T`` where they are rows. ``\sum_{batch}`` adds the examples up, ``Z \mathbf 1`` for columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from derivations.component_names import has_components
from derivations.errors import ShapeError
from derivations.infer import Equation, Inference
from derivations.layered import LAYERED
from derivations.names import GRADIENT_MARKS
from derivations.reading import surface as s
from derivations.reading.grammar import BATCH
from derivations.world import Knowledge


class Examples(Enum):
    """How the examples of a batch lie in a matrix."""

    COLUMNS = "columns"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Batches:
    """The biases of a sheet, each with how the examples lie that it is added to."""

    biases: Mapping[str, Examples] = field(default_factory=dict)
    sums: bool = False

    def __bool__(self) -> bool:
        return bool(self.biases) or self.sums

    @property
    def examples(self) -> Examples | None:
        """How the examples of the sheet lie; None where its biases do not tell, or not alike."""
        found = set(self.biases.values())
        return found.pop() if len(found) == 1 else None

    @property
    def said(self) -> str:
        """The convention, for the head of a report."""
        each = {Examples.COLUMNS: "column", Examples.ROWS: "row"}
        return "; ".join(
            f"{', '.join(sorted(k for k, x in self.biases.items() if x is examples))} added to every {each[examples]}"
            for examples in Examples
            if examples in self.biases.values()
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Finds the biases of a sheet, and writes them out."""

    inference: Inference
    knowledge: Knowledge
    found: Batches = Batches()

    def look(self, equations: Sequence[Equation], nodes: Iterable[s.Node]) -> Batches:
        """The biases in the definitions of a sheet: bare vectors without a definition, added to matrices."""
        seen: dict[str, set[Examples | None]] = {}
        for equation in equations:
            for key, examples in self._biases(equation.right):
                seen.setdefault(key, set()).add(examples)
        sure = {key: next(iter(x)) for key, x in seen.items() if len(x) == 1}
        sums = any(isinstance(x, s.Big) and x.index == BATCH for x in nodes)
        return Batches({key: examples for key, examples in sure.items() if examples is not None}, sums)

    def write(self, sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
        """The sentences with every bias beside a matrix, and every sum over the batch, written out."""
        return [self._with_batch(x) if isinstance(x, s.Statement) else x for x in sentences]

    # Finding

    def _biases(self, root: s.Node) -> Iterator[tuple[str, Examples | None]]:
        for node in root.walk():
            matrices = self._matrices(node)
            for addend in node.addends if isinstance(node, s.Add) and matrices else ():
                if isinstance(addend, s.Symbol) and self._is_free_vector(addend):
                    yield self._key(addend), self._examples(addend, matrices)

    def _matrices(self, node: s.Node) -> list[s.Node]:
        if not isinstance(node, s.Add) or has_components(node):
            return []
        return [x for x in node.addends if self._rank(x) == 2 and not self._is_flat(x)]

    def _is_flat(self, node: s.Node) -> bool:
        """Whether a name is declared as a matrix of one row."""
        shape = self.inference.shapes.get(self._key(node), ()) if isinstance(node, s.Symbol) else ()
        return len(shape) == 2 and shape[0] == 1

    def _rank(self, node: s.Node) -> int | None:
        try:
            return len(self.inference.ranked_form(node).shape)
        except ShapeError:
            return None

    def _key(self, symbol: s.Symbol) -> str:
        return self.inference.names.ref(symbol).key

    def _is_free_vector(self, symbol: s.Symbol) -> bool:
        """A vector without time and definition: a parameter."""
        key = self._key(symbol)
        free = symbol.time is None and not symbol.component and key not in self.knowledge.constants
        return free and not self.knowledge.defined(key) and (self._rank(symbol) == 1 or self._is_flat(symbol))

    def _is_row(self, key: str) -> bool:
        return self.inference.standing.get(key, self.inference.rows)

    def _examples(self, bias: s.Symbol, matrices: Sequence[s.Node]) -> Examples | None:
        """What the products beside a bias tell: ``W X`` has examples as columns, ``X W`` as rows."""
        if self._is_flat(bias):
            return Examples.ROWS
        if self._key(bias) in self.inference.standing:
            return Examples.ROWS if self._is_row(self._key(bias)) else Examples.COLUMNS
        sides = {_side(matrix) for matrix in matrices} - {None}
        return sides.pop() if len(sides) == 1 else None

    # Writing

    def _with_batch(self, statement: s.Statement) -> s.Statement:
        of_gradient = _is_gradient(statement.items[0])
        items = (item.rewritten(lambda node: self._written(node, of_gradient)) for item in statement.items)
        return replace(statement, items=tuple(items))

    def _written(self, node: s.Node, of_gradient: bool) -> s.Node:
        if isinstance(node, s.Add) and self._matrices(node):
            return replace(node, addends=tuple(map(self._spread, node.addends)))
        return self._added_up(node, of_gradient) if isinstance(node, s.Big) and node.index == BATCH else node

    def _spread(self, node: s.Node) -> s.Node:
        examples = self.found.biases.get(self._key(node)) if isinstance(node, s.Symbol) else None
        if examples is None or not isinstance(node, s.Symbol):
            return node
        row = self._is_row(self._key(node)) or self._is_flat(node)
        if examples is Examples.COLUMNS:
            factors: tuple[s.Node, s.Node] = (
                s.Transposed(node.span, node) if row else node,
                self._ones(node, row=True),
            )
        else:
            factors = (self._ones(node, row=False), node if row else s.Transposed(node.span, node))
        return s.Mul(node.span, factors, ("",))

    def _added_up(self, big: s.Big, of_gradient: bool) -> s.Node:
        """The sum over the examples; a gradient that is derived for one example is that example's share."""
        rank = self._rank(big.body)
        if rank == 1 and of_gradient:
            return s.Group(big.span, big.body)
        if rank != 2:
            return big
        rows = self.found.examples is Examples.ROWS or (self.found.examples is None and self.inference.rows)
        body = s.Group(big.span, big.body)
        factors = (self._ones(big, row=True), body) if rows else (body, self._ones(big, row=False))
        return s.Mul(big.span, factors, ("",))

    def _ones(self, at: s.Node, row: bool) -> s.Node:
        one = s.Symbol(at.span, "1")
        return one if self.inference.rows is row else s.Transposed(at.span, one)


def _is_gradient(node: s.Node) -> bool:
    return isinstance(node, s.Partial) or (isinstance(node, s.Symbol) and bool(set(node.marks) & set(GRADIENT_MARKS)))


def _side(node: s.Node) -> Examples | None:
    """Which factor of a product of two is the weight, and so which one the examples are."""
    factors = node.factors if isinstance(node, s.Mul) else ()
    weights = [k for k, factor in enumerate(factors) if _is_weight(factor)]
    if len(factors) != 2 or len(weights) != 1:
        return None
    return Examples.COLUMNS if weights == [0] else Examples.ROWS


def _is_weight(node: s.Node) -> bool:
    while isinstance(node, s.Transposed | s.Group):
        node = next(iter(node.children()))
    return isinstance(node, s.Symbol) and node.base in LAYERED
