"""What a sheet, or a file that came with it, declares: read clause by clause, and checked for contradictions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import chain

from derivations.errors import UsageError
from derivations.names import key_of
from derivations.reading import surface as s
from derivations.reading.clauses import (
    CHOICES,
    CONVOLUTION,
    CORRELATION,
    LETTERS,
    SECOND,
    SIGNS,
    Clause,
    Kind,
    clauses_of,
    hidden,
    read_clause,
)
from derivations.reading.comments import OPENED, Comment, html_comments
from derivations.reading.documents import find_comments
from derivations.reading.parts import is_part
from derivations.reading.places import Source, Span
from derivations.reading.slips import Slip

NOWHERE = Span(0, 0)
ABOUT = re.compile(r"(?:(?:assume|given)\s+)?\\?([A-Za-z]+)(?:[_^](?:\{[^{}]*\}|\w|\*))*\s*(?::|=|is\b|sums?\b)")
NEVER_CLOSED = "this comment is never closed"
ONE_OF_THEM = "one of the two"


@dataclass(slots=True)
class Declared:
    """The declarations in force, those that could not be read, and the settings by name.

    ``source`` is the sheet that they are of; spans are offsets into it and, behind it, into the file that came with it.
    """

    source: Source
    clauses: list[Clause] = field(default_factory=list)
    refused: list[s.Unreadable] = field(default_factory=list)
    settings: dict[str, Clause] = field(default_factory=dict)

    def of(self, kind: Kind) -> list[Clause]:
        return [clause for clause in self.clauses if clause.kind is kind]

    def value(self, setting: str) -> str:
        """The value of a setting; empty where it is not declared."""
        return self.settings[setting].value if setting in self.settings else ""

    def letters(self, setting: str) -> frozenset[str]:
        """The letters of a setting that has such for a value."""
        return frozenset(self.value(setting).split(",")) - {""}

    def where(self, setting: str) -> str:
        """Where a setting is declared, in words."""
        return self.source.where(self.settings[setting].span.start)

    @property
    def signs(self) -> dict[str, str]:
        """The product signs with a declared meaning, by their names in the tree, but for correlations."""
        return {key: value for key, value in self.meanings.items() if value != CORRELATION}

    @property
    def meanings(self) -> dict[str, str]:
        """All product signs with a declared meaning."""
        return {key: clause.value for key, clause in self.settings.items() if key in SIGNS.values()}

    @property
    def convolutions(self) -> dict[str, str]:
        """What is declared of convolutions, by the names of the settings."""
        return {key: self.value(key) for key in CONVOLUTION if key in self.settings}

    @property
    def sizes(self) -> dict[str, int]:
        """The dimensions that are numbers."""
        found = {}
        for clause in self.of(Kind.SIZE):
            if clause.statement is not None and isinstance(clause.statement.items[1], s.Number):
                for symbol in symbols(clause):
                    found[key_of(symbol)] = int(clause.statement.items[1].value)
        return found

    def behind(self, keys: set[str]) -> list[str]:
        """The declarations that tell shapes of some names, in words."""
        about = [c for c in self.of(Kind.SHAPE) if any(fnmatchcase(key, key_of(x)) for x in symbols(c) for key in keys)]
        about += [self.settings["vectors"]] if "vectors" in self.settings else []
        return [f"{self.source.where(x.span.start)} declares {self.source.slice(x.span)}" for x in about]

    def refuse(self, clause: Clause, message: str, expected: str = "") -> None:
        """Take a declaration back that does not go together with the rest. Raises UsageError if it stands elsewhere."""
        if clause in self.clauses:
            self.clauses.remove(clause)
        _refuse(self, clause.span, Slip(clause.span, message, expected))

    def blocks(self, bases: Callable[[], set[str]]) -> str:
        """Why nothing is said of a step that speaks of the letters ``bases``; empty where no bad declaration does."""
        for refused in self.refused:
            concerned = _concerned(self.source.slice(refused.span))
            if concerned is None or concerned & bases():
                return f"the declaration on {self.source.where(refused.span.start)} could not be used"
        return ""


def symbols(clause: Clause) -> list[s.Symbol]:
    """The names that a clause is about."""
    left = clause.statement.items[0] if clause.statement is not None else None
    items = left.items if isinstance(left, s.Tuple) else (left, *clause.subjects)
    return [item for item in items if isinstance(item, s.Symbol)]


def read_declarations(source: Source) -> Declared:
    """The declarations of a sheet. Raises UsageError where one in the file that came with it cannot be used."""
    found = Declared(source)
    for span, clause in chain(_clauses_with(source), _clauses_in(source)):
        if isinstance(clause, Slip):
            _refuse(found, span, clause)
        else:
            _accept(found, clause)
    return found


def _clauses_with(source: Source) -> Iterator[tuple[Span, Clause | Slip]]:
    """The clauses of the file that came with the sheet: all of its lines, or its comments if it has such."""
    if source.more is None:
        return
    text = source.more.text
    whole = [Comment(Span(0, len(text)), Span(0, len(text)))]
    for comment in html_comments(source.more) if OPENED.search(text) else whole:
        yield from _read(comment, source.more, source.behind)


def _clauses_in(source: Source) -> Iterator[tuple[Span, Clause | Slip]]:
    for comment in (x for x in find_comments(source) if not is_part(source, x)):
        yield from _read(comment, source, 0)


def _read(comment: Comment, source: Source, shift: int) -> Iterator[tuple[Span, Clause | Slip]]:
    if not comment.closed:
        span = Span(comment.outer.start + shift, comment.outer.end + shift)
        yield span, Slip(span, NEVER_CLOSED, "-->")
    for start, line in comment.lines(source):
        second = hidden(line)
        if second is not None:
            span = Span(start + second + shift, start + len(line) + shift)
            yield span, Slip(span, SECOND)
        for offset, text in clauses_of(line, start + shift):
            if text.strip():
                yield _clause(text, offset)


def _clause(text: str, offset: int) -> tuple[Span, Clause | Slip]:
    start = offset + len(text) - len(text.lstrip(" \t$"))
    span = Span(start, start + len(text.strip(" \t$")))
    try:
        return span, read_clause(text, offset)
    except Slip as slip:
        return span, slip


def _refuse(found: Declared, span: Span, slip: Slip) -> None:
    more = found.source.more
    if more is not None and span.start > len(found.source.text):
        place = more.place(slip.at.start - found.source.behind)
        expected = f"; expected {slip.expected}" if slip.expected else ""
        raise UsageError(f"{more.name}:{place.line}:{place.column}: {slip.message}{expected}")
    found.refused.append(s.Unreadable(span, slip.at, slip.message, slip.expected))


def _accept(found: Declared, clause: Clause) -> None:
    """Add a clause unless it contradicts an earlier one."""
    earlier = next((other for other in found.clauses if _contradict(other, clause)), None)
    if earlier is not None:
        message = f"{found.source.where(earlier.span.start)} declares {found.source.slice(earlier.span)}"
        _refuse(found, clause.span, Slip(clause.span, message, ONE_OF_THEM))
        return
    found.clauses.append(clause)
    if clause.kind is Kind.SETTING:
        found.settings[clause.key] = clause


def _contradict(one: Clause, other: Clause) -> bool:
    kinds = {one.kind, other.kind}
    if kinds == {Kind.SETTING}:
        return one.key == other.key and one.value != other.value
    if kinds == {Kind.SETTING, Kind.SHAPE}:
        setting, shape = (one, other) if one.kind is Kind.SETTING else (other, one)
        return setting.value == "scalars" and bool(_space(shape))
    same = {key_of(x) for x in symbols(one)} & {key_of(x) for x in symbols(other)}
    if not same or kinds not in ({one.kind}, {Kind.NAME, Kind.GIVEN}):
        return False
    return len(kinds) > 1 or _said(one) != _said(other)


def _space(clause: Clause) -> tuple[s.Node, ...]:
    space = clause.statement.items[1] if clause.statement is not None else None
    return space.dims if isinstance(space, s.Space) else ()


def _said(clause: Clause) -> tuple[object, ...]:
    """What a clause says of its names, without its place."""
    right = clause.statement.items[1:] if clause.statement is not None else ()
    times = tuple(x.time for x in clause.subjects if isinstance(x, s.Symbol)) if clause.kind is Kind.FACT else ()
    return (clause.key, clause.value, times, tuple(without_places(node) for node in right))


def without_places(node: s.Node) -> s.Node:
    """A tree that does not tell where it stands, for comparing two."""
    return node.rewritten(_without_place)


def _without_place(node: s.Node) -> s.Node:
    if isinstance(node, s.Call):
        return replace(node, span=NOWHERE, head=NOWHERE)
    return replace(node, span=NOWHERE)


def _concerned(text: str) -> set[str] | None:
    """The letter of the name that an unusable declaration is about; None where it may be about all of the sheet."""
    match = ABOUT.match(text)
    return {match[1]} if match and match[1] not in CHOICES and match[1] not in LETTERS else None
