"""gradproof: proofread your gradients.

The front door: :func:`check` reads a sheet of neural-network mathematics and says of every step whether it is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivations.backprop import Derivation, Layout
    from derivations.cells import Cell
    from derivations.gate_goals import Behaviour
    from derivations.model_code import Model
    from derivations.parameter_counts import Count
    from derivations.report import Report
    from derivations.symbols import SymbolTable
    from derivations.understanding import Understanding
    from gradproof.marking.marking import Marked
    from gradproof.solving.solution import Solution
    from numeric.agreement import CrossCheck

__all__ = ["check", "count", "crosscheck", "derive", "gates", "mark", "read", "solve", "symbols"]
__version__ = "0.1.0"
SUFFIXES = frozenset({".md", ".markdown", ".tex", ".ipynb", ".txt"})


def check(
    sheet: str | Path,
    *,
    seed: int = 0,
    time_limit: float = 10.0,
    strict: bool = False,
    torch: bool = True,
    declarations: str | Path | None = None,
) -> Report:
    """Check a sheet: a path to a Markdown file, or its text.

    ``time_limit`` is in seconds for each statement; ``strict`` counts as wrong what is right only under a reading that
    departs from the sheet's conventions; without ``torch`` no derivative is compared with autograd; ``declarations``
    is a file of declarations, or their text. Raises UsageError if a file cannot be read.
    """
    from derivations.check import Options, check_sheet
    from gradproof.notebook import NotebookReport
    from gradproof.sheets import read_declared, read_sheet

    options = Options(seed, time_limit, strict, read_declared(declarations))
    return NotebookReport.of(check_sheet(read_sheet(sheet), options, autograd_witness() if torch else None))


def mark(
    sheet: str | Path,
    scheme: str | Path | None = None,
    against: str | Path | None = None,
    *,
    seed: int = 0,
    time_limit: float = 10.0,
    strict: bool = False,
    torch: bool = False,
    declarations: str | Path | None = None,
) -> Marked:
    """Check a sheet and mark it by a scheme (TOML), hold it against a reference sheet, or both; see docs/marks.md.

    All three are paths, or texts of more than one line; the other arguments are those of :func:`check`. Raises
    UsageError where a file, the scheme or the reference cannot be used.
    """
    from derivations.check import Options, check_sheet
    from gradproof.marking.marking import Marking
    from gradproof.sheets import read_declared, read_sheet

    options = Options(seed, time_limit, strict, read_declared(declarations))
    marking, source = Marking(scheme, against, options), read_sheet(sheet)
    return marking.of(source, check_sheet(source, options, autograd_witness() if torch else None))


def derive(
    subject: str | Path | Cell,
    by: Sequence[str] = ("all",),
    *,
    steps: int | None = None,
    layout: Layout = "denominator",
    every: bool = False,
    declarations: str | Path | None = None,
) -> Derivation:
    """Derive the gradients of a recurrent cell as named δ equations, each proved.

    ``subject`` is the name of a cell, a :class:`~derivations.cells.Cell`, or the path of a sheet that defines one;
    ``by`` names parameters, inputs or initial states. Without ``steps`` the recursion at any time t is derived; with
    ``every`` the loss sees every output. ``declarations`` come with a sheet as in :func:`check`.
    Raises UsageError for names that do not exist.
    """
    from gradproof.commands.derive import derivation

    return derivation(subject, by, steps, layout, every, declarations)


def count(subject: str | Path) -> Count | Model:
    """Count parameters: of a layer written as ``lstm(n=32, d=16)``, or of the model in a file of code or a sheet.

    Code is read as a syntax tree and never run. Raises UsageError for a layer that does not exist, or a file without a
    model.
    """
    from gradproof.commands.count import counted

    return counted(subject)


def gates(cell: str, goals: Sequence[str] = ()) -> Behaviour:
    """Which gate values make a cell of the library store, keep, add, reset or ignore; for some goals, or all.

    Raises UsageError for a cell or a goal that does not exist.
    """
    from gradproof.commands.gates import behaviour_of

    return behaviour_of(cell, tuple(goals))


def solve(
    questions: str | Path, *, notation: str | Path = "standard", layout: Layout = "denominator", seed: int = 0
) -> Solution:
    """Answer a sheet of questions, a path or its text; every equation is proved and cross-checked.

    ``notation`` is a name (standard, goodfellow, graves, deeplearning-ai, torch) or a TOML file; ``layout`` says
    whether a gradient has the shape of its parameter (denominator) or the transposed one. Raises UsageError for what
    cannot be used, and NotAnsweredError where an equation of an answer is not proved.
    """
    from gradproof.commands.solve import solved

    return solved(questions, notation, layout, seed)


def read(sheet: str | Path, *, declarations: str | Path | None = None) -> Understanding:
    """How each statement of a sheet, a path or its text, is understood; nothing is proved.

    ``declarations`` are a file of declarations, or their text. Raises UsageError if a file cannot be read.
    """
    from derivations.understanding import understanding
    from gradproof.sheets import read_sheet

    return understanding(read_sheet(sheet, declarations))


def symbols(sheet: str | Path) -> SymbolTable:
    """The names of a sheet, a path or its text: kind, shape and where it comes from, definition, first use.

    Raises UsageError if a file cannot be read.
    """
    from derivations.symbols import symbol_table
    from gradproof.sheets import read_sheet

    return symbol_table(read_sheet(sheet))


def crosscheck(subject: Any, *arguments: Any, **options: Any) -> CrossCheck:
    """Compare gradients with torch autograd and finite differences; see :func:`numeric.crosscheck.crosscheck`.

    ``subject`` may also be the path of a sheet.
    """
    from gradproof.sheets import read_sheet
    from numeric.crosscheck import crosscheck as compare

    named = isinstance(subject, str | Path) and Path(subject).suffix in SUFFIXES
    return compare(read_sheet(subject) if named else subject, *arguments, **options)


def autograd_witness() -> Callable[[Sequence[Any], int], Sequence[Any]]:
    """The witness that compares derivatives with torch autograd and finite differences."""

    def witness(derivations: Sequence[Any], seed: int) -> Sequence[Any]:
        from numeric.witness import Claim, witness_all

        return witness_all([Claim(*derivation) for derivation in derivations], seed)

    return witness


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext gradproof``: the cell magic ``%%gradproof``, see :mod:`gradproof.notebook`."""
    from gradproof.notebook import load_ipython_extension as load

    load(shell)
