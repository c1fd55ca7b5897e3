"""A person's own gradient against autograd and difference quotients of their own function.

Autograd is the reference where the function takes torch tensors. Difference quotients arbitrate: they alone know where
a kink is, and where autograd itself does not see what the function does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from derivations.errors import UsageError
from derivations.evaluate import Array
from numeric.agreement import CrossCheck, Error, Outcome, Row
from numeric.calls import PRECISIONS, Arguments, Caller, arguments, find_caller, named_gradients, takes
from numeric.differences import DOUBLE, SLACK, Convergence, Limit, Setting, converge, typical
from numeric.naming import Namer
from numeric.references import AUTOGRAD, MOST_ENTRIES, Reference, autograd, entry_limit, quotients, subject
from numeric.sampling import normal
from numeric.searches import diagnose

TOLERANCE = 1e-9
SINGLE_TOLERANCE = 1e-4
SINGLE = 2.0**-23
ROUNDINGS = 100  # units in the last place, of the natural size of a gradient, that two right ways may differ by
MOST_ARBITRATED = 24
ALIVE = (0.1, 0.01)  # what inputs are scaled by where a gradient vanishes
HIDDEN = 1e-6  # a mistake of this relative size is lost where rounding is larger
SLIGHT = 1e-4  # relative errors below need another point to be called mistakes
BLIND = "autograd of this function does not agree with its own difference quotients: does it detach or round?"
SMALL, MODERATE = 0.05, 0.5  # inputs below the one are enlarged to the other


def check_gradient(
    function: Callable[..., Any],
    gradient: Callable[..., Any],
    inputs: Any,
    *,
    cotangent: Any = None,
    tolerance: float | None = None,
    seed: int = 0,
) -> CrossCheck:
    """Compare ``gradient(*inputs)`` with what ``function(*inputs)`` has for one, input by input.

    ``inputs`` is one array, a tuple of arrays, or a mapping (then handed over by name); arrays are of NumPy or torch.
    For an output that is no number the gradient is called with a cotangent of its shape behind the inputs, by name as
    ``cotangent=``, and gives the vector–Jacobian product; one that takes no cotangent gives the Jacobian (shape of
    output and input together) or the gradient of the sum. Raises UsageError where a call fails or shapes of the
    cotangent do not fit.
    """
    given = arguments(function, inputs)
    check = _Check(function, gradient, given, cotangent, tolerance, seed)
    rows = check.rows()
    if not rows:
        raise UsageError("no gradient is given for any input")
    for point in _further(check, rows):
        scaled = {n: (x * point.scales.get(n, 1.0)).astype(x.dtype) for n, x in given.values.items()}
        try:
            there = _Check(function, gradient, replace(given, values=scaled), cotangent, tolerance, seed).rows()
        except UsageError:  # the function need not be defined there
            continue
        rows = [point.settled(row, other) for row, other in zip(rows, there, strict=True)]
    name = getattr(function, "__name__", type(function).__name__)
    settings = {"cotangent": check.cotangent_words, "seed": seed, "tolerance": check.tolerance}
    return CrossCheck(name, rows, (AUTOGRAD,) if check.autograd else (), settings)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Another point: what the inputs are multiplied by, and whether slopes are alive there."""

    scales: dict[str, float]
    words: str
    alive: bool = False

    def settled(self, row: Row, there: Row) -> Row:
        """A mistake that shows only there counts; a slight one that does not show there may be rounding."""
        if row.outcome is Outcome.AGREES and there.outcome is Outcome.WRONG:
            there.notes.append(self.words)
            return there
        if self.alive and _slight(row) and there.outcome is Outcome.AGREES:
            row.outcome = Outcome.UNDECIDED
            row.notes.append("at inputs of moderate size it agrees: rounding where slopes are saturated, most likely")
        return row


def _slight(row: Row) -> bool:
    return row.outcome is Outcome.WRONG and all(error.relative <= SLIGHT for error in row.errors.values())


def _further(check: _Check, rows: Sequence[Row]) -> Iterator[_Elsewhere]:
    """Points at which a mistake shows that is hidden here, by small inputs or by saturated slopes."""
    checked = {name: check.subject.values[name] for name, claimed in check.claims.items() if claimed is not None}
    sizes = {name: float(np.sqrt(np.square(x).mean())) for name, x in checked.items()}
    small = {name: MODERATE / size for name, size in sizes.items() if 0 < size < SMALL}
    if small:
        yield _Elsewhere(
            small, f"at a larger {', '.join(small)}; at the given inputs the mistake is too small to be seen"
        )
    if check.hidden:
        for scale in ALIVE:
            words = f"at the inputs scaled by {scale}; at the given ones slopes are too small to tell"
            yield _Elsewhere(dict.fromkeys(checked, scale), words)
    if any(map(_slight, rows)):
        moderate = {name: MODERATE / size for name, size in sizes.items() if size > 0}
        yield _Elsewhere(moderate, "at inputs of moderate size", alive=True)


class _Check:
    """Function, gradient and references at one point."""

    def __init__(
        self,
        function: Callable[..., Any],
        gradient: Callable[..., Any],
        given: Arguments,
        cotangent: Any,
        tolerance: float | None,
        seed: int,
    ) -> None:
        self.function, self.gradient, self.given, self.seed = function, gradient, given, seed
        self.subject = subject(function, given, cotangent, seed)
        self.pulls_back = self.subject.output.ndim > 0 and takes(gradient, given)
        if cotangent is None and not self.pulls_back:
            self.subject = replace(self.subject, cotangent=np.ones(self.subject.output.shape))
        further = [self.subject.cotangent] if self.pulls_back else []
        self.caller, self.doubled, result = find_caller(gradient, given, "the gradient", further)
        self.claims = named_gradients(result, given)
        self.precision = max(
            self.subject.epsilon, *(_precision(x) for x in self.claims.values() if x is not None), DOUBLE
        )
        default = TOLERANCE if self.precision <= DOUBLE else SINGLE_TOLERANCE
        self.tolerance = default if tolerance is None else tolerance
        self.torch = autograd(self.subject, function)
        self.autograd = self.torch.gradients(self.subject.cotangent)
        closeness = 1e-6 if self.precision <= DOUBLE else 1e-3
        self.namer = Namer(self.subject, self.torch, self.autograd, self.pulls_back, closeness)
        self.hidden: set[str] = set()

    @property
    def cotangent_words(self) -> str:
        return "none" if self.subject.output.ndim == 0 else "given to the gradient" if self.pulls_back else "ones"

    def rows(self) -> list[Row]:
        restless = self._restless()
        return [
            Row(name, "input", claimed.shape, Outcome.UNDECIDED, restless) if restless else self._row(name, claimed)
            for name, claimed in self.claims.items()
            if claimed is not None
        ]

    def _restless(self) -> str:
        """Words for a function or gradient that gives another result when it is called again."""
        again = self.subject.caller.array(self.subject.values)
        if not _same(again, self.subject.output, self.subject.epsilon):
            return _restless_words("the function", again, self.subject.output)
        further = [self.subject.cotangent] if self.pulls_back else []
        repeated = named_gradients(_call(self.caller, self.given, self.doubled, further), self.given)
        for name, first in self.claims.items():
            second = repeated[name]
            if first is not None and second is not None and not _same(second, first, self.precision):
                return _restless_words("the gradient", second, first)
        return ""

    # One input

    def _row(self, name: str, claimed: Array) -> Row:
        wanted = self.subject.values[name].shape
        if claimed.shape == self.subject.output.shape + wanted and claimed.ndim > len(wanted) and not self.pulls_back:
            claimed = np.tensordot(self.subject.cotangent, claimed, self.subject.output.ndim)
        claimed = claimed.astype(np.float64)
        reference = self._reference(name)
        if claimed.shape != wanted:
            return Row(
                name,
                "input",
                claimed.shape,
                Outcome.WRONG,
                diagnose(claimed, reference.values, self.namer.context(claimed, reference.values)),
            )
        if not np.isfinite(claimed).all() and np.isfinite(reference.values).any():
            words = diagnose(claimed, reference.values, self.namer.context(claimed, reference.values))
            return Row(name, "input", wanted, Outcome.WRONG, words, self._errors(claimed, reference))
        wrong, reference, notes = self._arbitrated(name, claimed, reference)
        row = self._judged(name, claimed, reference, wrong)
        row.notes += notes
        rounding = ROUNDINGS * self.precision * self.subject.natural(name)
        small = np.abs(reference.values)
        if (small <= rounding).all():
            row.notes.append("the gradient vanishes at these inputs, so they say little of it")
        if not small.any() or ((small > 0) & (small * HIDDEN < rounding)).any():
            self.hidden.add(name)
        return row

    def _reference(self, name: str) -> Reference:
        if self.autograd is not None:
            values = self.autograd[name]
            return Reference(AUTOGRAD, values, np.zeros(values.shape), {})
        return quotients(self.subject, name)

    def _allowed(self, name: str, reference: Reference) -> Array:
        """How far a right gradient may be off, entry by entry."""
        largest = float(np.nanmax(np.abs(reference.values), initial=0.0))
        rounding = ROUNDINGS * self.precision * (largest + self.subject.natural(name))
        return np.asarray(self.tolerance * np.abs(reference.values) + rounding + SLACK * reference.uncertainties)

    def _wrong(self, name: str, claimed: Array, reference: Reference) -> Array:
        allowed = self._allowed(name, reference)
        wrong = np.array(np.abs(claimed - reference.values) > allowed)
        for index in map(tuple, np.argwhere(wrong)):
            key = tuple(int(k) for k in index)
            wrong[key] = not reference.excuses(key, float(claimed[key]), float(allowed[key]))
        return wrong

    def _arbitrated(self, name: str, claimed: Array, reference: Reference) -> tuple[Array, Reference, list[str]]:
        """Difference quotients have the last word on entries where autograd and the claim differ."""
        wrong = self._wrong(name, claimed, reference)
        if reference.source != AUTOGRAD or not wrong.any():
            return wrong, reference, reference.kink_notes()
        found = self._looked_at(name, wrong, np.abs(claimed - reference.values))
        kinks = {index: x.sides for index, x in found.items() if x.sides is not None}
        reference = replace(reference, kinks=kinks)
        if any(_contradicts(x, reference.values[index], claimed[index]) for index, x in found.items()):
            seen = quotients(self.subject, name)
            return self._wrong(name, claimed, seen), seen, [BLIND]
        return self._wrong(name, claimed, reference), reference, reference.kink_notes()

    def _looked_at(self, name: str, wrong: Array, gaps: Array) -> dict[tuple[int, ...], Limit]:
        """The difference quotients of the worst entries; of many more where those are all kinks."""
        order = _indices(np.argsort(-np.where(wrong, gaps, -1.0), axis=None)[: int(wrong.sum())], wrong.shape)
        found: dict[tuple[int, ...], Limit] = {}
        for part in (order[:MOST_ARBITRATED], order[MOST_ARBITRATED:MOST_ENTRIES]):
            limits = {index: entry_limit(self.subject, name, index) for index in part}
            found |= {index: x for index, x in limits.items() if x is not None}
            if any(x is None or x.sides is None for x in limits.values()):
                break
        return found

    def _judged(self, name: str, claimed: Array, reference: Reference, wrong: Array) -> Row:
        errors = self._errors(claimed, reference)
        differences = self._along(name, claimed)
        row = Row(name, "input", claimed.shape, Outcome.AGREES, "", errors, differences)
        if wrong.any():
            return self._wrong_row(row, claimed, reference, wrong)
        unknown = int((~np.isfinite(reference.values)).sum())
        along = differences.outcome if not self._kinked(differences) else Outcome.AGREES
        if along is Outcome.WRONG:
            row.outcome, row.message = Outcome.WRONG, self._inconsistent(reference)
        elif unknown:
            self._partly_known(row, reference, along)
        else:
            row.message = f"agrees with {reference.source}"
            row.notes += self._noise(name, claimed)
        return row

    @staticmethod
    def _kinked(differences: Convergence) -> bool:
        """A direction through several kinks says nothing of the slopes on its way."""
        return differences.conclusion.startswith("a kink")

    def _inconsistent(self, reference: Reference) -> str:
        if reference.source == AUTOGRAD:
            return (
                "agrees with autograd, but not with the difference quotients of the function: does it detach or round?"
            )
        return "differs from the difference quotients in a random direction, but in none of the entries looked at"

    def _partly_known(self, row: Row, reference: Reference, along: Outcome) -> None:
        if reference.failed or along is not Outcome.AGREES:
            row.outcome = Outcome.UNDECIDED
            row.message = (
                f"the difference quotients of {reference.failed} entries do not converge: noise, or a jump nearby"
            )
        else:
            row.message = f"agrees along a random direction and in the {reference.looked} entries looked at"

    def _wrong_row(self, row: Row, claimed: Array, reference: Reference, wrong: Array) -> Row:
        gaps = np.where(wrong, np.abs(claimed - reference.values), -1.0)
        index = next(iter(_indices(np.argsort(-gaps, axis=None)[:1], claimed.shape)))
        row.entry = (index, float(claimed[index]), float(reference.values[index]))
        row.outcome = Outcome.WRONG
        words = self.namer.words(row.name, claimed, reference)
        place = f"at entry [{', '.join(map(str, index))}] " if index else ""
        place = "" if place in words + " " else place
        row.message = f"{words or 'differs'}; {place}it is {row.entry[1]:.6g} instead of {row.entry[2]:.6g}"
        return row

    def _errors(self, claimed: Array, reference: Reference) -> dict[str, Error]:
        known = np.isfinite(reference.values)
        return {reference.source: Error.between(claimed[known], reference.values[known])}

    def _along(self, name: str, claimed: Array) -> Convergence:
        drawn = normal(f"{self.seed} direction {name}", claimed.shape)
        direction = np.copysign(0.5 + np.abs(drawn), drawn) * self.subject.unit(name)  # no entry counts for little
        setting = Setting(typical(claimed, direction), self.subject.magnitude, self.subject.epsilon)
        tolerance = max(self.tolerance, 1e-6 if self.precision <= DOUBLE else 1e-3)
        return converge(self.subject.line(name, direction), float((claimed * direction).sum()), tolerance, setting)

    def _noise(self, name: str, claimed: Array) -> list[str]:
        """What float32 does to a gradient that is right in double precision."""
        if self.precision > DOUBLE:
            return ["compared to the precision of float32 only"]
        if not (self.given.single and self.doubled):
            return []
        further = [self.subject.cotangent.astype(np.float32)] if self.pulls_back else []
        single = named_gradients(self.caller(self.given.values, *further), self.given)[name]
        if single is None or single.shape != claimed.shape:
            return []
        return [
            f"float32 rounding moves it by {Error.between(single.astype(np.float64), claimed).relative:.1e} of its size"
        ]


def _precision(x: Array) -> float:
    """Of the numbers in an array: those that are all float32 were computed so, whatever they are stored in."""
    stored = PRECISIONS.get(x.dtype, DOUBLE)
    with np.errstate(all="ignore"):
        single, half = x.astype(np.float32), x.astype(np.float16)
    rounded = x.size >= 3 and np.array_equal(x, single) and not np.array_equal(x, half)
    return SINGLE if rounded and stored < SINGLE else stored


def _call(caller: Caller, given: Arguments, doubled: bool, further: Sequence[Array]) -> Any:
    more = further if doubled else [u.astype(np.float32) for u in further]
    return caller(given.double() if doubled else given.values, *more)


def _same(again: Array, before: Array, epsilon: float) -> bool:
    """Whether a repeated call gave the same, up to the order of additions."""
    if again.shape != before.shape:
        return False
    margin = 1e3 * epsilon * float(np.nan_to_num(np.abs(before)).max(initial=0.0))
    return bool(np.allclose(again, before, rtol=0.0, atol=margin, equal_nan=True))


def _restless_words(what: str, again: Array, before: Array) -> str:
    gap = f" (they differ by up to {np.abs(again - before).max():.1e})" if again.shape == before.shape else ""
    return f"{what} gives another result every time at the same inputs{gap}: dropout, or an unseeded random number?"


def _contradicts(found: Limit, autograd: float, claimed: float) -> bool:
    """Whether the quotients at an entry clearly side with the claim against autograd."""
    clear = abs(autograd - claimed) > 10 * found.uncertainty and found.sides is None
    return clear and abs(found.value - claimed) < 0.1 * abs(found.value - autograd)


def _indices(order: Array, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [tuple(int(k) for k in np.unravel_index(int(place), shape)) for place in order]
