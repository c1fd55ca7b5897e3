"""Whether two terms are equal: identity, fingerprints, normal forms and balls, by the rank of their evidence.

Only a proof yields ``proved``, only enclosures that do not meet yield ``wrong``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

from derivations.budget import Budget
from derivations.errors import BudgetError, InternalError
from derivations.exact import equal_in_value
from derivations.fingerprint import agree
from derivations.kinks import is_piecewise
from derivations.normal_form import prove_equal
from derivations.refute import Search, contradicted, defined, refute
from derivations.report import Counterexample, Verdict
from derivations.terms import Apply, Operator, Power, Term
from derivations.traverse import dim_symbols, postorder

ENOUGH_POINTS = 5
ENOUGH_SIZES = 2
RESERVE_UNITS = 20_000
RESERVE_SECONDS = 2.0
NO_PROOF = "the normal forms differ"
NO_VALUE = "at no point that was tried do both sides have a value"


@dataclass(frozen=True, slots=True)
class Decision:
    """PROVED, HOLDS, WRONG or UNDECIDED; why; the rules used; and the counterexample of a WRONG one."""

    verdict: Verdict
    why: str = ""
    log: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    counterexample: Counterexample | None = None

    def but(self, why: str) -> Decision:
        """The same decision with one more thing said of it."""
        return replace(self, why=f"{self.why}; {why}" if self.why else why)


def decide(left: Term, right: Term, seed: int, budget: Budget, likely: bool = False) -> Decision:
    """Decide whether two terms of one shape are equal for all sizes and values.

    ``likely`` says that they were equal at a point already, so that a proof is tried before another one.
    Raises ValueError on different shapes, and InternalError where two engines contradict each other.
    """
    if left.shape != right.shape:
        raise ValueError("terms of different shapes cannot be compared")
    if left is right:
        return _with_a_value(left, right, seed, Decision(Verdict.PROVED, log=("both sides are the same expression",)))
    if equal_in_value(left, right):
        return Decision(Verdict.PROVED, log=("both sides have the same value",))
    match = likely or agree(left, right, seed)
    search = _refuted(left, right, seed, budget) if match is False else None
    if search and search.counterexample:
        return _wrong(search)
    decision, reason = _proof(left, right, seed, budget)
    if decision is not None:
        return _with_a_value(left, right, seed, decision)
    search = search or _refuted(left, right, seed, budget)
    match = agree(left, right, seed) if likely else match
    return _wrong(search) if search.counterexample else _short_of_proof(left, right, match, search, reason)


def _refuted(left: Term, right: Term, seed: int, budget: Budget) -> Search:
    """A search for a counterexample, on a small fixed budget if little is left."""
    units, seconds = max(budget.units, RESERVE_UNITS), max(budget.deadline - monotonic(), RESERVE_SECONDS)
    return refute(left, right, seed, Budget(units, seconds))


def _proof(left: Term, right: Term, seed: int, budget: Budget) -> tuple[Decision | None, str]:
    """A proof, or why there is none."""
    try:
        proof = prove_equal(left, right, budget)
    except BudgetError as error:
        return None, str(error)
    if proof is None:
        return None, NO_PROOF
    if contradicted(left, right, seed):
        if not proof.conditions:
            raise InternalError("the normal forms are equal, but ball arithmetic finds a difference")
        return None, "it would need " + ", ".join(proof.conditions)
    why = "provided that " + ", ".join(proof.conditions) if proof.conditions else ""
    return Decision(Verdict.PROVED, why, proof.log, proof.conditions), ""


def _with_a_value(left: Term, right: Term, seed: int, decision: Decision) -> Decision:
    """The decision, unless logarithms or roots leave both sides without a value wherever one looks."""
    sure = defined(left, right, seed) if decision.why else has_a_value(left, right, seed)
    return decision if sure else Decision(Verdict.UNDECIDED, NO_VALUE)


def has_a_value(left: Term, right: Term, seed: int) -> bool:
    """Whether both sides have a value somewhere, and not for one choice of sizes alone."""
    return not any(map(_is_partial, postorder([left, right]))) or defined(left, right, seed)


def _is_partial(term: Term) -> bool:
    """Whether an operation is undefined on a whole region, or for whole families of matrices."""
    if isinstance(term, Operator):
        return term.name == "inverse"
    if isinstance(term, Power):
        return term.exponent.denominator != 1 or term.exponent < 0
    return isinstance(term, Apply) and term.function == "log"


def _wrong(search: Search) -> Decision:
    return Decision(Verdict.WRONG, counterexample=search.counterexample)


def _short_of_proof(left: Term, right: Term, match: bool | None, search: Search, reason: str) -> Decision:
    if match is False:
        return Decision(Verdict.UNDECIDED, "different over a finite field, but at no real point that was tried")
    sized = bool(dim_symbols([left, right]))
    if any(isinstance(term, Apply) and is_piecewise(term) for term in postorder([left, right])):
        reason = f"equal at {search.points} random points, which tells little of piecewise functions; {reason}"
        return Decision(Verdict.UNDECIDED, reason)
    enough = search.points >= ENOUGH_POINTS and (not sized or search.sizes >= ENOUGH_SIZES)
    if enough and not search.open_points:
        choices = f" and {search.sizes} choices of sizes" if sized else ""
        where = ", wherever both sides have a value" if search.undefined_points else ""
        return Decision(Verdict.HOLDS, f"equal at {search.points} random points{choices}{where}; no proof: {reason}")
    return Decision(Verdict.UNDECIDED, f"{_open(search)}; no proof: {reason}")


def _open(search: Search) -> str:
    if search.stopped:
        return search.stopped
    if search.open_points:
        return "the two sides could not be told apart"
    if search.points:
        return f"no difference at {search.points} points, which are too few"
    if search.undefined_points:
        return "at no point that was tried do both sides have a value"
    return "the arrays are too large, or a dimension is no positive number at small sizes"
