"""A reference that is several sheets in one file: a sheet is held against each of them, what is found is one record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from derivations.check import Options
from derivations.comparison import Comparison, Result, Status
from derivations.errors import UsageError
from derivations.reading.parts import parts_of
from derivations.reading.places import Source
from derivations.reference import Required, Terms, compare
from derivations.report import Report

BEST: Final = (Status.PRESENT, Status.OPEN, Status.WRONG, Status.MISSING)
"""Which of two answers counts where a result stands in several sheets of the reference."""


def required(source: Source, options: Options) -> tuple[Required, ...]:
    """The sheets of a reference, checked; those in which nothing is right are left out.

    Raises UsageError where none is left.
    """
    parts = parts_of(source)
    if len(parts) == 1:
        return (Required.of(source, options),)
    found = [x for part in parts if (x := _required(part, options)) is not None]
    if not found:
        raise UsageError(f"{source.name}: nothing on this reference is right, so that nothing can be asked for")
    return tuple(found)


def _required(part: Source, options: Options) -> Required | None:
    try:
        return Required.of(part, options)
    except UsageError:
        return None


def compare_all(source: Source, report: Report, needed: Sequence[Required], terms: Terms) -> Comparison:
    """Which results of the sheets of a reference a sheet has. Raises UsageError as :func:`compare` does."""
    return together([compare(source, report, x, terms) for x in needed])


def together(found: Sequence[Comparison]) -> Comparison:
    """Comparisons with the sheets of one reference as one, in the order of its lines."""
    first, *more = found
    if not more:
        return first
    results: dict[tuple[str, tuple[str, ...]], Result] = {}
    for result in (result for x in found for result in x.results):
        key = " ".join(result.latex.split()), result.keys
        results[key] = min(results.get(key, result), result, key=lambda x: BEST.index(x.status))
    return Comparison(
        first.reference,
        tuple(sorted(results.values(), key=lambda x: x.line)),
        tuple(dict.fromkeys(y for x in found for y in x.differences)),
        tuple(sorted({y for x in found for y in x.passed_over})),
        tuple(dict.fromkeys(y for x in found for y in x.notes)),
    )
