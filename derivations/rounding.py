"""Worked values: ``h_1 = tanh(0.25) = 0.2449`` is right to the digits that are written, matrices entry by entry.

A value that was worked out from rounded values of the sheet differs in its last digits from the true one. It is not
called wrong where the roundings before it explain the difference; that it is right only so is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Final

from flint import arb, fmpq

from derivations.alignment import TRANSPOSED
from derivations.decide import Decision
from derivations.digits import Digits, Written, digits_of
from derivations.errors import SheetError
from derivations.evaluate import Balls, Rationals, evaluate, precision
from derivations.functions import FUNCTIONS
from derivations.judge import Judge, Judgement
from derivations.names import Ref, ref_text
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.report import Verdict
from derivations.senses import Attempt
from derivations.stated import DIGITS, Stated, WithStated, values_in_the_text
from derivations.terms import Apply, Shape, Term, add, number
from derivations.traverse import dim_symbols, free_variables, postorder
from derivations.world import World

if TYPE_CHECKING:
    from derivations.check import Checker

BITS: Final = (64, 256, 1024)
SLACK: Final = Fraction(1, 10**9)
"""Half-way cases may be rounded either way."""
FIRM: Final = 2
"""A single digit behind ``=`` does not show that it was rounded."""
MATRIX: Final = 2
"""So many entries make a matrix, whose right value is shown."""
TOLERANCE: Final = 20
"""How many times the roundings before a derivative may have grown in it: no formula tells where they entered."""
CUT: Final = "the digits are cut off, not rounded"
FEW: Final = "so few digits do not tell how close it is meant to be"
EARLIER: Final = "the difference may come from values that were rounded before"
SEVERAL: Final = "the text gives several values to a name of this step; define them in displayed formulas"
LOG: Final = ("an enclosure of the value rounds to these digits",)


def worked_value(found: Judgement, left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement:
    """The judgement of a step that is not right, with a side of numbers taken to the digits that are written."""
    return _with_the_text(found, left, right, world, checker) or consequence(found, left, right, world, checker)


def about_the_value(left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement | None:
    """The judgement of ``left ≈ right`` where a side is numbers and the other a derivative, or a matrix; else None."""
    return _with_the_text(checker.judge.judge(left, right, world), left, right, world, checker, rounded=True)


def _with_the_text(
    found: Judgement, left: s.Node, right: s.Node, world: World, checker: Checker, rounded: bool = False
) -> Judgement | None:
    """A wrong step with the values that running text gives to its names put in, where only numbers are left then."""
    said = values_in_the_text(checker, left.span.start) if found.verdict is Verdict.WRONG else {}
    near = checker.sheet.knowledge.reachable(left, right) if said else set()
    facts = tuple(facts[0] for key, facts in said.items() if key in near)
    if any(len({fact.value for fact in said[fact.key]}) > 1 for fact in facts):
        return Judgement(decision=Decision(Verdict.UNDECIDED, SEVERAL))
    inner = replace(world, facts=facts) if facts else world
    given = checker.judge.judge(left, right, inner) if facts else found
    if not facts or not all(_is_constant(side) for x in given.attempts for side in (x.left, x.right)):
        return _worked(found, left, right, world, checker, rounded)
    given = _worked(given, left, right, inner, checker, rounded) or given
    why = "given that " + ", ".join(fact.text for fact in facts)
    given.right = {mode: (attempt, decision.but(why)) for mode, (attempt, decision) in given.right.items()}
    return given


def _worked(
    found: Judgement, left: s.Node, right: s.Node, world: World, checker: Checker, rounded: bool
) -> Judgement | None:
    claim = _claim(found, left, right, world, checker, rounded)
    return consequence(claim.judged(), left, right, world, checker) if claim else None


def _claim(
    found: Judgement, left: s.Node, right: s.Node, world: World, checker: Checker, rounded: bool
) -> _Claim | None:
    """``rounded`` tells that the sign itself speaks of rounding: then whole numbers may be rounded, too."""
    shown = _shown(left, right, checker.source, rounded)
    if shown is None or found.right or found.unclear is not None or not found.attempts:
        return None
    claim = _Claim(found, left, right, world, checker, *shown, rounded)
    return claim if claim.is_of_numbers() else None


def _shown(left: s.Node, right: s.Node, source: Source, rounded: bool) -> tuple[Digits, bool] | None:
    """The side that is numbers to some digits, and whether it is the right one; of two the rougher one."""
    sides = [
        (digits, is_right) for node, is_right in ((right, True), (left, False)) if (digits := digits_of(node, source))
    ]
    sides = [(digits, at) for digits, at in sides if rounded or any(_may_be_rounded(x) for x in digits)]
    return max(sides, key=lambda side: max(x.unit for x in side[0]), default=None)


def _may_be_rounded(number_: Written) -> bool:
    return number_.decimals or number_.unit < 1


def consequence(found: Judgement, left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement:
    """The judgement of a wrong step that is right with the values that the sheet states before it.

    With rounded ones it holds; with a wrong one it stays wrong, and ``follows`` is the line of that.
    """
    if found.verdict is not Verdict.WRONG or found.follows or not checker.stated:
        return found
    elaborator = WithStated(checker.elaborator, dict(checker.stated))
    for symbol in (left, right):
        if isinstance(symbol, s.Symbol):
            elaborator.stated.pop(checker.elaborator.ref(symbol, world), None)
    asked = Judge(elaborator, checker.options.seed, checker.options.time_limit).ask(left, right, world)
    slips = [checker.stated[ref].line for ref in elaborator.used if not checker.stated[ref].right]
    constant = all(_is_constant(side) for attempt in asked.attempts for side in (attempt.left, attempt.right))
    if asked.right and slips:
        found.follows = min(slips)
    elif asked.right and elaborator.used and constant and not found.derivative:
        why = f"right with {_named(elaborator)}"
        found.right = {mode: (x, Decision(Verdict.HOLDS, why)) for mode, (x, _) in asked.right.items()}
    return found


def _named(elaborator: WithStated) -> str:
    """The rounded values that were used, in words."""
    named = ", ".join(f"{ref_text(ref)} in line {elaborator.stated[ref].line}" for ref in elaborator.used)
    return f"the rounded value of {named}"


@dataclass(slots=True)
class _Claim:
    """One step with a side of digits."""

    found: Judgement
    left: s.Node
    right: s.Node
    world: World
    checker: Checker
    digits: Digits
    at_right: bool
    rounded: bool

    def is_of_numbers(self) -> bool:
        """Whether every reading compares mere numbers, as many as are written."""
        return all(self._fits(attempt) for attempt in self.found.attempts)

    def _fits(self, attempt: Attempt) -> bool:
        count = prod(int(dim) if dim.is_Integer else 0 for dim in attempt.left.shape)
        return count == len(self.digits) and all(map(_is_constant, (attempt.left, attempt.right)))

    def judged(self) -> Judgement:
        """Right to the digits under one reading, or not certainly wrong under one; else with the stated values."""
        decided = [(attempt, self._compared(attempt, self.checker.options.seed)) for attempt in self.found.attempts]
        for attempt, decision in decided:
            if decision.verdict is Verdict.PROVED:
                self._admit(attempt, decision)
        doubtful = [pair for pair in decided if pair[1].verdict is not Verdict.WRONG]
        if not self.found.right and doubtful:
            self.found.best, self.found.decision = doubtful[0]
        elif not self.found.right:
            self.found.otherwise = self._first_entry(decided[0][1])
            self._with_stated_values()
        return self.found

    def _first_entry(self, decision: Decision) -> str:
        """Which entry of a matrix is meant, for the counterexample shows the first that is not exact."""
        return decision.why if len(self.digits) > 1 else ""

    def _admit(self, attempt: Attempt, decision: Decision) -> None:
        admitted = self.checker.judge.admitted(attempt, decision, self.found)
        if admitted is not None:
            self.found.right.setdefault(attempt.mode, (attempt, admitted))

    def _compared(self, attempt: Attempt, seed: int) -> Decision:
        values = enclosed(attempt.left if self.at_right else attempt.right, seed)
        if values is None:
            return Decision(Verdict.UNDECIDED, "this number has no value that could be enclosed")
        pairs = zip(values, self._entries(attempt), strict=True)
        found = [compared(x, digits, 0 if self.rounded else FIRM) for x, digits in pairs]
        decision = worst(found)
        if len(found) == 1 or decision.verdict is Verdict.PROVED:
            return decision
        return replace(decision, why=f"entry {_place(found.index(decision), attempt.left.shape)}: {decision.why}")

    def _entries(self, attempt: Attempt) -> Digits:
        """The digits in the order of the entries of an attempt, which may have the claimed side transposed."""
        if TRANSPOSED not in attempt.readings or attempt.left.rank != 2:
            return self.digits
        columns, rows = (int(dim) for dim in attempt.left.shape)
        return tuple(self.digits[row * columns + column] for column in range(columns) for row in range(rows))

    # With the values that the sheet states

    def _with_stated_values(self) -> None:
        """Take the value for right, wrong in consequence, or doubtful, as the values before it explain it."""
        stated = {ref: value for ref, value in self.checker.stated.items() if not self._is_about(ref)}
        if not stated:
            return
        elaborator = WithStated(self.checker.elaborator, stated)
        attempts = self._again(elaborator)
        decided = [(attempt, self._compared(attempt, self.checker.options.seed)) for attempt in attempts]
        used = [stated[ref] for ref in elaborator.used]
        agree = next((pair for pair in decided if pair[1].verdict is Verdict.PROVED), None)
        if agree is not None and used:
            self._explained(agree[0], elaborator)
        elif all(value.right for value in used) and (self._within(elaborator, decided) or self._is_near(stated)):
            self.found.decision = Decision(Verdict.UNDECIDED, EARLIER)

    def _is_about(self, ref: Ref) -> bool:
        symbol = self.right if not self.at_right else self.left
        return isinstance(symbol, s.Symbol) and self.checker.elaborator.ref(symbol, self.world) == ref

    def _again(self, elaborator: WithStated) -> list[Attempt]:
        options, settings = self.checker.options, self.checker.sheet.settings
        judge = Judge(elaborator, options.seed, options.time_limit, settings.value("partial"), settings.value("layout"))
        try:
            found = Judge.blank(self.left, self.right)
            return [x for x in judge.attempts(self.left, self.right, self.world, found) if self._fits(x)]
        except SheetError:
            return []

    def _explained(self, attempt: Attempt, elaborator: WithStated) -> None:
        wrong = [value.line for ref in elaborator.used if not (value := elaborator.stated[ref]).right]
        if wrong:
            self.found.follows = min(wrong)
            return
        exact = enclosed(self._value(self.found.attempts[0]), self.checker.options.seed)
        shown = f"; without that rounding it is {_text(exact[0], self.digits[0])}" if exact and len(exact) == 1 else ""
        why = f"{DIGITS} with {_named(elaborator)}{shown}"
        self._admit(replace(self.found.attempts[0], mode=attempt.mode), Decision(Verdict.HOLDS, why))

    def _value(self, attempt: Attempt) -> Term:
        return attempt.left if self.at_right else attempt.right

    def _within(self, elaborator: WithStated, decided: Sequence[tuple[Attempt, Decision]]) -> bool:
        """Whether values that lie within the roundings of what is stated give the digits."""
        seed = self.checker.options.seed
        centres = [enclosed(self._value(attempt), seed) for attempt, _ in decided[:1]]
        if not centres or centres[0] is None or not elaborator.used:
            return False
        moved = [arb(0)] * len(self.digits)
        for ref in elaborator.used:
            other = self._shaken(elaborator, ref)
            if other is None:
                return True
            moved = [m + abs(a - b) for m, a, b in zip(moved, other, centres[0], strict=True)]
        return all(
            not abs(x - ball(d.value)) > m + ball(d.unit)
            for x, d, m in zip(centres[0], self.digits, moved, strict=True)
        )

    def _shaken(self, elaborator: WithStated, ref: Ref) -> list[arb] | None:
        value = elaborator.stated[ref]
        moved = add(value.term, number(max(x.unit for x in value.digits), value.term.shape))
        attempts = self._again(WithStated(elaborator, {**elaborator.stated, ref: replace(value, term=moved)}))
        return enclosed(self._value(attempts[0]), self.checker.options.seed) if attempts else None

    def _is_near(self, stated: dict[Ref, Stated]) -> bool:
        """Whether a derivative is as near to its digits as roundings before it may have brought it."""
        if not self.found.derivative:
            return False
        relative = [x.unit / abs(x.value) for value in stated.values() for x in value.digits if x.value]
        exact = enclosed(self._value(self.found.attempts[0]), self.checker.options.seed)
        loose = TOLERANCE * max(relative, default=Fraction(0))
        return exact is not None and all(
            not abs(x - ball(d.value)) > abs(x) * ball(loose) + ball(d.unit)
            for x, d in zip(exact, self.digits, strict=True)
        )


def _place(k: int, shape: Shape) -> str:
    """The place of an entry, counted from 1, row by row."""
    return f"({k // int(shape[1]) + 1}, {k % int(shape[1]) + 1})" if len(shape) == 2 else str(k + 1)


def _text(value: arb, digits: Written) -> str:
    return str(value.str(digits.digits + 3, radius=False))


def compared(value: arb, digits: Written, firm: int = 0) -> Decision:
    """Whether a value rounds to digits: PROVED, UNDECIDED where they are cut off or fewer than ``firm``, else WRONG."""
    off, sign = abs(value - ball(digits.value)), 1 if digits.value >= 0 else -1
    exact = digits.digits < firm and digits.value != 0
    if off <= ball(digits.sure * (1 + SLACK)):
        return Decision(Verdict.UNDECIDED, FEW) if exact and off > 0 else Decision(Verdict.PROVED, DIGITS, LOG)
    if not off > ball(digits.unit / 2 * (1 + SLACK)):
        return Decision(Verdict.UNDECIDED, FEW)
    if ball(0) <= (value - ball(digits.value)) * sign and not off >= ball(digits.unit):
        return Decision(Verdict.UNDECIDED, CUT)
    return Decision(Verdict.WRONG, f"to more digits the value is {_text(value, digits)}")


ORDER: Final = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.PROVED)


def worst(decisions: Sequence[Decision]) -> Decision:
    """The least favourable of some decisions."""
    return min(decisions, key=lambda decision: ORDER.index(decision.verdict))


def _is_constant(term: Term) -> bool:
    unknown = any(isinstance(x, Apply) and x.function not in FUNCTIONS for x in postorder([term]))
    return not (unknown or free_variables([term]) or dim_symbols([term]))


def enclosed(term: Term, seed: int) -> list[arb] | None:
    """Balls around the entries of a constant term, row after row; None where one has no value."""
    for bits in BITS:
        with precision(bits):
            found = list(evaluate([term], {}, {}, Balls(seed))[0].flat)
            if all(x.is_finite() for x in found):
                return found
    return None


def ball(value: Fraction | int) -> arb:
    """A number as a ball."""
    fraction = Fraction(value)
    return arb(fmpq(fraction.numerator, fraction.denominator))


def expected_values(left: s.Node, right: s.Node, world: World, checker: Checker) -> str | None:
    """What should stand where a wrong matrix of numbers stands: exact where that is rational, else to its digits."""
    digits = digits_of(right, checker.source)
    if digits is None or len(digits) < MATRIX:
        return None
    try:
        term = checker.elaborator.elaborate(left, world)[0].term
    except SheetError:
        return None
    values = enclosed(term, checker.options.seed) if term.rank and _is_constant(term) else None
    if values is None:
        return None
    exact = evaluate([term], {}, {}, Rationals())[0].flat
    shown = [str(q) if isinstance(q, fmpq) else _text(x, digits[0]) for q, x in zip(exact, values, strict=True)]
    columns = int(term.shape[1]) if term.rank == 2 else 1
    rows = [" & ".join(shown[k : k + columns]) for k in range(0, len(shown), columns)]
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"
