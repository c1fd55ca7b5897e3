"""What may stand in one place of a formula so that a step is right, at sample points.

A place of the author's tree is left open: the side is elaborated with a free tensor there. At a sample point the side
is then a function of the entries of that tensor, mostly an affine one, so that very many candidates for the place are
told apart by a product of small matrices each. This says what to try; a repair is only what is proved afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

import numpy as np

from derivations.alignment import aligned, whole_derivative
from derivations.elaborate import Elaborator
from derivations.errors import ShapeError, SheetError
from derivations.evaluate import extents
from derivations.judge import Judge
from derivations.products import ADDED, ENTRIES, SAME_SHAPE, TENSOR, Form
from derivations.reading import surface as s
from derivations.samples import Floating, Sample
from derivations.terms import Shape, Term, var
from derivations.traverse import dim_symbols_of, free_variables
from derivations.values import Value
from derivations.world import World

Opening: TypeAlias = tuple[s.Node, Value, Term]
"""A place, a value whose form it has, and the hole that stands for what is put there."""
OPEN = (s.Add, s.Mul, s.Neg, s.Group, s.Transposed, s.Divide, s.Raise, s.Call, s.Norm, s.Concat)
"""The kinds of nodes through which a place can be seen; others are replaced whole."""
ELEMENTWISE = frozenset({ADDED, ENTRIES, SAME_SHAPE, TENSOR})
"""Readings that a repair may need though the wrong line did not."""
HOLE = "□"
OPENING = 8
MOST_SPENT = 2500
"""How much is tried at one side: opening a place costs :data:`OPENING`, a candidate one."""
POINTS = 2
MOST_VALUES = 3
MOST_READINGS = 24
TOLERANCE = 1e-7


class Opened:
    """One side as a function of a hole, and the other, under one reading, at one point."""

    def __init__(self, sample: Sample, fixed: Term, moving: Term, hole: Term) -> None:
        self.sample, self.hole, self.chain = sample, hole, sample.chain(moving, {hole})
        self.extents = extents(hole.shape, sample.sizes)
        self.target = sample.value(fixed).ravel()
        self.matrix, self.offset = self._affine()

    def _affine(self) -> tuple[Floating | None, Floating]:
        """The matrix and the offset of the side in the entries of the hole; no matrix where it is not affine."""
        count = int(np.prod(self.extents))
        offset = self._at(np.zeros(count))
        probe = np.linspace(0.4, 0.9, count)
        with np.errstate(all="ignore"):
            matrix = np.stack([self._at(unit) - offset for unit in np.eye(count)], axis=1)
            affine = close(matrix @ probe + offset, self._at(probe))
        return (matrix if affine else None), offset

    def _at(self, entries: Floating) -> Floating:
        return self.sample.filled(self.chain, {self.hole: entries.reshape(self.extents)}).ravel()

    @property
    def solvable(self) -> bool:
        """Whether the side is affine and finite at the point, so that it is known what the hole must hold."""
        return self.matrix is not None and all(np.isfinite(x).all() for x in (self.matrix, self.offset, self.target))

    def wanted(self) -> Floating | None:
        """The entries with which the sides are equal at the point; None where there are none, or they are not known."""
        if self.matrix is None or not self.solvable:
            return None
        found = np.asarray(np.linalg.lstsq(self.matrix, self.target - self.offset, rcond=None)[0])
        return found if close(self.matrix @ found + self.offset, self.target) else None

    def possible(self) -> bool:
        """Whether anything at all in the hole could make the sides equal at the point, as far as is known."""
        return not self.solvable or self.wanted() is not None

    def side(self, entries: Floating) -> Floating:
        """The side at the point with these entries in the hole."""
        flat = entries.ravel()
        with np.errstate(all="ignore"):
            return self._at(flat) if self.matrix is None else self.matrix @ flat + self.offset

    def accepts(self, entries: Floating) -> bool:
        """Whether the sides are equal at the point with these entries in the hole."""
        return close(self.side(entries), self.target)


def close(one: Floating, other: Floating) -> bool:
    """Equal up to rounding; never where a value is undefined."""
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return False
    return bool((np.abs(one - other) <= TOLERANCE * (1 + np.abs(other))).all())


class Site:
    """A place with something of one form in it: what is accepted there under at least one reading."""

    def __init__(self, readings: Sequence[Sequence[Opened]]) -> None:
        self.every = readings
        self.readings = [points for points in readings if all(opened.possible() for opened in points)]

    @property
    def possible(self) -> bool:
        return bool(self.readings)

    def accepts(self, values: Sequence[Floating]) -> bool:
        """Whether values at the sample points make the step right there."""
        return any(all(o.accepts(v) for o, v in zip(points, values, strict=True)) for points in self.readings)


class Holed(Elaborator):
    """An elaborator that keeps what it found of every node, and has given values in some places."""

    above: frozenset[int]
    filling: dict[int, list[Value]]
    _found: dict[tuple[int, World, Shape | None], tuple[s.Node, list[Value]]]

    def elaborate(self, node: s.Node, world: World, target: Shape | None = None) -> list[Value]:
        if id(node) in self.filling:
            return self.filling[id(node)]
        if id(node) in self.above:
            return super().elaborate(node, world, target)
        key = (id(node), world, target)
        if key not in self._found:
            self._found[key] = (node, super().elaborate(node, world, target))
        return self._found[key][1]


def holed(ordinary: Elaborator) -> Holed:
    """The like of an elaborator, of whatever kind it is, with room for a hole."""
    kind: type[Holed] = type("Holed", (Holed, type(ordinary)), {})
    found = kind.__new__(kind)
    vars(found).update(vars(ordinary))
    found.inverses, found.above, found.filling, found._found = {}, frozenset(), {}, {}
    return found


class Places:
    """The places of one side of a step, and what may stand there.

    Where ``readings`` are given, no others are needed for it.
    """

    opening, most = OPENING, MOST_SPENT

    def __init__(
        self, judge: Judge, sides: tuple[s.Node, s.Node], opened: int, world: World, readings: frozenset[str] | None
    ) -> None:
        self.number, self.world, self.readings = opened, world, readings
        self.root = sides[opened]
        self.holed = holed(judge.elaborator)
        self.whole = whole_derivative(*sides)
        self.other = self._read_other(sides[1 - opened])
        self.samples = [self._sample(number, judge.seed) for number in range(POINTS)]
        self.target = self.other[0].term.shape
        self.known = set(free_variables([value.term for value in self.other]))
        self.parents = {id(child): node for node in self.root.walk() for child in node.children()}
        self._sites: dict[tuple[int, Form, frozenset[str]], Site | None] = {}
        self._alive: dict[int, bool] = {}
        self.spent = 0

    def _read_other(self, side: s.Node) -> list[Value]:
        return self.holed.elaborate(side, self.world)[:MOST_VALUES]

    def _sample(self, number: int, seed: int) -> Sample:
        """Positive numbers at the first point; elsewhere of both signs, where the other side has a value there."""
        mixed = Sample(number, seed, positive=False)
        target = mixed.value(self.holed.with_facts(self.other[0].term, self.world)) if number else np.array(np.nan)
        return mixed if np.isfinite(target).all() else Sample(number, seed, positive=True)

    def above(self, node: s.Node) -> list[s.Node]:
        """The nodes over a node, the root last."""
        found = []
        while id(node) in self.parents:
            node = self.parents[id(node)]
            found.append(node)
        return found

    def seen(self, node: s.Node) -> s.Node:
        """The node itself, or the innermost one around it that can be replaced where something hides it."""
        below = node
        for outer in self.above(node):
            if self.hides(outer, below):
                node = outer
            below = outer
        return node

    def hides(self, outer: s.Node, below: s.Node) -> bool:
        """Whether what stands below a node is read by the node itself: an exponent, the links of a chain."""
        if isinstance(outer, s.Raise):
            return below is outer.exponent
        if isinstance(outer, s.Call):
            return below is outer.power
        return not isinstance(outer, OPEN) or (isinstance(outer, s.Mul) and isinstance(below, s.Partial))

    def values(self, tree: s.Node, world: World | None = None) -> list[Value]:
        """The readings of a tree that may stand in a place; none where it has no meaning."""
        try:
            return self.holed.elaborate(tree, world or self.world)[:MOST_VALUES]
        except SheetError:
            return []

    def speaks_of_the_same(self, term: Term) -> bool:
        """Whether a term hangs on nothing but what the other side hangs on, or on sizes alone."""
        own = set(free_variables([term]))
        return own <= self.known if own else bool(dim_symbols_of([term]))

    def misfits(self, tree: s.Node) -> bool:
        """Whether a tree has no meaning because its shapes do not fit."""
        try:
            self.holed.elaborate(tree, self.world)
        except ShapeError:
            return True
        except SheetError:
            pass
        return False

    def numbers(self, term: Term) -> list[Floating]:
        known = self.holed.with_facts(term, self.world)
        return [sample.value(known) for sample in self.samples]

    def fits(self, node: s.Node, tree: s.Node) -> bool:
        """Whether a tree in the place of a node makes the step right at the sample points."""
        self.spent += 1
        for value in self.values(tree):
            site = self.site(node, value)
            if site is not None and site.possible and site.accepts(self.numbers(value.term)):
                return True
        return False

    def outcomes(self, node: s.Node, tree: s.Node) -> Iterator[tuple[Floating, Floating]]:
        """The other side and this one with a tree in the place of a node, at all points, under every reading."""
        self.spent += 1
        for value in self.values(tree):
            site = self.site(node, value)
            numbers = self.numbers(value.term) if site is not None and site.every else []
            for points in site.every if site is not None else ():
                target = np.concatenate([opened.target for opened in points])
                yield target, np.concatenate([o.side(v) for o, v in zip(points, numbers, strict=True)])

    def alive(self, node: s.Node) -> bool:
        """Whether something of the same form in the place of a node could make the step right."""
        key = id(node)
        if key not in self._alive:
            parent = self.parents.get(key)
            self._alive[key] = (parent is None or self.alive(parent)) and self._could(node)
        return self._alive[key]

    def _could(self, node: s.Node) -> bool:
        if self.seen(node) is not node or not (values := self.values(node)):
            return True
        sites = [site for value in values if (site := self.site(node, value)) is not None and site.every]
        return any(site.possible for site in sites) or not sites

    def site(self, node: s.Node, value: Value) -> Site | None:
        """A place with something of the form of a value in it; None where the side has no meaning then."""
        key = (id(node), value.form, value.readings)
        if key not in self._sites:
            self._sites[key] = self._opened(node, value)
        return self._sites[key]

    def _opened(self, node: s.Node, value: Value) -> Site | None:
        self.spent += self.opening
        hole = var(HOLE, *value.term.shape)
        try:
            found = islice(self.compared((node, value, hole)), MOST_READINGS)
            pairs = [pair for pair in found if hole in free_variables([pair[1]])]
            return Site([[Opened(sample, *pair, hole) for sample in self.samples] for pair in pairs])
        except SheetError:
            return None

    def compared(self, *opened: Opening) -> Iterator[tuple[Term, Term]]:
        """The other side and this one with holes of the form of values in places, under every way to compare them.

        Raises SheetError where that has no meaning.
        """
        self.holed.filling = {id(node): [_filling(value, hole)] for node, value, hole in opened}
        self.holed.above = frozenset(id(x) for node, _, _ in opened for x in self.above(node))
        try:
            found = self.holed.elaborate(self.root, self.world, self.target)
        finally:
            self.holed.above, self.holed.filling = frozenset(), {}
        yield from self._pairs(found)

    def _pairs(self, found: Sequence[Value]) -> Iterator[tuple[Term, Term]]:
        """The other side and this one, under every way to compare them."""
        for one in self.other:
            for value in found:
                pair = (value, one) if self.number == 0 else (one, value)
                for left, right, readings in aligned(*pair, self.whole):
                    if self._allowed(one.readings | value.readings | readings):
                        sides = [self.holed.with_facts(term, self.world) for term in (left, right)]
                        yield sides[1 - self.number], sides[self.number]

    def _allowed(self, readings: frozenset[str]) -> bool:
        return self.readings is None or readings <= self.readings | ELEMENTWISE


def _filling(value: Value, hole: Term) -> Value:
    """A hole in the place of a value."""
    added = {ADDED} if not hole.shape and not free_variables([value.term]) else set()  # a number in a sum
    return replace(value, term=hole, readings=value.readings | added)


def replaced(root: s.Node, node: s.Node, tree: s.Node) -> s.Node:
    """A tree with another in the place of one of its nodes."""
    return root.rewritten(lambda x: tree if x is node else x) if root is not node else tree
