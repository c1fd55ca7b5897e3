"""Checking a sheet again after an edit: what was found of a statement holds on where all that it hangs on is the same.

A judgement hangs on its own statement, on what the sheet knows (names, shapes, definitions, facts, settings, prose), on
the values that earlier lines state, and on the letters that they gave to sizes. All of this is written down, without
places, and compared as a whole. Of other plain claims only the names count: nothing reads more of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import sympy

from derivations.doubts import speaks_of_convolutions
from derivations.entries import EQUATING, Entry, Sheet
from derivations.facts import in_force
from derivations.judge import Judgement
from derivations.names import Names, Ref
from derivations.open_losses import OpenLosses
from derivations.reading import surface as s
from derivations.reading.places import Source, Span
from derivations.report import Step, Verdict
from derivations.reporting import Judged
from derivations.stated import Stated
from derivations.terms import Term
from derivations.world import World

if TYPE_CHECKING:
    from derivations.check import Checker
    from derivations.conventions import Conventions
    from derivations.explain import Explainer

MOST_SETTINGS: Final = 8
MOST_STEPS: Final = 4000
Key = bytes
UNEXPLAINED: Final = b"?"
UNWRITTEN: Final[Mapping[type, frozenset[str]]] = {
    Sheet: frozenset({"source", "entries", "misfit", "origin"}),
    OpenLosses: frozenset({"sentences"}),
}
"""What is left out of a record: what is written elsewhere, and what only tells of shapes that do not fit, for which
nothing is used again."""


@dataclass(slots=True)
class _Known:
    """What was found of one statement, and what that changed for those behind it."""

    found: list[Judgement]
    stated: dict[Ref, Stated]
    named: dict[str, Any]


@dataclass(slots=True)
class _Setting:
    """What was found under the same knowledge: statements by their keys, and the names that were unfolded."""

    known: dict[Key, _Known] = field(default_factory=dict)
    refs: dict[Term, Ref] = field(default_factory=dict)
    values: dict[tuple[Ref, World], Term] = field(default_factory=dict)


class Memory:
    """What was found of the sheets of one person, one after the other."""

    quick: bool = False
    """Whether a check leaves out why steps are wrong that were not wrong before; ``left_open`` says that it did."""
    left_open: bool = False

    def __init__(self) -> None:
        self._settings: OrderedDict[Key, _Setting] = OrderedDict()
        self._steps: OrderedDict[Key, Step] = OrderedDict()

    def setting(self, key: Key) -> _Setting:
        """What is known under a setting; the settings that were met last are kept."""
        found = self._settings.pop(key, None) or _Setting()
        self._settings[key] = found
        while len(self._settings) > MOST_SETTINGS:
            self._settings.popitem(last=False)
        return found

    def step(self, key: Key) -> Step | None:
        """The record of a step, its own to change."""
        found = self._steps.get(key)
        return None if found is None else _copied(found)

    def keep(self, key: Key, step: Step) -> None:
        self._steps[key] = _copied(step)
        while len(self._steps) > MOST_STEPS:
            self._steps.popitem(last=False)


def _copied(step: Step) -> Step:
    return replace(step, reading=list(step.reading), log=list(step.log), conditions=list(step.conditions))


class Recheck:
    """One check with what is known from earlier ones. Raises TypeError where the sheet cannot be compared."""

    def __init__(self, checker: Checker, memory: Memory) -> None:
        self._checker = checker
        self._memory = memory
        self._key = _digest([_options(checker), *_setting(checker.sheet, checker.source)])
        self._setting = memory.setting(self._key)
        self._keys: dict[int, Key] = {}
        self._wrong: list[Key] = []
        values = {} if checker.sheet.knowledge.indexed else self._setting.values  # unfolding components names sizes
        checker.elaborator.remember(self._setting.refs, values)

    def judged(self, entry: Entry) -> list[Judged]:
        """The steps of an entry: with what is known, or judged anew and kept where it hangs on nothing else."""
        sizes, stated = self._checker.sheet.knowledge.sizes, self._checker.stated
        before = dict(stated)
        key = self._keys[id(entry)] = _digest([self._key, *self._circumstances(entry)])
        known = self._setting.known.get(key)
        if known is not None:
            stated.update(known.stated)
            sizes.restore(known.named)
            return self._with(entry, known.found)
        steps = list(self._checker.judge_entry(entry))
        if _lasting(entry, steps):
            news = {ref: value for ref, value in stated.items() if before.get(ref) is not value}
            self._setting.known[key] = _Known([item.found.kept() for item in steps], news, sizes.named())
        return steps

    def _with(self, entry: Entry, found: Sequence[Judgement]) -> list[Judged]:
        """The steps of a statement with judgements that are known."""
        sentence = entry.sentence
        if not isinstance(sentence, s.Statement):
            return []
        world, pairs = self._checker.world_of(sentence), zip(sentence.items, sentence.items[1:], strict=False)
        return [
            Judged(entry, number, left, right, world, copy(judgement))
            for number, ((left, right), judgement) in enumerate(zip(pairs, found, strict=True))
        ]

    def explain(self, judged: list[Judged], conventions: Conventions, explainer: Explainer) -> None:
        """Give every step its record, a known one where there is one, and explain and keep the others."""
        keys = [self._settled(item, conventions) for item in judged]
        quick = self._memory.quick
        whole = explainer.explain(judged, quick)
        self._memory.left_open |= not whole
        for key, item in zip(keys, judged, strict=True):
            if not item.known and _lasting(item.entry, [item]):
                unexplained = quick and item.report.verdict is Verdict.WRONG
                self._memory.keep(key + UNEXPLAINED if unexplained else key, item.report)

    def _settled(self, item: Judged, conventions: Conventions) -> Key:
        found = [item.found.verdict, item.found.otherwise]
        key = _digest([self._keys[id(item.entry)], item.number, conventions, self._place(item), self._wrong, found])
        item.step = self._memory.step(key)
        item.known = item.step is not None
        if not item.known and self._memory.quick:
            item.step = self._memory.step(key + UNEXPLAINED)
        if item.step is None:
            self._checker.settle([item], conventions)
        if item.report.verdict is Verdict.WRONG:
            self._wrong.append(key)
        return key

    def _place(self, item: Judged) -> list[int]:
        """Where a step stands; a caret, a repair and what follows from it speak of lines and columns."""
        source = self._checker.source
        places = [source.place(item.entry.sentence.span.start), source.place(item.right.span.start)]
        return [number for place in places for number in (place.line, place.column)]

    def _circumstances(self, entry: Entry) -> Iterator[Any]:
        """All that the judgement of an entry hangs on, beside the setting."""
        checker, sentence = self._checker, entry.sentence
        yield entry
        yield checker.source.slice(sentence.span)
        yield len(self._keys)
        yield sorted((str(ref), value) for ref, value in checker.stated.items())
        yield sorted(checker.sheet.knowledge.sizes.named().items())
        for item in sentence.items if isinstance(sentence, s.Statement) else ():
            yield [replace(x, offset=0) for x in in_force(checker.sheet.facts, checker.source, item.span.start)]
            yield [str(x) for x in checker.anew if x.start <= item.span.start]


def recheck_of(checker: Checker, memory: Memory | None) -> Recheck | None:
    """A check with what is known; None where nothing is to be used again, or a sheet cannot be compared."""
    if memory is None or checker.witness is not None or checker.ways is None or checker.sheet.ways:
        return None
    try:
        return Recheck(checker, memory)
    except TypeError:
        return None


def _lasting(entry: Entry, steps: Sequence[Judged]) -> bool:
    """Whether what was found holds no place in the text, and its statement changed nothing but what is kept."""
    plain = isinstance(entry.sentence, s.Statement) and entry.kind != "count"
    equations = plain and all(link.relation in EQUATING for link in entry.sentence.links)  # type: ignore[union-attr]
    return equations and all(x.found.unclear is None and x.found.misfit is None for x in steps)


def is_plain_claim(entry: Entry) -> bool:
    """Whether a statement only claims: others read nothing of it but its names."""
    sentence = entry.sentence
    return (
        entry.kind == "claim"
        and isinstance(sentence, s.Statement)
        and not (entry.assumed or entry.defines or entry.given or entry.spoken or entry.clash or entry.restricted)
        and all(link.relation in EQUATING for link in sentence.links)
    )


def _options(checker: Checker) -> list[Any]:
    """How a sheet is checked."""
    options = checker.options
    return [options.seed, options.time_limit, options.strict, checker.ways, checker.elaborator.scalar]


def _setting(sheet: Sheet, source: Source) -> Iterator[Any]:
    """All that a sheet knows, its prose, and its statements but for what plain claims say."""
    claims = [entry for entry in sheet.entries if is_plain_claim(entry)]
    yield speaks_of_convolutions(source.text)
    yield _without(source.text, [entry.sentence.span for entry in claims])
    yield source.more.text if source.more is not None else ""
    for entry in sheet.entries:
        yield _shadow(entry, sheet.knowledge.names) if is_plain_claim(entry) else entry
    yield sheet


def _shadow(entry: Entry, names: Names) -> list[Any]:
    """What others read of a plain claim."""
    items = entry.sentence.items if isinstance(entry.sentence, s.Statement) else ()
    symbols = (node for item in items for node in item.walk() if isinstance(node, s.Symbol))
    return ["claim", sorted({str(names.ref(node)) for node in symbols}), entry.maybe_gradient, entry.maybe_claim]


def _without(text: str, spans: Sequence[Span]) -> str:
    """A text with some parts cut out, their lines kept."""
    parts, end = [], 0
    for span in sorted(spans):
        parts += [text[end : span.start], "\0", "\n" * text.count("\n", span.start, span.end)]
        end = max(end, span.end)
    return "".join([*parts, text[end:]])


# Writing down


def _digest(parts: Sequence[Any]) -> Key:
    found: list[str] = []
    for part in parts:
        _write(part, found)
    return blake2b("\x1f".join(found).encode("utf-8", "surrogatepass"), digest_size=20).digest()


def _write(value: Any, found: list[str]) -> None:
    """One value, so that equal records mean equal values but for places. Raises TypeError for what is not known."""
    if value is None or isinstance(value, str | int | bool | float | bytes | Fraction):
        found.append(f"{type(value).__name__}:{value!r}")
    elif isinstance(value, Term):
        found.append(value.digest.hex())
    elif isinstance(value, Span):
        found.append("·")
    elif isinstance(value, Enum):
        found.append(str(value))
    elif isinstance(value, sympy.Basic):
        found.append(sympy.srepr(value))
    elif isinstance(value, Source):
        found.append("source")
    elif isinstance(value, Mapping):
        _write_all(f"{{{len(value)}", [(k, v) for k, v in value.items()], found)
    elif isinstance(value, set | frozenset):
        _write_set(value, found)
    elif isinstance(value, list | tuple):
        _write_all(f"[{len(value)}", value, found)
    elif isinstance(value, Names):
        _write([value.timed, sorted(value.bases.items())], found)
    elif is_dataclass(value) and not isinstance(value, type):
        _write_all(type(value).__name__, [getattr(value, name) for name in _written_fields(type(value))], found)
    else:
        raise TypeError(f"{type(value).__name__} cannot be compared")


def _write_all(head: str, values: Sequence[Any], found: list[str]) -> None:
    found.append(head)
    for value in values:
        _write(value, found)


def _write_set(values: set[Any] | frozenset[Any], found: list[str]) -> None:
    """A set, in an order that its elements tell."""
    written = []
    for value in values:
        one: list[str] = []
        _write(value, one)
        written.append("\x1e".join(one))
    found.append(f"<{len(written)}")
    found += sorted(written)


@cache
def _written_fields(kind: type) -> tuple[str, ...]:
    """The fields of a class that say something: neither places nor caches."""
    left_out = UNWRITTEN.get(kind, frozenset()) | ({"all"} if issubclass(kind, s.Node) else frozenset())
    return tuple(x.name for x in fields(kind) if x.name not in left_out)
