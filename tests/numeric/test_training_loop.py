"""The loop: exact resume, clipping, schedules, early stopping, divergence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from training_listener import Silent, interrupted_at, train, without_times

from derivations.errors import UsageError
from numeric.training.config import Config
from numeric.training.loop import Trainer
from numeric.training.optimisation import RATES, clip
from numeric.training.tasks import palindromes

SMALL = {"size": "2x12", "length": 6, "batch": 16, "epochs": 3, "epoch_steps": 8, "test_size": 100}


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "phased-lstm", "bn-lstm"])
@pytest.mark.parametrize("optimiser", ["adam", "momentum", "rmsprop"])
def test_a_resumed_run_has_the_numbers_of_an_uninterrupted_one(tmp_path: Path, cell: str, optimiser: str) -> None:
    config = Config(cell=cell, optimiser=optimiser, dropout=0.3, clip_norm=1.0, head="relu-bn", **SMALL)
    problem = palindromes.problem(config)
    whole, done = train(problem, config, tmp_path / "whole")
    interrupted_at(problem, config, tmp_path / "parts", 13)
    resumed, again = train(problem, config, tmp_path / "parts", resume=True)
    assert without_times(again.history) == without_times(done.history)
    assert {k: v for k, v in again.metrics.items() if k != "seconds"} == {
        k: v for k, v in done.metrics.items() if k != "seconds"
    }
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_a_resume_that_forgets_the_generator_is_noticed(tmp_path: Path) -> None:
    """The oracle of the test above, with a planted fault: dropout from another state of the generator."""
    config = Config(cell="lstm", dropout=0.5, **SMALL)
    problem = palindromes.problem(config)
    _, done = train(problem, config, tmp_path / "whole")
    interrupted_at(problem, config, tmp_path / "parts", 13)
    trainer = Trainer(problem, config, "run", tmp_path / "parts", Silent())
    trainer.resume()
    torch.manual_seed(99)
    assert without_times(trainer.train().history) != without_times(done.history)


def test_what_the_checkpoint_did_not_know_is_dropped_from_the_history(tmp_path: Path) -> None:
    config = Config(cell="rnn", **SMALL)
    problem = palindromes.problem(config)
    interrupted_at(problem, config, tmp_path, 13)
    path = tmp_path / "history.jsonl"
    path.write_text(path.read_text() + '{"run": "run", "epoch": 2, "step": 16}\n{"run": "ru')
    _, done = train(problem, config, tmp_path, resume=True)
    assert [json.loads(line)["epoch"] for line in path.read_text().splitlines()] == [1, 2, 3]
    assert all("valid_loss" in line for line in done.history)


def test_a_run_stopped_in_its_first_epoch_is_resumed(tmp_path: Path) -> None:
    config = Config(cell="gru", **SMALL)
    problem = palindromes.problem(config)
    _, done = train(problem, config, tmp_path / "whole")
    interrupted_at(problem, config, tmp_path / "parts", 3)
    _, again = train(problem, config, tmp_path / "parts", resume=True)
    assert without_times(again.history) == without_times(done.history)


def test_a_history_that_is_gone_is_missed(tmp_path: Path) -> None:
    config = Config(cell="gru", **SMALL)
    problem = palindromes.problem(config)
    interrupted_at(problem, config, tmp_path, 13)
    (tmp_path / "history.jsonl").unlink()
    with pytest.raises(UsageError, match="is missing; put it back"):
        train(problem, config, tmp_path, resume=True)


def test_other_settings_cannot_be_resumed_into(tmp_path: Path) -> None:
    config = Config(cell="rnn", **SMALL)
    train(palindromes.problem(config), config, tmp_path)
    other = Config(cell="rnn", rate=0.5, **SMALL)
    trainer = Trainer(palindromes.problem(other), other, "run", tmp_path, Silent())
    with pytest.raises(UsageError, match=r"rate = 0\.001"):
        trainer.resume()
    Trainer(palindromes.problem(config), Config(cell="rnn", minutes=9.0, **SMALL), "run", tmp_path, Silent()).resume()


def test_a_damaged_checkpoint_says_so(tmp_path: Path) -> None:
    config = Config(cell="rnn", **SMALL)
    (tmp_path / "checkpoint.pt").write_bytes(b"PK\x03\x04 nonsense")
    trainer = Trainer(palindromes.problem(config), config, "run", tmp_path, Silent())
    with pytest.raises(UsageError, match="damaged"):
        trainer.resume()


def test_clipping_is_by_entry_and_by_norm() -> None:
    p = torch.nn.Parameter(torch.zeros(2))
    p.grad = torch.tensor([3.0, -4.0])
    clip([p], Config(clip_norm=1.0))
    assert torch.allclose(p.grad, torch.tensor([0.6, -0.8]), atol=1e-5)
    p.grad = torch.tensor([3.0, -0.1])
    clip([p], Config(clip_value=0.9))
    assert torch.allclose(p.grad, torch.tensor([0.9, -0.1]))


def test_schedules_are_those_of_their_definitions() -> None:
    after = Config(rate=1.0, decay=0.5, decay_after=3)
    assert [RATES["after"](after, epoch, 0) for epoch in range(5)] == [1, 1, 1, 0.5, 0.25]
    steps = Config(rate=1.0, decay=0.5, decay_every=10)
    assert [RATES["step"](steps, 0, step) for step in (0, 9, 10, 20)] == [1, 1, 0.5, 0.25]
    assert RATES["constant"](steps, 7, 70) == 1.0


def test_early_stopping_keeps_the_best_weights(tmp_path: Path) -> None:
    config = Config(**{**SMALL, "epochs": 40}, cell="rnn", rate=0.3, patience=2)
    trainer, done = train(palindromes.problem(config), config, tmp_path)
    assert done.metrics["ended"] == "early stopping"
    assert done.metrics["best_epoch"] == done.metrics["epochs"] - 2
    best = min(done.history, key=lambda line: line["valid_loss"])
    assert trainer.measure("valid")["valid_loss"] == pytest.approx(best["valid_loss"])


def test_a_run_that_diverges_ends_and_says_so(tmp_path: Path) -> None:
    config = Config(**SMALL, cell="rnn", optimiser="sgd", rate=1e38, head="relu")
    _, done = train(palindromes.problem(config), config, tmp_path)
    assert done.metrics["ended"] == "diverged"
    assert done.metrics["epochs"] == 1


def test_the_target_ends_a_run_and_its_weights_can_be_taken_up(tmp_path: Path) -> None:
    config = Config(**SMALL, cell="rnn", target=0.01)
    _, done = train(palindromes.problem(config), config, tmp_path / "first")
    assert done.metrics["ended"] == "target reached"
    follower = Config(**{**SMALL, "epochs": 0}, cell="rnn", weights=str(tmp_path / "first"))
    _, again = train(palindromes.problem(follower), follower, tmp_path / "second")
    assert again.metrics["test_loss"] == done.metrics["test_loss"]
    wrong = Config(**{**SMALL, "size": "9"}, cell="rnn", weights=str(tmp_path / "first"))
    with pytest.raises(UsageError, match="another network"):
        train(palindromes.problem(wrong), wrong, tmp_path / "third")


@pytest.mark.parametrize("precision", ["float64", "bfloat16"])
def test_other_arithmetic_learns_as_well(tmp_path: Path, precision: str) -> None:
    config = Config(**{**SMALL, "epochs": 1}, cell="gru", precision=precision)
    trainer, done = train(palindromes.problem(config), config, tmp_path)
    kept = torch.float64 if precision == "float64" else torch.float32
    assert {p.dtype for p in trainer.parameters} == {kept}
    assert done.metrics["test_loss"] < 3.0
