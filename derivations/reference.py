"""A sheet held against a reference: which of the reference's results it has, in whatever notation.

A result is there if the sheet has a right statement about the same quantity whose value is proved equal to it under the
reference's definitions. Both values are held against the reference's own left side, in one sense of ∂, so that layouts
and shorthand are read as on any sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from derivations.check import Options, check_sheet, floor_of
from derivations.comparison import Comparison, Difference, Result, Status
from derivations.directions import ceiling_of
from derivations.entries import EQUATING, Entry
from derivations.errors import UsageError
from derivations.finished import is_derivative, quantities_left
from derivations.judge import Judgement
from derivations.merging import Merged, Reference, merge
from derivations.quantities import Place, Quantities, key_of_quantity, moved, says_nothing, subjects
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.places import Source
from derivations.renaming import renaming
from derivations.report import Report, StatementReport, Verdict
from derivations.understanding import kind_of
from derivations.understood import PLAIN, Habits
from derivations.world import World

RIGHT = (Verdict.PROVED, Verdict.HOLDS)
LEFT_OPEN = "the reference leaves open what this is"
DEFINED_OTHERWISE = "the reference defines it otherwise"
NOT_PROVED_SAME = "it was not proved to be as the reference has it"
SEVERAL = "its lines do not agree"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a sheet is held against a reference.

    ``names`` are names of the sheet by those of the reference; ``own_definitions`` says that what is right under the
    sheet's own definitions counts, ``definitions`` that those of the reference must appear on the sheet, too;
    ``known`` are derivatives in the names of the reference that a result may be left with.
    """

    names: Mapping[str, str]
    own_definitions: bool = False
    definitions: bool = True
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Required:
    """A checked reference. Raises UsageError where nothing of it is right."""

    source: Source
    options: Options
    report: Report

    @staticmethod
    def of(source: Source, options: Options) -> Required:
        report = check_sheet(source, options)
        if not any(x.verdict in (*RIGHT, Verdict.GIVEN) for x in report.statements):
            raise UsageError(f"{source.name}: nothing on this reference is right, so that nothing can be asked for")
        return Required(source, options, report)

    @cached_property
    def reference(self) -> Reference:
        return Reference.read(self.source, self.options)

    @cached_property
    def statements(self) -> dict[Place, StatementReport]:
        return {(x.line, x.column): x for x in self.report.statements}

    @property
    def passed_over(self) -> tuple[tuple[int, str], ...]:
        """The lines that are not right, from which nothing is asked."""
        bad = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNCLEAR)
        return tuple((x.line, x.verdict.value) for x in self.report.statements if x.verdict in bad)


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement beside its reference: what it speaks of, its sides, and what was found of it where it stands."""

    entry: Entry
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


def compare(source: Source, report: Report, needed: Required, terms: Terms) -> Comparison:
    """Which results of a reference a sheet has; ``report`` is that of the sheet alone.

    Where the sheet may mean several things by its names of gradients, the one under which it has most.
    Raises UsageError for names that cannot be replaced.
    """
    alone = Quantities(source, (), terms.names)
    habits = (PLAIN, *alone.sheet.others)
    found = [Comparer(source, report, needed, terms, alone, x).comparison() for x in habits]
    return max(found, key=lambda x: x.summary[Status.PRESENT.value])


class Comparer:
    """Compares one sheet with its reference, under one habit of naming gradients."""

    def __init__(
        self, source: Source, report: Report, needed: Required, terms: Terms, alone: Quantities, habits: Habits
    ) -> None:
        self.report = report
        self.needed = needed
        self.terms = terms
        self.alone = alone
        self.renamed = renaming(terms.names, read_document(source))
        self.merged: Merged = merge(needed.reference, source, self.renamed, habits)
        self.knowledge = self.merged.checker.sheet.knowledge
        places = {(x.line, x.column): x for x in report.statements}
        self.stated = [*self._statements(False, source, places), *self._within_chains(places)]
        self.unread = [x.line for x in report.statements if any(step.code == "syntax" for step in x.steps)]
        self.known = frozenset(Quantities(needed.source, terms.known).asked.values()) if terms.known else frozenset()
        self.differences = tuple(self._differences(places))
        self.differing = frozenset(name for x in self.differences for name in x.names)

    def comparison(self) -> Comparison:
        """All that is found."""
        name = self.needed.source.name
        results = tuple(self.result(x) for x in self._asked())
        return Comparison(name, results, self.differences, self.needed.passed_over, self.renamed.clashes)

    # The statements of both

    def _within_chains(self, places: Mapping[Place, StatementReport]) -> Iterator[Stated]:
        """What the sheet defines in the middle of a chain: the z̃ of ``z = σ(W x) = σ(z̃)``."""
        own = self.alone.sheet.knowledge
        for entry in self.alone.sheet.entries:
            place = self.alone.place_of(entry.sentence)
            if not entry.defines or place not in places or not isinstance(entry.sentence, s.Statement):
                continue
            for symbol in _symbols(entry.sentence.items[2:]):
                found = own.definition(own.names.ref(symbol))
                if found is not None and any(found.node is x for item in entry.sentence.items[1:] for x in item.walk()):
                    pair = moved((symbol, found.node), self.merged.offset)
                    sentence = s.Statement(pair[0].span, pair, (s.Link(s.Relation.EQUAL, pair[0].span),))
                    yield Stated(entry, sentence, subjects(sentence, self.knowledge), places[place])

    def _statements(
        self, of_reference: bool, source: Source, places: Mapping[Place, StatementReport]
    ) -> Iterator[Stated]:
        for entry, is_reference in self.merged.entries():
            found = places.get(self.merged.place(entry, source)) if is_reference is of_reference else None
            if found is not None and isinstance(entry.sentence, s.Statement) and entry.sentence.links:
                yield Stated(entry, entry.sentence, subjects(entry.sentence, self.knowledge), found)

    def _asked(self) -> Iterator[Stated]:
        """The results of the reference: right claims and, where they are asked for, definitions."""
        for stated in self._statements(True, self.needed.source, self.needed.statements):
            wanted = (*RIGHT, Verdict.GIVEN) if self.terms.definitions else RIGHT
            usable = stated.found.verdict in wanted and not stated.entry.assumed
            if usable and not says_nothing(stated.sentence, self.knowledge):
                yield stated

    # Definitions

    def _differences(self, places: Mapping[Place, StatementReport]) -> Iterator[Difference]:
        """The lines of the sheet by which names of the reference may mean something else."""
        spoken = {self.alone.place_of(x.sentence): kind_of(x) for x in self.alone.sheet.entries}
        for place, keys in sorted(self.merged.left_out.items()):
            if place in places and spoken.get(place) in ("definition", "fact", "claim"):
                yield Difference(place[0], places[place].latex, tuple(sorted(keys)), LEFT_OPEN)
        for stated in self.stated:
            yield from self._redefined(stated)

    def _redefined(self, stated: Stated) -> Iterator[Difference]:
        """A definition of a name that the reference defines, unless it is proved to be the same."""
        first = stated.sentence.items[0]
        if stated.found.kind != "definition" or not isinstance(first, s.Symbol) or stated.entry.defines:
            return
        if not self._is_defined_so(first, stated.sentence.items[1]):
            wrong = self._judged(first, stated.sentence.items[1]).verdict is Verdict.WRONG
            key = self.knowledge.names.ref(first).key
            told = DEFINED_OTHERWISE if wrong else NOT_PROVED_SAME
            yield Difference(stated.found.line, stated.found.latex, (key,), told)

    def _is_defined_so(self, name: s.Symbol, value: s.Node) -> bool:
        """Whether a value is the one by which the reference defines a name; a loss may be written entry by entry."""
        ref = self.knowledge.names.ref(name)
        known = self.knowledge.definition(ref)
        if known is not None and known.time == ref.time:
            if key_of_quantity(known.node, self.knowledge) == key_of_quantity(value, self.knowledge):
                return True
            if known.loss and self._judged(known.node, value).right:
                return True
        return bool(self._judged(name, value).right)

    def _rests_on(self, stated: Stated) -> list[str]:
        """The names that a statement speaks of, directly or not, and that the sheet defines otherwise."""
        if not self.differing:
            return []
        sentence = self.alone.statements.get((stated.found.line, stated.found.column))
        near = self.alone.sheet.knowledge.reachable(*(sentence or stated.sentence).items)
        return sorted(near & self.differing)

    # Results

    def result(self, asked: Stated) -> Result:
        """Whether the sheet has a result of the reference."""
        about = [x for x in self.stated if x.sign == asked.sign and set(x.subjects) & set(asked.subjects)]
        judged = [(x.found.line, *self._status(asked, x)) for x in about]
        status, reason = _together(judged) if judged else self._absent()
        lines = tuple(dict.fromkeys(line for line, _, _ in judged))
        return Result(asked.found.line, asked.found.latex, status, reason, lines, asked.subjects)

    def _absent(self) -> tuple[Status, str]:
        if not self.unread:
            return Status.MISSING, "no statement of the sheet is about it"
        told = ", ".join(self.report.label(line) for line in self.unread)
        return Status.OPEN, f"not found, but what could not be read may be it: line {told}"

    def _status(self, asked: Stated, stated: Stated) -> tuple[Status, str]:
        """What one statement is worth for a result."""
        own = stated.found.verdict
        where = f"line {self.report.label(stated.found.line)}"
        if own is Verdict.WRONG:
            return Status.WRONG, f"{where} is wrong"
        foreign = self._rests_on(stated)
        if foreign and not (self.terms.own_definitions and own in RIGHT):
            return Status.OPEN, f"{where} rests on the sheet's own {', '.join(foreign)}"
        left, told = self._left_to_do(asked, stated)
        if foreign and not left:
            return Status.PRESENT, f"{where}, right under the sheet's own {', '.join(foreign)}"
        if not self._is_same(asked, stated):
            return Status.OPEN, f"{where} was not proved to be the same under the reference's definitions"
        return (Status.OPEN, f"{where} is equal, but {told}") if left else (Status.PRESENT, where)

    def _is_same(self, asked: Stated, stated: Stated) -> bool:
        """Whether both values are what the reference's left side is, in one sense of ∂."""
        if not self.merged.sound:
            return False
        left, own, other = asked.subject, asked.value, stated.value
        if asked.sign != "=":
            return bool(self._judged(own, other).right)
        if asked.is_definition and isinstance(left, s.Symbol):
            return self._is_defined_so(left, other)
        found = self._judged(left, other, own)
        return bool(found.right.keys() & self._judged(left, own, other).right.keys())

    def _judged(self, left: s.Node, right: s.Node, beside: s.Node | None = None) -> Judgement:
        """``left = right`` in the world of the reference, unfolded as far as ``beside`` needs it, too."""
        items = (left, right) if beside is None else (left, right, beside)
        together = s.Statement(left.span, items, ())
        world = World(floor_of(together), ceiling=ceiling_of(together))
        return self.merged.checker.judge_step(left, right, world, False)

    # Whether a value is worked out

    def _left_to_do(self, asked: Stated, stated: Stated, within: tuple[str, ...] = ()) -> tuple[bool, str]:
        """Whether a value still has derivatives that the reference's has not, or speaks of what it is the value of."""
        known, found = self._known(asked), self._left(asked, stated)
        if found.keys() & set(asked.subjects):
            return True, "it speaks of itself"
        for key, node in found.items():
            if is_derivative(key) and key not in known and not self._is_worked_out(key, asked, (*within, key)):
                return True, f"{self.merged.checker.source.slice(node.span)} is left in it"
            if asked.is_definition and key not in known and not self._is_told(node):
                return True, f"{self.merged.checker.source.slice(node.span)} is not defined on the sheet"
        return False, ""

    def _known(self, asked: Stated) -> frozenset[str]:
        """What may be left in a value, since the reference leaves it, too."""
        return self.known | quantities_left(asked.value, self.knowledge).keys()

    def _left(self, asked: Stated, stated: Stated) -> dict[str, s.Node]:
        return quantities_left(stated.value, self.knowledge, self._known(asked))

    def _is_worked_out(self, key: str, asked: Stated, within: tuple[str, ...]) -> bool:
        """Whether another statement of the sheet says what a derivative is, rightly and to the end."""
        return any(
            key in x.subjects and x.found.verdict in RIGHT and self._is_sound(x) and not self._rest(asked, x, within)
            for x in self.stated
        )

    def _rest(self, asked: Stated, stated: Stated, within: tuple[str, ...]) -> bool:
        known, found = self._known(asked), self._left(asked, stated)
        left = [key for key in found if is_derivative(key) and key not in known]
        if any(key in within for key in found):
            return True
        return any(not self._is_worked_out(key, asked, (*within, key)) for key in left)

    def _is_sound(self, stated: Stated) -> bool:
        """Whether a statement is right in the world of the reference as well."""
        return bool(self._judged(stated.subject, stated.value).right)

    def _is_told(self, node: s.Node) -> bool:
        """Whether a name is one that the reference leaves open, or that the sheet defines."""
        if not isinstance(node, s.Symbol):
            return True
        key = self.knowledge.names.ref(node).key
        theirs = self.needed.reference.alone.knowledge.defined(key)
        return not theirs or self.alone.sheet.knowledge.defined(key)


def _together(judged: list[tuple[int, Status, str]]) -> tuple[Status, str]:
    """What several statements about one quantity are worth: where right and wrong ones stand, a person decides."""
    by_status: dict[Status, list[str]] = {}
    for _, status, reason in judged:
        by_status.setdefault(status, []).append(reason)
    if len(by_status) == 1 or by_status.keys() <= {Status.PRESENT, Status.OPEN}:
        best = Status.PRESENT if Status.PRESENT in by_status else judged[0][1]
        return best, "; ".join(by_status[best])
    return Status.OPEN, f"{SEVERAL}: " + "; ".join(reason for _, _, reason in judged)


def _symbols(items: Sequence[s.Node]) -> list[s.Symbol]:
    return [node for item in items for node in item.walk() if isinstance(node, s.Symbol)]
