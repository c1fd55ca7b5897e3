"""Cases by the hundred thousand: true statements, rewritten at random, with or without a slip, and judged twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from oracle import exact, floats
from oracle.corpus import Statement, statements
from oracle.rewrites import rewrite
from oracle.slips import SLIPS, mutate
from oracle.trees import MisfitError, Tree, height, replaced, subtrees

FLOAT_SIZES = (
    {"n": 3, "d": 2, "k": 4, "m": 2, "q": 3, "b": 4},
    {"n": 2, "d": 4, "k": 3, "m": 5, "q": 2, "b": 3},
)
EXACT_SIZES = (
    {"n": 2, "d": 3, "k": 2, "m": 3, "q": 4, "b": 3},
    {"n": 3, "d": 2, "k": 2, "m": 2, "q": 1, "b": 2},
)
MOST_NODES = 220
MOST_HEIGHT = 24
CHAIN = 12
SPREAD = 20
MANY = 1000
KINKED = frozenset({"relu", "step"})


@dataclass(frozen=True, slots=True)
class Case:
    """Two trees of one shape; ``family`` is a slip, or empty for a rewrite; ``rules`` led to them."""

    statement: int
    group: str
    family: str
    rules: tuple[str, ...]
    left: Tree
    right: Tree


class Judges:
    """Both judges of truth for one statement; what they know of its parts is kept for all its cases."""

    def __init__(self, seed: int, pair: Sequence[Tree] = ()) -> None:
        self.floats = [floats.FloatPoint(seed + k, sizes) for k, sizes in enumerate(FLOAT_SIZES)]
        self.wide = [floats.FloatPoint(seed + k, sizes, MANY, wide=True) for k, sizes in enumerate(FLOAT_SIZES)]
        self.exact = [exact.ExactPoint(seed + k, sizes) for k, sizes in enumerate(EXACT_SIZES)]
        if pair:
            for point in self.exact:
                exact.same(point, *pair)
            for other in self.floats:
                floats.same(other, *pair)

    def truth(self, left: Tree, right: Tree) -> bool | None:
        """Whether two trees are equal; None where a judge abstains or the two disagree."""
        by_floats, by_exact = self.votes(left, right)
        return by_floats if by_floats is by_exact else None

    def votes(self, left: Tree, right: Tree) -> tuple[bool | None, bool | None]:
        """What each judge says.

        Piecewise functions may differ in a small region only: there many more points are looked at, and a difference
        that either of the two sees counts for both.
        """
        kinks = any(part.op == "fun" and part.value in KINKED for side in (left, right) for _, part in subtrees(side))
        points = self.floats + self.wide if kinks else self.floats
        by_floats = _verdict([floats.same(point.copy(), left, right) for point in points])
        by_exact = _verdict([exact.same(point.copy(), left, right) for point in self.exact])
        return (False, False) if kinks and False in (by_floats, by_exact) else (by_floats, by_exact)


def _verdict(found: list[bool | None]) -> bool | None:
    """Different if it is so anywhere; equal if it is so everywhere."""
    return False if False in found else None if None in found else True


def cases(seed: int, slips: bool) -> Iterator[Case]:
    """An endless row of cases: with a slip each, or equal rewrites only.

    They come from :data:`SPREAD` statements, large ones more often, as there are more ways to write them.
    """
    random = Random(f"{seed}|{slips}")
    known = random.sample(list(enumerate(statements())), SPREAD)
    weights = [sum(1 for side in pair for _ in subtrees(side)) for _, (_, pair) in known]
    while True:
        ((number, (group, pair)),) = random.choices(known, weights)
        case = (_slipped if slips else _rewritten)(number, group, pair, random)
        if case is not None:
            yield case


def _rewritten(number: int, group: str, pair: Statement, random: Random, least: int = 4) -> Case | None:
    sides, rules = list(pair), []
    for _ in range(random.randint(least, CHAIN)):
        side = random.choice((0, 1, 1))
        found = rewrite(sides[side], random)
        if found is not None:
            name, path, new = found
            changed = _fitted(sides[side], path, new)
            if changed is not None:
                sides[side] = changed
                rules.append(name)
    left, right = sides if random.random() < 0.8 else sides[::-1]
    return Case(number, group, "", tuple(rules), left, right) if len(rules) >= least else None


def _fitted(tree: Tree, path: tuple[int, ...], new: Tree) -> Tree | None:
    try:
        result = replaced(tree, path, new)
    except MisfitError:
        return None
    large = height(result) > MOST_HEIGHT or sum(1 for _ in subtrees(result)) > MOST_NODES
    return None if large or result.shape != tree.shape else result


def _slipped(number: int, group: str, pair: Statement, random: Random) -> Case | None:
    case: Case | None = _rewritten(number, group, pair, random, 0)
    for _ in range(random.choice((1, 1, 1, 2))):
        case = case and _once_more(case, random)
    return case


def _once_more(case: Case, random: Random) -> Case | None:
    family = random.choice(list(SLIPS))
    parts = [part for side in (case.left, case.right) for _, part in subtrees(side)]
    wrong_right = random.random() < 0.75
    side = case.right if wrong_right else case.left
    found = mutate(side, parts, family, random)
    changed = _fitted(side, *found) if found else None
    if changed is None:
        return None
    left, right = (case.left, changed) if wrong_right else (changed, case.right)
    return replace(case, family=case.family or family, left=left, right=right)
