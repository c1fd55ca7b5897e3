"""Statistics of batch norm are those of the weights as they are when something is measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from training_listener import train

from numeric.training import loop
from numeric.training.config import Config
from numeric.training.models import Recurrent
from numeric.training.population import settle
from numeric.training.tasks import palindromes

SMALL = {"size": "12", "length": 6, "batch": 16, "epochs": 1, "epoch_steps": 8, "test_size": 100}


def _settled(config: Config) -> tuple[Recurrent, list[torch.Tensor]]:
    """A network settled on three batches, and what goes into the batch norm of its head for each of them."""
    torch.manual_seed(1)
    problem = palindromes.problem(config)
    network = problem.build()
    assert isinstance(network, Recurrent)
    batches = [problem.batch(0, k) for k in range(3)]
    seen: list[torch.Tensor] = []
    handle = network.head[1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    settle(network, batches, carried=False)
    handle.remove()
    return network, seen


def test_the_statistics_are_the_means_over_the_batches() -> None:
    network, seen = _settled(Config(cell="gru", head="relu-bn", dropout=0.5, **SMALL))
    norm = network.head[1]
    assert len(seen) == 3
    assert torch.allclose(norm.running_mean, torch.stack([x.mean(0) for x in seen]).mean(0), atol=1e-6)
    assert torch.allclose(norm.running_var, torch.stack([x.var(0) for x in seen]).mean(0), atol=1e-6)
    assert norm.momentum == 0.1
    assert not any(module.training for module in network.modules())


def test_weights_and_the_generator_stay_as_they_are() -> None:
    config = Config(cell="gru", head="relu-bn", dropout=0.5, **SMALL)
    problem = palindromes.problem(config)
    network = problem.build().train()
    before = {name: value.clone() for name, value in network.named_parameters()}
    random = torch.get_rng_state()
    settle(network, [problem.batch(0, 0)], carried=False)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, before[name]) for name, value in network.named_parameters())


def test_recurrent_batch_norm_is_settled_for_every_step() -> None:
    problem = palindromes.problem(Config(cell="bn-lstm", **SMALL))
    network = problem.build()
    batches = [problem.batch(0, k) for k in range(4)]
    settle(network, batches, carried=False)
    layer = network.core.layers[0]
    received = [torch.nn.functional.linear(network.encode(batch.x), layer.weight_ih_l0) for batch in batches]
    assert torch.allclose(layer.norm_x.mean, torch.stack([x.mean(1) for x in received]).mean(0), atol=1e-6)
    assert layer.norm_x.momentum == 0.1


def _off(folder: Path) -> float:
    """How far the means with which a run is measured are from those of its weights, in standard deviations."""
    config = Config(cell="gru", head="relu-bn", rate=0.03, **SMALL)
    problem = palindromes.problem(config)
    trainer, _ = train(problem, config, folder)
    norm = trainer.model.head[1]
    measured, spread = norm.running_mean.clone(), norm.running_var.sqrt()
    settle(trainer.model, [problem.batch(0, k) for k in range(problem.batches)], carried=False)
    return float(((norm.running_mean - measured) / spread).abs().max())


def test_a_run_is_measured_with_the_statistics_of_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _off(tmp_path / "settled") < 1e-3
    monkeypatch.setattr(loop, "settle", lambda model, batches, carried: None)
    assert _off(tmp_path / "running average") > 0.1
