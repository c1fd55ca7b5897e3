"""Formulas as small trees with named dimensions, apart from the terms of the checker.

A tree has an operation, children, a value (a name, a number, a letter pattern) and a shape: a tuple of dimension names.
Equal trees are one object, so that their values can be kept in a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

Shape: TypeAlias = tuple[str, ...]
Path: TypeAlias = tuple[int, ...]


class MisfitError(Exception):
    """The shapes of the children do not fit the operation."""


class Tree:
    """One node. ``+``, ``-``, ``*`` (entry by entry), ``@``, ``**`` and ``.T`` build larger trees."""

    __slots__ = ("__weakref__", "children", "op", "shape", "value")

    op: str
    children: tuple[Tree, ...]
    value: Any
    shape: Shape

    def __add__(self, other: Tree) -> Tree:
        return add(self, other)

    def __sub__(self, other: Tree) -> Tree:
        return add(self, scale(-1, other))

    def __neg__(self) -> Tree:
        return scale(-1, self)

    def __mul__(self, other: Tree) -> Tree:
        return had(self, other)

    def __matmul__(self, other: Tree) -> Tree:
        return dot(self, other)

    def __pow__(self, exponent: int | Fraction) -> Tree:
        return power(self, exponent)

    @property
    def T(self) -> Tree:
        return node("T", (self,))

    def __repr__(self) -> str:
        inner = ", ".join(map(repr, self.children))
        value = "" if self.value is None else str(self.value[0] if self.op == "var" else self.value)
        return value if self.op in ("var", "num") else f"{self.op}{'[' + value + ']' if value else ''}({inner})"


_POOL: WeakValueDictionary[tuple[Any, ...], Tree] = WeakValueDictionary()


def node(op: str, children: tuple[Tree, ...] = (), value: Any = None) -> Tree:
    """The tree of an operation. Raises MisfitError where the shapes do not fit."""
    key = (op, children, value)
    found = _POOL.get(key)
    if found is None:
        found = Tree()
        found.op, found.children, found.value = op, children, value
        found.shape = SHAPES[op](tuple(child.shape for child in children), value)
        _POOL[key] = found
    return found


def _need(fits: bool) -> None:
    if not fits:
        raise MisfitError


def _same(shapes: tuple[Shape, ...], value: Any) -> Shape:
    _need(len(set(shapes)) == 1)
    return shapes[0]


def _had(shapes: tuple[Shape, ...], value: Any) -> Shape:
    full = {shape for shape in shapes if shape}
    _need(len(full) <= 1)
    return next(iter(full), ())


def _dot(shapes: tuple[Shape, ...], value: Any) -> Shape:
    left, right = shapes
    _need(bool(left) and bool(right) and left[-1] == right[0])
    return left[:-1] + right[1:]


def _ranked(rank: int, shape: Callable[[Shape, Any], Shape]) -> Callable[[tuple[Shape, ...], Any], Shape]:
    def checked(shapes: tuple[Shape, ...], value: Any) -> Shape:
        _need(all(len(s) == rank for s in shapes))
        return shape(tuple(dim for s in shapes for dim in s), value)

    return checked


def _square(shapes: tuple[Shape, ...], value: Any) -> Shape:
    _need(len(shapes[0]) == 2 and shapes[0][0] == shapes[0][1])
    return shapes[0]


def _ein(shapes: tuple[Shape, ...], value: Any) -> Shape:
    inputs, out = value.split("->")
    dims: dict[str, str] = {}
    for letters, shape in zip(inputs.split(","), shapes, strict=True):
        _need(len(letters) == len(shape))
        for letter, dim in zip(letters, shape, strict=True):
            _need(dims.setdefault(letter, dim) == dim)
    _need(set(out) <= set(dims))
    return tuple(dims[letter] for letter in out)


SHAPES: dict[str, Callable[[tuple[Shape, ...], Any], Shape]] = {
    "var": lambda _, value: value[1],
    "num": lambda _, value: (),
    "size": lambda _, value: (),
    "eye": lambda _, value: (value, value),
    "ones": lambda _, value: value,
    "add": _same,
    "scale": _same,
    "fun": _same,
    "pow": _same,
    "had": _had,
    "dot": _dot,
    "outer": _ranked(1, lambda s, _: s),
    "T": _ranked(2, lambda s, _: s[::-1]),
    "diag": _ranked(1, lambda s, _: s * 2),
    "diagonal": lambda shapes, value: _square(shapes, value)[:1],
    "trace": lambda shapes, value: _square(shapes, value)[:0],
    "det": lambda shapes, value: _square(shapes, value)[:0],
    "inv": _square,
    "total": lambda shapes, _: (),
    "rowsum": _ranked(2, lambda s, _: s[:1]),
    "rows": _ranked(1, lambda s, value: (value, *s)),
    "cols": _ranked(1, lambda s, value: (*s, value)),
    "cat": _ranked(1, lambda s, _: ("+".join(s),)),
    "ein": _ein,
    "grad": lambda shapes, _: shapes[1],
}


def var(name: str, *shape: str, positive: bool = False) -> Tree:
    """A variable; ``name_t`` is its value at time t."""
    return node("var", (), (name, shape, positive))


def num(value: int | Fraction) -> Tree:
    return node("num", (), Fraction(value))


def ones(*shape: str) -> Tree:
    return node("ones", (), shape) if shape else num(1)


def add(*children: Tree) -> Tree:
    return children[0] if len(children) == 1 else node("add", children)


def scale(factor: int | Fraction, child: Tree) -> Tree:
    return node("scale", (child,), Fraction(factor))


def had(*children: Tree) -> Tree:
    return children[0] if len(children) == 1 else node("had", children)


def dot(left: Tree, right: Tree) -> Tree:
    return node("dot", (left, right))


def power(child: Tree, exponent: int | Fraction) -> Tree:
    return node("pow", (child,), Fraction(exponent))


def fun(name: str, child: Tree) -> Tree:
    return node("fun", (child,), name)


def op(name: str, *children: Tree, value: Any = None) -> Tree:
    return node(name, children, value)


def complement(tree: Tree) -> Tree:
    """1 − a."""
    return ones(*tree.shape) - tree


def subtrees(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """Every node with the way to it; the variable that a derivative is taken by stays as it is."""
    yield path, tree
    for place, child in enumerate(tree.children):
        if tree.op != "grad" or place == 0:
            yield from subtrees(child, (*path, place))


def replaced(tree: Tree, path: Path, new: Tree) -> Tree:
    """The tree with the node at ``path`` replaced. Raises MisfitError where the new one does not fit."""
    if not path:
        return new
    children = list(tree.children)
    children[path[0]] = replaced(children[path[0]], path[1:], new)
    return node(tree.op, tuple(children), tree.value)


def height(tree: Tree) -> int:
    return 1 + max(map(height, tree.children), default=0)
