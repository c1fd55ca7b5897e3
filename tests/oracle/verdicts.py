"""The verdict of the checker on two terms, by the same steps as for a line of a sheet (:mod:`derivations.judge`)."""

from __future__ import annotations

from derivations.budget import Budget
from derivations.decide import Decision, decide
from derivations.report import Verdict
from derivations.screening import Screen, certainly_different
from derivations.terms import Term


def settle(left: Term, right: Term, seed: int, budget: Budget) -> Decision:
    """What is unlikely to be equal is first tried to be told apart at two points, without a counterexample to show.

    Raises ValueError on different shapes, and InternalError where two engines contradict each other.
    """
    likely = left.shape != right.shape or Screen(seed).may_agree(left, right)
    if not likely and certainly_different([(left, right)], seed)[0]:
        return Decision(Verdict.WRONG)
    return decide(left, right, seed, budget)
