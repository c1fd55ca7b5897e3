"""Many pairs of terms at once: which may be equal, and which are certainly different.

Readings of one step, and edits of one formula, share most of their sub-terms. Their values are computed once for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

import numpy as np
import sympy

from derivations.evaluate import (
    Array,
    Balls,
    Sizes,
    evaluate,
    exact_array,
    extents,
    node_value,
    precision,
    work,
    work_of,
)
from derivations.fingerprint import Residues, UnluckyPointError
from derivations.terms import Dim, Term, Var
from derivations.traverse import dim_symbols, dim_symbols_of, free_variables

BITS = 128
MOST_WORK = 4_000_000
EIGHTHS = (-7, -5, -3, -2, 2, 3, 5, 7)


class Screen:
    """Fingerprints of many terms at one point of a prime field, each sub-term evaluated once."""

    def __init__(self, seed: int) -> None:
        self.field = Residues(f"{seed}:screen")
        self.known: dict[Term, Array] = {}
        self.sizes: dict[sympy.Symbol, int] = {}

    def may_agree(self, left: Term, right: Term) -> bool:
        """False where two terms differ at the point: a hint only. True where the point tells nothing."""
        return self.match(left, right) is not False

    def match(self, left: Term, right: Term) -> bool | None:
        """Whether two terms agree at the point; None where it tells nothing."""
        try:
            a, b = self._value(left), self._value(right)
        except UnluckyPointError:
            return None
        return bool((a == b).all())

    def _value(self, term: Term) -> Array:
        if term not in self.known:
            fresh = self._fresh(term)
            for symbol in dim_symbols_of(fresh):
                self.sizes.setdefault(symbol, 2 + len(self.sizes))
            if work_of(fresh, self.sizes) > MOST_WORK:
                raise UnluckyPointError
            self.known.update(self.field.point([node for node in fresh if isinstance(node, Var)], self.sizes))
            for node in fresh:
                if node not in self.known:
                    self.known[node] = node_value(node, self.known, self.sizes, self.field)
            self.field.arguments.clear()
        return self.known[term]

    def _fresh(self, term: Term) -> list[Term]:
        """The nodes below a term that were not evaluated yet, children first."""
        found: dict[Term, None] = {}
        stack = [term]
        while stack:
            node = stack[-1]
            missing = [child for child in node.children if child not in self.known and child not in found]
            if missing:
                stack.extend(missing)
            else:
                found[stack.pop()] = None
        return list(found)


def certainly_different(pairs: Sequence[tuple[Term, Term]], seed: int) -> list[bool]:
    """For every pair of terms of one shape, whether ball arithmetic separates it at one of two common points.

    Pairs whose arrays are large at small sizes, too, are not separated.
    """
    found = [False] * len(pairs)
    small = [work(pair, dict.fromkeys(dim_symbols(pair), 3)) <= MOST_WORK for pair in pairs]
    for number, mixed in enumerate((False, True)):
        open_pairs = [place for place, apart in enumerate(found) if small[place] and not apart]
        for place, apart in zip(
            open_pairs, _apart([pairs[k] for k in open_pairs], f"{seed}|{number}", mixed), strict=True
        ):
            found[place] = apart
    return found


def _apart(pairs: Sequence[tuple[Term, Term]], key: str, mixed: bool) -> list[bool]:
    roots = [term for pair in pairs for term in pair]
    sizes: Sizes = {symbol: 2 + place % 2 if mixed else 1 for place, symbol in enumerate(dim_symbols(roots))}
    balls = Balls()
    with precision(BITS):
        values: dict[Term, Array] = {
            v: balls.array(_entries(v.shape, sizes, Random(f"{key}|{v.digest.hex()}"))) for v in free_variables(roots)
        }
        sides = evaluate(roots, values, sizes, balls)
        return [_separated(a, b) for a, b in zip(sides[::2], sides[1::2], strict=True)]


def _entries(shape: tuple[Dim, ...], sizes: Sizes, random: Random) -> Array:
    extent = extents(shape, sizes)
    return exact_array([Fraction(random.choice(EIGHTHS), 8) for _ in range(int(np.prod(extent)))], extent)


def _separated(a: Array, b: Array) -> bool:
    finite = all(x.is_finite() for side in (a, b) for x in side.flat)
    return finite and any(not x.overlaps(y) for x, y in zip(a.flat, b.flat, strict=True))
