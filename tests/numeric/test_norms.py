"""Measured norms of ∂h_T/∂h_i: against autograd through all steps, and never above their bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from derivations.cells import cell as cell_named
from derivations.errors import UsageError
from gradproof.cli import cli
from numeric import norms
from numeric.equations import step
from numeric.norms import Setting, measure

SMALL = Setting(steps=4, n=3, d=2, seeds=(0, 1))


def through_all_steps(name: str, setting: Setting, seed: int) -> list[float]:
    """The norms by one autograd pass through the unrolled cell, for k = 0 … T."""
    cell = cell_named(name)
    generator = torch.Generator().manual_seed(seed)
    weights = norms._weights(cell, norms.INITS["glorot"], setting, generator)
    states = [{before: torch.zeros(setting.n, 1, dtype=torch.float64, requires_grad=True) for before, _ in cell.states}]
    for _ in range(setting.steps):
        inputs = {x: torch.randn(setting.d, 1, dtype=torch.float64, generator=generator) for x in cell.inputs}
        known = step(cell, {**weights, **inputs, **states[-1]})
        states.append({before: known[after] for before, after in cell.states})
    last = states[-1]["h_{t-1}"]
    found = []
    for state in reversed(states):
        h = state["h_{t-1}"]
        rows = [torch.autograd.grad(x, h, retain_graph=True)[0].reshape(-1) for x in last.reshape(-1)]
        found.append(float(torch.linalg.matrix_norm(torch.stack(rows), 2)))
    return found


@pytest.mark.parametrize("name", ["rnn", "gru"])
def test_norms_agree_with_autograd_through_all_steps(name: str) -> None:
    curve = measure(name, "glorot", SMALL)
    for place, seed in enumerate(SMALL.seeds):
        assert [row[place] for row in curve.norms] == pytest.approx(through_all_steps(name, SMALL, seed))


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("init", ["glorot", "orthogonal", "identity"])
def test_no_norm_exceeds_its_bound(name: str, init: str) -> None:
    curve = measure(name, init, SMALL)
    pairs = [
        (x, y) for row, most in zip(curve.norms, curve.bounds, strict=True) for x, y in zip(row, most, strict=True)
    ]
    assert all(norm <= bound * (1 + 1e-12) for norm, bound in pairs)


def test_an_orthogonal_layer_never_explodes() -> None:
    assert max(max(row) for row in measure("rnn", "orthogonal", SMALL).norms) <= 1 + 1e-12


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(UsageError, match="no initialisation"):
        measure("rnn", "uniform", SMALL)
    with pytest.raises(UsageError, match="no cell"):
        measure("elmann", "glorot", SMALL)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["norms", *arguments, "--T", "3", "--n", "3", "--d", "2", "--seeds", "2"])


def test_the_command_writes_text_and_files(tmp_path: Path) -> None:
    result = run("rnn", "rnn:orthogonal", "-o", str(tmp_path / "norms.csv"))
    assert result.exit_code == 0
    assert "rnn, orthogonal" in result.output
    assert "seeds 0, 1" in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())
    rows = (tmp_path / "norms.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "cell,init,apart,seed,norm,bound"
    assert len(rows) == 1 + 2 * 4 * 2
    assert run("rnn", "-o", str(tmp_path / "norms.png")).exit_code == 0
    assert (tmp_path / "norms.png").read_bytes().startswith(b"\x89PNG")


def test_json_has_a_row_for_every_distance() -> None:
    record = json.loads(run("gru", "--format", "json").output)
    assert (record["version"], record["T"], record["seeds"]) == (1, 3, [0, 1])
    assert len(record["curves"][0]["norms"]) == 4


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert isinstance(run("rnn", "-o", str(tmp_path / "norms.txt")).exception, UsageError)
