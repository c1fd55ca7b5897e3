"""Sequences of different lengths, sampled waves, the ravine; and that every task of the table works from end to end."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from training_listener import Silent

from derivations.errors import UsageError
from numeric.training.batches import IGNORED
from numeric.training.config import Config
from numeric.training.loop import mean_loss
from numeric.training.results import record, write
from numeric.training.study import Clock, Study
from numeric.training.tasks import lengths, optimisers, phased
from numeric.training.tasks.table import TASKS


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_padded_masked_and_packed_sequences_have_one_loss_and_one_gradient(cell: str) -> None:
    config = Config(cell=cell, size="2x7", length=12, batch=9, precision="float64")
    rows = {row[1]: row for row in lengths.compare(config)}
    assert [rows[way][4] for way in ("one by one", "padded and masked", "packed")] == [True] * 3
    assert not rows["padded, not masked"][4]
    assert rows["packed"][3] < 1e-12 < rows["padded, not masked"][3]


def test_the_loss_is_the_mean_over_targets_that_count() -> None:
    logits = torch.randn(4, 2, 3)
    targets = torch.tensor([[0, 2], [1, IGNORED], [2, IGNORED], [IGNORED, IGNORED]])
    loss, count = mean_loss(logits, targets)
    chances = logits.log_softmax(-1)
    known = [(0, 0, 0), (0, 1, 2), (1, 0, 1), (2, 0, 2)]
    assert int(count) == 4
    assert float(loss) == pytest.approx(-sum(float(chances[k]) for k in known) / 4)


def test_lengths_refuses_what_torch_cannot_pack() -> None:
    with pytest.raises(UsageError, match="torch packs"):
        lengths.problem(Config(cell="phased-lstm", length=5))


@pytest.mark.parametrize("sampling", ["standard", "high", "asynchronous"])
def test_waves_are_sampled_as_told(sampling: str) -> None:
    batch = phased.waves(64, Config(cell="lstm", length=40, sampling=sampling), 1, 2)
    assert batch.times is not None
    assert batch.lengths is not None
    step = phased.STEP[sampling]
    for column, length in enumerate(batch.lengths.tolist()):
        times = batch.times[:length, column].double().numpy()
        gaps = np.diff(times)
        assert (gaps > 0).all()
        assert times[-1] < 40 + 1e-3
        assert (length + 1) * step >= phased.SHORTEST
        assert length * step <= 40
        assert (np.abs(gaps - step) < 1e-3).all() == (sampling != "asynchronous")
    assert torch.allclose(batch.x[..., 1], batch.times / phased.UNIT)
    assert 0.2 < float(batch.y.double().mean()) < 0.8


@pytest.mark.parametrize("sampling", ["standard", "high", "asynchronous"])
def test_alike_waves_have_one_length_and_no_padding(sampling: str) -> None:
    config = Config(cell="phased-lstm", length=60, sampling=sampling)
    found = [phased.waves(16, config, 3, k, alike=True) for k in range(60)]
    lengths = [len(batch.x) * phased.STEP[sampling] for batch in found]
    assert all(batch.lengths is None and (batch.times.diff(dim=0) > 0).all() for batch in found)
    assert max(lengths) <= 60
    assert min(lengths) >= phased.SHORTEST - 1
    assert 30 < np.mean(lengths) < 45


def test_the_number_of_asynchronous_samples_does_not_tell_how_long_a_wave_lasts() -> None:
    batch = phased.waves(400, Config(cell="phased-lstm", length=100, sampling="asynchronous"), 4)
    spans = [float(batch.times[length - 1, k] - batch.times[0, k]) for k, length in enumerate(batch.lengths.tolist())]
    assert abs(np.corrcoef(spans, batch.lengths.tolist())[0, 1]) < 0.3


def test_the_period_of_a_wave_tells_its_class() -> None:
    """By the times at which finely sampled waves pass zero upwards."""
    batch = phased.waves(40, Config(cell="phased-lstm", length=60, sampling="high"), 5)
    assert batch.times is not None
    assert batch.lengths is not None
    told = 0
    for column, length in enumerate(batch.lengths.tolist()):
        x, times = batch.x[:length, column, 0].tolist(), batch.times[:length, column].tolist()
        rises = [t for t, (a, b) in zip(times, pairwise(x), strict=False) if a < 0 <= b]
        if len(rises) > 1:
            period = (rises[-1] - rises[0]) / (len(rises) - 1)
            if abs(period - 5) > 0.1 and abs(period - 6) > 0.1:
                assert (5 < period < 6) == bool(batch.y[column])
                told += 1
    assert told > 20


def test_other_periods_lie_in_both_ranges() -> None:
    found = phased._other_periods(np.random.default_rng(0), 4000)
    assert found.min() >= 1
    assert found.max() <= 100
    assert not ((found > 5) & (found < 6)).any()
    assert 0.3 < (found <= 5).mean() < 0.45


def test_descent_in_the_ravine_is_that_of_its_formula() -> None:
    path = optimisers.path("sgd")
    x, y = optimisers.START
    rate = optimisers.RATES["sgd"]
    wanted = [(x * (1 - rate) ** k, y * (1 - rate * optimisers.STEEP) ** k) for k in range(optimisers.STEPS + 1)]
    assert torch.allclose(path, torch.tensor(wanted, dtype=torch.float64))
    assert {name: len(optimisers.path(name)) for name in optimisers.RATES} == dict.fromkeys(optimisers.RATES, 101)


TINY = {
    "size": "4",
    "epochs": 1,
    "epoch_steps": 2,
    "batch": 10,
    "train_size": 400,
    "test_size": 40,
    "threads": 1,
}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_leaves_a_folder_that_can_be_read(name: str, tmp_path: Path) -> None:
    """The quick plan made tiny, on the embedded data: results, history, table, figures."""
    changed = dict(TINY) | ({"length": 20} if name == "phased" else {})
    if name in ("words", "chars"):
        changed |= {"test_size": 300, "train_size": 3000}
    study = Study(TASKS[name], tmp_path, "quick", changed)
    done = study.run(Silent())
    write(tmp_path, record(study, done, study.findings(done), Clock()), done)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["task"] == name
    assert results["version"] == 1
    assert {"versions", "revision", "device", "seeds", "seconds", "data"} <= results.keys()
    assert len(results["runs"]) == len(done) == len(study.configs())
    table = results["table"]
    assert table["rows"]
    assert all(len(row) == len(table["columns"]) for row in table["rows"])
    for figure in results["figures"]:
        assert (tmp_path / figure["file"]).stat().st_size > 2000
        assert len(figure["caption"]) > 20
    lines = (tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["run"] for line in lines] == [one.label for one in done]
    assert (tmp_path / "table.csv").read_text().count("\n") == len(table["rows"]) + 1
    if name == "inpaint":
        assert max(one["largest_error"] for one in results["sums_to_one"]) < 1e-9
    again = study.run(Silent(), resume=True)
    assert [one.metrics for one in again] == [one.metrics for one in done]
