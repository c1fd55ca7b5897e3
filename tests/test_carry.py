"""A slice of benchmarks/carry.py: slips that later lines carry on, and slips that come on top."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from oracle.carried import Kind, Line, Sheet, sheet, symbol, truth
from oracle.carrying import compared, put
from oracle.networks import NETWORKS, rnn
from oracle.trees import scale

from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.report import Verdict

SEEDS = (0, 1, 2, 5, 6, 9)


@cache
def made(seed: int) -> Sheet:
    return sheet(seed, twice=seed % 2 == 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_line_is_told_for_what_it_is(seed: int) -> None:
    assert [line for line in put(made(seed)) if line.kind != "as it is"] == []


def test_two_slips_that_are_carried_on_do_not_wear_a_world_out() -> None:
    """The first slip is asked of again and again while the second one is mended, and explains the last line still."""
    assert [line for line in put(sheet(1_000_003, twice=False)) if line.kind != "as it is"] == []


def test_where_everything_vanishes_nothing_follows() -> None:
    """With g = tanh(a + a) in force ∂L/∂s is zero, and with it any multiple of it."""
    assert [line for line in put(sheet(1_000_440, twice=True)) if line.kind != "as it is"] == []


def test_a_product_the_other_way_round_is_right_in_the_other_layout() -> None:
    kinds = [line.kind for line in put(sheet(1_000_054, twice=True)) if line.kind != "as it is"]
    assert kinds == ["right in the other layout, and said to be"]


def test_the_slice_has_all_kinds_of_lines() -> None:
    words = [word.split()[0] for seed in SEEDS for word in made(seed).told]
    assert min(words.count(word) for word in ("own", "follows", "right")) >= 5


def test_a_slip_that_is_excused_is_noticed() -> None:
    planted = made(1)
    report = check_sheet(Source("sheet.md", planted.text), Options())
    steps = {statement.line: statement.steps[-1] for statement in report.statements}
    last = max(place for place, word in zip(planted.places, planted.told, strict=True) if word == "own")
    first = min(place for place, word in zip(planted.places, planted.told, strict=True) if word == "own")
    assert steps[last].verdict is Verdict.WRONG
    steps[last].follows_from = first
    assert [line.kind for line in compared(planted, report) if line.line == last] == ["excused"]


def test_a_consequence_that_is_not_told_is_noticed() -> None:
    planted = made(0)
    report = check_sheet(Source("sheet.md", planted.text), Options())
    for statement in report.statements:
        statement.steps[-1].follows_from = None
    kinds = [line.kind for line in compared(planted, report)]
    assert kinds.count("not said to follow") == sum(word.startswith("follows") for word in planted.told)


@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("classes", [True, False])
def test_the_gradients_without_a_slip_are_right_by_torch(name: str, classes: bool) -> None:
    net = NETWORKS[name]("tanh", classes)
    rules = {key: rule({other: symbol(net, other) for other in net.gradients}) for key, rule in net.gradients.items()}
    lines = [Line(Kind.GRADIENT, key, tree) for key, tree in rules.items()]
    assert truth(net, lines, 3) == ["right"] * len(lines)


def test_torch_tells_a_slip_from_its_consequence() -> None:
    net = rnn("tanh", classes=False)
    doubled = scale(2, net.gradients["o_t"]({}))
    first = Line(Kind.GRADIENT, "o_t", doubled)
    carried = Line(Kind.GRADIENT, "h_t", net.gradients["h_t"]({"o_t": doubled}))
    on_top = replace(carried, right=scale(-1, carried.right))
    assert truth(net, [first, carried, on_top], 3) == ["own", "follows 0", "own"]
    assert truth(net, [carried, first, carried], 3) == ["own", "own", "follows 1"]
