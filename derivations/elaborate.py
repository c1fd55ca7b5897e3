"""From surface trees to terms: every way that an expression can be read, the most natural first.

A :class:`~derivations.world.World` says how far names are unfolded into their definitions and what ∂ means; a
:class:`~derivations.world.Knowledge` holds the definitions and shapes of the sheet. An expression gives a list of
values, one per reading that fits; each names the readings it took beyond plain conventions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product as combinations

from derivations.approaches import limit
from derivations.blocks import fitting
from derivations.calculus import Rules, jacobian
from derivations.calls import SPECIAL, rational, special
from derivations.chains import run_length
from derivations.component_names import has_components
from derivations.components import Components
from derivations.convolutions import STAR, AsymmetricError, are_arrays, correlated
from derivations.damping import denominator
from derivations.differentiation import Differentiation
from derivations.facts import Property
from derivations.functions import FUNCTIONS, derivative
from derivations.measures import meanings, norm
from derivations.names import CONSTANTS, GENERIC_FUNCTIONS, Ref, shift
from derivations.operations import COMPARED, exhaustive, piecewise
from derivations.operators import inverse
from derivations.placeholders import chain_rule
from derivations.products import ENTRIES, OUTER, fold
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.series import indicator, series
from derivations.tensors import concatenate, entrywise, hadamard, outer, spread, total
from derivations.terms import (
    Dim,
    Power,
    Shape,
    Term,
    add,
    apply,
    delta,
    dim_text,
    dimension,
    is_zero,
    linear,
    number,
    ones,
    power,
    scale,
    shape_text,
    size,
    var,
)
from derivations.traverse import free_variables, substitute
from derivations.values import MOST_READINGS, Value, bounded, carry_out, flip, form_text, merge
from derivations.world import Definition, Knowledge, MisfitError, UnclearError, World

AT_VALUE = "a slope taken where the function has this value"
SLOPES: dict[str, Callable[[Term], Term]] = {
    "sigma": lambda y: linear([(Fraction(1), y), (Fraction(-1), power(y, 2))], y.shape),
}
"""Slopes by values, of the functions of gates."""
MOST_EXPONENT = 64
MOST_UNFOLDED = 300
MOST_SPLIT = 24
NOW = s.Time("t", 0)
KINDS = {"Tuple": "a list", "Enumeration": "a set", "Function": "a function without its argument"}


def _is_norm(node: s.Node) -> bool:
    while isinstance(node, s.Group):
        node = node.inner
    return isinstance(node, s.Norm)


def _same(a: Dim, b: Dim) -> bool:
    return bool(a == b)


class Elaborator(Differentiation):
    """Elaborates expressions of one sheet; values of names are kept per world."""

    def __init__(self, knowledge: Knowledge, rules: Rules | None = None, scalar: bool = False) -> None:
        self.knowledge = knowledge
        self.rules = rules
        self.scalar = scalar
        self._refs: dict[Term, Ref] = {}
        self._values: dict[tuple[Ref, World], Term] = {}
        self._refs_of: dict[Term, list[tuple[Term, Ref]]] = {}
        self._partials: dict[tuple[object, Ref, World], Value] = {}
        self.inverses: dict[Term, None] = {}
        self.convolved = False
        self._open: set[tuple[Ref, World]] = set()

    # Names

    def ref(self, symbol: s.Symbol, world: World) -> Ref:
        """The name a symbol stands for in a world, its time letter replaced."""
        found = self.knowledge.names.ref(symbol)
        env = dict(world.env)
        if found.time is None and found.key in self.knowledge.implicit:
            return Ref(found.key, env.get("t", NOW))
        return Ref(found.key, shift(found.time, env))

    def variable(self, ref: Ref) -> Term:
        """The free tensor that stands for a name."""
        shape = () if self.scalar else self.knowledge.shapes.get(ref.key, ())
        found = var(str(ref), *shape)
        self._refs[found] = ref
        return found

    def with_facts(self, term: Term, world: World) -> Term:
        """Every quantity that a fact of the world speaks of written through a free one that has the property."""
        found: dict[Term, Term] = {size(dimension(key)): number(value) for key, value in world.sizes}
        for variable, ref in self.refs_of(term) if world.facts else ():
            for fact in world.facts:
                if fact.covers(ref):
                    found[variable] = fact.parametrised(variable, str(ref)) or variable
        for fact in world.facts:
            if fact.kind is Property.FUNCTION and fact.node is not None and fact.value is not None:
                for value in self.elaborate(fact.node, world):
                    found[value.term] = number(fact.value, value.term.shape)
        return substitute([term], found)[0] if found else term

    def known_values(self, world: World) -> list[tuple[Ref, Term]]:
        """The names that were unfolded in a world so far, with their values."""
        return [(ref, term) for (ref, where), term in self._values.items() if where == self._shared(world)]

    def refs_of(self, term: Term) -> list[tuple[Term, Ref]]:
        """The names behind the variables of a term."""
        if term not in self._refs_of:
            self._refs_of[term] = [(v, self._refs[v]) for v in free_variables([term]) if v in self._refs]
        return self._refs_of[term]

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        """A name's value: its definition unfolded as far as the world says."""
        fixed = world.value(ref)
        if fixed is not None and ref not in world.cut:
            return number(fixed, self.variable(ref).shape)
        tie = world.tie(ref)
        if tie is not None and ref not in world.cut:
            return self._tied(ref, tie, world, span)
        last = self.knowledge.last_value(ref, world.end)
        definition = last or self.knowledge.definition(ref)
        given = last is not None or ref in self.knowledge.instances
        if definition is None or not world.unfolds(ref, given, ref.key in self.knowledge.backward):
            return self.variable(ref)
        key = (ref, self._shared(world))
        if key in self._values:
            return self._values[key]
        if key in self._open:
            raise UnclearError(f"{ref.key} is defined by itself", span)
        if len(self._open) > MOST_UNFOLDED:
            raise UnclearError(f"{ref.key} goes back too many steps to be checked", span)
        self._open.add(key)
        try:
            term = self._unfold(ref, definition, world)
        finally:
            self._open.discard(key)
        self._values[key] = term
        return term

    def _tied(self, ref: Ref, tie: s.Node, world: World, span: Span) -> Term:
        """What a name is said to stand for."""
        key = (ref, world)
        if key in self._open:
            raise UnclearError(f"{ref.key} is said to stand for itself", span)
        self._open.add(key)
        try:
            term, shape = self.elaborate(tie, world)[0].term, self.variable(ref).shape
            if term.shape not in ((), shape):
                raise UnclearError(f"{ref.key} stands for something of another shape", span, "declared shapes")
            return spread(term, shape)
        finally:
            self._open.discard(key)

    def _shared(self, world: World) -> World:
        """What the values of names depend on: of the times that letters stand for, those of the lengths alone."""
        lengths = tuple(sorted(pair for pair in world.env if pair[0] in self.knowledge.lengths))
        return replace(world, env=lengths, summing=False)

    def _unfold(self, ref: Ref, definition: Definition, world: World) -> Term:
        own = definition.env(ref)
        lengths = [pair for pair in self._shared(world).env if pair[0] not in dict(own)]
        inner = replace(world, env=(*own, *lengths), summing=False)
        if definition.indices:
            return self._general(ref, definition, inner)
        value = self.elaborate(definition.node, inner)[0]
        shape = () if self.scalar else self.knowledge.shapes.get(ref.key, value.term.shape)
        term = total(value.term) if definition.loss and not shape else value.term
        return spread(term, shape)

    def _general(self, ref: Ref, definition: Definition, world: World) -> Term:
        """A tensor from the definition of its components."""
        dims = dict(zip(definition.indices, self.knowledge.shapes.get(ref.key, ()), strict=False))
        components = Components(self, world, dims)
        found = components.read(definition.node)
        if not set(found.letters) <= set(definition.indices):
            raise UnclearError(f"the indices in the definition of {ref.key} do not match", definition.node.span)
        return found.over(definition.indices, components.dims)

    # Expressions

    def elaborate(self, node: s.Node, world: World, target: Shape | None = None) -> list[Value]:
        """Every reading of an expression; ``target`` is the shape that the context needs, where known.

        Raises MisfitError where no reading fits, UnclearError where something is not known.
        """
        if self.knowledge.indexed and has_components(node):
            return [Value(Components(self, world).read(node).term)]
        match node:
            case s.Number():
                return [Value(number(node.value))]
            case s.Symbol():
                return self._symbol(node, world)
            case s.Group():
                return self.elaborate(node.inner, world, target)
            case s.Neg():
                return [replace(v, term=scale(-1, v.term)) for v in self.elaborate(node.argument, world, target)]
            case s.Add():
                return self._add(node, world, target)
            case s.Mul():
                return self._mul(node, world, target)
            case s.Correlation():
                return self._correlation(node, world, target)
            case s.Divide():
                return self._divide(node, world)
            case s.Raise():
                values = self.elaborate(node.base, world)
                return [self._raise(v, node) for v in [v for v in values if v.term.rank < 2] or values]
            case s.Transposed():
                return [flip(v) for v in self.elaborate(node.argument, world)]
            case s.Call() if node.function == "prod":
                return chain_rule(self, node, world)
            case s.Call():
                rows = bounded([self.elaborate(x, world) for x in node.arguments])
                return [*(value for row in rows for value in self._called(node, row)), *self._slope_at(node, world)]
            case s.Partial():
                return [self.partial(node, world)]
            case s.Concat():
                return self._concat(node, world)
            case s.Matrix():
                return self._blocks(node.entries, node.columns, world, node)
            case s.Cases():
                return [self._cases(node, world)]
            case s.Iverson():
                ordered = node.condition.sign in COMPARED
                return [Value(self._comparison(node.condition, world) if ordered else indicator(node, world))]
            case s.Big():
                return series(self, node, world, target)
            case s.Limit():
                return limit(self, node, world)
            case s.Norm():
                return [norm(node, v) for v in self.elaborate(node.argument, world)]
        raise UnclearError(f"{_kind(node)} cannot be checked yet", node.span)

    def _symbol(self, node: s.Symbol, world: World) -> list[Value]:
        if self.knowledge.names.ref(node).key in self.knowledge.constants:
            return self._constant(node)
        if node.component:
            raise UnclearError("a single component cannot be checked yet", node.span)
        if self._letter(node) in dict(world.sizes):
            return [Value(number(dict(world.sizes)[self._letter(node)]))]
        if self.knowledge.is_length(node):
            return [Value(self._steps(world))]
        if self.knowledge.is_dimension(node):
            return [Value(size(dimension(self.knowledge.names.ref(node).key)))]
        term = self.value_of(self.ref(node, world), world, node.span)
        return [Value(term, term.rank == 1 and self.knowledge.stands_as_row(node))]

    def _steps(self, world: World) -> Term:
        """The number of steps: the last time of the sheet."""
        last = dict(world.env).get(str(self.knowledge.length), s.Time(self.knowledge.length, 0))
        return number(last.offset) if last.symbol is None else add(var(last.symbol), number(last.offset))

    def _letter(self, node: s.Symbol) -> str:
        """The name of what may be a dimension; empty where it is surely none."""
        ref = self.knowledge.names.ref(node)
        return ref.key if ref.time is None and not self.knowledge.defined(ref.key) else ""

    def _constant(self, node: s.Symbol) -> list[Value]:
        """The identity matrix or the column of ones, in every dimension of the sheet."""
        if self.scalar:
            return [Value(number(1))]
        dims = self._sizes_of(node)
        if CONSTANTS[node.base] == 1:
            return [Value(ones((dim,)), self.knowledge.rows) for dim in dims[:MOST_READINGS]]
        return [Value(delta(dim)) for dim in dims[:MOST_READINGS]]

    def _sizes_of(self, node: s.Symbol) -> list[Dim]:
        """The dimension that ``I_n`` or ``I_{n \\times n}`` names, or all of the sheet."""
        dims = sorted({dim for shape in self.knowledge.shapes.values() for dim in shape}, key=dim_text)
        named = {part.strip() for part in node.name.split("\\times")}
        if node.name:
            dims = [dim for dim in dims if named == {dim_text(dim)}]
        if not dims or (node.base == "1" and "times" in node.name):
            raise UnclearError("the sheet has no dimension that would fit", node.span, "a declared shape")
        return dims

    def _add(self, node: s.Add, world: World, target: Shape | None) -> list[Value]:
        found = []
        for row in bounded([self.elaborate(addend, world, target) for addend in node.addends]):
            forms = {(v.form.shape, v.row) for v in row if v.term.shape}
            if len(forms) <= 1:
                shape = next(iter(forms))[0] if forms else ()
                signed = zip(node.signs, row, strict=True)
                merged = merge(
                    row, linear([(Fraction(sign), self._spread(v, shape, node)) for sign, v in signed], shape)
                )
                found.append(replace(merged, gradient=all(v.gradient for v in row if v.term.shape) and bool(forms)))
        if not found:
            raise MisfitError("the addends of this sum have different shapes", node.span)
        return found

    def _spread(self, value: Value, shape: Shape, node: s.Node) -> Term:
        if shape and not value.term.shape and free_variables([value.term]):
            raise MisfitError(f"a scalar is added to something of shape {shape_text(shape)}", node.span)
        return spread(value.term, shape)

    def _divide(self, node: s.Divide, world: World) -> list[Value]:
        found = []
        for row in bounded([self.elaborate(node.numerator, world), denominator(self, node.denominator, world)]):
            over, under = row
            if under.term.shape in ((), over.term.shape) or not over.term.shape:
                if under.term.rank > 1 and not node.elementwise:
                    raise UnclearError("division by a matrix cannot be checked yet", node.denominator.span)
                if is_zero(under.term):
                    raise UnclearError("this denominator is zero", node.denominator.span, "something that is not zero")
                self.inverses[power(under.term, -1)] = None
                found.append(merge(row, hadamard(over.term, power(under.term, -1))))
        if not found:
            raise MisfitError("numerator and denominator have different shapes", node.span)
        return found

    def _is_entrywise(self, node: s.Node) -> bool:
        """Whether the sheet declares that the inverse of a name is taken entry by entry."""
        inner = node.inner if isinstance(node, s.Group) else node
        return isinstance(inner, s.Symbol) and self.knowledge.names.ref(inner).key in self.knowledge.entrywise

    def _raise(self, base: Value, node: s.Raise) -> Value:
        exponent = rational(node.exponent)
        if exponent is None or max(abs(exponent.numerator), exponent.denominator) > MOST_EXPONENT:
            raise UnclearError("this exponent cannot be read", node.exponent.span, "a number of moderate size")
        if exponent == -1 and self._is_entrywise(node.base):
            return replace(base, term=power(base.term, exponent), gradient=False)
        if base.term.rank == 2 and exponent == -1:
            return replace(base, term=inverse(base.term), gradient=False)
        if base.term.rank == 2 and base.term.shape[0] != base.term.shape[1]:
            return replace(base, term=power(base.term, exponent), gradient=False, readings=base.readings | {ENTRIES})
        if base.term.rank > 1:
            raise UnclearError("a power of a matrix is ambiguous", node.span, "\\odot for entries, or a product")
        if exponent == 2 and _is_norm(node.base) and isinstance(base.term, Power):
            return replace(base, term=base.term.base, gradient=False)
        return replace(base, term=power(base.term, exponent), gradient=False)

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
        return [replace(value, readings=value.readings | readings) for value, readings in found]

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
        return replace(merge(values, term), diagonal=diagonal, row=values[0].row and term.rank == 1)

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

    # Products

    def _mul(self, node: s.Mul, world: World, target: Shape | None) -> list[Value]:
        factors, operators = self._factors(node, world)
        found = []
        for row in bounded(factors):
            found.extend(self._fold(row, operators))
            if target is not None and len(target) == 2:
                found.extend(self._outer_splits(row, operators, target))
        if not found:
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
        found = [
            carry_out(choice, left, right)
            for left in lefts
            for right in rights
            for choice in self.knowledge.signs.choices(left.form, right.form, operator, _same)
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


def _kind(node: s.Node) -> str:
    return KINDS.get(type(node).__name__, f"a {type(node).__name__.lower()}")
