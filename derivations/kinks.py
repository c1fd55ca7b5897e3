"""Where a derivative does not exist: the kinks of piecewise functions and the ties of a largest entry."""

from __future__ import annotations

from collections.abc import Iterable

from derivations.errors import UsageError
from derivations.evaluate import UNKNOWN, Rationals, evaluate
from derivations.functions import FUNCTIONS
from derivations.latex import Printer
from derivations.operators import OPERATORS
from derivations.terms import Apply, Operator, Term, Var
from derivations.traverse import free_variables, postorder

NEGATED = {"= 0": r"\ne 0", "is an integer": "is no integer"}
TIED = frozenset({"max", "winner"})
BENT = frozenset({"relu", "abs"})
"""What bends at a place and does not jump, so that its value there is no convention."""


def is_piecewise(term: Term) -> bool:
    """Whether a node changes its formula from place to place."""
    if isinstance(term, Operator):
        return term.name in TIED
    return isinstance(term, Apply) and term.function in FUNCTIONS and bool(FUNCTIONS[term.function].kink)


def at_a_kink(terms: Iterable[Term], jumps_only: bool = False) -> bool:
    """Whether a piecewise function stands at a constant where it jumps or, unless only jumps count, bends."""
    found = (x for x in postorder(terms) if isinstance(x, Apply) and is_piecewise(x))
    return any(_bends(x) for x in found if not (jumps_only and x.function in BENT))


def _bends(term: Apply) -> bool:
    if free_variables([term.argument]):
        return False
    try:
        values = evaluate([term.argument], {}, {}, Rationals())[0]
    except UsageError:
        return True
    whole = FUNCTIONS[term.function].kink != "= 0"
    return any(x is UNKNOWN or x == 0 or (whole and x.q == 1) for x in values.flat)


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
