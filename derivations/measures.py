"""Sizes of things: what bars around a quantity mean, and the norms."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivations.reading import surface as s
from derivations.tensors import total
from derivations.terms import Term, apply, power
from derivations.values import Value
from derivations.world import UnclearError

BARS = "bars"
"""What bars around a quantity call: its absolute value or, around a square matrix, its determinant."""
DETERMINANT = "bars around a square matrix read as its determinant"
REVERSED = "cross entropy, the estimate first"
ESTIMATE_FIRST = "the first argument of the cross entropy read as the estimate"
FROBENIUS = "the norm of order 2 of a matrix read as the Frobenius norm"


def meanings(node: s.Call, argument: Term) -> list[tuple[s.Call, frozenset[str]]]:
    """The calls that a call can stand for, the most natural first, each with the reading that it takes."""
    if node.function == "crossentropy" and len(node.arguments) == 2:
        return _cross_entropies(node)
    if node.function != BARS:
        return [(node, frozenset())]
    found = [(replace(node, function="abs"), frozenset[str]())]
    square = argument.rank == 2 and argument.shape[0] == argument.shape[1]
    return [*found, (replace(node, function="det"), frozenset({DETERMINANT}))] if square else found


def _cross_entropies(node: s.Call) -> list[tuple[s.Call, frozenset[str]]]:
    """The estimate is the one with a hat; where none tells, it stands second."""
    first, second = map(estimate, node.arguments)
    swapped = replace(node, function=REVERSED)
    if first != second:
        return [(swapped if first else node, frozenset())]
    return [(node, frozenset()), (swapped, frozenset({ESTIMATE_FIRST}))]


def estimate(node: s.Node) -> bool:
    """Whether a name is written as an estimate, with a hat."""
    return isinstance(node, s.Symbol) and "hat" in node.marks


def norm(node: s.Norm, value: Value) -> Value:
    """A norm as a number. That of order 2 of a matrix is often meant as the Frobenius norm, which is then said.

    Raises UnclearError for other orders than 1, 2 and F.
    """
    matrix = value.term.rank > 1
    if node.order not in ("", "1", "2", "F") or (node.order == "1" and matrix):
        raise UnclearError(f"the norm of order {node.order} cannot be checked yet", node.span)
    if node.order == "1":
        return Value(total(apply("abs", value.term)), readings=value.readings, opaque=value.opaque)
    guessed = frozenset({FROBENIUS} if matrix and node.order == "2" else ())
    term = power(total(power(value.term, 2)), Fraction(1, 2))
    return Value(term, readings=value.readings | guessed, opaque=value.opaque or bool(guessed))
