"""Where a derivative does not exist: the kinks of piecewise functions and the ties of a largest entry."""

from __future__ import annotations

from collections.abc import Iterable

from derivations.functions import FUNCTIONS
from derivations.latex import Printer
from derivations.operators import OPERATORS
from derivations.terms import Apply, Operator, Term, Var
from derivations.traverse import postorder

NEGATED = {"= 0": r"\ne 0", "is an integer": "is no integer"}
TIED = frozenset({"max", "winner"})


def kinks(terms: Iterable[Term]) -> tuple[str, ...]:
    """The conditions under which what the terms speak of has a derivative, each once, in the order of the terms."""
    printer = Printer({})
    found: dict[str, None] = {}
    for term in postorder(terms):
        if isinstance(term, Apply) and term.function in FUNCTIONS and FUNCTIONS[term.function].kink:
            found[f"{printer.latex(term.argument)} {NEGATED[FUNCTIONS[term.function].kink]}"] = None
        if isinstance(term, Operator) and term.name in TIED and not isinstance(term.argument, Var):
            found[f"{printer.latex(term.argument)} {OPERATORS[term.name].condition}"] = None
    return tuple(found)
