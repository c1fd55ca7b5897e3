"""Calls, concatenations and distinctions of cases as terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from derivations.blocks import fitting
from derivations.calculus import jacobian
from derivations.calls import SPECIAL, rational, special, stands_as_row
from derivations.functions import FUNCTIONS, derivative
from derivations.measures import meanings
from derivations.multiplication import Multiplication
from derivations.names import GENERIC_FUNCTIONS, Ref
from derivations.operations import COMPARED, exhaustive, piecewise
from derivations.products import ADDED
from derivations.reading import surface as s
from derivations.reading.numpy_calls import UNORIENTED
from derivations.tensors import concatenate, entrywise, hadamard, spread
from derivations.terms import (
    Shape,
    Term,
    apply,
    linear,
    ones,
    power,
    shape_text,
)
from derivations.traverse import free_variables
from derivations.values import Value, flip, merge
from derivations.world import MisfitError, UnclearError, World

AT_VALUE = "a slope taken where the function has this value"
SLOPES: dict[str, Callable[[Term], Term]] = {
    "sigma": lambda y: linear([(Fraction(1), y), (Fraction(-1), power(y, 2))], y.shape),
}
"""Slopes by values, of the functions of gates."""
TURNED = "an array of one axis, which NumPy gives, read as standing the other way"
MOST_EXPONENT = 64


class Composition(Multiplication):
    """Elaborates what is put together from parts, but for sums."""

    scalar: bool
    inverses: dict[Term, None]

    def _spread(self, value: Value, shape: Shape, node: s.Node) -> Term:
        if shape and not value.term.shape and free_variables([value.term]) and ADDED not in value.readings:
            raise MisfitError(f"a scalar is added to something of shape {shape_text(shape)}", node.span)
        return spread(value.term, shape)

    def _slope_at(self, node: s.Call, world: World) -> list[Value]:
        """``σ'(i_t)`` as the slope of σ where its value is i_t, for an i_t that is defined as a value of σ.

        A sheet that writes ``σ'(z_t)`` as well means the slope at its argument.
        """
        if node.function in self.knowledge.slopes_at_arguments:
            return []
        symbol = node.arguments[0] if len(node.arguments) == 1 else None
        if node.order != 1 or node.power is not None or not isinstance(symbol, s.Symbol):
            return []
        definition = self.knowledge.definition(self.ref(symbol, world))
        defined = definition.node if definition is not None else None
        if not isinstance(defined, s.Call) or (defined.function, defined.order) != (node.function, 0) or defined.power:
            return []
        slope = SLOPES.get(node.function)
        values = self.elaborate(symbol, world) if slope is not None else []
        return [replace(v, term=slope(v.term), readings=v.readings | {AT_VALUE}) for v in values if slope is not None]

    def _called(self, node: s.Call, values: Sequence[Value]) -> list[Value]:
        """Every meaning of a call."""
        if not values:
            raise UnclearError(f"{node.function} stands without its argument", node.span, "the argument")
        found = [(self._call(call, values), readings) for call, readings in meanings(node, values[0].term)]
        named = [replace(value, readings=value.readings | readings) for value, readings in found]
        turned = [replace(flip(x), readings=x.readings | {TURNED}) for x in named if node.function == UNORIENTED]
        return [*named, *turned]

    def _call(self, node: s.Call, values: Sequence[Value]) -> Value:
        elementwise = node.function in FUNCTIONS or node.function in GENERIC_FUNCTIONS
        own = node.function in self.knowledge.functions
        if (own or elementwise) and len(values) != 1:
            raise UnclearError(f"{node.function} takes one argument", node.head)
        if own:
            term = self._own_function(node, values[0].term)
        elif elementwise:
            term = self._apply(node, values[0].term)
        elif node.function in SPECIAL and not node.order:
            term = special(node, [value.term for value in values])
        else:
            raise UnclearError(f"the function {node.function} is not known", node.head)
        if node.power is not None:
            exponent = rational(node.power)
            if exponent is None or not 0 < exponent <= MOST_EXPONENT or exponent.denominator > 1:
                raise UnclearError("this exponent of a function cannot be read", node.power.span, "a positive number")
            term = power(term, exponent)
        diagonal = node.function == "diag" and term.rank == 2 and not own
        row = values[0].row or (not own and stands_as_row(node.function))
        return replace(merge(values, term), diagonal=diagonal, row=row and term.rank == 1)

    def _apply(self, node: s.Call, argument: Term) -> Term:
        if not node.order:
            return apply(node.function, argument)
        if node.order > 1:
            raise UnclearError("higher derivatives of a function cannot be checked yet", node.head)
        row = FUNCTIONS.get(node.function)
        if row is not None and row.kink and not free_variables([argument]):
            raise UnclearError("a piecewise function may have no slope at a constant", node.span)
        return derivative(node.function, argument, dict(self.rules) if self.rules else None)

    def _own_function(self, node: s.Call, argument: Term) -> Term:
        """A function that the sheet defines, or its derivative, entry by entry."""
        name, body = self.knowledge.functions[node.function]
        parameter = self.variable(Ref(name))
        term = self.elaborate(body, World())[0].term
        if term.shape or parameter.shape or node.order > 1:
            raise UnclearError(f"the definition of {node.function} is not a formula for numbers", node.head)
        if node.order:
            term = jacobian(term, [parameter], self.rules)[0]
        return entrywise(term, parameter, argument)

    def _concat(self, node: s.Concat, world: World) -> list[Value]:
        parts = [self.elaborate(part, world)[0] for part in node.parts]
        ranks = {part.term.rank for part in parts}
        if not self.scalar and (ranks == {0} or (node.stacked and ranks != {1})):
            found = self._blocks(node.parts, 1, world, node)
            return found if node.stacked else [*found, *map(flip, found)]
        if not self.scalar and ranks == {2}:
            return self._beside(node, world)
        if self.scalar or any(part.term.rank != 1 for part in parts):
            raise UnclearError("only columns can be stacked yet", node.span)
        return [merge(parts, concatenate([part.term for part in parts]))]

    def _beside(self, node: s.Concat, world: World) -> list[Value]:
        """``[A, B]`` of matrices is one row of blocks, ``[A; B]`` a row or a column, whichever fits."""
        options = [self.elaborate(part, world) for part in node.parts]
        ways = (len(node.parts), 1) if node.semicolon else (len(node.parts),)
        found = [value for columns in ways for value in fitting(options, columns)]
        if not found:
            raise MisfitError("the blocks of this matrix do not fit together", node.span)
        return found

    def _blocks(self, nodes: Sequence[s.Node], columns: int, world: World, node: s.Node) -> list[Value]:
        """A matrix of blocks under every reading of them that fits."""
        if self.scalar:
            raise UnclearError("a matrix among mere numbers", node.span)
        options = [self.elaborate(entry, world) for entry in nodes]
        found = fitting(options, columns)
        if not found:
            raise MisfitError("the blocks of this matrix do not fit together", node.span)
        return found

    def _cases(self, node: s.Cases, world: World) -> Value:
        values = [self.elaborate(branch.value, world)[0] for branch in node.branches]
        tests = [[self._comparison(c, world) for c in branch.conditions] for branch in node.branches]
        shapes = {v.term.shape for v in values if v.term.shape} | {t.shape for ts in tests for t in ts if t.shape}
        if len(shapes) > 1:
            raise MisfitError("the cases have different shapes", node.span)
        shape = next(iter(shapes), ())
        terms = [self._spread(value, shape, node.branches[0]) for value in values]
        conditions = [hadamard(*(spread(t, shape) for t in ts), ones(shape)) for ts in tests]
        if node.branches[-1].conditions and not exhaustive(conditions):
            raise UnclearError("the cases do not cover everything", node.span, r"a case \text{otherwise}")
        return merge(values, piecewise(list(zip(conditions[:-1], terms[:-1], strict=True)), terms[-1]))

    def _comparison(self, node: s.Comparison, world: World) -> Term:
        if node.sign not in COMPARED:
            raise UnclearError("a case told apart by an equation cannot be checked yet", node.span)
        left, right = (self.elaborate(side, world)[0].term for side in (node.left, node.right))
        shape = left.shape or right.shape
        left, right = spread(left, shape), spread(right, shape)
        return COMPARED[node.sign](left, right)
