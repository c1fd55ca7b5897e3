"""The time gate of the phased LSTM against torch, and what the command writes."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
import torch
from click.testing import CliRunner

from derivations.time_gate import BY, FALLING, PHASE, PIECES, TIME, TimeGate, boundaries
from gradproof.cli import cli
from numeric.time_gate import samples, through_torch

GATE = TimeGate(Fraction(7, 3), Fraction(3, 10), Fraction(1, 7), Fraction(1, 50))
NAMES = ("t", "s", "tau", "r_on", "alpha")


def by_torch(time: Fraction) -> tuple[float, dict[str, float]]:
    numbers = (time, GATE.shift, GATE.tau, GATE.r_on, GATE.leak)
    leaves = {
        name: torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
        for name, x in zip(NAMES, numbers, strict=True)
    }
    value = through_torch(leaves)
    slopes = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
    return float(value), {name: 0.0 if x is None else float(x) for name, x in zip(NAMES, slopes, strict=True)}


def times(count: int) -> list[Fraction]:
    rng = random.Random(7)
    return [Fraction(rng.randrange(-40_000, 40_000), 7919) for _ in range(count)]


def gap(time: Fraction, gate: TimeGate = GATE) -> float:
    value, slopes = by_torch(time)
    own = [float(gate.gate(time)) - value]
    own += [float(gate.slope(time, by)) - slopes[name] for name, by in zip(NAMES, BY, strict=True)]
    return max(map(abs, own))


def test_gate_and_slopes_are_those_of_autograd_in_every_piece() -> None:
    tried = times(200)
    assert {GATE.piece(time).name for time in tried} == {piece.name for piece in PIECES}
    assert max(map(gap, tried)) < 1e-10


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(FALLING, gate=2 + FALLING.gate.coeff(PHASE) * PHASE / 2)
    monkeypatch.setattr("derivations.time_gate.FALLING", wrong)
    assert max(map(gap, times(200))) > 0.1


def test_boundaries_say_where_the_gate_jumps() -> None:
    assert [edge.jumps for edge in boundaries()] == [True, False, True]
    middle = boundaries()[1]
    assert middle.before == middle.after == 1
    assert sympy.simplify(middle.slope_before + middle.slope_after) == 0


def test_no_sample_stands_on_a_boundary() -> None:
    edges = set(map(float, GATE.edges(Fraction(0), Fraction(5))))
    rows = samples(GATE, Fraction(0), Fraction(5))
    assert len(rows) > 400
    assert not edges & {row[0] for row in rows}


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "csv", "json"])
def test_the_command_writes_what_it_is_asked_for(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"gate.{ending}"
    result = CliRunner().invoke(cli, ["timegate", "--r-on", "0.3", "-o", str(path)])
    assert result.exit_code == 0
    assert path.stat().st_size > 1000
    assert all(len(line.removesuffix(str(path))) <= 80 for line in result.output.splitlines())


def test_the_command_as_json() -> None:
    record = json.loads(CliRunner().invoke(cli, ["timegate", "--format", "json", "--leak", "0"]).output)
    assert [edge["jumps"] for edge in record["boundaries"]] == [False, False, False]
    assert len(record["pieces"]) == 3


@pytest.mark.parametrize(
    "words", [["--tau", "0"], ["--r-on", "2"], ["--tau", "nan"], ["--to", "0"], ["-o", "gate.txt"], ["--to", "1e9"]]
)
def test_impossible_numbers_are_refused(words: list[str]) -> None:
    assert CliRunner().invoke(cli, ["timegate", *words]).exit_code != 0


def test_time_is_what_the_slope_is_taken_by_unless_said() -> None:
    assert GATE.slope(Fraction(1, 3)) == GATE.slope(Fraction(1, 3), TIME)
