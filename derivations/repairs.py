"""The smallest edit that makes a wrong step right.

Candidates are the families of :mod:`derivations.edits` at every node of the author's tree, then what the author writes
elsewhere on the sheet, put in or beside a node. Sample points say which of them to try (:mod:`derivations.holes`);
what is proved first is the repair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING

from derivations.alignment import TRANSPOSED
from derivations.budget import Budget
from derivations.circumstances import Circumstances
from derivations.component_holes import ComponentPlaces, in_components
from derivations.component_names import letters_of
from derivations.counts import judge_counting
from derivations.edits import Edit, edits, ends, is_name
from derivations.errors import SheetError
from derivations.handwriting import hand
from derivations.holes import Places, replaced
from derivations.induction import Times
from derivations.insertions import insertions
from derivations.kinds import kind_of
from derivations.names import Ref
from derivations.near_misses import near_miss
from derivations.pairs import pairs
from derivations.pinpoint import pinpoint
from derivations.probable_places import ProbabilityPlaces, formed
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.report import Repair, Verdict
from derivations.terms import Term
from derivations.world import World
from derivations.writings import Written, at_indices, at_time, complements, factors_of, times_of

if TYPE_CHECKING:
    from derivations.reporting import Judged

MOST_POOLED = 60
MOST_DERIVATIVES = 12
MOST_UNSEEN = 200
MOST_LAWS = 8
MOST_PROOFS = 5


class Repairs:
    """Searches repairs for the steps of one sheet."""

    def __init__(self, about: Circumstances) -> None:
        self.about = about
        self.pool = Pool(about)
        self.failed: dict[int, Search] = {}

    def repair(self, item: Judged) -> Repair | None:
        """The smallest edit that makes a step provably right; also of the left side where that is a bare name."""
        self.failed[id(item)] = Search(self.about, item, 1, self.pool)
        found = self._mend(item, self.failed[id(item)])
        if found is None and isinstance(item.left, s.Symbol):
            found = self._mend(item, Search(self.about, item, 0, self.pool))
        return found

    def repair_twice(self, item: Judged) -> Repair | None:
        """Two edits that make a step provably right, for which no single one was found; says what it is off by."""
        search = self.failed[id(item)]
        self._point_out(item, search)
        for edit in islice(search.pairs(), MOST_PROOFS):
            if search.mends(edit):
                self._place(item, edit.span)
                return self._as_repair(edit)
        return None

    def _mend(self, item: Judged, search: Search) -> Repair | None:
        """The first edit of one side that makes the step right; all proofs share one budget."""
        for candidates in search.rounds():
            for edit in islice(candidates, search.most):
                if search.mends(edit):
                    self._place(item, edit.span if edit.span.end > edit.span.start else edit.node.span)
                    return self._as_repair(edit)
        return None

    def _as_repair(self, edit: Edit) -> Repair:
        place = self.about.checker.source.place(edit.span.start)
        code = kind_of(edit, self.about.knowledge)
        parts = tuple(map(self._as_repair, edit.parts))
        return Repair(self.about.slice(edit.span), edit.text, place.line, place.column, code, parts)

    def _place(self, item: Judged, span: Span) -> None:
        source = self.about.checker.source
        start, end = source.place(span.start), source.place(span.end)
        item.report.place = (start.line, start.column, end.line, end.column)

    def _point_out(self, item: Judged, search: Search) -> None:
        """Where the slip must stand, and what the side misses, where no repair was found."""
        if search.places is None:
            return
        self._place(item, pinpoint(search.places).span)
        item.report.why = "; ".join(filter(None, (item.report.why, near_miss(search.places))))


class Pool:
    """What the author writes on the sheet, and how."""

    def __init__(self, about: Circumstances) -> None:
        statements = [x.sentence for x in about.checker.sheet.entries if isinstance(x.sentence, s.Statement)]
        nodes = [node for statement in statements for item in statement.items for node in item.walk()]
        self.about = about
        self.hand = hand(nodes, about.slice)
        self.written: dict[str, s.Node] = {}
        for node in factors_of(nodes, about.knowledge.indexed):
            self.written.setdefault(about.text(node), node)

    def near(self, item: Judged) -> list[Written]:
        """What is written on the sheet, also at the times that a step speaks of."""
        times = times_of([*item.left.walk(), *item.right.walk()])
        found = dict(self.written)
        for text, node in self.written.items():
            for time in times:
                put = at_time(node, text, time)
                if put is not None:
                    found.setdefault(put[1], put[0])
        letters = sorted({x for node in (*item.left.walk(), *item.right.walk()) for x in _letters(node)})
        for text, node in list(found.items()):
            if isinstance(node, s.Symbol) and node.component:
                for other, written in at_indices(node, text, letters):
                    found.setdefault(written, other)
            elif isinstance(node, s.Symbol):
                found.setdefault(self.hand.turned(node, text), s.Transposed(node.span, node))
        return sorted(((node, text) for text, node in found.items() if text), key=_is_derivative)


def _letters(node: s.Node) -> tuple[str, ...]:
    return letters_of(node) if isinstance(node, s.Symbol) else ()


def _is_derivative(written: Written) -> bool:
    """Names and values come before derivatives."""
    return isinstance(written[0], s.Partial)


class Search:
    """Which edits of one side of a step are worth a proof."""

    def __init__(self, about: Circumstances, item: Judged, number: int, pool: Pool) -> None:
        self.about, self.item, self.number, self.pool = about, item, number, pool
        self.sides = (item.left, item.right)
        self.root = self.sides[number]
        self.budget: Budget = about.budget()
        self.world = self._world()
        self.near, self.formed = pool.near(item), list[Written]()
        self.readings = item.found.best.readings if item.found.best else frozenset[str]()
        self.of_probabilities = about.of_probabilities(item)
        self.places = self._probable_places() if self.of_probabilities else self._places(self.readings)

    @property
    def most(self) -> int:
        """How many candidates are worth a proof: those that were seen to fit, or many where that cannot be seen."""
        if self.places is None and self.of_probabilities:
            return MOST_LAWS
        return MOST_UNSEEN if self.places is None else MOST_PROOFS

    def rounds(self) -> Iterator[Iterator[Edit]]:
        """Candidates, the likeliest first: small edits, then what is written elsewhere, then freer readings.

        A left side is what a claim is about: only its name may be a slip.
        """
        if self.number == 0:
            names = [edit for edit in self.small if edit.code in ("off-by-one", "swapped-name")]
            yield self.likely(names)
            return
        yield self.likely(self.small)
        if self.places is None:
            if not self.of_probabilities:  # each is read and judged anew, which takes long
                yield self.likely(chain(*insertions(self.root, self.near, self.pool.hand)))
            return
        yield from map(self.likely, insertions(self.root, self.within(), self.pool.hand))
        freer = None if self.of_probabilities else self._places(None)
        if freer is not None:
            self.places = freer
            yield self.likely(self.small)

    def pairs(self) -> Iterator[Edit]:
        """Pairs of edits with which the step is right at the sample points."""
        if self.places is None:
            return iter(())
        more = chain(*insertions(self.root, self.within(), self.pool.hand))
        return pairs(self.places, self.small, more, self.about.slice)

    @cached_property
    def small(self) -> list[Edit]:
        """Single edits of the side, the smallest first."""
        found = edits(self.root, self.pool.hand, self._names_like)
        if self.number == 1 and isinstance(self.sides[0], s.Partial):
            found += ends(self.root, self.sides[0], self.pool.hand)
        return sorted(found, key=lambda edit: (edit.cost, edit.span))

    def _names_like(self, node: s.Node) -> list[tuple[s.Node, str, str, int]]:
        """Other names of the sheet: the same at another time first, then others."""
        own = self._named(node)
        found: list[tuple[s.Node, str, str, int]] = []
        for other, text in self.near:
            name = self._named(other) if is_name(other) else own
            if name == own:
                continue
            if name.key == own.key:
                found.append((other, text, "off-by-one", 2))
            else:
                found.append((other, text, "swapped-name", 4 if name.time == own.time else 5))
        return found

    def _named(self, node: s.Node) -> Ref:
        """The name that is written; of a named derivative, one of its own."""
        ref = self.about.knowledge.names.ref
        if isinstance(node, s.Symbol):
            found = ref(node)
            return Ref(",".join((found.key, *letters_of(node))), found.time) if node.component else found
        by = node.by if isinstance(node, s.Partial) and isinstance(node.by, s.Symbol) else s.Symbol(node.span, "")
        return Ref(f"gradient by {ref(by).key}", ref(by).time)

    def _world(self) -> World:
        checker = self.about.checker
        facts = checker.facts_about(*self.sides)
        world = replace(self.item.world, mode=self.about.conventions.mode, facts=facts)
        if self.item.found.times:
            world = self._at(self.item.found.times, world)
        return replace(world, sinks=checker.elaborator.sinks(self.sides, world))

    def _at(self, times: Times, world: World) -> World:
        """A world in which time letters stand for numbers, and the last of them for the last time."""
        env = tuple((letter, s.Time(None, value)) for letter, value in times)
        end, known = self.about.knowledge.length, dict(times)
        last = (end, s.Time(None, known[end])) if end is not None and end in known else None
        return World(((None, 0),), mode=world.mode, env=env, facts=world.facts, end=last)

    def _at_small_times(self) -> World:
        """The world with the last time at four, and every other time letter that no sum counts at two."""
        nodes = [node for side in self.sides for node in side.walk()]
        counted = {node.index for node in nodes if isinstance(node, s.Big)}
        letters = {node.time.symbol for node in nodes if isinstance(node, s.Symbol) and node.time is not None}
        letters.add(self.about.knowledge.length)
        free = sorted(x for x in letters if x is not None and x not in counted)
        times = tuple((letter, 4 if letter == self.about.knowledge.length else 2) for letter in free)
        world = self._at(times, self.world)
        return replace(world, sinks=self.about.checker.elaborator.sinks(self.sides, world))

    def _probable_places(self) -> Places | None:
        """The places of a side about probabilities; None where it has no value at a sample distribution."""
        values = self.about.checker.sheet.states.values
        self.formed = formed(self.sides, "".join(map(self.about.text, self.sides)), values)
        near = [*self.near, *self.formed]
        try:
            found = ProbabilityPlaces(self.about.checker, self.sides, self.number, self.world, near)
        except SheetError:
            return None
        self.near = [x for x in self.near if not isinstance(x[0], s.Transposed) and found.values(x[0])]
        return None if found.fits(self.root, self.root) else found

    def _places(self, readings: frozenset[str] | None) -> Places | None:
        """The places of the side; None where numbers are counted, or the other side has no value."""
        if judge_counting(*self.sides, self.item.world, self.about.checker) is not None:
            return None
        layout = frozenset({TRANSPOSED} if self.about.conventions.transposed else ())
        allowed = None if readings is None else readings | layout
        kind = ComponentPlaces if in_components(self.sides, self.about.knowledge.indexed) else Places
        for world in self._worlds():
            try:
                found = kind(self.about.checker.judge, self.sides, self.number, world, allowed)
            except SheetError:
                continue
            if not found.fits(self.root, self.root):
                return found
        return None

    def _worlds(self) -> tuple[World, ...]:
        """Where places are looked at: in the midst of the times before that where the step was seen to be wrong."""
        small = self._at_small_times()
        return (small, self.world) if self.item.found.times else (self.world, small)

    def within(self) -> list[Written]:
        """What speaks of nothing but the quantities of the true side, or sizes, and what is the same but once.

        The index of a sum is one there.
        """
        if self.places is None:
            return []
        found: dict[tuple[Term, bool], Written] = {}
        whole = {value.term for value in self.places.other}
        counted = tuple((x.index, s.Time(None, 1)) for x in self.root.walk() if isinstance(x, s.Big))
        world = replace(self.places.world, env=(*self.places.world.env, *counted))
        nodes = (*self.near, *self.formed)
        own = [x for x in nodes if not any(value.term in whole for value in self.places.values(x[0], world)[:1])]
        for node, text in (*own, *complements(own)):
            values = self.places.values(node, world)
            if not values or values[0].term in whole:
                continue
            key = values[0].term, values[0].row
            if self.places.speaks_of_the_same(values[0].term) and (key not in found or len(text) < len(found[key][1])):
                found[key] = (node, text)
        derivatives = [x for x in found.values() if _is_derivative(x)][:MOST_DERIVATIVES]
        return [x for x in found.values() if not _is_derivative(x)][: MOST_POOLED - len(derivatives)] + derivatives

    def likely(self, candidates: Iterable[Edit]) -> Iterator[Edit]:
        """The edits with which the step is right at the sample points; the first few where that cannot be seen."""
        if self.places is None:
            yield from islice(candidates, MOST_UNSEEN)
            return
        most = self.places.spent + self.places.most
        for edit in candidates:
            if self.places.spent > most:
                return
            if self._fits(edit, self.places):
                yield edit

    def _fits(self, edit: Edit, places: Places) -> bool:
        seen = places.seen(edit.node)
        parent = places.parents.get(id(seen))
        if parent is not None and not places.alive(parent):
            return False
        if seen is edit.node:
            return places.fits(seen, edit.tree)
        places.spent += places.opening
        return places.fits(seen, replaced(seen, edit.node, edit.tree))

    def mends(self, edit: Edit) -> bool:
        """Whether the sheet with an edit pasted into it has the step proved, with sides that still say something."""
        if self._repeats(edit):
            return False
        return self._proves(edit) if self.places is None or not self.about.as_it_is else self._pasted(edit)

    def _repeats(self, edit: Edit) -> bool:
        """Whether a side with an edit is the other side again, names what that is to say, or has what cancels in it.

        That is true, and no repair.
        """
        other = self.sides[1 - self.number]
        if self._text_with(edit) == self.about.text(other):
            return True
        quantity = self._quantity(self.sides[0])
        said = replaced(self.root, edit.node, edit.tree) if self.number == 1 else self.sides[1]
        return any((quantity and self._quantity(node) == quantity) or self._cancels(node) for node in said.walk())

    def _cancels(self, node: s.Node) -> bool:
        """Whether a sum has something less itself in it, or something is differentiated by itself."""
        if isinstance(node, s.Partial):
            ends = self._quantity(node)
            return len(ends) == 2 and ends[0] == ends[1]
        if not isinstance(node, s.Add) or len(set(node.signs)) < 2:
            return False
        named = [(x, sign) for x, sign in zip(node.addends, node.signs, strict=True) if not isinstance(x, s.Number)]
        signed = [(self.about.text(x), sign) for x, sign in named]
        return any((text, -sign) in signed for text, sign in signed)

    def _quantity(self, node: s.Node) -> tuple[Ref, ...]:
        """The name of a quantity, or those of a derivative of one by another; empty for all else."""
        node = s.ungrouped(node)
        ends = (node.of, node.by) if isinstance(node, s.Partial) else (node,)
        names = [x for x in map(s.ungrouped, ends) if isinstance(x, s.Symbol)]
        return tuple(map(self._named, names)) if len(names) == len(ends) else ()

    def _proves(self, edit: Edit) -> bool:
        if self.of_probabilities:
            return self._pasted(edit)
        tree = replaced(self.root, edit.node, edit.tree)
        left, right = (tree, self.sides[1]) if self.number == 0 else (self.sides[0], tree)
        counted = judge_counting(left, right, self.item.world, self.about.checker)
        if counted is None and not self.about.proves(self.about.checker.judge, left, right, self.item, self.budget):
            return False
        return (counted is None or bool(counted.right)) and (not self.about.as_it_is or self._pasted(edit))

    def _pasted(self, edit: Edit) -> bool:
        """Whether the step is proved when the sheet is read again with the edit in it."""
        checker, entries = self.about.checker, self.about.checker.sheet.entries
        text = checker.source.text
        if edit.span.end > len(text):
            return False
        again = checker.again(text[: edit.span.start] + edit.text + text[edit.span.end :])
        if again is None or len(again.sheet.entries) != len(entries):
            return False
        entry = again.sheet.entries[entries.index(self.item.entry)]
        judged = again.judged(lambda x: x is entry)
        again.settle(judged, self.about.conventions)
        return len(judged) > self.item.number and judged[self.item.number].report.verdict is Verdict.PROVED

    def _text_with(self, edit: Edit) -> str:
        before, after = Span(self.root.span.start, edit.span.start), Span(edit.span.end, self.root.span.end)
        return self.about.slice(before) + edit.text + self.about.slice(after)
