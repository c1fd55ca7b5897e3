"""A sheet held in the world of a reference: the reference's definitions, facts and shapes, and the sheet's own names.

The sentences of the sheet go behind those of the reference, its words do not. What would change the meaning of a name
of the reference is left out and told: a definition of a name that the reference leaves open, a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from derivations.check import Checker, Options
from derivations.entries import Entry, Sheet, is_condition
from derivations.errors import InternalError
from derivations.names import Ref
from derivations.quantities import Place, key_of_quantity, moved
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.places import Source, Span
from derivations.renaming import Renaming
from derivations.understood import PLAIN, Habits
from derivations.world import Definition, Knowledge

GAP = "\n\n"
_DECLARING = re.compile("gradproof", re.IGNORECASE)
"""What makes a comment one of declarations: those of the sheet do not hold for the reference."""
_TENSOR = re.compile(r"\\otimes|⊗")
"""The sign whose meaning the sheet's other uses of it settle."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference: its text and sentences, and how it is understood alone."""

    source: Source
    options: Options
    sentences: tuple[s.Sentence, ...]
    alone: Sheet

    @staticmethod
    def read(source: Source, options: Options) -> Reference:
        source = replace(source, more=options.declarations) if options.declarations is not None else source
        sentences = tuple(read_document(source))
        return Reference(source, options, sentences, Checker(source, options, None, sentences=sentences).sheet)


@dataclass(slots=True)
class Merged:
    """The reference with the sentences of a sheet behind it.

    ``left_out`` are the sentences of the sheet that would change what a name of the reference means, with the keys of
    these names; ``sound`` is false where the reference is not understood as it is alone, whatever is left out.
    """

    checker: Checker
    offset: int
    left_out: dict[Place, frozenset[str]] = field(default_factory=dict)
    sound: bool = True

    def entries(self) -> Iterator[tuple[Entry, bool]]:
        """Every statement, and whether it is the reference's."""
        for entry in self.checker.sheet.entries:
            yield entry, entry.sentence.span.start < self.offset

    def place(self, entry: Entry, source: Source) -> Place:
        """Where a statement stands in the sheet that it is from."""
        start = entry.sentence.span.start
        found = source.place(start if start < self.offset else start - self.offset)
        return found.line, found.column


def merge(reference: Reference, source: Source, renamed: Renaming, habits: Habits = PLAIN) -> Merged:
    """Put the sentences of a sheet behind a reference, but for those that would change what it means."""
    sentences = [renamed.sentence(x) for x in read_document(source) if isinstance(x, s.Statement)]
    left_out: dict[Place, frozenset[str]] = {}
    for _ in range(len(sentences) + 1):
        merged = _merged(reference, source, sentences, habits)
        disturbing = _disturbing(merged, reference)
        if not disturbing:
            merged.left_out, merged.sound = left_out, _is_undisturbed(merged, reference)
            return merged
        for start, keys in disturbing.items():
            place = source.place(start)
            left_out[place.line, place.column] = keys
        sentences = [x for x in sentences if x.span.start not in disturbing]
    raise InternalError("sentences that are left out disturb the reference")


def _merged(reference: Reference, source: Source, sentences: Sequence[s.Sentence], habits: Habits) -> Merged:
    offset = len(reference.source.text) + len(GAP)
    own = _blanked(source.text, [x.span for x in sentences])
    text = reference.source.text + GAP + _DECLARING.sub(lambda found: " " * len(found.group()), own)
    every = [*reference.sentences, *(moved(x, offset) for x in sentences)]
    checker = Checker(replace(reference.source, text=text), reference.options, None, habits, sentences=every)
    return Merged(checker, offset)


def _blanked(text: str, kept: Sequence[Span]) -> str:
    """A text with nothing but some spans, each at its place."""
    found, end = [], 0
    for span in sorted(kept):
        found.append("".join("\n" if x == "\n" else " " for x in text[end : span.start]))
        found.append(text[max(end, span.start) : span.end])
        end = max(end, span.end)
    return "".join(found)


# What disturbs a reference


def _disturbing(merged: Merged, reference: Reference) -> Mapping[int, frozenset[str]]:
    """The sentences of a sheet, by their offsets, that say more of names of the reference; and which names."""
    known = frozenset(reference.alone.knowledge.names.bases) | _functions(reference.sentences)
    found: dict[int, set[str]] = {}
    for start, keys in _sayings(merged, reference):
        if keys & known:
            found.setdefault(start - merged.offset, set()).update(keys & known)
    return {start: frozenset(keys) for start, keys in found.items()}


def _sayings(merged: Merged, reference: Reference) -> Iterator[tuple[int, frozenset[str]]]:
    """The offsets of the sheet's sentences that define, suppose or declare something, and of which names."""
    names = merged.checker.sheet.knowledge.names
    defined = _defined_by(merged)
    for entry, is_reference in merged.entries():
        sentence = entry.sentence
        if is_reference or not isinstance(sentence, s.Statement):
            continue
        if entry.assumed and not is_condition(sentence):
            yield sentence.span.start, frozenset(names.ref(x).key for x in _symbols(sentence))
        within = frozenset(ref.key for ref, span in defined if _inside(span, sentence.span))
        yield sentence.span.start, within | _defined_functions(sentence, entry, reference)
    for fact in merged.checker.sheet.facts:
        start = next((x.start for x in _spans(merged) if x.start <= fact.offset <= x.end), None)
        if start is not None:
            yield start, frozenset({fact.key})


def _defined_by(merged: Merged) -> list[tuple[Ref, Span]]:
    """The names that sentences of the sheet define, and where: also in the middle of a chain."""
    knowledge = merged.checker.sheet.knowledge
    every = [*((Ref(key), x) for key, x in knowledge.families.items()), *knowledge.instances.items()]
    return [(ref, found.node.span) for ref, found in every if found.node.span.start >= merged.offset]


def _functions(sentences: Iterable[s.Sentence]) -> frozenset[str]:
    """The functions that some sentences take values of."""
    trees = (item for x in sentences if isinstance(x, s.Statement) for item in x.items)
    return frozenset(x.function for tree in trees for x in tree.walk() if isinstance(x, s.Call | s.Function))


def _defined_functions(sentence: s.Statement, entry: Entry, reference: Reference) -> frozenset[str]:
    """The function that a sentence of the sheet defines, where the reference leaves it open."""
    first = sentence.items[0]
    new = entry.kind == "definition" and isinstance(first, s.Call) and not entry.assumed
    known = reference.alone.knowledge.functions
    return frozenset({first.function}) - known.keys() if new and isinstance(first, s.Call) else frozenset()


def _spans(merged: Merged) -> list[Span]:
    return [entry.sentence.span for entry, is_reference in merged.entries() if not is_reference]


def _symbols(sentence: s.Statement) -> Iterator[s.Symbol]:
    return (node for item in sentence.items for node in item.walk() if isinstance(node, s.Symbol))


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _is_undisturbed(merged: Merged, reference: Reference) -> bool:
    """Whether the reference means the same as alone: names, definitions, signs, facts, shapes up to their letters."""
    sheet, alone = merged.checker.sheet, reference.alone
    now, before = sheet.knowledge, alone.knowledge
    symbols = [x for y in reference.sentences if isinstance(y, s.Statement) for x in _symbols(y)]
    return (
        all(now.names.ref(x) == before.names.ref(x) for x in symbols)
        and all(_is_unchanged(x, now.families.get(key), before, now) for key, x in before.families.items())
        and all(_is_unchanged(x, now.instances.get(ref), before, now) for ref, x in before.instances.items())
        and before.functions.items() <= now.functions.items()
        and [x for x in sheet.facts if x.offset < merged.offset] == alone.facts
        and _conventions(sheet, reference) == _conventions(alone, reference)
        and _shapes(sheet, sorted(before.names.bases)) == _shapes(alone, sorted(before.names.bases))
    )


def _is_unchanged(then: Definition, now: Definition | None, before: Knowledge, after: Knowledge) -> bool:
    """Whether a definition is the same, where names of the sheet may stand for a part of it."""
    if now is None or (then.time, then.letter, then.loss, then.indices) != (
        now.time,
        now.letter,
        now.loss,
        now.indices,
    ):
        return False
    written = now.node.rewritten(lambda x: _written_out(x, before, after))
    return then.node == now.node or key_of_quantity(then.node, before) == key_of_quantity(written, after)


def _written_out(node: s.Node, before: Knowledge, after: Knowledge) -> s.Node:
    """A name that only the sheet has as what it stands for at its own time."""
    ref = after.names.ref(node) if isinstance(node, s.Symbol) else None
    found = after.definition(ref) if ref is not None and ref.key not in before.names.bases else None
    return found.node if found is not None and ref is not None and found.time == ref.time else node


def _conventions(sheet: Sheet, reference: Reference) -> tuple[object, ...]:
    """What holds for a whole sheet and could change how any line of the reference is read."""
    knowledge = sheet.knowledge
    signs = knowledge.signs if _TENSOR.search(reference.source.text) else knowledge.signs.declared
    said = sheet.scalars_only, sheet.said_scalar, sheet.perhaps_vectors
    return knowledge.rows, signs, knowledge.entrywise, knowledge.length, *said


def _shapes(sheet: Sheet, keys: Sequence[str]) -> list[tuple[str, ...]]:
    """The shapes of names, the sizes numbered as they come."""
    numbers: dict[str, str] = {}
    shapes = [sheet.knowledge.shapes.get(key, ()) for key in keys]
    return [tuple(numbers.setdefault(str(dim), str(len(numbers))) for dim in shape) for shape in shapes]
