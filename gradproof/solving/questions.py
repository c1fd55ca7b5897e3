"""Question sheets: Markdown with fenced blocks ``gradproof`` that ask, a line ``key: value`` each.

The first key of a block is its kind, its value what it asks about; further keys are options. Lines that are indented
go on with the value before them, and lines that begin with ``#`` are remarks. docs/solve.md is the full grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final

from markdown_it import MarkdownIt

from derivations.errors import UsageError
from derivations.reading.places import Source

KEY: Final = re.compile(r"([A-Za-z][\w-]*)\s*:(?:\s+|$)(.*)")
LANGUAGE: Final = "gradproof"


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key: value`` with the line of the sheet that it stands on."""

    key: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a kind: how its text becomes a value, and what it is worth when it is left out.

    ``read`` raises ValueError with what was expected.
    """

    read: Callable[[str], Any]
    default: Any = None


@dataclass(frozen=True, slots=True)
class Question:
    """One block: its kind, what it asks about, its options as values, and its line."""

    kind: str
    subject: str
    options: Mapping[str, Any]
    line: int
    sheet: str

    def refusal(self, message: str) -> UsageError:
        """An error with the place of the question."""
        return UsageError(f"{self.sheet}:{self.line}: {self.kind}: {message}")


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown between questions, as written, and its first line."""

    markdown: str
    line: int


@dataclass(slots=True)
class QuestionSheet:
    """A sheet in order; its title is its first heading of the first level, or its name."""

    name: str
    title: str
    parts: list[Prose | Question] = field(default_factory=list)

    @property
    def questions(self) -> list[Question]:
        return [part for part in self.parts if isinstance(part, Question)]


def read_questions(source: Source, kinds: Mapping[str, Mapping[str, Key]]) -> QuestionSheet:
    """The questions of a sheet, for the kinds that there are with their keys.

    Raises UsageError for a sheet without a question, and for all that is wrong in its blocks, a line each.
    """
    lines = source.text.split("\n")
    found = QuestionSheet(source.name, _title(source.text) or source.name.rpartition("/")[2])
    faults: list[str] = []
    end = 0
    for start, stop, content in _fences(source.text):
        found.parts += _prose(lines[end:start], end)
        try:
            found.parts.append(_question(source.name, content, start + 2, kinds))
        except UsageError as error:
            faults.append(str(error))
        end = stop
    found.parts += _prose(lines[end:], end)
    if faults:
        raise UsageError("\n".join(faults))
    if not found.questions:
        raise UsageError(f"{source.name}: no question was found; ask in a block that begins with ```{LANGUAGE}")
    return found


def _title(text: str) -> str:
    pairs = pairwise(MarkdownIt("commonmark").parse(text))
    return next((t.content for h, t in pairs if h.type == "heading_open" and h.tag == "h1"), "")


def _fences(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """First and last line (counted from 0, the last one excluded) and the lines of every block that asks."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.info.split()[:1] == [LANGUAGE] and token.map:
            yield token.map[0], token.map[1], token.content.split("\n")


def _prose(lines: Sequence[str], start: int) -> list[Prose]:
    text = "\n".join(lines).strip("\n")
    return [Prose(text, start + 1)] if text.strip() else []


def _question(sheet: str, content: Sequence[str], line: int, kinds: Mapping[str, Mapping[str, Key]]) -> Question:
    entries = list(_entries(sheet, content, line))
    if not entries:
        raise UsageError(f"{sheet}:{line}: this block asks nothing; write a kind, such as derive: gru")
    kind = entries[0]
    if kind.key not in kinds:
        raise UsageError(f"{sheet}:{kind.line}: {_unknown('kind of question', kind.key, tuple(kinds))}")
    options = {key: row.default for key, row in kinds[kind.key].items()}
    seen = {kind.key}
    for entry in entries[1:]:
        _refuse(sheet, kind.key, entry, kinds[kind.key], seen)
        seen.add(entry.key)
        options[entry.key] = _value(sheet, entry, kinds[kind.key][entry.key])
    return Question(kind.key, kind.value, options, kind.line, sheet)


def _entries(sheet: str, content: Sequence[str], first: int) -> Iterator[Entry]:
    """The keys of a block; an indented line goes on with the value before it."""
    current: Entry | None = None
    for line, text in enumerate(content, start=first):
        if not text.strip() or text.startswith("#"):
            continue
        found = KEY.fullmatch(text.rstrip())
        if text[0].isspace() and current is not None:
            joined = f"{current.value}\n{text.strip()}" if current.value else text.strip()
            current = Entry(current.key, joined, current.line)
        elif found:
            if current is not None:
                yield current
            current = Entry(found[1], found[2].strip(), line)
        else:
            raise UsageError(f"{sheet}:{line}: “{text.strip()}” is no line key: value; indent what goes on a value")
    if current is not None:
        yield current


def _refuse(sheet: str, kind: str, entry: Entry, keys: Mapping[str, Key], seen: set[str]) -> None:
    if entry.key in seen:
        raise UsageError(f"{sheet}:{entry.line}: {entry.key} stands here a second time; keep one of them")
    if entry.key not in keys:
        raise UsageError(f"{sheet}:{entry.line}: {_unknown(f'key of {kind}', entry.key, tuple(keys))}")


def _value(sheet: str, entry: Entry, key: Key) -> Any:
    try:
        return key.read(entry.value)
    except ValueError as error:
        raise UsageError(f"{sheet}:{entry.line}: {entry.key}: {error}") from None


def _unknown(what: str, word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1, 0.5)
    asked = f"did you mean {near[0]}? " if near else ""
    there = f"there are {', '.join(known)}" if known else "there is none"
    return f"{word} is no {what}; {asked}{there}"


# What values may be


def words(value: str) -> tuple[str, ...]:
    """Names with commas or spaces between them."""
    found = tuple(value.replace(",", " ").split())
    if not found:
        raise ValueError("expected one name or more, with commas between them")
    return found


def choice(*allowed: str) -> Callable[[str], str]:
    """One of some words."""

    def read(value: str) -> str:
        if value not in allowed:
            near = get_close_matches(value, allowed, 1)
            raise ValueError(f"{value or 'nothing'} is none of {', '.join(allowed)}"
                             + (f"; did you mean {near[0]}?" if near else ""))  # fmt: skip
        return value

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(value: str) -> int:
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"{value or 'nothing'} is no whole number from {least} to {most}")
        return int(value)

    return read


def number(value: str) -> str:
    """A decimal number or a fraction, kept as text."""
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)(/0*[1-9]\d*)?", value):
        raise ValueError(f"{value or 'nothing'} is no number; write 0.05 or 1/20")
    return value


def switch(value: str) -> bool:
    """``yes`` or ``no``."""
    if value not in ("yes", "no"):
        raise ValueError(f"{value or 'nothing'} is neither yes nor no")
    return value == "yes"


def any_text(value: str) -> str:
    """Text as it stands."""
    if not value:
        raise ValueError("nothing stands here")
    return value
