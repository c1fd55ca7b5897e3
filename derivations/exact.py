"""Equality of expressions of numbers alone, by exact rational arithmetic."""

from __future__ import annotations

from flint import fmpq

from derivations.evaluate import Rationals, evaluate, work
from derivations.functions import FUNCTIONS
from derivations.terms import Apply, Operator, Term
from derivations.traverse import dim_symbols, free_variables, postorder

MOST_WORK = 20_000


def equal_in_value(left: Term, right: Term) -> bool:
    """Whether two expressions of numbers have the same rational entries, every step on the way being rational too."""
    nodes = list(postorder([left, right]))
    if free_variables([left, right]) or dim_symbols([left, right]) or not all(map(_is_certain, nodes)):
        return False
    if work(nodes, {}) > MOST_WORK:
        return False
    values = evaluate(nodes, {}, {}, Rationals())
    if not all(isinstance(entry, fmpq | int) for value in values for entry in value.flat):
        return False
    found = dict(zip(nodes, values, strict=True))
    return bool((found[left] == found[right]).all())


def _is_certain(term: Term) -> bool:
    """Whether the value of a node is never a stand-in or a convention."""
    if isinstance(term, Apply):
        return term.function in FUNCTIONS
    return not (isinstance(term, Operator) and term.name == "winner")
