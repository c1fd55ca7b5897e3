"""From surface trees to terms: every way that an expression can be read, the most natural first.

A :class:`~derivations.world.World` says how far names are unfolded into their definitions and what ∂ means; a
:class:`~derivations.world.Knowledge` holds the definitions and shapes of the sheet. An expression gives a list of
values, one per reading that fits; each names the readings it took beyond plain conventions.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivations.approaches import limit
from derivations.calculus import Rules
from derivations.calls import rational
from derivations.component_names import has_components
from derivations.components import Components
from derivations.composition import MOST_EXPONENT, Composition
from derivations.damping import denominator
from derivations.facts import Property
from derivations.measures import norm
from derivations.names import CONSTANTS, Ref, shift
from derivations.operations import COMPARED
from derivations.operators import inverse
from derivations.placeholders import chain_rule
from derivations.products import ADDED, ENTRIES
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.series import has_series, indicator, series
from derivations.tensors import hadamard, spread, total
from derivations.terms import (
    Dim,
    Power,
    Shape,
    Term,
    add,
    delta,
    dim_text,
    dimension,
    is_zero,
    linear,
    number,
    ones,
    power,
    scale,
    size,
    var,
)
from derivations.traverse import free_variables, substitute
from derivations.values import MOST_READINGS, Value, bounded, flip, merge
from derivations.world import Definition, Knowledge, MisfitError, Mode, UnclearError, World

MOST_UNFOLDED = 300
NOW = s.Time("t", 0)
SIGNS = {1: Fraction(1), -1: Fraction(-1)}
SENSED = (s.Partial, s.Big, s.Limit)
"""What may hang on the sense of ∂, and with it all names that rest on it."""
KINDS = {"Tuple": "a list", "Enumeration": "a set", "Function": "a function without its argument"}


def _is_norm(node: s.Node) -> bool:
    while isinstance(node, s.Group):
        node = node.inner
    return isinstance(node, s.Norm)


class Elaborator(Composition):
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
        self._plain: dict[str, bool] = {}
        self._jacobians: dict[tuple[Term, Term], Term] = {}

    def remember(self, refs: dict[Term, Ref], values: dict[tuple[Ref, World], Term]) -> None:
        """Share what elaborators with the same knowledge found: the names behind variables, and unfolded values."""
        self._refs, self._values = refs, values

    # Names

    def ref(self, symbol: s.Symbol, world: World) -> Ref:
        """The name a symbol stands for in a world, its time letter replaced."""
        found = self.knowledge.names.ref(symbol)
        if found.time is None:
            implicit = found.key in self.knowledge.implicit
            return Ref(found.key, dict(world.env).get("t", NOW)) if implicit else found
        time = shift(found.time, dict(world.env))
        return found if time is found.time else Ref(found.key, time)

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
        return [(ref, term) for (ref, where), term in self._values.items() if where == self._shared(ref, world)]

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
        key = (ref, self._shared(ref, world))
        known = self._values.get(key)
        if known is not None:
            return known
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

    def _shared(self, ref: Ref, world: World) -> World:
        """What the value of a name depends on: the sense of ∂ only where something is differentiated.

        Where one name alone is unfolded all others stay variables, whether they are cut or not.
        """
        plain = self.is_plain(ref.key, world)
        mode = Mode.TOTAL if plain else world.mode
        cut = tuple(x for x in world.cut if x.key == ref.key) if plain and world.only is not None else world.cut
        if (world.mode, world.env, world.summing, world.cut) == (mode, (), False, cut):
            return world
        return replace(world, env=self._length_env(world), summing=False, mode=mode, cut=cut)

    def _length_env(self, world: World) -> tuple[tuple[str, s.Time], ...]:
        """Of the times that letters stand for, those of the lengths, which definitions leave free."""
        return tuple(sorted(pair for pair in world.env if pair[0] in self.knowledge.lengths))

    def is_plain(self, key: str, world: World) -> bool:
        """Whether a name means the same in every sense of ∂: nothing that it rests on is differentiated."""
        if key not in self._plain:
            near = self.knowledge.reachable(*self.knowledge.meanings(key)) | {key}
            nodes = (node for name in near for root in self.knowledge.meanings(name) for node in root.walk())
            self._plain[key] = not any(isinstance(node, SENSED) for node in nodes)
        return self._plain[key] and not world.facts

    def meets_series(self, *nodes: s.Node) -> bool:
        """Whether a sum or product over an index may be read with expressions: in them, or in what they speak of."""
        near = [root for key in self.knowledge.reachable(*nodes) for root in self.knowledge.meanings(key)]
        return has_series(*nodes, *near, *(body for _, body in self.knowledge.functions.values()))

    def _unfold(self, ref: Ref, definition: Definition, world: World) -> Term:
        own = definition.env(ref)
        lengths = [pair for pair in self._length_env(world) if pair[0] not in dict(own)]
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
            rows = (True, False) if self.knowledge.rows else (False,)
            return [Value(ones((dim,)), row) for row in rows for dim in dims[:MOST_READINGS]]
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
            tensors = [v for v in row if v.term.shape]
            firm = [v for v in tensors if not (v.gradient and v.term.rank == 1)]
            if len({v.term.shape for v in tensors}) <= 1 and len({v.row for v in firm}) <= 1:
                shape = tensors[0].term.shape if tensors else ()
                row = tuple(self._number(v, x) for v, x in zip(row, node.addends, strict=True)) if shape else row
                signed = zip(node.signs, row, strict=True)
                merged = merge(row, linear([(SIGNS[sign], self._spread(v, shape, node)) for sign, v in signed], shape))
                gradient = bool(tensors) and all(v.gradient for v in tensors)
                found.append(replace(merged, row=any(v.row for v in firm or tensors), gradient=gradient))
        if not found:
            raise MisfitError("the addends of this sum have different shapes", node.span)
        return found

    def _number(self, value: Value, node: s.Node) -> Value:
        """What consists of numbers that the sheet declares may be added to every entry of a vector or a matrix."""
        if value.term.shape or not self.knowledge.numbers:
            return value
        names = {self.knowledge.names.ref(x).key for x in node.walk() if isinstance(x, s.Symbol)}
        if not names or not names <= self.knowledge.numbers:
            return value
        return replace(value, readings=value.readings | {ADDED})

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

    # Products


def _kind(node: s.Node) -> str:
    return KINDS.get(type(node).__name__, f"a {type(node).__name__.lower()}")
