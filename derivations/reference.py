"""A sheet held against a reference: which of the reference's results it has, in whatever notation.

A result is there if the sheet has a right statement about the same quantity whose value is proved equal to it under the
reference's definitions. Both values are held against the reference's own left side, in one sense of ∂, so that layouts
and shorthand are read as on any sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from derivations.check import Options, check_sheet, floor_of
from derivations.comparison import Comparison, Difference, Result, Status
from derivations.counted import Counted, counted, counts
from derivations.directions import ceiling_of
from derivations.errors import UsageError
from derivations.finished import is_derivative, quantities_left, slopes, trees_behind
from derivations.judge import Judgement
from derivations.merging import Merged, Reference, merge
from derivations.names import Ref, ref_text
from derivations.noted import notes_on
from derivations.quantities import Place, Quantities, key_of_quantity, moved, says_nothing
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.places import Source
from derivations.renaming import renaming
from derivations.report import Report, StatementReport, Verdict
from derivations.stated_values import Stated, at_its_time, statements, symbols_of, within_chains
from derivations.understanding import kind_of
from derivations.understood import PLAIN, Habits
from derivations.world import Definition, World

RIGHT = (Verdict.PROVED, Verdict.HOLDS)
LEFT_OPEN = "the reference leaves open what this is"
DEFINED_OTHERWISE = "the reference defines it otherwise"
NOT_PROVED_SAME = "it was not proved to be as the reference has it"
OWN = "own"
"""The mark of a name of the reference as the sheet defines it."""
UNSOUND = (
    "beside the lines of the sheet the reference would be read otherwise (its shapes, signs or names), so that no "
    "result is taken to be the same; look for shapes that do not fit, or give names in [names]"
)
SEVERAL = "the lines of the sheet do not agree"


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

    @cached_property
    def counts(self) -> list[Counted]:
        return counts(Quantities(self.source), self.report)

    @property
    def passed_over(self) -> tuple[tuple[int, str], ...]:
        """The lines that are not right, from which nothing is asked."""
        bad = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNCLEAR)
        return tuple((x.line, x.verdict.value) for x in self.report.statements if x.verdict in bad)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a statement is worth for a result; it ``agrees`` where its value is that of the reference."""

    status: Status
    reason: str
    notes: tuple[str, ...] = ()
    agrees: bool = False


@lru_cache(maxsize=8)
def _quantities_of(source: Source, expressions: tuple[str, ...]) -> frozenset[str]:
    """The quantities that some expressions name on a reference, which many sheets are held against."""
    return frozenset(Quantities(source, expressions).asked.values()) if expressions else frozenset()


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
        self.values = 0
        self.report = report
        self.needed = needed
        self.terms = terms
        self.alone = alone
        self.renamed = renaming(terms.names, read_document(source))
        self.merged: Merged = merge(needed.reference, source, self.renamed, habits)
        self.knowledge = self.merged.checker.sheet.knowledge
        places = {(x.line, x.column): x for x in report.statements}
        self.stated = [*statements(self.merged, source, places, False), *within_chains(self.merged, alone, places)]
        self.unread = [x.line for x in report.statements if any(step.code == "syntax" for step in x.steps)]
        self.known = _quantities_of(needed.source, terms.known)
        self.differences = tuple(dict.fromkeys(self._differences(places)))
        self.differing = frozenset(name for x in self.differences if x.reason != LEFT_OPEN for name in x.names)

    def comparison(self) -> Comparison:
        """All that is found."""
        name = self.needed.source.name
        counts_of_both = self.needed.counts, counts(self.alone, self.report)
        results = [*(self.result(x) for x in self._asked()), *counted(*counts_of_both)]
        results = [replace(x, where=self.needed.report.label(x.line)) for x in results]
        results.sort(key=lambda x: x.line)
        notes = self.renamed.clashes if self.merged.sound else (*self.renamed.clashes, UNSOUND)
        return Comparison(name, tuple(results), self.differences, self.needed.passed_over, notes)

    def _asked(self) -> Iterator[Stated]:
        """The results of the reference: right claims and, where they are asked for, definitions."""
        wanted = (*RIGHT, Verdict.GIVEN) if self.terms.definitions else RIGHT
        for stated in statements(self.merged, self.needed.source, self.needed.statements, True):
            if stated.found.verdict in wanted and not says_nothing(stated.sentence, self.knowledge):
                yield stated

    # Definitions

    def _differences(self, places: Mapping[Place, StatementReport]) -> Iterator[Difference]:
        """The lines of the sheet by which names of the reference may mean something else."""
        spoken = {self.alone.place_of(x.sentence): kind_of(x) for x in self.alone.sheet.entries}
        for place, keys in sorted(self.merged.left_out.items()):
            if place in places and spoken.get(place) in ("definition", "fact", "claim"):
                yield Difference(place[0], places[place].latex, tuple(sorted(keys)), LEFT_OPEN)
        own = self.alone.sheet.knowledge
        families = ((Ref(key, x.time), x) for key, x in own.families.items())
        for ref, definition in (*families, *own.instances.items()):
            yield from self._redefined(ref, definition, places)

    def _redefined(
        self, ref: Ref, definition: Definition, places: Mapping[Place, StatementReport]
    ) -> Iterator[Difference]:
        """A definition of a name of the reference, unless it is proved to be the reference's own."""
        theirs = self.needed.reference.alone.knowledge
        if ref.key not in theirs.names.bases:
            return
        told = LEFT_OPEN
        starts = ref.time is not None and ref.time.symbol is None and ref.time.offset <= 0
        if theirs.definition(ref) is not None and not (starts and ref not in theirs.instances):
            pair = moved((self._symbol(ref, definition), definition.node), self.merged.offset)
            if self._is_defined_so(*pair):
                return
            wrong = self.merged.sound and self._judged(*pair).verdict is Verdict.WRONG
            told = DEFINED_OTHERWISE if wrong else NOT_PROVED_SAME
        latex = next((x.latex for x in places.values() if x.line <= definition.line <= x.end_line), ref_text(ref))
        yield Difference(definition.line, latex, (ref.key,), told)

    def _symbol(self, ref: Ref, definition: Definition) -> s.Symbol:
        """The name that a definition of the sheet defines, as it stands there where it stands alone."""
        names = self.alone.sheet.knowledge.names
        for sentence in self.alone.statements.values():
            first = sentence.items[0]
            if isinstance(first, s.Symbol) and names.ref(first) == ref and sentence.items[1] is definition.node:
                return first
        plain = names.bases[ref.key]
        name = "" if plain.name.isdecimal() and plain.time is None and ref.time is not None else plain.name
        return replace(plain, name=name, time=ref.time, component=())

    def _is_defined_so(self, name: s.Symbol, value: s.Node) -> bool:
        """Whether a value is the one by which the reference defines a name; a loss may be written entry by entry."""
        ref = self.knowledge.names.ref(name)
        known = self.knowledge.definition(ref)
        if known is None:
            return False
        if known.time == ref.time and key_of_quantity(known.node, self.knowledge) == key_of_quantity(
            value, self.knowledge
        ):
            return True
        return self.merged.sound and bool(self._judged(name, self._beside(name, value, known)).right)

    def _beside(self, name: s.Symbol, value: s.Node, known: Definition) -> s.Node:
        """A name of its own for a value, so that it is read as a definition is: a loss is summed over its entries."""
        if name.component:
            return value
        self.values += 1  # a name of its own each time: the values of names are kept
        other = replace(name, marks=(*name.marks, f"{OWN} {self.values}"))
        self.knowledge.names.add([other])
        ref, letter = self.knowledge.names.ref(other), name.time.symbol if name.time is not None else None
        self._give_shape(ref.key, self.knowledge.names.ref(name).key)
        own = replace(known, node=value, time=ref.time, letter=letter)
        if letter is None and ref.time is not None:
            self.knowledge.instances[ref] = own
        else:
            self.knowledge.families[ref.key] = own
        return other

    def _give_shape(self, key: str, like: str) -> None:
        shapes = self.knowledge.shapes
        if like in shapes:
            self.knowledge.shapes = {**shapes, key: shapes[like]}

    def _rests_on(self, stated: Stated) -> list[str]:
        """The names that a statement speaks of, directly or not, and that the sheet defines otherwise."""
        if not self.differing:
            return []
        sentence = self.alone.statements.get((stated.found.line, stated.found.column))
        own = self.alone.sheet.knowledge
        trees = (sentence or stated.sentence).items
        near = own.reachable(*trees)
        behind = [x.node for key, x in own.families.items() if key in near]
        behind += [x.node for ref, x in own.instances.items() if ref.key in near]
        called = {x.function for tree in (*trees, *behind) for x in tree.walk() if isinstance(x, s.Call | s.Function)}
        return sorted((near | called) & self.differing)

    # Results

    def result(self, asked: Stated) -> Result:
        """Whether the sheet has a result of the reference."""
        own = [self._in_letters_of(asked, x) for x in self.stated if x.sign == asked.sign]
        about = [x for x in own if set(x.subjects) & set(asked.subjects)]
        about = about or self._for_every_time(asked)
        judged = [self._worth(asked, x) for x in about]
        status, reason, notes = _together(judged) if judged else (*self._absent(), ())
        places = tuple(dict.fromkeys((x.found.line, x.found.column) for x in about))
        return Result(asked.found.line, asked.found.latex, status, reason, places, asked.subjects, notes)

    def _for_every_time(self, asked: Stated) -> list[Stated]:
        """What the sheet says for every t, at the time of a result."""
        defined = list(at_its_time(asked, self.merged, self.alone, self.report.statements))
        general = (y for x in self.stated if x.sign == asked.sign for y in x.at_the_time_of(asked, self.merged))
        return defined or [x for x in general if set(x.subjects) & set(asked.subjects)]

    def _in_letters_of(self, asked: Stated, stated: Stated) -> Stated:
        """A statement about a function with the argument that the reference has: σ'(x) for σ'(z)."""
        theirs, own = (self._argument(x) for x in (asked, stated))
        if theirs is None or own is None:
            return stated
        key = self.knowledge.names.ref(own).key
        return stated if key == self.knowledge.names.ref(theirs).key else stated.rewritten(key, theirs, self.merged)

    def _argument(self, stated: Stated) -> s.Symbol | None:
        """The one name on a statement's left side that only stands for a number."""
        names = {self.knowledge.names.ref(x): x for x in symbols_of([stated.subject])}
        if len(names) != 1:
            return None
        ((ref, symbol),) = names.items()
        formal = ref.key in self.merged.checker.sheet.formals
        sloped = bool(slopes(stated.subject)) and ref.time is None
        return symbol if formal or (sloped and not self.knowledge.defined(ref.key)) else None

    def _absent(self) -> tuple[Status, str]:
        if not self.unread:
            return Status.MISSING, "no statement of the sheet is about it"
        told = ", ".join(self.report.label(line) for line in self.unread)
        return Status.OPEN, f"not found, but what could not be read may be it: line {told}"

    def _worth(self, asked: Stated, stated: Stated) -> Worth:
        """What one statement is worth for a result."""
        own = stated.found.verdict
        where = f"line {self.report.label(stated.found.line)}"
        if own is Verdict.WRONG:
            return Worth(Status.WRONG, f"{where} is wrong")
        foreign = self._rests_on(stated)
        if foreign and not (self.terms.own_definitions and own in RIGHT):
            return Worth(Status.OPEN, f"{where} rests on the sheet's own {', '.join(foreign)}")
        left = self._left_to_do(asked, stated)
        if not foreign and not self._is_same(asked, stated):
            return Worth(Status.OPEN, f"{where} was not proved to be the same under the reference's definitions")
        if left:
            return Worth(Status.OPEN, f"{where} is equal, but {left}", agrees=True)
        where += f", right under the sheet's own {', '.join(foreign)}" if foreign else ""
        notes = notes_on(stated.found.steps, self.report)
        return Worth(Status.PRESENT, ", with a note: ".join(filter(None, (where, "; ".join(notes)))), notes, True)

    def _is_same(self, asked: Stated, stated: Stated) -> bool:
        """Whether both values are what the reference's left side is, in one sense of ∂."""
        if not self.merged.sound:
            return False
        left, own, other = asked.subject, asked.value, stated.value
        if asked.sign != "=":
            return bool(self._judged(own, other).right)
        if asked.is_definition and isinstance(left, s.Symbol):
            return self._is_defined_so(left, other)
        if asked.found.verdict in RIGHT and self._is_written_alike(own, other):
            return True  # the reference is right, and means the same here as alone
        found = self._judged(left, other, own)
        return bool(found.right.keys() & self._judged(left, own, other).right.keys())

    def _is_written_alike(self, one: s.Node, other: s.Node) -> bool:
        """Whether two values are the same formula of the same names."""
        return key_of_quantity(one, self.knowledge) == key_of_quantity(other, self.knowledge)

    def _judged(self, left: s.Node, right: s.Node, beside: s.Node | None = None) -> Judgement:
        """``left = right`` in the world of the reference, unfolded as far as ``beside`` needs it, too."""
        items = (left, right) if beside is None else (left, right, beside)
        together = s.Statement(left.span, items, ())
        world = World(floor_of(together), ceiling=ceiling_of(together))
        return self.merged.checker.judge_step(left, right, world, False)

    # Whether a value is worked out

    def _left_to_do(self, asked: Stated, stated: Stated) -> str:
        """The derivatives that a value still has and the reference's has not, or that it speaks of itself, in words."""
        known, found = self._known(asked), self._left(asked, stated)
        own = {f for tree in trees_behind(stated.value, self.knowledge) for f in slopes(tree)} & slopes(asked.subject)
        if found.keys() & set(asked.subjects) or own - slopes(asked.value):
            return "it speaks of itself"
        for key, node in found.items():
            if is_derivative(key) and key not in known and not self._is_worked_out(key, asked, (key,)):
                return f"{self.merged.checker.source.slice(node.span)} is left in it"
            if asked.is_definition and key not in known and not self._is_told(node):
                return f"{self.merged.checker.source.slice(node.span)} is not defined on the sheet"
        return ""

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


def _together(judged: list[Worth]) -> tuple[Status, str, tuple[str, ...]]:
    """What several statements about one quantity are worth: where they do not agree, a person decides."""
    there = [x for x in judged if x.status is Status.PRESENT]
    told = "; ".join(dict.fromkeys(x.reason for x in judged))
    if there and all(x.agrees for x in judged):
        notes = min((x.notes for x in there), key=len)
        return Status.PRESENT, "; ".join(dict.fromkeys(x.reason for x in there)), notes
    if all(x.status is Status.WRONG for x in judged):
        return Status.WRONG, told, ()
    return Status.OPEN, f"{SEVERAL}: {told}" if len(judged) > 1 and not all(x.agrees for x in judged) else told, ()
