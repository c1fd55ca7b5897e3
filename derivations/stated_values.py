"""Statements of a sheet beside those of its reference, and what the sheet says without writing it as a statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from derivations.entries import EQUATING
from derivations.merging import Merged
from derivations.names import shift
from derivations.quantities import Place, Quantities, moved, subjects
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.report import StatementReport, Verdict


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement beside its reference: what it speaks of, its sides, and what was found of it where it stands."""

    sentence: s.Statement
    subjects: tuple[str, ...]
    found: StatementReport

    @property
    def sign(self) -> str:
        """The relation that a statement is about; every equation has the same one."""
        link = self.sentence.links[0]
        return "=" if link.relation in EQUATING else link.glyph

    @property
    def subject(self) -> s.Node:
        """The side that says what a statement is about: the derivative where a name is introduced as one."""
        sides = [x for x in self.sentence.items[:-1] if isinstance(s.ungrouped(x), s.Partial)]
        return self.sentence.items[-1] if self._is_reversed else sides[0] if sides else self.sentence.items[0]

    @property
    def value(self) -> s.Node:
        """The side at the other end of a chain."""
        return self.sentence.items[0 if self._is_reversed else -1]

    @property
    def _is_reversed(self) -> bool:
        first, last = (isinstance(s.ungrouped(self.sentence.items[k]), s.Symbol | s.Partial) for k in (0, -1))
        return last and not first

    @property
    def is_definition(self) -> bool:
        return self.found.verdict is Verdict.GIVEN

    def rewritten(self, old: str, new: s.Symbol, merged: Merged) -> Stated:
        """The statement with one letter for another, where both only stand for a number."""
        knowledge = merged.checker.sheet.knowledge

        def change(node: s.Node) -> s.Node:
            is_old = isinstance(node, s.Symbol) and knowledge.names.ref(node).key == old
            return replace(new, span=node.span) if is_old else node

        sentence = self.sentence.rewritten(change)
        return replace(self, sentence=sentence, subjects=subjects(sentence, knowledge))

    def at_the_time_of(self, asked: Stated, merged: Merged) -> Iterator[Stated]:
        """The statement for every t at the times that a result speaks of; none where it has no letter or several."""
        times = [x.time for x in symbols_of([self.subject, self.value]) if x.time is not None]
        letters = {time.symbol for time in times}
        own = next((x.time for x in symbols_of([self.subject]) if x.time is not None), None)
        if len(letters) != 1 or own is None or own.symbol is None or _binds(self.sentence, own.symbol):
            return
        names = merged.checker.sheet.knowledge.names
        theirs = (names.ref(x).time for x in symbols_of([asked.subject]))
        for time in dict.fromkeys(x for x in theirs if x is not None and x.symbol is None):
            yield self._at({own.symbol: s.Time(None, time.offset - own.offset)}, merged)

    def _at(self, env: Mapping[str, s.Time], merged: Merged) -> Stated:
        def change(node: s.Node) -> s.Node:
            return replace(node, time=shift(node.time, env)) if isinstance(node, s.Symbol) else node

        sentence = self.sentence.rewritten(change)
        return replace(self, sentence=sentence, subjects=subjects(sentence, merged.checker.sheet.knowledge))


def statements(
    merged: Merged, source: Source, places: Mapping[Place, StatementReport], of_reference: bool
) -> Iterator[Stated]:
    """The equations and comparisons of a sheet or of its reference; ``places`` has what was found of them alone."""
    knowledge = merged.checker.sheet.knowledge
    for entry, is_reference in merged.entries():
        found = places.get(merged.place(entry, source)) if is_reference is of_reference else None
        usable = isinstance(entry.sentence, s.Statement) and entry.sentence.links and not entry.assumed
        if found is not None and usable and isinstance(entry.sentence, s.Statement):
            yield Stated(entry.sentence, subjects(entry.sentence, knowledge), found)


def within_chains(merged: Merged, alone: Quantities, places: Mapping[Place, StatementReport]) -> Iterator[Stated]:
    """What a sheet defines in the middle of a chain: the z̃ of ``z = σ(W x) = σ(z̃)``."""
    own = alone.sheet.knowledge
    for entry in alone.sheet.entries:
        place = alone.place_of(entry.sentence)
        if not entry.defines or place not in places or not isinstance(entry.sentence, s.Statement):
            continue
        for symbol in symbols_of(entry.sentence.items[2:]):
            found = own.definition(own.names.ref(symbol))
            if found is not None and any(found.node is x for item in entry.sentence.items[1:] for x in item.walk()):
                yield equation(symbol, found.node, places[place], merged)


def at_its_time(
    asked: Stated, merged: Merged, alone: Quantities, report: Sequence[StatementReport]
) -> Iterator[Stated]:
    """What a definition for every time says at the time of a result: ``z_2``, where the sheet says what z_t is."""
    names, own = merged.checker.sheet.knowledge.names, alone.sheet.knowledge
    subject = s.ungrouped(asked.subject)
    ref = names.ref(subject) if isinstance(subject, s.Symbol) else None
    family = own.families.get(ref.key) if ref is not None else None
    if ref is None or family is None or family.letter is None or family.time is None or ref.time in (None, family.time):
        return
    if _binds(s.Statement(family.node.span, (family.node,), ()), family.letter):
        return
    env = dict(family.env(ref))
    node = family.node.rewritten(lambda x: replace(x, time=shift(x.time, env)) if isinstance(x, s.Symbol) else x)
    for found in report:
        if found.kind == "definition" and found.line <= family.line <= found.end_line:
            yield equation(subject, node, found, merged)
            return


def equation(left: s.Node, right: s.Node, found: StatementReport, merged: Merged) -> Stated:
    """An equation that a sheet implies; its trees are those of the sheet alone."""
    pair = moved((left, right), merged.offset)
    sentence = s.Statement(pair[0].span, pair, (s.Link(s.Relation.EQUAL, pair[0].span),))
    return Stated(sentence, subjects(sentence, merged.checker.sheet.knowledge), found)


def _binds(sentence: s.Statement, letter: str) -> bool:
    """Whether a sum or product of a sentence runs over a letter."""
    return any(isinstance(x, s.Big) and x.index == letter for item in sentence.items for x in item.walk())


def symbols_of(items: Sequence[s.Node]) -> list[s.Symbol]:
    """The names in some trees."""
    return [node for item in items for node in item.walk() if isinstance(node, s.Symbol)]
