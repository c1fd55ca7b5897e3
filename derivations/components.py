"""Expressions in components, such as ``∂p_i/∂z_j = p_i(δ_ij − p_j)``: numbers that hang on index letters.

Every operation is elementwise over the letters, and a sum takes one away. The value of an expression is a term with
one axis for every free letter, in alphabetical order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derivations.calls import rational
from derivations.component_names import LETTERS, bound, has_components, letters_of
from derivations.functions import FUNCTIONS, derivative
from derivations.measures import BARS
from derivations.names import GENERIC_FUNCTIONS
from derivations.operations import COMPARED
from derivations.products import CALLED
from derivations.reading import surface as s
from derivations.tensors import hadamard
from derivations.terms import Dim, Term, add, apply, delta, number, power, product, scale, size, subtract
from derivations.world import UnclearError, World

if TYPE_CHECKING:
    from derivations.elaborate import Elaborator

MOST_POWER = 16


@dataclass(frozen=True, slots=True)
class Indexed:
    """A term whose axes are the index letters ``letters``."""

    term: Term
    letters: tuple[str, ...]

    def over(self, letters: Sequence[str], dims: dict[str, Dim]) -> Term:
        """The term with these axes, spread over those that it lacks."""
        return product([(self.term, self.letters)], tuple(letters), dict(dims))


class Components:
    """Reads expressions in components of one sheet in one world; ``unknown`` tells of undefined losses in them."""

    def __init__(self, elaborator: Elaborator, world: World, dims: dict[str, Dim] | None = None) -> None:
        self.elaborator = elaborator
        self.world = world
        self.dims: dict[str, Dim] = dict(dims or {})
        self.unknown: frozenset[str] = frozenset()

    def sides(self, left: s.Node, right: s.Node) -> tuple[Term, Term]:
        """Two sides of an equation with the same axes, each letter spread where a side lacks it."""
        one, other = self.read(left), self.read(right)
        letters = sorted({*one.letters, *other.letters})
        return one.over(letters, self.dims), other.over(letters, self.dims)

    def read(self, node: s.Node) -> Indexed:
        """The value of an expression. Raises UnclearError for what has no meaning in components."""
        found = self._read(node)
        order = tuple(sorted(set(found.letters)))
        return Indexed(product([(found.term, found.letters)], order), order)

    def _read(self, node: s.Node) -> Indexed:
        match node:
            case s.Number():
                return Indexed(number(node.value), ())
            case s.Symbol():
                return self._symbol(node)
            case s.Group():
                return self._read(node.inner)
            case _ if not self._speaks_of_components(node):
                return self._plain(node)
            case s.Neg():
                inner = self._read(node.argument)
                return Indexed(scale(-1, inner.term), inner.letters)
            case s.Add():
                return self._sum(node)
            case s.Mul() if CALLED.keys() & set(node.operators):
                raise UnclearError("a product of NumPy cannot be read in components", node.span, "whole matrices")
            case s.Mul():
                return self._times([self.read(x) for x in self._grouped(node)])
            case s.Divide():
                under = self.read(node.denominator)
                return self._times([self.read(node.numerator), Indexed(power(under.term, -1), under.letters)])
            case s.Raise():
                return self._raise(node.base, node.exponent, node)
            case s.Call():
                return self._call(node)
            case s.Partial():
                return self._partial(node)
            case s.Big() if node.kind == "sum":
                return self._big(node)
            case s.Cases():
                return self._cases(node)
            case s.Iverson():
                return self._compared(node.condition)
            case s.Entry():
                return self._entry(node)
        if has_components(node):
            raise UnclearError("this cannot be read in components yet", node.span)
        return self._plain(node)

    def _speaks_of_components(self, node: s.Node) -> bool:
        """Whether a letter of an index, or a dimension that counts as a number, occurs."""
        return any(isinstance(x, s.Iverson | s.Entry) or self._is_component(x) for x in node.walk())

    def _is_component(self, node: s.Node) -> bool:
        if not isinstance(node, s.Symbol):
            return False
        return bool(node.component) or node.base in self.dims or self._size(node) is not None

    def _grouped(self, node: s.Mul) -> list[s.Node]:
        """The factors, those side by side without components as one product, such as the 1ᵀx of 1ᵀx·y_i."""
        found: list[s.Node] = []
        start = 0
        speaks = [self._speaks_of_components(x) for x in node.factors]
        for end in range(1, len(speaks) + 1):
            if end == len(speaks) or speaks[end] or speaks[start]:
                factors = node.factors[start:end]
                span = factors[0].span.join(factors[-1].span)
                whole = s.Mul(span, factors, node.operators[start : end - 1])
                found.append(whole if len(factors) > 1 else factors[0])
                start = end
        return found

    def _plain(self, node: s.Node) -> Indexed:
        """An expression without components must be a number."""
        values = self.elaborator.elaborate(node, self.world)
        found = {value.term: None for value in values if not value.term.shape and not value.readings}
        if len(found) > 1:
            raise UnclearError("this number can be read in more than one way", node.span)
        self.unknown |= values[0].readings if values[0].opaque else frozenset()
        value = next(iter(found), values[0].term)
        if value.shape:
            raise UnclearError("a tensor beside single components", node.span, "its components, or none")
        return Indexed(value, ())

    def _symbol(self, node: s.Symbol) -> Indexed:
        if not node.component:
            return self._size(node) or self._plain(node)
        letters = letters_of(node)
        if not letters:
            raise UnclearError("a numbered component cannot be checked yet", node.span, "an index letter")
        if node.base == "delta" and len(letters) == 2 and not self._is_defined(node):
            return self._kronecker(letters, node)
        whole = self.elaborator.elaborate(replace(node, component=()), self.world)[0].term
        if whole.rank != len(letters):
            raise UnclearError(f"{len(letters)} indices for something with {whole.rank} axes", node.span)
        self._learn(letters, whole.shape, node)
        return Indexed(whole, letters)

    def _entry(self, node: s.Entry) -> Indexed:
        """The components of a whole expression, which must have one value."""
        found = {value.term: None for value in self.elaborator.elaborate(node.whole, self.world) if not value.readings}
        fitting = [term for term in found if term.rank == len(node.indices)]
        if len(fitting) != 1:
            raise UnclearError("this expression has no such component", node.span, "one index for each axis")
        self._learn(node.indices, fitting[0].shape, node)
        return Indexed(fitting[0], node.indices)

    def _is_defined(self, node: s.Symbol) -> bool:
        return self.elaborator.knowledge.defined(self.elaborator.knowledge.names.ref(node).key)

    def _size(self, node: s.Symbol) -> Indexed | None:
        """A letter that is a dimension counts as a number."""
        for dim in {dim for shape in self.elaborator.knowledge.shapes.values() for dim in shape}:
            if str(dim) == node.base and not (node.name or node.time or node.marks):
                return Indexed(size(dim), ())
        return None

    def _kronecker(self, letters: tuple[str, ...], node: s.Node) -> Indexed:
        dim = next((self.dims[x] for x in letters if x in self.dims), None)
        if dim is None:
            raise UnclearError("nothing says how far these indices run", node.span)
        self._learn(letters, (dim, dim), node)
        return Indexed(delta(dim), letters)

    def _learn(self, letters: Sequence[str], shape: Sequence[Dim], node: s.Node) -> None:
        for letter, dim in zip(letters, shape, strict=True):
            if self.dims.setdefault(letter, dim) != dim:
                raise UnclearError(f"the index {letter} runs over {self.dims[letter]} and over {dim}", node.span)

    def _sum(self, node: s.Add) -> Indexed:
        self.learn_from(node)
        items = [self.read(x) for x in node.addends]
        letters = tuple(sorted({letter for item in items for letter in item.letters}))
        signed = [scale(Fraction(q), x.over(letters, self.dims)) for q, x in zip(node.signs, items, strict=True)]
        return Indexed(add(*signed), letters)

    def learn_from(self, node: s.Node) -> None:
        """Learn how far the letters run before an identity that says nothing of it is read."""
        for symbol in node.walk():
            letters = letters_of(symbol) if isinstance(symbol, s.Symbol) else ()
            if letters and isinstance(symbol, s.Symbol) and symbol.base != "delta":
                shape = self.elaborator.knowledge.shapes.get(self.elaborator.knowledge.names.ref(symbol).key, ())
                if len(shape) == len(letters):
                    self._learn(letters, shape, symbol)

    def _times(self, items: Sequence[Indexed]) -> Indexed:
        letters = tuple(sorted({letter for item in items for letter in item.letters}))
        return Indexed(product([(item.term, item.letters) for item in items], letters), letters)

    def _raise(self, base: s.Node, exponent: s.Node, node: s.Node) -> Indexed:
        value = rational(exponent)
        if value is None or max(abs(value.numerator), value.denominator) > MOST_POWER:
            raise UnclearError("this exponent cannot be read", exponent.span, "a number of moderate size")
        if _is_of_a_matrix(base, exponent, value):
            raise UnclearError("a power of a matrix or of its entries?", node.span, "(A^{2})_{ij}, or brackets")
        inner = self.read(base)
        return Indexed(power(inner.term, value), inner.letters)

    def _call(self, node: s.Call) -> Indexed:
        name = "abs" if node.function == BARS else node.function
        known = name in FUNCTIONS or name in GENERIC_FUNCTIONS
        if not known or len(node.arguments) != 1 or node.order > 1:
            raise UnclearError(f"{node.function} cannot be read in components yet", node.head)
        inner = self.read(node.arguments[0])
        value = apply(name, inner.term) if not node.order else derivative(name, inner.term)
        if node.power is not None:
            exponent = rational(node.power)
            if exponent is None or not 0 < exponent <= MOST_POWER:
                raise UnclearError("this exponent of a function cannot be read", node.power.span, "a positive number")
            value = power(value, exponent)
        return Indexed(value, inner.letters)

    def _big(self, node: s.Big) -> Indexed:
        """A sum over all values of an index; bounds may only say that."""
        self.learn_from(node.body)
        body = self.read(node.body)
        letter = node.index
        if letter not in body.letters:
            raise UnclearError(f"nothing in this sum hangs on {letter}", node.span)
        self._require_whole_range(node, self.dims[letter])
        rest = tuple(x for x in body.letters if x != letter)
        return Indexed(product([(body.term, body.letters)], rest), rest)

    def _require_whole_range(self, node: s.Big, dim: Dim) -> None:
        starts = node.lower is None or bound(node.lower) == "1"
        ends = bound(node.upper)
        whole_range = node.upper is None or ends == str(dim) or self._is_size(ends, dim)
        if not starts or not whole_range:
            raise UnclearError("a sum over some of the components cannot be checked yet", node.span, "the whole range")

    def _is_size(self, letter: str, dim: Dim) -> bool:
        """Whether a letter above a sum is another name of a size: no index here, and of no other size."""
        return letter not in self.dims and self.elaborator.knowledge.sizes.may_name(letter, dim)

    def _partial(self, node: s.Partial) -> Indexed:
        of, by = s.ungrouped(node.of), s.ungrouped(node.by)
        if not isinstance(by, s.Symbol):
            raise UnclearError("a derivative by an expression cannot be checked yet", node.by.span, "a name")
        below = letters_of(by)
        above = letters_of(of) if isinstance(of, s.Symbol) else self.read(of).letters
        if bool(by.component) != bool(below) or (isinstance(of, s.Symbol) and bool(of.component) != bool(above)):
            raise UnclearError("a numbered component cannot be checked yet", node.span, "an index letter")
        value = self.elaborator.partial(whole(node), self.world)
        if value.opaque:
            raise UnclearError("a derivative of something that the sheet does not define", node.span)
        if value.term.rank != len(above) + len(below):
            raise UnclearError("the indices do not fit the derivative", node.span)
        self._learn((*above, *below), value.term.shape, node)
        return Indexed(value.term, (*above, *below))

    def _cases(self, node: s.Cases) -> Indexed:
        """Cases told apart by ``i = j`` and ``i ≠ j``."""
        self.learn_from(node)
        result: list[Indexed] = []
        rest: Any = number(1)
        letters: tuple[str, ...] = ()
        for branch in node.branches:
            test = self._test(branch, rest, letters)
            value = self.read(branch.value)
            result.append(self._times([test, value]))
            if test.letters:
                letters = test.letters
                dims = {x: self.dims[x] for x in letters}
                spread = product([(rest, () if not rest.shape else letters)], letters, dims)
                rest = subtract(spread, hadamard(spread, test.term))
        every = tuple(sorted({x for item in result for x in item.letters}))
        return Indexed(add(*(item.over(every, self.dims) for item in result)), every)

    def _test(self, branch: s.Branch, rest: Term, letters: tuple[str, ...]) -> Indexed:
        if not branch.conditions:
            return Indexed(rest, letters)
        if len(branch.conditions) > 1:
            raise UnclearError("only i = j and i ≠ j are understood here", branch.span)
        return self._compared(branch.conditions[0])

    def _compared(self, condition: s.Comparison) -> Indexed:
        """One where two indices are equal, or different, or two numbers are in order, else zero."""
        if condition.sign in COMPARED:
            left, right = self.read(condition.left), self.read(condition.right)
            letters = tuple(sorted({*left.letters, *right.letters}))
            sides = (side.over(letters, self.dims) for side in (left, right))
            return Indexed(COMPARED[condition.sign](*sides), letters)
        pair = tuple(x.base for x in (condition.left, condition.right) if isinstance(x, s.Symbol))
        known = LETTERS | self.dims.keys()
        if len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= known or condition.sign not in ("=", "neq"):
            raise UnclearError("only i = j and i ≠ j are understood here", condition.span)
        pair = tuple(sorted(pair))
        same = self._kronecker(pair, condition)
        if condition.sign == "=":
            return same
        dims = {x: self.dims[x] for x in pair}
        return Indexed(subtract(product([(number(1), ())], pair, dims), same.term), pair)


def _is_of_a_matrix(base: s.Node, exponent: s.Node, value: Fraction) -> bool:
    """Whether the matrix may be meant and not its entry, as in ``A^2_{ij}`` and ``A_{ij}^{-1}``."""
    entry = isinstance(base, s.Symbol) and len(base.component) > 1
    return entry and (value < 0 or exponent.span.start < base.span.end)


def whole(node: s.Partial) -> s.Partial:
    """The derivative of whole tensors of which a derivative of components is one entry."""
    of, by = (_whole_name(s.ungrouped(x)) for x in (node.of, node.by))
    return node if of is node.of and by is node.by else replace(node, of=of, by=by)


def _whole_name(node: s.Node) -> s.Node:
    return replace(node, component=()) if isinstance(node, s.Symbol) and node.component else node
