"""gradproof: proofread your gradients.

The front door: :func:`check` reads a sheet of neural-network mathematics and says of every step whether it is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivations.report import Report

__all__ = ["check"]
__version__ = "0.1.0"


def check(
    sheet: str | Path, *, seed: int = 0, time_limit: float = 10.0, strict: bool = False, torch: bool = True
) -> Report:
    """Check a sheet: a path to a Markdown file, or its text.

    ``time_limit`` is in seconds for each statement; ``strict`` counts as wrong what is right only under a reading that
    departs from the sheet's conventions; without ``torch`` no derivative is compared with autograd. Raises UsageError
    if a file cannot be read.
    """
    from derivations.check import Options, check_sheet
    from gradproof.sheets import read_sheet

    options = Options(seed, time_limit, strict)
    return check_sheet(read_sheet(sheet), options, autograd_witness() if torch else None)


def autograd_witness() -> Callable[[Sequence[Any], int], Sequence[Any]]:
    """The witness that compares derivatives with torch autograd and finite differences."""

    def witness(derivations: Sequence[Any], seed: int) -> Sequence[Any]:
        from numeric.witness import Claim, witness_all

        return witness_all([Claim(*derivation) for derivation in derivations], seed)

    return witness
