"""Products as terms: every meaning that their signs can have between the shapes at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product as combinations

from derivations.chains import run_length
from derivations.convolutions import STAR, AsymmetricError, are_arrays, correlated
from derivations.differentiation import Differentiation
from derivations.products import OUTER, Form, fold
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.tensors import hadamard, outer
from derivations.terms import (
    Dim,
    Shape,
    Term,
)
from derivations.values import MOST_READINGS, Value, bounded, carry_out, form_text, merge
from derivations.world import MisfitError, UnclearError, World

MOST_SPLIT = 24


class Multiplication(Differentiation):
    """Elaborates products of one sheet."""

    convolved: bool

    def _mul(self, node: s.Mul, world: World, target: Shape | None) -> list[Value]:
        factors, operators = self._factors(node, world)
        found = []
        for row in bounded(factors):
            found.extend(self._fold(row, operators))
            if target is not None and len(target) == 2:
                found.extend(self._outer_splits(row, operators, target))
        if not found:
            if operators == ["multiply"]:
                require_alike([options[0].form for options in factors], node.span)
            forms = " · ".join(form_text(options[0]) for options in factors)
            raise MisfitError(f"these factors do not fit together: {forms}", node.span)
        return found[:MOST_READINGS]

    def _correlation(self, node: s.Correlation, world: World, target: Shape | None) -> list[Value]:
        """A convolution of arrays of numbers; of anything else the product that is written."""
        rows = list(bounded([self.elaborate(factor, world) for factor in node.product.factors]))
        arrays = [row for row in rows if are_arrays(row[0].term.shape, row[1].term.shape)]
        self.convolved = self.convolved or bool(arrays)
        if arrays and not node.way.plain:
            try:
                return [merge(row, correlated(row[0].term, row[1].term, node.way)) for row in arrays]
            except AsymmetricError as error:
                raise UnclearError(str(error), node.span, "padding: N") from error
        if STAR in node.product.operators:
            raise UnclearError("only arrays of numbers can be convolved yet", node.span, "matrices of numbers")
        alike = [row for row in arrays if row[0].term.shape == row[1].term.shape]
        elementwise = [merge(row, hadamard(row[0].term, row[1].term)) for row in alike]
        return [*self.elaborate(node.product, world, target), *elementwise]

    def _factors(self, node: s.Mul, world: World) -> tuple[list[list[Value]], list[str]]:
        """The values of all factors, runs of derivatives linked by the chain rule into one."""
        values: list[list[Value]] = []
        operators: list[str] = []
        position = 0
        while position < len(node.factors):
            length = run_length(node, position)
            if position:
                operators.append(node.operators[position - 1])
            if length > 1:
                values.append([self.chain(node.factors[position : position + length], world)])
            else:
                values.append(self.elaborate(node.factors[position], world))
            position += length
        return values, operators

    def _fold(self, row: Sequence[Value], operators: Sequence[str]) -> list[Value]:
        """The product of a row under every order of its signs that fits."""
        found: dict[Term, Value] = {}
        for plan in self.knowledge.signs.plans(operators):
            for value in fold([[value] for value in row], operators, plan, self._products) or []:
                found.setdefault(value.term, value)
        return list(found.values())[:MOST_READINGS]

    def _products(self, lefts: list[Value], rights: list[Value], operator: str) -> list[Value] | None:
        forms = [(right, right.form) for right in rights]
        found = [
            carry_out(choice, left, right)
            for left, form in [(left, left.form) for left in lefts]
            for right, other in forms
            for choice in self.knowledge.signs.choices(form, other, operator, _same)
        ]
        return found[:MOST_READINGS] or None

    def _outer_splits(self, row: Sequence[Value], operators: Sequence[str], target: Shape) -> Iterable[Value]:
        """Columns side by side as an outer product of a first and a last group, either way round."""
        for cut in range(1, len(row) if len(row) <= MOST_SPLIT else 1):
            if not self.knowledge.signs.may_be_outer(operators[cut - 1]):
                continue
            lefts = self._fold(row[:cut], operators[: cut - 1])[:1]
            rights = self._fold(row[cut:], operators[cut:])[:1]
            for left, right in combinations(lefts, rights):
                if left.form.kind == right.form.kind in ("column", "row" if operators[cut - 1] else ""):
                    swapped = () if operators[cut - 1] == "otimes" else ((right, left),)
                    for first, second in ((left, right), *swapped):
                        merged = merge([left, right], outer(first.term, second.term))
                        if merged.term.shape == target:
                            yield replace(merged, readings=merged.readings | {OUTER})


def require_alike(forms: Sequence[Form], span: Span) -> None:
    """Raises UnclearError where NumPy may repeat the entries of a factor of another rank or standing than the other."""
    if len({form.kind for form in forms}) > 1 or any(1 in form.shape for form in forms):
        raise UnclearError(
            "NumPy repeats what is multiplied by something larger, which is not read", span, "factors of one shape"
        )


def _same(a: Dim, b: Dim) -> bool:
    return bool(a == b)
