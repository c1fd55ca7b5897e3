"""Reports in the formats of other programs: SARIF for code scanning and editors, JUnit XML for test runners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from derivations.errors import GradproofError
    from derivations.report import Report

    Write = Callable[[Sequence[tuple[str, Report]], Sequence[tuple[str, GradproofError]]], str]

WRITERS: Final = ("sarif", "junit")
"""Formats of which each is a module with a function ``text``."""


def writer(form: str) -> Write:
    """What writes the reports of a call, and the files of it that could not be used, in one of WRITERS."""
    write: Write = import_module(f"gradproof.formats.{form}").text
    return lambda found, failed: write([(x.sheet if name == "-" else name, x) for name, x in found], failed)
