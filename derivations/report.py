"""What is said of a sheet: the one record behind terminal, JSON, HTML and LaTeX.

``to_json`` is the contract, version 1: keys may be added, never renamed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from derivations.latex import Printer
from derivations.names import readable
from derivations.reading.places import within
from derivations.terms import Term


class Verdict(Enum):
    """What is known of a step, from best to worst."""

    GIVEN = "given"
    PROVED = "proved"
    HOLDS = "holds"
    UNDECIDED = "undecided"
    UNCLEAR = "unclear"
    WRONG = "wrong"

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of some verdicts; a line takes the worst of its steps."""
    return max(verdicts, key=lambda verdict: verdict.rank)


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which the two sides differ, exact.

    ``sizes`` gives every dimension, ``values`` every variable (nested lists of exact numbers as text), ``entry`` the
    index of the entry shown; ``left`` and ``right`` are exact rationals or decimals certified to the digits given;
    ``replayed`` is what an independent float64 evaluator found for the two sides; ``python`` a program that prints
    them, empty where there is none.
    """

    sizes: dict[str, int]
    values: dict[str, Any]
    entry: tuple[int, ...]
    left: str
    right: str
    replayed: tuple[float, float] | None = None
    python: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "sizes": self.sizes,
            "values": self.values,
            "entry": list(self.entry),
            "left": self.left,
            "right": self.right,
            "replayed": None if self.replayed is None else list(self.replayed),
            "python": self.python,
        }


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit of the author's own text that makes the step right, and was proved to.

    ``parts`` are the smaller edits that it is made of, where no single one does.
    """

    old: str
    new: str
    line: int
    column: int
    code: str
    parts: tuple[Repair, ...] = ()

    @property
    def edits(self) -> tuple[Repair, ...]:
        """The edits one by one."""
        return self.parts or (self,)

    def to_json(self) -> dict[str, Any]:
        own = {"from": self.old, "to": self.new, "line": self.line, "column": self.column, "code": self.code}
        return {**own, "parts": [part.to_json() for part in self.parts]} if self.parts else own


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Largest relative errors of the derived gradient against torch autograd and finite differences."""

    autograd: float
    finite_differences: float

    def to_json(self) -> dict[str, Any]:
        return {"autograd": self.autograd, "finite_differences": self.finite_differences}


PLACE = ("line", "column", "end_line", "end_column")


@dataclass(slots=True)
class Step:
    """One relation of a chain. ``end_*`` close the span that starts at line and column (the right-hand side)."""

    line: int
    column: int
    end_line: int
    end_column: int
    relation: str
    lhs: str
    rhs: str
    verdict: Verdict
    code: str = ""  # the headline's stable code: wrong-derivative, unequal, shapes, factor-count, syntax, ...
    headline: str = ""
    reading: list[str] = field(default_factory=list)
    why: str = ""
    shapes: tuple[str, str] | None = None
    related: tuple[int, str] | None = None  # another line involved, and what it says
    counterexample: Counterexample | None = None
    repair: Repair | None = None
    expected: str | None = None
    follows_from: int | None = None
    builds_on: int | None = None  # the wrong line that it carries on, with a slip of its own on top
    witnesses: Witnesses | None = None
    log: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    sides: tuple[Term, Term] | None = None  # what was compared, where it is short enough to be shown
    place: tuple[int, int, int, int] | None = None  # where the slip stands: line, column, and where it ends

    @property
    def caret(self) -> tuple[int, int, int, int]:
        """What a caret points at: the slip where it was found, else the whole side."""
        return self.place or (self.line, self.column, self.end_line, self.end_column)

    @property
    def understood(self) -> tuple[str, str] | None:
        """Both sides as terms, in LaTeX of our own."""
        if self.sides is None:
            return None
        left, right = (readable(Printer({}).latex(side)) for side in self.sides)
        return left, right

    def because(self, reason: str) -> None:
        """Add a reason."""
        self.why = f"{self.why}; {reason}" if self.why else reason

    @property
    def is_root(self) -> bool:
        """Whether this is wrong by a slip of its own."""
        return self.verdict is Verdict.WRONG and self.follows_from is None

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "column": self.column,
            "relation": self.relation,
            "lhs": self.lhs,
            "rhs": self.rhs,
            "verdict": self.verdict.value,
            "code": self.code,
            "headline": self.headline,
            "reading": self.reading,
            "why": self.why,
            "shapes": None if self.shapes is None else list(self.shapes),
            "counterexample": None if self.counterexample is None else self.counterexample.to_json(),
            "repair": None if self.repair is None else self.repair.to_json(),
            "expected": self.expected,
            "follows_from": self.follows_from,
            "builds_on": self.builds_on,
            "witnesses": None if self.witnesses is None else self.witnesses.to_json(),
            "place": None if self.place is None else dict(zip(PLACE, self.place, strict=True)),
            "proof": {"rules": self.log, "conditions": self.conditions} if self.log else None,
        }


@dataclass(slots=True)
class StatementReport:
    """One statement of the sheet; an unclear one has one step, whose place is the caret."""

    line: int
    column: int
    end_line: int
    latex: str
    kind: str  # definition | claim | unclear
    verdict: Verdict
    steps: list[Step] = field(default_factory=list)
    shape: str = ""  # of the defined name

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "column": self.column,
            "end_line": self.end_line,
            "latex": self.latex,
            "kind": self.kind,
            "verdict": self.verdict.value,
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a convention comes from: whether it is declared, and where, or what it was guessed from."""

    declared: bool
    text: str

    def to_json(self) -> dict[str, Any]:
        return {"declared": self.declared, "from": self.text}


@dataclass(slots=True)
class SymbolReport:
    name: str
    shape: list[str]
    declared: bool

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "shape": self.shape, "declared": self.declared}


@dataclass(slots=True)
class Report:
    """All that is said of one sheet.

    ``text`` is the sheet itself, kept for carets; it is not part of the JSON. ``cells`` has the first line and the
    number of every cell of a notebook, whose lines are counted through; ``more`` is the name and the text of a file of
    declarations that came with the sheet; ``files`` has the first line and the name of every file of a sheet in
    several.
    """

    sheet: str
    text: str
    seed: int
    conventions: dict[str, str] = field(default_factory=dict)
    grounds: dict[str, Ground] = field(default_factory=dict)
    symbols: list[SymbolReport] = field(default_factory=list)
    statements: list[StatementReport] = field(default_factory=list)
    cells: tuple[tuple[int, int], ...] = ()
    more: tuple[str, str] | None = None
    files: tuple[tuple[int, str], ...] = ()

    @property
    def lines(self) -> list[str]:
        """The lines of the sheet and, behind them, those of the declarations that came with it."""
        return [*self.text.split("\n"), *(self.more[1].split("\n") if self.more else ())]

    def cell(self, line: int) -> tuple[int, int] | None:
        """The number of the cell of a notebook and the line in it; None for any other sheet."""
        found, file = within(self.cells, line), self.file(line)
        return None if found is not None and file is not None and found[1] > file[1] else found

    def file(self, line: int) -> tuple[str, int] | None:
        """The file of a sheet in several, and the line in it; None for any other sheet."""
        return within(self.files, line)

    def label(self, line: int) -> str:
        """A line as the author counts it: ``14``, in a notebook ``cell 3:5``, of several files ``b.md:14``."""
        last = self.text.count("\n") + 1
        if self.more is not None and line > last:
            return f"{self.more[0]}:{line - last}"
        found, file = self.cell(line), self.file(line)
        if file is None:
            return str(line) if found is None else f"cell {found[0]}:{found[1]}"
        return f"{file[0]}:{file[1]}" if found is None else f"{file[0]} cell {found[0]}:{found[1]}"

    @property
    def summary(self) -> dict[str, int]:
        counts = dict.fromkeys((v.value for v in Verdict), 0)
        for statement in self.statements:
            counts[statement.verdict.value] += 1
        return counts

    @property
    def roots(self) -> int:
        """How many wrong statements have a slip of their own, and do not only follow from another."""
        return sum(any(step.is_root for step in statement.steps) for statement in self.statements)

    @property
    def exit_code(self) -> int:
        """0 all right, 1 something wrong, 3 something unclear or undecided and nothing wrong."""
        counts = self.summary
        if counts["wrong"]:
            return 1
        return 3 if counts["unclear"] or counts["undecided"] else 0

    def to_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "sheet": self.sheet,
            "seed": self.seed,
            "conventions": self.conventions,
            "grounds": {name: ground.to_json() for name, ground in self.grounds.items()},
            "symbols": [symbol.to_json() for symbol in self.symbols],
            "statements": [self._with_cell(statement) for statement in self.statements],
            "summary": self.summary,
            "roots": self.roots,
        }

    def _with_cell(self, statement: StatementReport) -> dict[str, Any]:
        """A statement, in a notebook with its cell and the line in it, of several files with its own."""
        found, place, file = statement.to_json(), self.cell(statement.line), self.file(statement.line)
        if place is not None:
            found |= {"cell": place[0], "cell_line": place[1]}
        return found if file is None else {**found, "file": file[0], "file_line": file[1]}


def spare(report: Report, other: Report, why: str) -> None:
    """Take every ``wrong`` of a report back, in place, that another reading of the same sheet finds right."""
    if len(report.statements) != len(other.statements):
        return
    for statement, again in zip(report.statements, other.statements, strict=True):
        for step, found in zip(statement.steps, again.steps, strict=False):
            if step.verdict is Verdict.WRONG and found.verdict in (Verdict.PROVED, Verdict.HOLDS):
                step.verdict, step.code = Verdict.UNDECIDED, "undecided"
                step.headline = "this step could not be decided"
                step.why, step.counterexample, step.expected = why, None, None
                step.follows_from, step.builds_on = None, None
        statement.verdict = worst([step.verdict for step in statement.steps])


def together(text: str, reports: list[Report]) -> Report:
    """The reports of sheets in one file as one: statements in order of their lines, conventions that differ listed."""
    found = replace(reports[0], text=text, conventions={}, grounds={}, symbols=[])
    for report in reports:
        for name, value in report.conventions.items():
            old = found.conventions.setdefault(name, value)
            if value not in old.split("; elsewhere "):
                found.conventions[name] = f"{old}; elsewhere {value}"
        found.grounds = {**report.grounds, **found.grounds}
        found.symbols += [symbol for symbol in report.symbols if symbol not in found.symbols]
    every = [statement for report in reports for statement in report.statements]
    found.statements = sorted(every, key=lambda statement: (statement.line, statement.column))
    return found
