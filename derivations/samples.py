"""Sample points in floating-point numbers: they say what is worth a proof, and prove nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeAlias

import numpy as np
import sympy
from numpy.typing import NDArray

from derivations.errors import SheetError
from derivations.evaluate import Floats, extents, node_value, work_of
from derivations.terms import Term, Var
from derivations.traverse import dim_symbols_of, postorder_of_unknown

Floating: TypeAlias = NDArray[np.float64]
MOST_WORK = 200_000


class TooLargeError(SheetError):
    """Arrays that are too large to try many candidates."""


class Sample:
    """A point in floating-point numbers; every sub-term is evaluated once."""

    def __init__(self, number: int, seed: int, positive: bool) -> None:
        self.number, self.seed, self.positive = number, seed, positive
        self.random = f"{seed}|{number}"
        self.sizes: dict[sympy.Symbol, int] = {}
        self.known: dict[Term, Floating] = {}
        self.domain = Floats(seed)

    def but_for(self, moved: Term, held: Iterable[Term]) -> Sample:
        """The same point with one quantity moved, while those that are held stay as they are."""
        found = Sample(self.number, self.seed, self.positive)
        found.sizes, found.known = self.sizes, {term: self.value(term) for term in held}
        entries = Random(f"{self.random}|{moved.digest!r}")
        shift = [entries.uniform(0.1, 0.4) for _ in range(self.value(moved).size)]
        found.known[moved] = self.value(moved) + np.array(shift).reshape(self.value(moved).shape)
        return found

    def value(self, term: Term) -> Floating:
        """The value of a term. Raises TooLargeError."""
        if term not in self.known:
            self._evaluate(list(postorder_of_unknown(term, self.known)))
        return self.known[term]

    def measure(self, terms: Sequence[Term]) -> None:
        """Give every dimension of some terms a size."""
        for symbol in dim_symbols_of(terms):
            self.sizes.setdefault(symbol, 2 + (len(self.sizes) + self.number) % 2)

    def _evaluate(self, fresh: Sequence[Term]) -> None:
        self.measure(fresh)
        if work_of(fresh, self.sizes) > MOST_WORK:
            raise TooLargeError("the arrays are too large")
        with np.errstate(all="ignore"):
            for node in fresh:
                own = self._drawn(node) if isinstance(node, Var) else None
                self.known[node] = node_value(node, self.known, self.sizes, self.domain) if own is None else own

    def _drawn(self, variable: Var) -> Floating:
        """Entries of both signs, or positive ones; none near zero."""
        random, shape = Random(f"{self.random}|{variable.name}"), extents(variable.shape, self.sizes)
        entries = [random.uniform(0.3, 1.1) for _ in range(int(np.prod(shape)))]
        signs = [1 if self.positive else random.choice((-1, 1)) for _ in entries]
        return np.array([x * sign for x, sign in zip(entries, signs, strict=True)]).reshape(shape)

    def chain(self, moving: Term, holes: set[Term]) -> list[Term]:
        """What hangs on holes below a term, which is the last of it; all else is evaluated."""
        depends, found = set(holes), list[Term]()
        for node in postorder_of_unknown(moving, self.known):
            if node not in holes and any(child in depends for child in node.children):
                depends.add(node)
                found.append(node)
            elif node not in holes:
                self.value(node)
        self.measure([*holes, *found])
        return found

    def filled(self, chain: Sequence[Term], entries: dict[Term, Floating]) -> Floating:
        """The value of the last term of a chain, all of which hang on the holes that have ``entries``."""
        known = _Layered(self.known, entries)
        with np.errstate(all="ignore"):
            for term in chain:
                known[term] = node_value(term, known, self.sizes, self.domain)
        return known[chain[-1]] if chain else next(iter(entries.values()))


class _Layered(dict[Term, Floating]):
    """Values that hang on a hole over those that do not."""

    def __init__(self, below: dict[Term, Floating], own: dict[Term, Floating]) -> None:
        super().__init__(own)
        self.below = below

    def __missing__(self, term: Term) -> Floating:
        return self.below[term]
