"""The marking scheme: a TOML file that says what the points are for. See docs/marks.md.

The tables below are the grammar: one row a key. Whatever they do not have is refused with the place and the remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, TypeAlias

from derivations.errors import SheetError, UsageError
from derivations.reading.parser import parse_expression
from derivations.reading.places import Source
from derivations.reading.surface import Symbol

MOST_POINTS = 10_000
MOST_ROWS = 1_000
"""Questions of a scheme, and statements of all of them together."""
DIGITS = 6
ROUNDINGS = ("none", "nearest", "up", "down")
SELECTORS = ("left", "line", "claim", "heading", "result")


@dataclass(frozen=True, slots=True)
class Item:
    """What some points are for: statements found by one of the selectors.

    ``left`` is an expression that they are about, ``line`` a line of the sheet, ``claim`` counts the claims of the
    question from 1, ``heading`` is a part of the sheet, ``result`` a result of the reference: its line, or what it is
    about. ``method`` are the points of every right step where the whole is not right.
    """

    points: Fraction
    method: Fraction
    left: str | None = None
    line: int | None = None
    claim: int | None = None
    heading: tuple[str, ...] | None = None
    result: str | int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question: the part of the sheet under a heading, or some lines, or the whole sheet.

    ``points`` are shared by its claims, of which ``claims`` are expected; ``items`` are given their own.
    """

    name: str
    heading: tuple[str, ...] | None = None
    lines: tuple[int, int] | None = None
    points: Fraction | None = None
    claims: int | None = None
    method: Fraction = Fraction(0)
    maximum: Fraction | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """How a sheet is held against a reference: points of every result, and what else counts."""

    points: Fraction | None = None
    method: Fraction = Fraction(0)
    own_definitions: bool = False
    definitions: bool = True


@dataclass(frozen=True, slots=True)
class Scheme:
    """What the points of a sheet are for, and how they are given.

    ``notes`` is the share of the points for what is right with a note; marks of a question are rounded to ``unit``;
    ``names`` gives names of the sheets by those of the scheme and the reference.
    """

    source: str
    questions: tuple[Question, ...] = ()
    title: str = ""
    maximum: Fraction | None = None
    rounding: str = "none"
    unit: Fraction = Fraction(1, 2)
    carry_forward: bool = False
    notes: Fraction = Fraction(1)
    names: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    against: Rules = Rules()

    @property
    def lefts(self) -> list[str]:
        """The expressions by which statements are found."""
        return [item.left for question in self.questions for item in question.items if item.left is not None]

    @property
    def results(self) -> list[str]:
        """The expressions by which results of the reference are found."""
        every = (item.result for question in self.questions for item in question.items)
        return [result for result in every if isinstance(result, str)]


Readers: TypeAlias = "Mapping[str, Callable[[_Place, str], Any]]"


class _Place:
    """A table of the file, with the words that say where it stands."""

    def __init__(self, source: str, where: str, table: object, keys: Readers) -> None:
        self.source = source
        self.prefix = f"{source}: {where}: " if where else f"{source}: "
        if not isinstance(table, dict):
            raise UsageError(f"{self.prefix}this must be a table of keys, is {_shown(table)}")
        self.table: dict[str, Any] = table
        unknown = next((key for key in table if key not in keys), None)
        if unknown is not None:
            near = get_close_matches(unknown, keys, 1)
            known = f"did you mean {near[0]}?" if near else f"known are {', '.join(keys)}"
            raise UsageError(f"{self.prefix}the key {_shown(unknown)} is not known; {known}")
        self.values = {key: read(self, key) for key, read in keys.items() if key in table}

    def error(self, key: str, must: str) -> UsageError:
        return UsageError(f"{self.prefix}{key} must be {must}, is {_shown(self.table[key])}")


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


# The kinds of values


def _number(place: _Place, key: str, must: str, least: Fraction, most: Fraction) -> Fraction:
    value = place.table[key]
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise place.error(key, must)
    exact = Decimal(value) if isinstance(value, Decimal) or abs(value) <= MOST_POINTS else None
    if exact is None or not exact.is_finite() or not least <= exact <= most:
        raise place.error(key, must)
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DIGITS:
        raise place.error(key, f"{must}, with at most {DIGITS} decimals")
    return Fraction(exact)


def _points(place: _Place, key: str) -> Fraction:
    return _number(place, key, f"a number of points from 0 to {MOST_POINTS}", Fraction(0), Fraction(MOST_POINTS))


def _share(place: _Place, key: str) -> Fraction:
    return _number(place, key, "a share from 0 to 1, such as 0.5", Fraction(0), Fraction(1))


def _unit(place: _Place, key: str) -> Fraction:
    return _number(place, key, "what marks are rounded to, such as 0.5", Fraction(1, 100), Fraction(MOST_POINTS))


def _count(place: _Place, key: str) -> int:
    value = place.table[key]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10**7:
        raise place.error(key, "a whole number from 1 on")
    return value


def _text(place: _Place, key: str) -> str:
    value = place.table[key]
    if not isinstance(value, str) or not value.strip():
        raise place.error(key, "a text in quotation marks")
    return value.strip()


def _heading(place: _Place, key: str) -> tuple[str, ...]:
    """One heading, or headings from the outer to the inner one."""
    value = place.table[key]
    path = tuple(value) if isinstance(value, list) else (value,)
    if not path or len(path) > 6 or not all(isinstance(x, str) and x.strip() for x in path):
        raise place.error(key, 'a heading such as "a)", or headings within each other: ["Question 2", "a)"]')
    return tuple(x.strip() for x in path)


def _switch(place: _Place, key: str) -> bool:
    value = place.table[key]
    if not isinstance(value, bool):
        raise place.error(key, "true or false")
    return value


def _rounding(place: _Place, key: str) -> str:
    if place.table[key] not in ROUNDINGS:
        raise place.error(key, "one of " + ", ".join(f'"{x}"' for x in ROUNDINGS))
    return str(place.table[key])


def _expression(place: _Place, key: str) -> str:
    text = _text(place, key)
    try:
        parse_expression(text)
    except SheetError as error:
        raise UsageError(f"{place.prefix}{key} = {_shown(text)} cannot be read: {error}") from error
    return text


def _result(place: _Place, key: str) -> str | int:
    return _count(place, key) if isinstance(place.table[key], int) else _expression(place, key)


def _expressions(place: _Place, key: str) -> tuple[str, ...]:
    value = place.table[key]
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        raise place.error(key, r"a list of expressions, such as ['\partial L/\partial h_2']")
    return tuple(
        _Place(place.source, f"{key}, number {k}", {key: x}, {key: _expression}).values[key]
        for k, x in enumerate(value, start=1)
    )


def _lines(place: _Place, key: str) -> tuple[int, int]:
    match place.table[key]:
        case [int() as first, int() as last] if 1 <= first <= last and not isinstance(first, bool):
            return first, last
    raise place.error(key, "the first and the last line, such as [10, 24]")


def _names(place: _Place, key: str) -> dict[str, str]:
    table = place.table[key]
    if not isinstance(table, dict) or len(table) > MOST_ROWS:
        raise place.error(key, f"a table of at most {MOST_ROWS} names")
    return _Place(place.source, f"[{key}]", table, dict.fromkeys(table, _name)).values


def _name(place: _Place, key: str) -> str:
    for text, words in ((key, "the name"), (_text(place, key), "what it stands for")):
        try:
            if isinstance(parse_expression(text), Symbol):
                continue
        except SheetError:
            pass
        raise UsageError(f"{place.prefix}{words}, {_shown(text)}, is no single name; write a name such as 'W_{{hz}}'")
    return str(place.table[key])


def _rows(place: _Place, key: str) -> list[object]:
    value = place.table[key]
    if not isinstance(value, list):
        raise place.error(key, f"written as [[{key}]], one for each")
    if len(value) > MOST_ROWS:
        raise UsageError(f"{place.prefix}{len(value)} times [[{key}]]; at most {MOST_ROWS} are read, split the scheme")
    return value


ITEM: Readers = {
    "points": _points, "method": _points, "left": _expression, "line": _count, "claim": _count, "heading": _heading,
    "result": _result,
}  # fmt: skip
QUESTION: Readers = {
    "name": _text, "heading": _heading, "lines": _lines, "points": _points, "claims": _count, "method": _points,
    "maximum": _points, "statement": _rows,
}  # fmt: skip
AGAINST: Readers = {
    "points": _points, "method": _points, "own_definitions": _switch, "definitions": _switch,
}  # fmt: skip
SCHEME: Readers = {
    "title": _text, "maximum": _points, "rounding": _rounding, "unit": _unit, "carry_forward": _switch, "notes": _share,
    "method": _points, "known": _expressions, "names": _names, "question": _rows,
    "against": lambda place, key: place.table[key],
}  # fmt: skip


# Putting it together


def read_scheme(source: Source) -> Scheme:
    """The scheme in a TOML file. Raises UsageError with the key, its place and the remedy."""
    place = _Place(source.name, "", _toml(source), SCHEME)
    values = place.values
    method = values.pop("method", Fraction(0))
    rows = values.pop("question", [])
    questions = tuple(_question(source.name, k, row, method) for k, row in enumerate(rows, start=1))
    rules = _Place(source.name, "[against]", values.pop("against", {}), AGAINST).values
    against = Rules(**{"method": method, **rules})
    _require_sound(source.name, questions, against)
    return Scheme(source.name, questions, against=against, **values)


def _toml(source: Source) -> dict[str, Any]:
    try:
        return tomllib.loads(source.text.replace("\r\n", "\n"), parse_float=Decimal)
    except (ValueError, ArithmeticError) as error:
        raise UsageError(f"{source.name}: this is no TOML: {error}; see docs/marks.md") from error
    except RecursionError as error:
        raise UsageError(f"{source.name}: too deeply nested; see docs/marks.md") from error


def _question(source: str, number: int, row: object, method: Fraction) -> Question:
    named = row.get("name") if isinstance(row, dict) else None
    where = f"question {number}" + (f" ({named})" if isinstance(named, str) else "")
    place = _Place(source, where, row, QUESTION)
    values = {"method": method, **place.values}
    if "heading" in values and "lines" in values:
        raise UsageError(f"{place.prefix}give the heading or the lines, not both")
    rows = values.pop("statement", [])
    _require_points(place, bool(rows))
    items = tuple(_item(source, f"{where}, statement {k}", x, values["method"]) for k, x in enumerate(rows, start=1))
    name = values.pop("name", None) or " ".join(values.get("heading", [])) or str(number)
    return Question(name, items=items, **values)


def _require_points(place: _Place, itemised: bool) -> None:
    """The points of a question stand in one place: at the question, or at its statements."""
    if not itemised and "points" not in place.values:
        raise UsageError(f"{place.prefix}no points are given; add points = …, or [[question.statement]] with points")
    if itemised and "points" in place.values:
        raise UsageError(f"{place.prefix}points stand at the question and at its statements; keep one of them")
    if itemised and "claims" in place.values:
        raise UsageError(f"{place.prefix}claims shares points among all claims; leave it out beside statements")


def _item(source: str, where: str, row: object, method: Fraction) -> Item:
    place = _Place(source, where, row, ITEM)
    chosen = [key for key in SELECTORS if key in place.values]
    if len(chosen) != 1:
        found = " and ".join(chosen) or "none of them"
        raise UsageError(f"{place.prefix}one of {', '.join(SELECTORS)} says which statement is meant; there is {found}")
    if "points" not in place.values:
        raise UsageError(f"{place.prefix}no points are given; add points = …")
    return Item(**{"method": method, **place.values})


def _require_sound(source: str, questions: Sequence[Question], against: Rules) -> None:
    """Refuse a scheme that gives no points, or whose questions cannot be told apart."""
    if not questions and against.points is None:
        raise UsageError(f"{source}: no points are given; add [[question]], or points under [against]")
    if sum(len(question.items) for question in questions) > MOST_ROWS:
        raise UsageError(f"{source}: more than {MOST_ROWS} statements; split the scheme")
    names = [question.name for question in questions]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{source}: two questions have the name {_shown(twice)}; give each a name of its own")
