"""The coursework's own settings: every network of every ``--paper`` plan starts, stops at Ctrl-C and goes on."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from training_listener import interrupted_at

from numeric.training import results
from numeric.training.config import Config
from numeric.training.study import Study
from numeric.training.tasks.table import TASKS

SAMPLED_FINELY = "high"
"""Ten times the steps of the others, which run the same code."""


@cache
def _data(name: str) -> Any:
    return Study(TASKS[name], Path(), "paper").data()


def _plans() -> list[tuple[str, Config]]:
    """One run of each task for every kind of network."""
    found: dict[tuple[Any, ...], tuple[str, Config]] = {}
    for name in TASKS:
        for config in Study(TASKS[name], Path(), "paper").configs():
            if config.sampling != SAMPLED_FINELY and config.epochs:
                found.setdefault((name, config.cell, config.optimiser, config.shape[0]), (name, config))
    return list(found.values())


@pytest.mark.parametrize(("name", "config"), _plans(), ids=lambda x: x if isinstance(x, str) else f"{x.cell}-{x.size}")
def test_a_paper_run_starts_stops_and_goes_on(name: str, config: Config, tmp_path: Path) -> None:
    config = replace(config, threads=1)
    problem = TASKS[name].problem(config, _data(name))
    reached = 0
    for resume in (False, True):
        interrupted_at(problem, config, tmp_path, 2, resume)
        state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["state"]
        assert state["step"] > reached
        reached = state["step"]
        assert state["sums"]["loss"] > 0


def test_a_study_has_the_revision_with_which_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    results.revision.cache_clear()
    begun = results.revision()
    monkeypatch.setattr(results.subprocess, "run", lambda *_, **__: pytest.fail("asked again while the run goes on"))
    assert results.revision() == begun
