"""Two slips in two factors of one product, or one of them: both places are left open at once.

At a sample point a side is mostly affine in each of two holes by itself, so that all pairs of candidates for the two
places are told apart by one product of small arrays. As everywhere, sample points say only which pairs to prove.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derivations.edits import Edit
from derivations.errors import SheetError
from derivations.evaluate import extents
from derivations.holes import HOLE, TOLERANCE, Places, close, replaced
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
    products = [x for x in places.root.walk() if isinstance(x, s.Mul) and not CALLED.keys() & set(x.operators)]
    for product in products:
        if places.seen(product) is product and places.alive(product):
            factors = [x for x in product.factors if places.seen(x) is x]
            choices = [_Choices(places, factor, candidates) for factor in factors]
            for one, other in combinations(choices, 2):
                if places.spent > most:
                    return
                yield from _matching(places, one, other)


class _Choices:
    """What may be put in the place of a factor, by its form; also what stands there."""

    def __init__(self, places: Places, factor: s.Node, candidates: Sequence[Edit]) -> None:
        below = {id(x) for x in factor.walk()}
        self.factor, self.by_form = factor, dict[tuple[Form, frozenset[str]], Candidates]()
        own = {value.term for value in places.values(factor)}
        for value in places.values(factor)[:1]:
            self.by_form[value.form, value.readings] = [((), value)]
        for edit in islice((x for x in candidates if id(x.node) in below), MOST_CANDIDATES):
            for value in places.values(replaced(factor, edit.node, edit.tree))[:1]:
                if value.term not in own:
                    self.by_form.setdefault((value.form, value.readings), []).append(((edit,), value))
        places.spent += sum(map(len, self.by_form.values())) // 4

    def forms(self) -> list[Candidates]:
        """The candidates of every form, the commonest forms first."""
        return sorted(self.by_form.values(), key=lambda found: -len(found))[:MOST_FORMS]


def _matching(places: Places, one: _Choices, other: _Choices) -> Iterator[Found]:
    for first in one.forms():
        for last in other.forms():
            places.spent += COST
            for row, column in _fitting(places, (one.factor, first), (other.factor, last)):
                yield first[row][0] + last[column][0]


def _fitting(
    places: Places, first: tuple[s.Node, Candidates], last: tuple[s.Node, Candidates]
) -> Iterator[tuple[int, int]]:
    """Which candidates of one place go with which of the other, under one reading, the cheapest pairs first."""
    holes = [var(f"{HOLE}{k}", *found[0][1].term.shape) for k, (_, found) in enumerate((first, last))]
    opened = [(node, found[0][1], hole) for (node, found), hole in zip((first, last), holes, strict=True)]
    numbers = [[places.numbers(value.term) for _, value in found] for _, found in (first, last)]
    try:
        pairs = [x for x in islice(places.compared(*opened), MOST_READINGS) if {*holes} <= {*free_variables([x[1]])}]
        fits = [_both(places.samples, pair, holes, numbers) for pair in pairs]
    except SheetError:
        return
    found = [x for fit in fits if fit is not None for x in np.argwhere(fit)]
    yield from sorted(
        {(int(row), int(column)) for row, column in found},
        key=lambda at: (sum(edit.cost for edit in first[1][at[0]][0] + last[1][at[1]][0]), at),
    )


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
