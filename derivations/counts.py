"""Parameter counts: names that stand for the number of their entries, and values at given sizes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy

from derivations.budget import Budget
from derivations.decide import decide
from derivations.elaborate import Elaborator
from derivations.entries import Entry, Sheet
from derivations.errors import SheetError
from derivations.judge import Judge, Judgement
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.report import Verdict
from derivations.senses import Attempt
from derivations.terms import Term, dimension, number, size
from derivations.values import Value
from derivations.world import Mode, UnclearError, World

if TYPE_CHECKING:
    from derivations.check import Checker
    from derivations.reporting import Judged

ENTRIES = "a name in a count stands for the number of its entries"


class CountingElaborator(Elaborator):
    """Reads every tensor as the number of its entries and every name of a dimension as that dimension."""

    sizes: dict[str, sympy.Rational]
    dims: set[str]

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        sizes = {**{key: sympy.Integer(value) for key, value in world.sizes}, **self.sizes}
        if ref.key in sizes:
            return number_of(sizes[ref.key])
        shape = self.knowledge.shapes.get(ref.key)
        if shape:
            return size(sympy.Mul(*shape).xreplace({dimension(key): value for key, value in sizes.items()}))
        if ref.key not in self.dims:
            raise UnclearError(f"{ref.key} is not a dimension of this sheet", span)
        return size(dimension(ref.key))


def number_of(value: sympy.Rational) -> Term:
    """A SymPy rational as a term."""
    return number(Fraction(int(value.p), int(value.q)))


def counting(sheet: Sheet, sizes: dict[str, sympy.Rational] | None = None) -> CountingElaborator:
    """An elaborator for counts; ``sizes`` puts numbers in for dimensions."""
    found = CountingElaborator(replace(sheet.knowledge, dims=frozenset()))
    found.sizes = sizes or {}
    found.dims = sheet.dims
    return found


def _names(node: s.Node, sheet: Sheet) -> set[str]:
    return {sheet.knowledge.names.ref(n).key for n in node.walk() if isinstance(n, s.Symbol)}


def speaks_of_counts(left: s.Node, right: s.Node, sheet: Sheet, numbered: bool = False) -> bool:
    """Whether ``left = right`` can be a count: plain arithmetic, one side made of the sheet's dimensions alone.

    With ``numbered`` dimensions, which are known as numbers, a side may be of numbers alone.
    """
    names = [_names(side, sheet) for side in (left, right)]
    shapes = {sheet.knowledge.shapes.get(key, ()) for side in names for key in side}
    numbered = numbered and not all(names) and len(shapes) > 1
    return _is_count(left) and _is_count(right) and (numbered or any(side and side <= sheet.dims for side in names))


def _is_count(node: s.Node) -> bool:
    """Whether an expression can be a count: plain arithmetic of numbers and of names without a time."""
    for part in node.walk():
        if isinstance(part, s.Symbol):
            if part.time is not None or part.component:
                return False
        elif isinstance(part, s.Mul):
            if any(operator in ("odot", "otimes", "circ", "@") for operator in part.operators):
                return False
        elif not isinstance(part, s.Number | s.Add | s.Neg | s.Raise | s.Group | s.Divide):
            return False
    return True


def judge_counting(left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement | None:
    """``left = right`` as a count; None where neither side is made of the sheet's dimensions alone."""
    if not speaks_of_counts(left, right, checker.sheet, bool(world.sizes)):
        return None
    names = [_names(side, checker.sheet) for side in (left, right)]
    judge = Judge(counting(checker.sheet), checker.options.seed, checker.options.time_limit)
    found = judge.judge(left, right, world)
    for mode, (attempt, decision) in found.right.items():
        tensors = any(checker.sheet.knowledge.shapes.get(key) for side in names for key in side)
        readings = attempt.readings | ({ENTRIES} if tensors else frozenset())
        found.right[mode] = (Attempt(mode, attempt.left, attempt.right, readings, False), decision)
    return found


def judge_count(entry: Entry, checker: Checker) -> Judged:
    """A value said to follow, for given sizes, from the expression before."""
    from derivations.reporting import Judged

    statement = entry.sentence
    assert isinstance(statement, s.Statement)
    right = statement.items[0]
    left = entry.about.items[-1] if entry.about is not None else right
    world = World()
    found = Judgement()
    try:
        value = _valued(left, entry, checker, world)
        claim = checker.elaborator.elaborate(right, world)[0]
        if value.term.rank or claim.term.rank:
            raise SheetError("it is no number")
        decision = decide(value.term, claim.term, checker.options.seed, Budget())
        attempt = Attempt(Mode.TOTAL, value.term, claim.term, frozenset(), False)
        if decision.verdict is Verdict.PROVED:
            found.right[Mode.TOTAL] = (attempt, decision)
        else:
            found.best, found.decision = attempt, decision
    except SheetError as error:
        found.unclear = UnclearError(f"no expression before this gives a number at these sizes: {error}", right.span)
    return Judged(entry, 0, left, right, world, found)


def _valued(left: s.Node, entry: Entry, checker: Checker, world: World) -> Value:
    if entry.about is None:
        raise SheetError("there is none")
    sizes = {key: sympy.Rational(v.numerator, v.denominator) for key, v in entry.sizes.items()}
    return counting(checker.sheet, sizes).elaborate(left, world)[0]
