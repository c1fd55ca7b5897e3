r"""Products that are convolutions: ``z = a * W`` between matrices of numbers on a sheet that speaks of convolutions.

:func:`with_convolutions` marks such products, :func:`correlated` takes one as its way says. Which ways there are is a
matter of words (:mod:`derivations.convolution_words`); ``check.py`` tries all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import sympy

from derivations.convolution_words import Way, Ways, Words
from derivations.errors import ShapeError
from derivations.layers import convolution1d, convolution2d, correlation1d, correlation2d
from derivations.reading import surface as s
from derivations.terms import Dim, Shape, Term

KERNELS: Final = frozenset("W w K k F f U V omega theta Theta kappa".split())
"""Letters of kernels; a kernel may stand before the image."""
SIGNS: Final = frozenset({"*", "times"})
"""Signs that may stand for a convolution; ``star`` always does."""
STAR: Final = "star"
NOT_SYMMETRIC: Final = "same padding puts more zeros on one side here: say how many, with padding: N"
SEVERAL: Final = "it is unclear which of these factors are convolved"


Name = tuple[str, tuple[str, ...], str, s.Time | None] | None


class AsymmetricError(ShapeError):
    """A padding that is not the same on both sides, of which libraries do not agree where it goes."""


@dataclass(frozen=True, slots=True)
class Try:
    """A way to take all convolutions in for which the words allow it or, unless ``allowed``, leave it possible."""

    way: Way
    allowed: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """The sentences with their convolutions, the ways that each may be taken in, and the way that it was taken in."""

    sentences: list[s.Sentence]
    ways: tuple[Ways, ...] = ()
    taken: tuple[Way, ...] = ()

    @property
    def tries(self) -> list[Try]:
        """What is to be tried besides the most natural way of each convolution."""
        open_ones = dict.fromkeys(way for ways in self.ways if len(ways.allowed) > 1 for way in ways.allowed)
        every = dict.fromkeys(way for ways in self.ways for way in (*ways.allowed, *ways.possible))
        return [*(Try(way, True) for way in open_ones), *(Try(way, False) for way in every)]


def with_convolutions(
    sentences: Sequence[s.Sentence], words: Words, signs: dict[str, str], attempt: Try | None
) -> Marked:
    """The sentences with every product that may be a convolution marked as one.

    ``signs`` are the product signs whose meaning is declared; ``attempt`` is what
    to try, None for the most natural way of each.
    """
    found: list[Ways] = []
    taken: list[Way] = []

    arrays = _arrays(sentences) if words.speaks or "correlation" in signs.values() else set()

    def change(node: s.Node) -> s.Node:
        marked = _marked(node, words, signs, arrays)
        if marked is None:
            return node
        product, ways = marked
        found.append(ways)
        options = ways.allowed if attempt is None or attempt.allowed else (*ways.allowed, *ways.possible)
        chosen = attempt.way if attempt is not None and attempt.way in options else ways.allowed[0]
        taken.append(chosen)
        return s.Correlation(node.span, product, chosen)

    changed = [_changed(x, change) if isinstance(x, s.Statement) else x for x in sentences]
    return Marked(changed, tuple(found), tuple(taken))


def _changed(statement: s.Statement, change: Callable[[s.Node], s.Node]) -> s.Sentence:
    for node in (node for item in statement.items for node in item.walk()):
        if isinstance(node, s.Mul) and STAR in node.operators and len(node.factors) > 2:
            return s.Unreadable(statement.span, node.span, SEVERAL, "brackets", statement.display)
    return statement.rewritten(change)


def _arrays(sentences: Sequence[s.Sentence]) -> set[Name]:
    """The names that stand for matrices of numbers, or for what is made of such."""
    statements = [x for x in sentences if isinstance(x, s.Statement) and len(x.items) > 1]
    found: set[Name] = set()
    for _ in range(len(statements)):
        size = len(found)
        found |= {
            _name(x.items[0]) for x in statements if isinstance(x.items[0], s.Symbol) and _is_array(x.items[1], found)
        }
        if len(found) == size:
            break
    return found


def _name(node: s.Node) -> Name:
    return (node.base, node.marks, node.name, node.time) if isinstance(node, s.Symbol) else None


def _is_array(node: s.Node, known: set[Name]) -> bool:
    """Whether an expression holds a matrix that is written out, or a name for one."""
    return any(
        isinstance(x, s.Matrix | s.Concat) or (isinstance(x, s.Symbol) and _name(x) in known) for x in node.walk()
    )


def _marked(node: s.Node, words: Words, signs: dict[str, str], arrays: set[Name]) -> tuple[s.Mul, Ways] | None:
    """A product, or a call such as ``conv(a, W)``, with the ways to take it; None where it is no convolution."""
    if isinstance(node, s.Call) and node.function == "conv" and len(node.arguments) == 2:
        node = s.Mul(node.span, node.arguments, (STAR,))
    if not isinstance(node, s.Mul) or len(node.factors) != 2:
        return None
    sign = node.operators[0]
    declared = signs.get(sign, "")
    if sign != STAR and declared != "correlation" and (declared or sign not in SIGNS or not words.speaks):
        return None
    if sign != STAR and not all(_is_array(factor, arrays) for factor in node.factors):
        return None
    first, second = (isinstance(x, s.Symbol) and x.base in KERNELS for x in map(_bare, node.factors))
    sure = sign == STAR or declared == "correlation"
    return node, words.ways(node.span.start, first and not second, first != second, not sure)


def _bare(node: s.Node) -> s.Node:
    return node.inner if isinstance(node, s.Group) else node


def are_arrays(one: Shape, other: Shape) -> bool:
    """Whether two shapes are those of arrays of numbers of one rank, so that a correlation can be carried out."""
    known = all(dim.is_Integer for dim in (*one, *other))
    return (
        known and len(one) == len(other) and len(one) in (1, 2) and (1 not in (*one[:1], *other[:1]) or len(one) == 2)
    )


def padded(kernel: Dim, image: Dim, way: Way) -> int:
    """How many zeros stand on each side. Raises AsymmetricError where ``same`` would put more on one side."""
    size = int(kernel)
    if way.padding == "valid":
        return 0
    if way.padding == "full":
        return size - 1
    if way.padding != "same":
        return int(way.padding)
    steps = -(-int(image) // way.stride)
    if size % 2 == 0 or (way.stride > 1 and max((steps - 1) * way.stride + size - int(image), 0) != size - 1):
        raise AsymmetricError(NOT_SYMMETRIC)
    return (size - 1) // 2


def out_shape(one: Shape, other: Shape, way: Way) -> Shape:
    """⌊(n + 2p − k)/s⌋ + 1 along every axis. Raises ShapeError where the kernel does not fit."""
    image, kernel = (other, one) if way.swapped else (one, other)
    found = []
    for n, k in zip(image, kernel, strict=True):
        span = int(n) + 2 * padded(k, n, way) - int(k)
        if span < 0:
            raise ShapeError(f"a kernel of {k} does not fit into {n} entries padded by {padded(k, n, way)}")
        found.append(sympy.Integer(span // way.stride + 1))
    return tuple(found)


def correlated(one: Term, other: Term, way: Way) -> Term:
    """The correlation of two arrays of numbers, or the convolution with the kernel turned round."""
    image, kernel = (other, one) if way.swapped else (one, other)
    out_shape(one.shape, other.shape, way)
    pads = tuple(padded(k, n, way) for n, k in zip(image.shape, kernel.shape, strict=True))
    if image.rank == 1:
        return (convolution1d if way.turned else correlation1d)(image, kernel, way.stride, pads[0])
    return (convolution2d if way.turned else correlation2d)(image, kernel, way.stride, pads)
