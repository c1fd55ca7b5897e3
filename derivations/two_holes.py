"""Two slips in two factors of one product, or one of them: both places are left open at once.

At a sample point a side is mostly affine in each of two holes by itself, so that all pairs of candidates for the two
places are told apart by one product of small arrays. As everywhere, sample points say only which pairs to prove.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice, product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.edits import Edit
from derivations.errors import SheetError
from derivations.evaluate import extents
from derivations.holes import HOLE, TOLERANCE, Opening, Places, close, replaced
from derivations.products import CALLED, Form
from derivations.reading import surface as s
from derivations.samples import Floating, Sample
from derivations.terms import Term, var
from derivations.traverse import free_variables
from derivations.values import Value

Fits: TypeAlias = NDArray[np.bool_]
Found: TypeAlias = tuple[Edit, ...]
Candidates: TypeAlias = list[tuple[Found, Value]]
MOST_CANDIDATES = 600
MOST_FORMS = 2
MOST_READINGS = 4
MOST_ENTRIES = 12
COST = 20
"""What it costs to open two places."""


def in_factors(places: Places, candidates: Sequence[Edit]) -> Iterator[Found]:
    """Pairs of edits of two factors of one product with which a step is right at the sample points, or one of these."""
    most = places.spent + places.most
    multiplied = [x for x in places.root.walk() if isinstance(x, s.Mul) and not CALLED.keys() & set(x.operators)]
    for node in multiplied:
        if places.seen(node) is node and places.alive(node):
            factors = [x for x in node.factors if places.seen(x) is x]
            choices = [_Choices(places, factor, candidates) for factor in factors]
            for one, other in combinations(choices, 2):
                if places.spent > most:
                    return
                yield from _matching(places, one, other)


class _Choices:
    """What may be put in the place of a factor, by its form; also what stands there."""

    def __init__(self, places: Places, factor: s.Node, candidates: Sequence[Edit]) -> None:
        below = {id(x) for x in factor.walk()}
        self.places, self.factor, self.by_form = places, factor, dict[tuple[Form, frozenset[str]], Candidates]()
        standing = places.values(factor)
        own = {value.term for value in standing}
        for value in standing[:1]:
            self.by_form[value.form, value.readings] = [((), value)]
        for edit in islice((x for x in candidates if id(x.node) in below), MOST_CANDIDATES):
            for value in places.values(replaced(factor, edit.node, edit.tree))[:1]:
                if value.term not in own:
                    self.by_form.setdefault((value.form, value.readings), []).append(((edit,), value))
        places.spent += sum(map(len, self.by_form.values())) // 4

    @cached_property
    def forms(self) -> list[_Alike]:
        """The candidates of every form, the commonest forms first."""
        found = sorted(self.by_form.values(), key=lambda found: -len(found))[:MOST_FORMS]
        return [_Alike(self.places, self.factor, candidates) for candidates in found]


class _Alike:
    """What may be put in the place of a factor, of one form."""

    def __init__(self, places: Places, factor: s.Node, candidates: Candidates) -> None:
        self.places, self.factor, self.candidates = places, factor, candidates

    @cached_property
    def numbers(self) -> list[list[Floating]]:
        """The value of every candidate at all points. Raises SheetError."""
        return [self.places.numbers(value.term) for _, value in self.candidates]

    def opening(self, hole: Term) -> Opening:
        return self.factor, self.candidates[0][1], hole

    def hole(self, name: str) -> Term:
        return var(name, *self.candidates[0][1].term.shape)

    def edits(self, number: int) -> Found:
        return self.candidates[number][0]


def _matching(places: Places, one: _Choices, other: _Choices) -> Iterator[Found]:
    for first, last in product(one.forms, other.forms):
        places.spent += COST
        yield from _fitting(places, first, last)


def _fitting(places: Places, first: _Alike, last: _Alike) -> Iterator[Found]:
    """The candidates of one place with those of the other that go with them, the cheapest pairs first."""
    holes = [first.hole(f"{HOLE}0"), last.hole(f"{HOLE}1")]
    try:
        compared = islice(places.compared(first.opening(holes[0]), last.opening(holes[1])), MOST_READINGS)
        pairs = [pair for pair in compared if {*holes} <= {*free_variables([pair[1]])}]
        fits = [_both(places.samples, pair, holes, (first.numbers, last.numbers)) for pair in pairs]
    except SheetError:
        return
    at = sorted({(int(row), int(column)) for fit in fits if fit is not None for row, column in np.argwhere(fit)})
    found = [first.edits(row) + last.edits(column) for row, column in at]
    yield from sorted(found, key=lambda edits: sum(edit.cost for edit in edits))


def _both(
    samples: Sequence[Sample], pair: tuple[Term, Term], holes: Sequence[Term], numbers: Sequence[list[list[Floating]]]
) -> Fits | None:
    """Which pairs of candidates make the sides equal at all points; None where that is not known."""
    fits: Fits | None = None
    for k, sample in enumerate(samples):
        opened = _Bilinear.of(sample, *pair, holes)
        if opened is None:
            return None
        own = opened.accepts(*([values[k] for values in found] for found in numbers))
        fits = own if fits is None else fits & own
    return fits


@dataclass(frozen=True, slots=True)
class _Bilinear:
    """A side at a point as an array over one and the entries of each of two holes, and what it has to be."""

    side: Floating
    target: Floating

    @classmethod
    def of(cls, sample: Sample, fixed: Term, moving: Term, holes: Sequence[Term]) -> _Bilinear | None:
        """None where the side is not affine in each of the holes, not finite, or has too many entries."""
        chain = sample.chain(moving, set(holes))
        shapes = [extents(hole.shape, sample.sizes) for hole in holes]
        counts = [int(np.prod(shape)) for shape in shapes]
        if max(counts) > MOST_ENTRIES:
            return None

        def at(*entries: Floating) -> Floating:
            filled = {h: x.reshape(shape) for h, x, shape in zip(holes, entries, shapes, strict=True)}
            return sample.filled(chain, filled).ravel()

        rows, columns = ([np.zeros(count), *np.eye(count)] for count in counts)
        values = np.array([[at(row, column) for column in columns] for row in rows])
        side = _differences(_differences(values, 0), 1)
        found = cls(side, sample.value(fixed).ravel())
        probes = [np.linspace(0.4, 0.9, count) for count in counts]
        whole = np.isfinite(side).all() and np.isfinite(found.target).all()
        return found if whole and close(found._sides(*([x] for x in probes))[0, 0], at(*probes)) else None

    def _sides(self, first: Sequence[Floating], last: Sequence[Floating]) -> Floating:
        rows, columns = (np.array([[1.0, *x.ravel()] for x in found]) for found in (first, last))
        return np.asarray(np.einsum("ai,bj,ijo->abo", rows, columns, self.side, optimize=True))

    def accepts(self, first: Sequence[Floating], last: Sequence[Floating]) -> Fits:
        """For every pair of candidates whether the sides are equal; shape (first, last)."""
        with np.errstate(all="ignore"):
            off = np.abs(self._sides(first, last) - self.target)
            return np.asarray((off <= TOLERANCE * (1 + np.abs(self.target))).all(axis=2))


def _differences(values: Floating, axis: int) -> Floating:
    """The first slice along an axis, and what the others are over it."""
    first, rest = np.split(values, [1], axis=axis)
    return np.concatenate([first, rest - first], axis=axis)
