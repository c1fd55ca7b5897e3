"""The posterior of missing pixels: every step is proved, and right on explicit tables of probabilities."""

from __future__ import annotations

import json
from itertools import product

import pytest
import torch
from click.testing import CliRunner

from derivations import inpainting
from derivations.errors import InternalError, UsageError
from derivations.inpainting import Step, inpaint
from gradproof.cli import cli


@pytest.mark.parametrize("pixels", [1, 2, 3, 4])
def test_all_states_are_listed_once(pixels: int) -> None:
    found = inpaint(pixels)
    assert len(set(found.states)) == len(found.states) == 2**pixels


@pytest.mark.parametrize("pixels", [1, 2, 4])
def test_the_posterior_is_that_of_a_table(pixels: int) -> None:
    """The quotient of the derivation, on a random table, is the table restricted to what is known and normalised."""
    table = torch.rand((2,) * (pixels + 2), dtype=torch.float64, generator=torch.Generator().manual_seed(pixels))
    known = table[..., 1, 1]
    states = list(product((0, 1), repeat=pixels))
    past = table.sum(-1)[..., 1]
    chained = {s: past[s] / past.sum() * (known[s] / past[s]) for s in states}
    for state in states:
        by_states = known[state] / sum(known[s] for s in states)
        by_chain = chained[state] / sum(chained.values())
        truth = (known / known.sum())[state]
        assert abs(by_states - truth) < 1e-12
        assert abs(by_chain - truth) < 1e-12


@pytest.mark.parametrize("pixels", [0, -1, 5])
def test_a_number_of_pixels_that_cannot_be_used(pixels: int) -> None:
    with pytest.raises(UsageError):
        inpaint(pixels)


def test_a_planted_wrong_step_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Step("Bayes", r"P(A=a \mid P, F) = \frac{P(A=a, P, F)}{P(F)}", "")
    monkeypatch.setattr(inpainting, "_steps", lambda names: [wrong])
    with pytest.raises(InternalError, match="Bayes"):
        inpaint(1)


def test_the_command() -> None:
    runner = CliRunner()
    text = runner.invoke(cli, ["inpaint", "--pixels", "2"])
    assert text.exit_code == 0
    assert max(map(len, text.output.splitlines())) <= 80
    assert "P(A=a, B=b | P, F)" in text.output
    record = json.loads(runner.invoke(cli, ["inpaint", "--format", "json"]).output)
    assert [step["proved"] for step in record["steps"]] == [True] * len(record["steps"])
    assert record["states"] == ["P(A=0, P, F)", "P(A=1, P, F)"]
    latex = runner.invoke(cli, ["inpaint", "--pixels", "4", "--format", "latex"]).output
    assert latex.count(r"\begin{equation}") == latex.count(r"\end{equation}") == len(inpaint(4).steps)
