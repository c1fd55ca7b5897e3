"""What a caption says of the runs that a figure shows."""

from __future__ import annotations

from pathlib import Path

from numeric.training.config import Config, configs
from numeric.training.figures import canvas, caption, save
from numeric.training.loop import Finished
from numeric.training.study import Study
from numeric.training.tasks.table import TASKS


def _said(*plans: dict[str, object]) -> str:
    done = [Finished("run", config, {}, [], Path()) for config in configs(plans)]
    return caption(Study(TASKS["palindromes"], Path()), done, "Curves")


def test_a_caption_says_what_runs_have_in_common() -> None:
    said = _said({"cell": ("rnn", "gru"), "train_size": 600, "keep_bias": 3.0, "seed": (4, 2), "epochs": 7})
    assert said.startswith("Curves. ")
    assert said.endswith("; seed 2, 4.")
    assert {"train-size 600", "keep-bias 3.0", "size 128", "rate 0.001"} <= set(said[8:].split("; ")[0].split(", "))
    assert "cell" not in said
    assert "epochs" not in said


def test_a_caption_is_silent_about_what_is_usual() -> None:
    usual = Config()
    said = _said({})
    assert "train-size" not in said
    assert f"optimiser {usual.optimiser}" in said


def test_lines_of_a_caption_do_not_break_within_a_setting(tmp_path: Path) -> None:
    figure, _ = canvas(size=(3.0, 3.0))
    save(figure, tmp_path, "narrow", " ".join(["clip-norm keep-bias train-size"] * 6))
    assert all(not line.endswith("-") for line in figure._supxlabel.get_text().splitlines())
