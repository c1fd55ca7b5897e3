r"""Names that a later part of a sheet gives anew: ``h_t`` with σ in question a, with tanh in question b.

The first definition of a name counts for the whole sheet. Where a line says otherwise, and its sign, its words or a
heading before it make it look like a definition rather than a claim, it is not known which of the two is meant from
there on: neither that line nor a later one that rests on the name is called right or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from derivations.entries import EQUATING, Entry, Sheet
from derivations.facts import in_force
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.report import Verdict
from derivations.world import Definition

if TYPE_CHECKING:
    from derivations.check import Checker

_HEADING: Final = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]|\\(?:part|chapter|(?:sub)*section|paragraph|question)\b|"
    r"[*_]*\(?[A-Za-z0-9]\)|[*_]*(?:part|question|exercise|problem|task|case|aufgabe|teil|exercice|ejercicio)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_DEFINING: Final = re.compile(r":=|\\coloneqq|\\triangleq|\\stackrel|\\overset|≔|≜")
_WORDS: Final = re.compile(
    r"\b(?:let(?!\s+us\b|'s)|instead|redefin\w+|replac\w+|chang\w+|switch\w*|alternativ\w+|this time|"
    r"stattdessen|sei|soit|sea)\b",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.!?:;]\s|\n[ \t]*\n|\$\$|\\\]|\\end\{\w+\*?\}")


@dataclass(frozen=True, slots=True)
class Anew:
    """A name that is given anew from an offset of the text on, with the lines that say what it is."""

    key: str
    text: str
    start: int
    line: int
    before: int

    def __str__(self) -> str:
        twice = f"line {self.before} defines {self.text}, and line {self.line} says otherwise"
        return f"{twice}; give one of the two another name, or a sheet of its own"


def given_anew(checker: Checker) -> tuple[Anew, ...]:
    """The names that a line gives anew: one that looks like a definition, and is not right as a claim."""
    found, sheet = [], checker.sheet
    for statement, ref, definition in _defining(sheet):
        left, right = statement.items
        judged = checker.judge_step(left, right, checker.world_of(statement), not statement.display)
        if judged.verdict not in (Verdict.PROVED, Verdict.HOLDS):
            start, text = statement.span.start, sheet.source.slice(statement.items[0].span)
            found.append(Anew(ref.key, text, start, sheet.source.place(start).line, definition.line))
    return tuple(found)


def in_doubt(names: tuple[Anew, ...], at: int, reachable: Callable[[], set[str]]) -> Anew | None:
    """The first name given anew before an offset that a step rests on."""
    before = [name for name in names if name.start <= at]
    keys = reachable() if before else set[str]()
    return next((name for name in before if name.key in keys), None)


def _defining(sheet: Sheet) -> Iterator[tuple[s.Statement, Ref, Definition]]:
    """The lines that look like another definition of a name, with the first."""
    opened = 0
    heads = _heads(sheet)
    for entry in sheet.entries:
        opened = heads.get(entry.sentence.span.start, opened)
        found = _of_defined(entry, sheet)
        if found is not None and (found[2].line < opened or _is_told(found[0], sheet)):
            yield found
        elif entry.kind != "definition":
            opened = 0


def _heads(sheet: Sheet) -> Mapping[int, int]:
    """The sentences that stand first under a heading, with their lines."""
    spans = [entry.sentence.span for entry in sheet.entries]
    text = sheet.source.text
    first = (b.start for a, b in pairwise(spans) if _HEADING.search(text[a.end : b.start]))
    return {start: sheet.source.place(start).line for start in first}


def _of_defined(entry: Entry, sheet: Sheet) -> tuple[s.Statement, Ref, Definition] | None:
    """A claim that is nothing but one equation for a name that a line before has defined, under no supposition."""
    sentence = entry.sentence
    if entry.kind != "claim" or not isinstance(sentence, s.Statement) or len(sentence.items) != 2 or sentence.follows:
        return None
    first, second = sentence.items
    if not isinstance(first, s.Symbol) or first.component or sentence.links[0].relation not in EQUATING:
        return None
    ref = sheet.knowledge.names.ref(first)
    definition = sheet.knowledge.definition(ref)
    general = ref.time is None or (ref.time.symbol is not None and not ref.time.offset)
    if definition is None or not general or definition.line >= sheet.source.place(sentence.span.start).line:
        return None
    supposed = any(fact.local for fact in in_force(sheet.facts, sheet.source, second.span.start))
    return None if supposed or _is_derived(definition, ref, second, sheet) else (sentence, ref, definition)


def _is_derived(definition: Definition, ref: Ref, value: s.Node, sheet: Sheet) -> bool:
    """Whether a value is one that is worked out, not defined: of a gradient, by a product, or from the first time."""
    if any(isinstance(x, s.Partial) for node in (definition.node, value) for x in node.walk()):
        return True
    names = (sheet.knowledge.names.ref(x) for x in value.walk() if isinstance(x, s.Symbol))
    begun = any(x.key == ref.key and x.time is not None and x.time.symbol is None for x in names)
    return begun or any(isinstance(x, s.Big) and x.kind == "prod" for x in value.walk())


def _is_told(statement: s.Statement, sheet: Sheet) -> bool:
    """Whether the sign of an equation, or the words of its sentence, say that it defines."""
    before = _SENTENCE.split(sheet.source.text[: statement.span.start].rstrip(" $\n\\[("))[-1]
    return bool(_DEFINING.search(sheet.source.slice(statement.links[0].span)) or _WORDS.search(before))
