"""Terms in index form: an immutable, hash-consed DAG of tensors with symbolic shapes.

A shape is a tuple of *dimensions*, SymPy expressions, so that a size such as ``n*(n + d)`` is a SymPy polynomial.
A :class:`Product` is an Einstein sum: every factor carries one label per axis, labels that belong to the result
give its shape, all others are summed. Matrix product, transpose, outer and Hadamard product, trace and broadcasting
are this one node. Equal terms are the same object, so ``is`` is syntactic equality; ``==`` has no mathematical meaning.

Terms are made by the lower-case functions of this module, which check shapes and do only cheap, local
simplifications (unit factors, coefficients, contracted identities). Nothing is multiplied out here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias, cast
from weakref import WeakValueDictionary

import sympy

from derivations.errors import ShapeError

Dim: TypeAlias = sympy.Expr
Shape: TypeAlias = tuple[Dim, ...]
Labels: TypeAlias = tuple[int, ...]
Factor: TypeAlias = "tuple[Term, Labels]"


class Term:
    """A node of the DAG. ``digest`` identifies its structure and orders terms the same way in every run.

    ``children`` are the terms that it is made of; ``below`` has all terms below it once, children first, and is None
    until it is first asked for, see :func:`derivations.traverse.postorder`.
    """

    __slots__ = ("__weakref__", "below", "children", "digest", "rank", "shape")
    shape: Shape
    rank: int
    digest: bytes
    children: tuple[Term, ...]
    below: tuple[Term, ...] | None

    def made_of(self) -> tuple[Term, ...]:
        """The terms among the fields, in their order."""
        return ()

    def __reduce__(self) -> tuple[Any, ...]:
        names = vars(type(self)).get("__annotations__", {})
        return _restored, (type(self), self.shape, {name: getattr(self, name) for name in names})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.digest.hex()[:8]} {'×'.join(map(str, self.shape)) or 'scalar'}>"


class Var(Term):
    """A named tensor that nothing is known of but its shape."""

    __slots__ = ("name",)
    name: str


class Delta(Term):
    """The identity matrix of a dimension, δ_ij."""

    __slots__ = ()


class Block(Term):
    """The constant 0/1 matrix that places part ``place`` into a concatenation: ``[a, b] = Block₀ a + Block₁ b``.

    Shape: (sum of the parts, the part).
    """

    __slots__ = ("parts", "place")
    parts: Shape
    place: int


class Size(Term):
    """A dimension as a number (a scalar)."""

    __slots__ = ("dim",)
    dim: Dim


class Sum(Term):
    """A linear combination with rational coefficients of terms of one shape; empty for zero."""

    __slots__ = ("addends",)
    addends: tuple[tuple[Fraction, Term], ...]

    def made_of(self) -> tuple[Term, ...]:
        return tuple(term for _, term in self.addends)


class Product(Term):
    """An Einstein sum. Labels below the rank are the axes of the result; ``label_dims`` holds their dimensions."""

    __slots__ = ("factors", "label_dims")
    factors: tuple[Factor, ...]
    label_dims: Shape

    def made_of(self) -> tuple[Term, ...]:
        return tuple(term for term, _ in self.factors)


class Apply(Term):
    """An elementwise function of the table in :mod:`derivations.functions`, or a generic one."""

    __slots__ = ("argument", "function")
    function: str
    argument: Term

    def made_of(self) -> tuple[Term, ...]:
        return (self.argument,)


class Power(Term):
    """An elementwise rational power."""

    __slots__ = ("base", "exponent")
    base: Term
    exponent: Fraction

    def made_of(self) -> tuple[Term, ...]:
        return (self.base,)


class Pattern(Term):
    """A constant 0/1 tensor of a family of :mod:`derivations.patterns`, made from ``params``."""

    __slots__ = ("family", "params")
    family: str
    params: tuple[Dim, ...]


class Operator(Term):
    """A function of whole arrays along their last axes, a row of :mod:`derivations.operators`."""

    __slots__ = ("argument", "name")
    name: str
    argument: Term

    def made_of(self) -> tuple[Term, ...]:
        return (self.argument,)


ONE = Fraction(1)
_POOL: WeakValueDictionary[tuple[Any, ...], Term] = WeakValueDictionary()


@lru_cache(maxsize=4096)
def dim_text(dim: Dim) -> str:
    """A dimension as text."""
    return str(dim)


def _encode(value: Any) -> bytes:
    if type(value) is int:
        return b"%d" % value
    if isinstance(value, Term):
        return value.digest
    if isinstance(value, tuple):
        return b"(" + b",".join(map(_encode, value)) + b")"
    if isinstance(value, sympy.Expr):
        return dim_text(value).encode()
    return str(value).encode()


def _intern(kind: type[Term], shape: Shape, **fields: Any) -> Any:
    key = (kind, shape, *fields.values())
    found = _POOL.get(key)
    if found is None:
        found = object.__new__(kind)
        for name, value in fields.items():
            setattr(found, name, value)
        found.shape, found.rank = shape, len(shape)
        found.children, found.below = found.made_of(), None
        found.digest = blake2b(
            b"|".join([kind.__name__.encode(), _encode(shape), *map(_encode, fields.values())]), digest_size=16
        ).digest()
        _POOL[key] = found
    return found


def _restored(kind: type[Term], shape: Shape, fields: dict[str, Any]) -> Term:
    """The term that a copy or a pickle stands for: the one in the pool."""
    return cast(Term, _intern(kind, shape, **fields))


def dimension(value: Dim | int | str) -> Dim:
    """A dimension from a number, a name or a SymPy expression."""
    if isinstance(value, str):
        return sympy.Symbol(value, integer=True, positive=True)
    return cast(Dim, sympy.Integer(value)) if isinstance(value, int) else value


def var(name: str, *shape: Dim | int | str) -> Term:
    """A free tensor."""
    return cast(Term, _intern(Var, tuple(map(dimension, shape)), name=name))


def ones(shape: Shape = ()) -> Term:
    """The tensor of ones; the number 1 when the shape is empty."""
    return cast(Term, _intern(Product, shape, factors=(), label_dims=shape))


def zeros(shape: Shape = ()) -> Term:
    """The tensor of zeros."""
    return cast(Term, _intern(Sum, shape, addends=()))


def is_zero(term: Term) -> bool:
    """Whether a term is the zero that no variable is left in."""
    return isinstance(term, Sum) and not term.addends


def number(value: Fraction | int, shape: Shape = ()) -> Term:
    """A rational number, spread over ``shape``."""
    return scale(Fraction(value), ones(shape))


def delta(dim: Dim) -> Term:
    """The identity matrix, shape (dim, dim)."""
    return ones((dim, dim)) if dim == 1 else cast(Term, _intern(Delta, (dim, dim)))


def block(parts: Shape, place: int) -> Term:
    """The placing matrix of one part of a concatenation, shape (sum of parts, parts[place])."""
    if len(parts) == 1:
        return delta(parts[0])
    return cast(Term, _intern(Block, (sum(parts, sympy.Integer(0)), parts[place]), parts=parts, place=place))


def pattern(family: str, shape: Shape, params: tuple[Dim, ...]) -> Term:
    """A constant 0/1 tensor; made by the functions of :mod:`derivations.patterns`."""
    return cast(Term, _intern(Pattern, shape, family=family, params=params))


def operator(name: str, argument: Term, shape: Shape) -> Term:
    """An operator applied; made by the functions of :mod:`derivations.operators`, which know the ``shape``."""
    return cast(Term, _intern(Operator, shape, name=name, argument=argument))


def size(dim: Dim) -> Term:
    """A dimension as a scalar term; a sum or product of dimensions is taken apart."""
    if dim.is_Rational:
        return number(Fraction(int(dim.p), int(dim.q)))
    if dim.is_Add:
        return add(*map(size, dim.args))
    if dim.is_Mul:
        return product([(size(arg), ()) for arg in dim.args], ())
    if dim.is_Pow and dim.exp.is_Integer:
        return power(size(dim.base), Fraction(int(dim.exp)))
    return cast(Term, _intern(Size, (), dim=dim))


def linear(addends: Iterable[tuple[Fraction, Term]], shape: Shape) -> Term:
    """The linear combination of ``addends``; equal terms are collected, zeros dropped.

    Raises ShapeError if an addend has another shape.
    """
    collected: dict[Term, Fraction] = {}
    for coefficient, term in addends:
        if term.shape != shape:
            raise ShapeError(f"cannot add {shape_text(term.shape)} to {shape_text(shape)}")
        inner, scaled = _split_coefficient(term)
        if inner is not None:
            value = coefficient if scaled is ONE else coefficient * scaled
            collected[inner] = collected[inner] + value if inner in collected else value
    kept = tuple((value, term) for term, value in collected.items() if value)
    if len(kept) == 1 and kept[0][0] == 1:
        return kept[0][1]
    return cast(Term, _intern(Sum, shape, addends=kept))


def _split_coefficient(term: Term) -> tuple[Term | None, Fraction]:
    if isinstance(term, Sum) and len(term.addends) <= 1:
        if not term.addends:
            return None, Fraction(0)
        return term.addends[0][1], term.addends[0][0]
    return term, ONE


def add(*terms: Term) -> Term:
    """The sum of at least one term, all of one shape."""
    if len(terms) == 1:
        return terms[0]
    return linear([(ONE, term) for term in terms], terms[0].shape)


def subtract(left: Term, right: Term) -> Term:
    """The difference of two terms of one shape."""
    return linear([(Fraction(1), left), (Fraction(-1), right)], left.shape)


def scale(coefficient: Fraction | int, term: Term) -> Term:
    """A rational multiple of a term."""
    value = coefficient if isinstance(coefficient, Fraction) else Fraction(coefficient)
    return linear([(value, term)], term.shape)


def apply(function: str, argument: Term) -> Term:
    """The function applied to every entry."""
    return cast(Term, _intern(Apply, argument.shape, function=function, argument=argument))


def power(base: Term, exponent: Fraction | int) -> Term:
    """Every entry raised to a rational exponent."""
    exponent = exponent if isinstance(exponent, Fraction) else Fraction(exponent)
    if exponent == 0:
        return ones(base.shape)
    if exponent == 1 or base is ones(base.shape):
        return base
    inner, coefficient = _split_coefficient(base)
    if inner is ones(base.shape) and exponent.denominator == 1 and coefficient:
        return number(coefficient**exponent.numerator, base.shape)
    return cast(Term, _intern(Power, base.shape, base=base, exponent=exponent))


def product(
    factors: Sequence[tuple[Term, Sequence[Any]]], out: Sequence[Any], dims: dict[Any, Dim] | None = None
) -> Term:
    """The Einstein sum of ``factors`` with the axes ``out``.

    Labels may be any hashable values. A label of ``out`` that no factor carries is a broadcast axis and needs its
    dimension in ``dims``; ``out`` must not repeat a label (multiply by an identity for a diagonal).
    Raises ShapeError where a label stands for two dimensions.
    """
    return _ProductBuilder(dict(dims or {})).build(factors, tuple(out))


class _ProductBuilder:
    """Collects the factors of one product and applies the local simplifications."""

    def __init__(self, dims: dict[Any, Dim]) -> None:
        self.dims = dims
        self.coefficient = ONE
        self.factors: list[tuple[Term, tuple[Any, ...]]] = []
        self.summed: dict[Any, None] = {}

    def build(self, factors: Sequence[tuple[Term, Sequence[Any]]], out: tuple[Any, ...]) -> Term:
        for term, labels in factors:
            self._check(term, tuple(labels))
            self.summed.update(dict.fromkeys(labels))
            self._absorb(term, tuple(labels))
        shape = tuple(self.dims[label] for label in out)
        if self.coefficient == 0:
            return zeros(shape)
        kept = set(out)
        self._contract_identities(kept)
        self._count_bare_sums(kept)
        node = self._node(out, shape)
        return node if self.coefficient is ONE else scale(self.coefficient, node)

    def _check(self, term: Term, labels: tuple[Any, ...]) -> None:
        if len(labels) != term.rank:
            raise ShapeError(f"{term.rank} axes but {len(labels)} labels")
        for label, dim in zip(labels, term.shape, strict=True):
            known = self.dims.setdefault(label, dim)
            if known is not dim and known != dim:
                raise ShapeError(f"dimension {known} meets dimension {dim}")

    def _absorb(self, term: Term, labels: tuple[Any, ...]) -> None:
        inner, coefficient = _split_coefficient(term)
        if coefficient is not ONE:
            self.coefficient *= coefficient
        if inner is None:
            return
        if isinstance(inner, Product) and len(inner.factors) <= 1:
            self._absorb_view(inner, labels)
        else:
            self.factors.append((inner, labels))

    def _absorb_view(self, view: Product, labels: tuple[Any, ...]) -> None:
        """A product of at most one factor is a mere rearrangement: put its factor here instead."""
        names: dict[int, Any] = dict(enumerate(labels))
        for label in range(view.rank, len(view.label_dims)):
            names[label] = object()
            self.dims[names[label]] = view.label_dims[label]
        for term, inner in view.factors:
            self.factors.append((term, tuple(names[label] for label in inner)))

    def _contract_identities(self, out: set[Any]) -> None:
        for position, (term, labels) in enumerate(self.factors):
            if not isinstance(term, Delta):
                continue
            keep, drop = labels if labels[1] not in out else labels[::-1]
            if drop in out and keep is not drop and keep != drop:
                continue
            del self.factors[position]
            if keep != drop:
                self.summed.pop(drop, None)
            self.factors = [(t, tuple(keep if x == drop else x for x in ls)) for t, ls in self.factors]
            self._contract_identities(out)
            return

    def _count_bare_sums(self, out: set[Any]) -> None:
        """A sum over a label that no factor carries is a multiplication by its dimension: Σ_i 1 = n."""
        for label in self.summed:
            if label not in out and not self._carried(label):
                self._absorb(size(self.dims[label]), ())

    def _carried(self, label: Any) -> bool:
        return any(label in labels for _, labels in self.factors)

    def _node(self, out: tuple[Any, ...], shape: Shape) -> Term:
        numbering: dict[Any, int] = {label: position for position, label in enumerate(out)}
        for _, labels in self.factors:
            for label in labels:
                numbering.setdefault(label, len(numbering))
        numbered = tuple((term, tuple(numbering[x] for x in labels)) for term, labels in self.factors)
        if len(numbered) == 1 and numbered[0][1] == tuple(range(len(out))):
            return numbered[0][0]
        return cast(Term, _intern(Product, shape, factors=numbered, label_dims=tuple(self.dims[x] for x in numbering)))


def shape_text(shape: Shape) -> str:
    """A shape as people write it: ``d×n``, ``n``, ``scalar``."""
    return "×".join(map(dim_short, shape)) or "scalar"


def dim_short(dim: Dim) -> str:
    """A dimension without spaces, a sum in brackets."""
    text = dim_text(dim).replace(" ", "")
    return f"({text})" if dim.is_Add else text
