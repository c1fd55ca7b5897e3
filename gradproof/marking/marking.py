"""Marking the sheets of one call: the scheme and the reference are read once, every sheet is held against them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from derivations.check import MOST_FRAMES, Options, recursion
from derivations.comparison import Comparison
from derivations.errors import GradproofError
from derivations.quantities import Quantities
from derivations.reading.places import Source
from derivations.reference import Required, Terms
from derivations.references import compare_all, required
from derivations.report import Report
from derivations.worked_out import WorkedOut
from gradproof.marking.marks import Findings, mark_sheet
from gradproof.marking.records import Marks
from gradproof.marking.scheme import Scheme, read_scheme
from gradproof.outcome import SEVERITY, blamed
from gradproof.sheets import read_sheet


@dataclass(frozen=True, slots=True)
class Marked:
    """A checked sheet with its marks by a scheme and its comparison with a reference, as far as they were asked for."""

    report: Report
    marks: Marks | None = None
    comparison: Comparison | None = None

    @property
    def exit_code(self) -> int:
        """The worse of the report's and the comparison's; marks change nothing."""
        other = 0 if self.comparison is None else self.comparison.exit_code
        return max(self.report.exit_code, other, key=SEVERITY.index)

    def to_json(self) -> dict[str, Any]:
        """The report's JSON with the keys ``marks`` and ``against``, null where they were not asked for."""
        marks = None if self.marks is None else self.marks.to_json()
        against = None if self.comparison is None else self.comparison.to_json()
        return {**self.report.to_json(), "marks": marks, "against": against}


class Marking:
    """A scheme, a reference, or both; ``failed`` has the sheets that could not be used, and why."""

    def __init__(
        self,
        scheme: str | Path | Source | None,
        against: str | Path | Source | None,
        options: Options,
        definitions: bool = True,
    ) -> None:
        """Read the files, or texts of several lines. Raises UsageError where one cannot be used.

        Without ``definitions`` those of the reference need not appear, whatever the scheme says.
        """
        self.scheme: Scheme | None = None if scheme is None else read_scheme(_read(scheme))
        self.needed: tuple[Required, ...] = ()
        self.options = options
        self.definitions = definitions
        self.found: list[Marked] = []
        self.failed: dict[str, str] = {}
        if against is not None:
            reference = _read(against)
            with blamed(reference.name), recursion(MOST_FRAMES):
                self.needed = required(reference, replace(options, strict=False))

    def of(self, source: Source, report: Report) -> Marked:
        """The marks of a checked sheet, kept in ``found``. Raises UsageError where the scheme cannot be used for it."""
        self.found.append(self.marked(source, report))
        return self.found[-1]

    def marked(self, source: Source, report: Report) -> Marked:
        """The marks of a checked sheet. Raises UsageError where the scheme cannot be used for it."""
        source = replace(source, more=self.options.declarations) if self.options.declarations is not None else source
        with recursion(MOST_FRAMES):
            comparison = compare_all(source, report, self.needed, self._terms) if self.needed else None
            marks = None if self.scheme is None else mark_sheet(self.scheme, self._findings(source, report, comparison))
        return Marked(report, marks, comparison)

    @contextmanager
    def noting(self, name: str) -> Iterator[None]:
        """Keep the name of a sheet that cannot be used, so that no sheet is missing from the table of marks."""
        try:
            yield
        except GradproofError as error:
            self.failed[name] = str(error)
            raise

    @property
    def _names(self) -> dict[str, str]:
        return dict(self.scheme.names) if self.scheme is not None else {}

    @property
    def _terms(self) -> Terms:
        if self.scheme is None:
            return Terms({}, definitions=self.definitions)
        rules = self.scheme.against
        definitions = rules.definitions and self.definitions
        return Terms(self._names, rules.own_definitions, definitions, self.scheme.known)

    def _findings(self, source: Source, report: Report, comparison: Comparison | None) -> Findings:
        known = self.scheme.known if self.scheme is not None else ()
        lefts = self.scheme.lefts if self.scheme is not None else []
        quantities = Quantities(source, [*lefts, *known], self._names)
        left = frozenset(quantities.asked[x] for x in known if x in quantities.asked)
        return Findings(report, quantities, WorkedOut(quantities, report, left), comparison, self._results)

    @cached_property
    def _results(self) -> dict[str, str]:
        """The quantities that the scheme names in the reference."""
        asked = self.scheme.results if self.scheme is not None else []
        found = [Quantities(needed.source, asked).asked for needed in self.needed] if asked else []
        return {name: key for asked in found for name, key in asked.items()}


def _read(sheet: str | Path | Source) -> Source:
    return sheet if isinstance(sheet, Source) else read_sheet(sheet)
