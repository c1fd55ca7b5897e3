"""The expected words of the golden sheets are true: torch says so, and the checker is not asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from truth.expectations import RIGHT, Word, claimed
from truth.sizes import MISFIT, TRIED, Claims

from gradproof.sheets import read_sheet

TESTS = Path(__file__).parent
TOOLS = {"__init__", "sizes", "expectations"}
MODULES = sorted(path.stem for path in (TESTS / "truth").glob("*.py") if path.stem not in TOOLS)
SEEDS = range(3)
NEAR, FAR = 1e-9, 1e-6
"""Sides closer than NEAR are equal, farther than FAR different; a claim between the two proves nothing."""


def sheet_of(module: str) -> Path:
    """The sheet that a module speaks of: the one file of its name in tests/sheets."""
    (found,) = [path for path in (TESTS / "sheets").iterdir() if path.stem.replace("-", "_") == module]
    return found


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    """The relative distance of two sides; infinite where their shapes differ."""
    if a is MISFIT or b is MISFIT or a.shape != b.shape:
        return float("inf")
    assert torch.isfinite(a).all(), f"a side is not finite: {a}"
    assert torch.isfinite(b).all(), f"a side is not finite: {b}"
    largest = max(float(a.detach().abs().max()), float(b.detach().abs().max()), 1e-3)
    return float((a - b).detach().abs().max()) / largest


@cache
def distances(module: str) -> list[float]:
    """For every claim how far apart two consecutive sides of it ever are, over all sizes and seeds."""
    tried = [trial(module, sizes, seed) for sizes in TRIED for seed in SEEDS]
    assert len({len(claims) for claims in tried}) == 1
    return [max(apart(a, b) for sides in claim for a, b in pairwise(sides)) for claim in zip(*tried, strict=True)]


def trial(module: str, sizes: object, seed: int) -> Claims:
    claims: Claims = import_module(f"truth.{module}").claims(sizes, torch.Generator().manual_seed(seed))
    assert all(len(sides) > 1 for sides in claims), "a claim has two sides or more"
    return claims


def falsehoods(words: Iterable[Word], found: Iterable[float]) -> list[str]:
    """What the words of a sheet say that is not so; empty where they are true."""
    problems = []
    for number, (word, distance) in enumerate(zip(words, found, strict=True), start=1):
        if NEAR < distance < FAR:
            problems.append(f"claim {number}: {distance:.1e} is neither equal nor different")
        elif (word.verdict in RIGHT) != (distance <= NEAR):
            problems.append(f"claim {number}: expected {word.verdict}, the sides are {distance:.1e} apart")
    return problems


@pytest.mark.parametrize("module", MODULES)
def test_the_words_are_true(module: str) -> None:
    words, found = claimed(read_sheet(sheet_of(module)).text), distances(module)
    assert len(words) == len(found), f"{len(words)} words and {len(found)} claims"
    assert not falsehoods(words, found)


@pytest.mark.parametrize("module", MODULES)
def test_a_planted_wrong_expectation_is_noticed(module: str) -> None:
    words, found = claimed(read_sheet(sheet_of(module)).text), distances(module)
    for k, word in enumerate(words):
        planted = Word("wrong" if word.verdict in RIGHT else "proved")
        assert falsehoods([*words[:k], planted, *words[k + 1 :]], found)


@pytest.mark.parametrize("module", MODULES)
def test_the_truth_is_independent_of_the_checker(module: str) -> None:
    text = (TESTS / "truth" / f"{module}.py").read_text(encoding="utf-8")
    assert not re.search(r"(?:from|import) (?:derivations|gradproof|numeric)", text)


def test_planted_falsehoods_are_told() -> None:
    right, wrong = Word("proved"), Word("wrong")
    assert not falsehoods([right, Word("holds"), wrong], [0.0, 1e-15, 0.5])
    assert len(falsehoods([wrong, right, right, wrong], [0.0, 0.5, 1e-8, 1e-8])) == 4


def test_distances_of_sides() -> None:
    one = torch.ones(3, dtype=torch.float64)
    assert apart(one, one) == 0
    assert apart(one, one[:, None]) == apart(one, MISFIT) == apart(MISFIT, MISFIT) == float("inf")
    assert apart(one, 1.5 * one) == pytest.approx(1 / 3)
    with pytest.raises(AssertionError):
        apart(one, torch.nan * one)
