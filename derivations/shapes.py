"""Shape inference: unification over dimensions.

A dimension that is not known yet is a SymPy symbol of its own; :class:`Dimensions` binds it as equations are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import cast

import sympy

from derivations.errors import ShapeError
from derivations.numerals import is_numeral, valued
from derivations.reading.places import Span
from derivations.terms import Dim, Shape, dim_text, dimension, shape_text

LETTERS = ("n", "d", "m", "p", "q", "k", "r", "s")


class Dimensions:
    """The dimensions of one sheet: fresh unknowns, and what they were found to be.

    ``at`` is the place that is read now; every dimension that is found there remembers it.
    """

    def __init__(self) -> None:
        self._bound: dict[sympy.Symbol, Dim] = {}
        self._count = 0
        self._postponed: list[tuple[Dim, Dim]] = []
        self._found_at: dict[sympy.Symbol, Span] = {}
        self.at: Span | None = None

    def fresh(self, rank: int) -> Shape:
        """A shape of unknown dimensions."""
        self._count += rank
        return tuple(sympy.Symbol(f"?{self._count - k}", integer=True, positive=True) for k in range(rank))

    def resolve(self, dim: Dim) -> Dim:
        """A dimension with all that is known put in."""
        while dim.free_symbols & self._bound.keys():
            dim = cast(Dim, sympy.expand(dim.xreplace(self._bound)))
        return dim

    def shape(self, shape: Shape) -> Shape:
        return tuple(map(self.resolve, shape))

    def unify(self, left: Shape, right: Shape) -> None:
        """Make two shapes equal. Raises ShapeError where they cannot be."""
        left, right = self.shape(left), self.shape(right)
        if len(left) != len(right):
            raise ShapeError(f"{shape_text(left)} against {shape_text(right)}")
        for a, b in zip(left, right, strict=True):
            self._unify(a, b)

    def _unify(self, a: Dim, b: Dim) -> None:
        a, b = self.resolve(a), self.resolve(b)
        if a == b:
            return
        if a.is_Symbol and b.is_Symbol and (is_unknown(a) or is_unknown(b)):
            first, second = sorted((a, b), key=dim_text)
            self._learn(*((first, second) if is_unknown(first) else (second, first)))
            return
        difference = sympy.expand(a - b)
        unknowns = sorted((s for s in difference.free_symbols if is_unknown(s)), key=dim_text)
        if difference == 0:
            return
        if not unknowns:
            self._compare_numerals(difference, a, b)
            return
        whole = next((s for s in unknowns if s in (a, b)), None)
        if whole is None and len(unknowns) > 1:
            self._postponed.append((a, b))
            return
        self._bind(whole or unknowns[0], difference)

    def _compare_numerals(self, difference: Dim, a: Dim, b: Dim) -> None:
        """Sizes that are numbers may fit as such, 984 = 784 + 200: then the largest is written by the others."""
        symbols = sorted((s for s in difference.free_symbols if is_numeral(s)), key=lambda s: int(str(s)))
        if valued(difference) != 0 or not symbols:
            raise ShapeError(f"dimension {self.resolve(a)} against {self.resolve(b)}")
        self._bind(symbols[-1], difference)

    def _bind(self, unknown: sympy.Symbol, difference: Dim) -> None:
        slope = difference.coeff(unknown)
        value = sympy.expand(unknown - difference / slope)
        if unknown in value.free_symbols or value.could_extract_minus_sign():
            raise ShapeError(f"no dimension fits: {difference} = 0")
        self._learn(unknown, value)

    def _learn(self, unknown: sympy.Symbol, value: Dim) -> None:
        self._bound[unknown] = value
        if self.at is not None:
            self._found_at[unknown] = self.at

    def places(self, shape: Shape) -> list[Span]:
        """Where the unknowns of a shape were found, in the order of the sheet."""
        found: set[Span] = set()
        pending = [symbol for dim in shape for symbol in dim.free_symbols]
        while pending:
            symbol = pending.pop()
            found |= {self._found_at[symbol]} if symbol in self._found_at else set()
            pending += self._bound[symbol].free_symbols if symbol in self._bound else ()
        return sorted(found)

    @contextmanager
    def undone_on_clash(self) -> Iterator[None]:
        """What was found inside is forgotten where a ShapeError ends the block, so that it leads to no other."""
        bound, postponed = dict(self._bound), list(self._postponed)
        try:
            yield
        except ShapeError:
            self._bound, self._postponed = bound, postponed
            raise

    def settle(self) -> None:
        """Take up the equations that had two unknowns when they were read."""
        for _ in range(len(self._postponed)):
            waiting, self._postponed = self._postponed, []
            for a, b in waiting:
                with suppress(ShapeError):  # the places where they meet as terms will tell
                    self._unify(a, b)
            if len(self._postponed) == len(waiting):
                return

    def name_unknowns(self, wishes: Iterable[tuple[Dim, str]], taken: set[str]) -> None:
        """Give every unknown a letter: those with a wish first, the others the next letter that is free."""
        for dim, letter in wishes:
            for unknown in _unknowns(self.resolve(dim)) if letter not in taken else ():
                self._bound[unknown] = dimension(letter)
                taken.add(letter)

    def name_rest(self, dims: Iterable[Dim], taken: set[str]) -> None:
        for dim in dims:
            for unknown in _unknowns(self.resolve(dim)):
                letter = next((x for x in LETTERS if x not in taken), f"n_{len(taken)}")
                taken.add(letter)
                self._bound[unknown] = dimension(letter)


def is_unknown(symbol: sympy.Basic) -> bool:
    """Whether a symbol stands for a dimension that is not known yet."""
    return dim_text(symbol).startswith("?")


def _unknowns(dim: Dim) -> list[sympy.Symbol]:
    return sorted((s for s in dim.free_symbols if is_unknown(s)), key=dim_text)
