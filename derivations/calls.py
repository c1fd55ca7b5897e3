"""Functions that are not elementwise, written from primitives, and exponents."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derivations.reading import surface as s
from derivations.tensors import diagonal, hadamard, total
from derivations.terms import Term, apply, linear, ones, power, product, scale
from derivations.world import MisfitError, UnclearError


def rational(node: s.Node) -> Fraction | None:
    """The rational number that an expression of numbers alone stands for."""
    match node:
        case s.Number():
            return node.value
        case s.Group():
            return rational(node.inner)
        case s.Neg():
            inner = rational(node.argument)
            return None if inner is None else -inner
        case s.Divide():
            over, under = rational(node.numerator), rational(node.denominator)
            return over / under if over is not None and under else None
    return None


def _diag(term: Term, node: s.Call) -> Term:
    if term.rank == 1:
        return diagonal(term)
    if term.rank == 2 and term.shape[0] == term.shape[1]:
        return product([(term, "ii")], "i")
    raise MisfitError("diag needs a column or a square matrix", node.span)


def _softmax(term: Term, node: s.Call) -> Term:
    if term.rank != 1:
        raise UnclearError("softmax of anything but a column cannot be checked yet", node.span)
    return hadamard(apply("exp", term), power(total(apply("exp", term)), -1))


def _trace(term: Term, node: s.Call) -> Term:
    if term.rank != 2 or term.shape[0] != term.shape[1]:
        raise MisfitError("a trace needs a square matrix", node.span)
    return product([(term, "ii")], "")


SPECIAL: dict[str, Callable[[Term, s.Call], Term]] = {
    "diag": _diag,
    "softmax": _softmax,
    "tr": _trace,
    "sqrt": lambda term, node: power(term, Fraction(1, 2)),
    "sech": lambda term, node: hadamard(ones(term.shape), power(_cosh(term), -1)),
}


def _cosh(term: Term) -> Term:
    half = Fraction(1, 2)
    return linear([(half, apply("exp", term)), (half, apply("exp", scale(-1, term)))], term.shape)
