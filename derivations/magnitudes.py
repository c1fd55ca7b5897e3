"""Numbers that are said to be about the same (≈) or to be in order (<, ≤, >, ≥, ≠), by ball arithmetic.

``a ≈ 0.62`` is right if a, rounded to the digits that are written, is 0.62. What is only cut off there, or may come
from inputs that were rounded before, is not called wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from flint import arb

from derivations.budget import Budget
from derivations.decide import Decision, decide
from derivations.digits import Written, written
from derivations.elaborate import Elaborator
from derivations.errors import SheetError
from derivations.evaluate import Balls, evaluate, precision
from derivations.functions import FUNCTIONS
from derivations.judge import Judgement
from derivations.python_text import snippet
from derivations.reading import surface as s
from derivations.refute import refute
from derivations.report import Counterexample, Verdict
from derivations.rounding import ball as ball_of
from derivations.senses import Attempt
from derivations.terms import Apply, Shape, Term, number, subtract
from derivations.traverse import dim_symbols, free_variables, postorder
from derivations.values import Value
from derivations.world import Mode, UnclearError, World

if TYPE_CHECKING:
    from derivations.check import Checker

BITS: Final = (64, 256, 1024)
SLACK: Final = Fraction(1, 10**9)
"""Half-way cases may be rounded either way."""
ROUGH: Final = 3
"""An input of so many digits, with decimals, may itself have been rounded."""
NOT_NUMBERS: Final = "this relation is checked only between numbers"
NO_RELATION: Final = "the relation"
NO_NUMBERS: Final = (NOT_NUMBERS, NO_RELATION)
"""How a reason begins that tells nothing of numbers."""
NO_DIGITS: Final = "≈ is checked only where one side is a number with its digits"
CUT: Final = "the digits are cut off, not rounded"
FEW: Final = "so few digits do not tell how close it is meant to be"
ROUNDED: Final = "the difference may come from inputs that were rounded before"

Ordered = Callable[[arb], bool]
ORDERED: Final[dict[str, tuple[Ordered, bool]]] = {
    "<": (lambda d: bool(d < 0), False),
    ">": (lambda d: bool(d > 0), False),
    "leq": (lambda d: bool(d < 0), True),
    "geq": (lambda d: bool(d > 0), True),
    "neq": (lambda d: bool(d != 0), False),
}
"""What must be sure of the difference of the sides, and whether equal sides will do, too."""


class _Shaken(Elaborator):
    """An elaborator that takes one number, wherever it stands, for a slightly different one; notes all numbers."""

    def __init__(self, ordinary: Elaborator, moved: Fraction | None = None, by: Fraction = Fraction(0)) -> None:
        super().__init__(ordinary.knowledge, ordinary.rules, ordinary.scalar)
        self.moved, self.by = moved, by
        self.seen: dict[s.Number, None] = {}

    def elaborate(self, node: s.Node, world: World, target: Shape | None = None) -> list[Value]:
        if isinstance(node, s.Number):
            self.seen[node] = None
            return [Value(number(node.value + (self.by if node.value == self.moved else 0)))]
        return super().elaborate(node, world, target)


def judge_magnitudes(link: s.Link, left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement:
    """Whether two numbers are about the same, or in order; undecided wherever they are no numbers."""
    found = Judgement(decision=Decision(Verdict.UNDECIDED, NOT_NUMBERS))
    known = link.relation is s.Relation.APPROX or link.sign in ORDERED
    if not known or any(isinstance(x, s.Partial) for side in (left, right) for x in side.walk()):
        found.decision = Decision(Verdict.UNDECIDED, f"{NO_RELATION} {link.glyph} cannot be checked yet")
        return found
    try:
        one, other = (_number(checker.elaborator, side, world) for side in (left, right))
    except UnclearError as error:
        return Judgement(unclear=error)
    except SheetError:
        return found
    if one is None or other is None:
        return found
    near = link.relation is s.Relation.APPROX
    found.decision = _near(left, right, world, checker) if near else _in_order(one, other, link.sign, checker)
    return _settled(found, one, other, checker)


def _settled(found: Judgement, left: Term, right: Term, checker: Checker) -> Judgement:
    """The judgement with what is right among the readings, and with both values where it is wrong."""
    decision = found.decision
    if decision is not None and decision.verdict is Verdict.PROVED:
        found.right[Mode.TOTAL] = (Attempt(Mode.TOTAL, left, right, frozenset(), False), decision)
    if decision is not None and decision.verdict is Verdict.WRONG:
        found.decision = replace(decision, counterexample=_values(left, right, checker.options.seed))
    return found


def _values(left: Term, right: Term, seed: int) -> Counterexample:
    shown = refute(left, right, seed, Budget()).counterexample
    if shown is not None:
        return replace(shown, python=snippet(left, right, shown))
    with precision(BITS[0]):
        texts = [ball.str(6, radius=False) for ball in _balls([left, right], seed)]
    return Counterexample({}, {}, (), texts[0], texts[1])


def _number(elaborator: Elaborator, node: s.Node, world: World) -> Term | None:
    """The one number that an expression stands for; None where it has free names, sizes or several readings."""
    values = elaborator.elaborate(node, world)
    term = values[0].term
    unknown = any(isinstance(x, Apply) and x.function not in FUNCTIONS for x in postorder([term]))
    open_ended = unknown or values[0].opaque or term.shape or free_variables([term]) or dim_symbols([term])
    return None if open_ended or any(value.term is not term for value in values) else term


def _balls(terms: list[Term], seed: int) -> list[arb]:
    return [x.item(()) for x in evaluate(terms, {}, {}, Balls(seed))]


def _in_order(left: Term, right: Term, sign: str, checker: Checker) -> Decision:
    """An order of two numbers: certain from enclosures, or from a proof that they are the same."""
    holds, equal_will_do = ORDERED[sign]
    seed = checker.options.seed
    for difference in _enclosures(subtract(left, right), seed):
        if holds(difference):
            return Decision(Verdict.PROVED, log=("enclosures of both sides are in this order",))
        if difference != 0:
            return Decision(Verdict.WRONG, "they stand in the other order")
    if decide(left, right, seed, Budget(seconds=checker.options.time_limit)).verdict is Verdict.PROVED:
        return Decision(Verdict.PROVED if equal_will_do else Verdict.WRONG, log=("both sides have the same value",))
    return Decision(Verdict.UNDECIDED, "the two sides could not be told apart")


def _enclosures(term: Term, seed: int) -> Iterator[arb]:
    """Closer and closer balls around a number."""
    for bits in BITS:
        with precision(bits):
            ball = _balls([term], seed)[0]
            if ball.is_finite():
                yield ball


# About the same


def _near(left: s.Node, right: s.Node, world: World, checker: Checker) -> Decision:
    """Whether one side is the other one to the digits given."""
    shown = [(written(node, checker.source), other) for node, other in ((right, left), (left, right))]
    given = [(number, other) for number, other in shown if number is not None]
    if not given:
        return Decision(Verdict.UNDECIDED, NO_DIGITS)
    rounded, exact = max(given, key=lambda pair: pair[0].unit)
    shaken = _Shaken(checker.elaborator)
    term = _number(shaken, exact, world)
    ball = next(_enclosures(term, checker.options.seed), None) if term is not None else None
    if ball is None:
        return Decision(Verdict.UNDECIDED, "this number has no value that could be enclosed")
    decision = _compared(ball, rounded)
    doubtful = decision.verdict is Verdict.WRONG and _may_be_rounding(ball, rounded, exact, shaken, world, checker)
    return Decision(Verdict.UNDECIDED, ROUNDED) if doubtful else decision


def _compared(ball: arb, rounded: Written) -> Decision:
    off, half = abs(ball - ball_of(rounded.value)), rounded.unit / 2
    if off <= ball_of(rounded.sure * (1 + SLACK)):
        return Decision(Verdict.PROVED, "to the digits given", ("an enclosure of the value rounds to these digits",))
    if not off > ball_of(half * (1 + SLACK)):
        return Decision(Verdict.UNDECIDED, FEW)
    if ball_of(0) <= (ball - ball_of(rounded.value)) * (1 if rounded.value >= 0 else -1) and not off >= ball_of(
        rounded.unit
    ):
        return Decision(Verdict.UNDECIDED, CUT)
    return Decision(Verdict.WRONG, f"to more digits the value is {ball.str(rounded.digits + 3, radius=False)}")


def _may_be_rounding(ball: arb, rounded: Written, exact: s.Node, seen: _Shaken, world: World, checker: Checker) -> bool:
    """Whether inputs that were rounded before explain how far the value is from the digits given."""
    moved = arb(0)
    for rough in _rough(seen, exact.span.start, checker):
        term = _number(_Shaken(checker.elaborator, rough.value, rough.unit), exact, world)
        other = next(_enclosures(term, checker.options.seed), None) if term is not None else None
        if other is None:
            return True
        moved += abs(other - ball)
    return bool(moved != 0) and not abs(ball - ball_of(rounded.value)) > moved + ball_of(rounded.unit)


def _rough(seen: _Shaken, start: int, checker: Checker) -> list[Written]:
    """The numbers of an expression, and of what it rests on, that may have been rounded."""
    about = {number.value for number in _rounded_before(start, checker)}
    found = {number.value: number for node in seen.seen if (number := written(node, checker.source)) is not None}
    return [x for x in found.values() if x.decimals and (x.digits >= ROUGH or x.value in about)]


def _rounded_before(start: int, checker: Checker) -> Iterator[Written]:
    """The numbers that the sheet itself introduces by ≈ before a place, without their signs."""
    for entry in checker.sheet.entries:
        if isinstance(entry.sentence, s.Statement):
            for link, node in zip(entry.sentence.links, entry.sentence.items[1:], strict=False):
                before = link.relation is s.Relation.APPROX and node.span.end <= start
                number = written(node, checker.source) if before else None
                if number is not None:
                    yield replace(number, value=abs(number.value))
