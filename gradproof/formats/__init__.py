"""Reports in the formats of other programs: SARIF for code scanning and editors, JUnit XML for test runners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from derivations.errors import GradproofError
    from derivations.report import Report

    Found = Sequence[tuple[str, Report]]
    Failed = Sequence[tuple[str, GradproofError]]

FORMATS: Final = ("json", "sarif", "junit")
"""What ``gradproof check`` writes for machines."""


def writer(form: str) -> Callable[[Found, Failed], str]:
    """What writes the reports of a call, and the files of it that could not be used, in one of FORMATS."""
    from gradproof.formats import junit, sarif
    from gradproof.outcome import as_json

    return {"json": as_json, "sarif": _named(sarif.text), "junit": _named(junit.document)}[form]


def _named(write: Callable[[Found, Failed], str]) -> Callable[[Found, Failed], str]:
    """Standard input under the name that the report gives it."""
    return lambda found, failed: write([(x.sheet if name == "-" else name, x) for name, x in found], failed)
