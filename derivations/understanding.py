"""How a sheet was understood: its statements in one fixed notation, its conventions and why. Nothing is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from sympy import latex

from derivations.as_written import AsWritten, Side, side_of
from derivations.conventions import Conventions, choose
from derivations.counts import ENTRIES, counting, speaks_of_counts
from derivations.entries import Entry, Sheet, is_condition
from derivations.errors import ShapeError
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.places import Source, Span
from derivations.report import Ground
from derivations.sheet import understand
from derivations.spoken_counts import SpokenCount
from derivations.world import MisfitError, UnclearError, World

UNCLEAR = "unclear"
OPEN = {
    "∂": "total, within the time step, or direct: what most derivatives are right with",
    "layout": "shaped like the parameter, or transposed: what most gradients by matrices are right with",
}
LEFT_OPEN = Ground(False, "left open: only a check can tell")
SUMMED = "summed over its entries"


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be understood: where, what is the matter, what was expected there."""

    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    expected: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "column": self.column, "message": self.message, "expected": self.expected}


@dataclass(slots=True)
class Understood:
    """One statement: its place, its kind, its sides and the signs between them.

    ``kind`` is definition, declaration, fact, claim, condition or unclear; ``defines`` is the defined name; ``problem``
    says why it is unclear.
    """

    line: int
    column: int
    end_line: int
    source: str
    kind: str
    sides: list[Side] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    defines: str = ""
    problem: Problem | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "column": self.column,
            "end_line": self.end_line,
            "source": self.source,
            "kind": self.kind,
            "defines": self.defines or None,
            "relations": self.relations,
            "sides": [side.to_json() for side in self.sides],
            "problem": self.problem.to_json() if self.problem else None,
        }


@dataclass(slots=True)
class Understanding:
    """What is understood of one sheet; ``text`` is the sheet itself, kept for carets."""

    source: Source
    conventions: dict[str, str] = field(default_factory=dict)
    grounds: dict[str, Ground] = field(default_factory=dict)
    statements: list[Understood] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, int]:
        """How many statements there are of every kind that occurs, in the order of the sheet."""
        found: dict[str, int] = {}
        for statement in self.statements:
            found[statement.kind] = found.get(statement.kind, 0) + 1
        return found

    @property
    def exit_code(self) -> int:
        """0 all read, 3 something unclear."""
        return 3 if UNCLEAR in self.summary else 0

    def to_json(self) -> dict[str, Any]:
        """The contract, version 1: keys may be added, never renamed."""
        return {
            "version": 1,
            "sheet": self.source.name,
            "conventions": self.conventions,
            "grounds": {name: ground.to_json() for name, ground in self.grounds.items()},
            "statements": [statement.to_json() for statement in self.statements],
            "summary": self.summary,
        }


def understanding(source: Source) -> Understanding:
    """Read a sheet and say how each statement was understood."""
    sheet = understand(source, read_document(source))
    found = Understanding(source)
    found.conventions, found.grounds = conventions_of(sheet)
    reader = AsWritten(sheet.knowledge, scalar=sheet.scalars_only)
    found.statements = [_understood(entry, sheet, reader) for entry in sheet.entries]
    return found


def conventions_of(sheet: Sheet) -> tuple[dict[str, str], dict[str, Ground]]:
    """The conventions of a sheet as far as reading tells, and where they come from."""
    plain = choose([], sheet)
    described, grounds = plain.described(sheet), plain.grounds_of(sheet)
    if any(isinstance(node, s.Partial) for node in _nodes(sheet)):
        declared = Conventions(derivatives=True)
        said, why = declared.described(sheet), declared.grounds_of(sheet)
        for name, text in OPEN.items():
            known = why[name].declared
            described[name], grounds[name] = (said[name], why[name]) if known else (text, LEFT_OPEN)
    return described, grounds


def _nodes(sheet: Sheet) -> Iterator[s.Node]:
    for entry in sheet.entries:
        for item in entry.sentence.items if isinstance(entry.sentence, s.Statement) else ():
            yield from item.walk()


def kind_of(entry: Entry) -> str:
    """definition, declaration, fact, claim, condition or unclear."""
    sentence = entry.sentence
    if isinstance(sentence, s.Unreadable):
        return UNCLEAR
    if not entry.assumed:
        return "claim" if entry.kind == "count" else entry.kind
    if _declares(sentence):
        return "declaration"
    return "condition" if is_condition(sentence) else "fact"


def _declares(sentence: s.Statement) -> bool:
    first = sentence.items[0]
    member = bool(sentence.links) and sentence.links[0].relation is s.Relation.MEMBER
    return member or not sentence.links or (isinstance(first, s.Call) and first.function == "dim")


def _understood(entry: Entry, sheet: Sheet, reader: AsWritten) -> Understood:
    source, sentence = sheet.source, entry.sentence
    start, end = source.place(sentence.span.start), source.place(sentence.span.end)
    text = " ".join(source.slice(sentence.span).split())
    found = Understood(start.line, start.column, end.line, text, kind_of(entry), defines=entry.defines)
    if isinstance(sentence, s.Unreadable):
        found.problem = _problem(source, sentence.at, sentence.message, sentence.expected)
        return found
    found.relations = [link.glyph for link in sentence.links]
    if entry.spoken is not None:
        found.sides, found.relations = _said(entry.spoken), ["="]
    elif found.kind == "declaration":
        _fill_declared(found, sentence, sheet, reader)
    else:
        _fill_sides(found, sentence, sheet, reader)
    if entry.clash and found.problem is None:
        found.problem = _problem(source, sentence.span, "the shapes of this definition do not fit", entry.clash)
    if found.problem is not None:
        found.kind = UNCLEAR
    return found


def _said(spoken: SpokenCount) -> list[Side]:
    """A count that words state, as it was understood: ``parameters(lstm, n = 32, d = 16) = 6272``."""
    layer = "-".join(rf"\mathrm{{{word}}}" for word in spoken.layer.split("-"))
    sizes = [f"{name} = {value}" for name, value in spoken.given.items()]
    return [Side(rf"\mathrm{{parameters}}({', '.join([layer, *sizes])})", ()), Side(latex(spoken.claimed), ())]


def _fill_declared(found: Understood, sentence: s.Statement, sheet: Sheet, reader: AsWritten) -> None:
    """What a declaration is about, each thing with its shape; there are no relations then."""
    first = sentence.items[0]
    items = first.arguments if isinstance(first, s.Call) else first.items if isinstance(first, s.Tuple) else (first,)
    found.relations = []
    _guarded(found, sentence, sheet, lambda: [side for item in items for side in reader.declared(item)])


def _fill_sides(found: Understood, sentence: s.Statement, sheet: Sheet, reader: AsWritten) -> None:
    """The sides of a chain: each pair read together; an expression without a relation stands alone."""

    def sides() -> list[Side]:
        if len(sentence.items) == 1:
            return [reader.side(sentence.items[0])]
        pairs = [_pair(left, right, sheet, reader) for left, right in pairwise(sentence.items)]
        return [pairs[0][0], *(_summed(right, pairs[0][0], found) for _, right in pairs)]

    _guarded(found, sentence, sheet, sides)


def _summed(side: Side, defined: Side, found: Understood) -> Side:
    """The formula of a loss that is no number is summed over its entries."""
    if found.kind != "definition" or defined.shape or not side.shape:
        return side
    return replace(side, readings=(*side.readings, SUMMED))


def _guarded(found: Understood, sentence: s.Statement, sheet: Sheet, sides: Callable[[], list[Side]]) -> None:
    """Fill in the sides, or the reason why there are none."""
    try:
        found.sides = sides()
    except UnclearError as error:
        found.problem = _problem(sheet.source, error.span, str(error), error.expected)
    except ShapeError as error:
        span = error.span if isinstance(error, MisfitError) else sentence.span
        found.problem = _problem(sheet.source, span, f"the shapes do not fit: {error}", "")


def _pair(left: s.Node, right: s.Node, sheet: Sheet, reader: AsWritten) -> tuple[Side, Side]:
    try:
        return reader.sides(left, right)
    except ShapeError:
        if not speaks_of_counts(left, right, sheet):
            raise
    left_side, right_side = (side_of(counting(sheet).elaborate(x, World()), (ENTRIES,)) for x in (left, right))
    return left_side, right_side


def _problem(source: Source, span: Span, message: str, expected: str) -> Problem:
    at, end = source.place(span.start), source.place(span.end)
    return Problem(at.line, at.column, end.line, end.column, message, expected)
