"""What the tasks compute: posteriors of missing pixels, streams of text, orders of pixels."""

from __future__ import annotations

from itertools import pairwise, product
from math import log
from typing import Any

import pytest
import torch
from torch import nn

from derivations.errors import UsageError
from numeric.data.images import embedded
from numeric.data.text import cut
from numeric.training.config import Config
from numeric.training.models import Recurrent, Sizes
from numeric.training.tasks import inpaint, language
from numeric.training.tasks.pixels import next_problem, next_sequences, pixel_order, sequences

STAY = 0.8


class Chain(nn.Module):
    """p(x_{t+1} = x_t) = STAY, whatever was before: a Markov chain in the clothes of a network."""

    def __init__(self) -> None:
        super().__init__()
        self.unit = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, x: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, None]:
        stay, move = torch.tensor(STAY).double().log(), torch.tensor(1 - STAY).double().log()
        black = x[..., 0] > 0.5
        return torch.stack([torch.where(black, move, stay), torch.where(black, stay, move)], -1) * self.unit, None


def test_the_posterior_of_a_markov_chain_is_that_of_bayes_rule() -> None:
    pixels = torch.tensor([[1, 1, 0, 1, 0, 0], [0, 0, 1, 0, 1, 1]])
    found = inpaint.posterior(Chain(), pixels, torch.tensor([[2], [3]])).exp()
    both = STAY**2 / (STAY**2 + (1 - STAY) ** 2)
    assert torch.allclose(found, torch.tensor([[1 - both, both], [1 - both, both]]).double())


def test_the_posterior_of_a_patch_is_the_joint_over_the_sum_of_all_states() -> None:
    """A random GRU against the sum over all 16 ways, one image at a time, one step at a time."""
    torch.manual_seed(0)
    model = Recurrent(Config(cell="gru", size="6"), Sizes(1, 2, 9, every=True)).double().eval()
    pixels, missing = torch.randint(0, 2, (3, 10)), torch.tensor([[1, 2, 5, 6], [3, 4, 7, 8], [2, 3, 6, 7]])
    found = inpaint.posterior(model, pixels, missing)
    for image, where, row in zip(pixels, missing, found, strict=True):
        joints = []
        for way in product((0, 1), repeat=4):
            filled = image.clone()
            filled[where] = torch.tensor(way)
            joints.append(_joint(model, filled))
        wanted = torch.tensor(joints, dtype=torch.float64).softmax(0)
        assert torch.allclose(row.exp(), wanted, atol=1e-12)
    assert torch.allclose(found.exp().sum(1), torch.ones(3).double(), atol=1e-12)


def _joint(model: Recurrent, pixels: torch.Tensor) -> float:
    state, total = None, torch.zeros((), dtype=torch.float64)
    with torch.no_grad():
        for now, following in pairwise(pixels):
            logits, state = model(now.view(1, 1, 1).double(), state)
            total += logits[0, 0].log_softmax(0)[following]
    return float(total)


def test_the_oracle_notices_a_joint_that_leaves_out_the_future() -> None:
    """Planted fault: a posterior from the pixels before alone differs."""
    pixels, missing = torch.tensor([[1, 1, 0, 1, 0, 0]]), torch.tensor([[2]])
    both = inpaint.posterior(Chain(), pixels, missing).exp()
    past = inpaint.posterior(Chain(), pixels[:, :3], missing).exp()
    assert torch.allclose(past, torch.tensor([[1 - STAY, STAY]]).double())
    assert not torch.allclose(both, past, atol=0.05)


def test_patches_lie_inside_and_their_neighbours_are_known() -> None:
    found = inpaint.places(200, 28, 28, 2, seed=1)
    rows, columns = found // 28, found % 28
    assert int(rows.min()) >= 5
    assert int(columns.max()) <= 22
    assert torch.equal(found[:, 1] - found[:, 0], torch.ones(200).long())
    assert torch.equal(found[:, 2] - found[:, 0], torch.full((200,), 28))
    assert torch.equal(inpaint.left_of(found[:1], 2)[0], found[0, [0, 0, 2, 2]] - 1)


def test_baselines_are_distributions_and_scores_are_right() -> None:
    guess = torch.tensor([[0, 0], [1, 0]])
    found = inpaint.independent(guess, 0.9)
    assert torch.allclose(found.exp().sum(1), torch.ones(2).double())
    likelihood, pixel, patch = inpaint.scores(found, torch.tensor([[0, 0], [1, 1]]))
    assert likelihood == pytest.approx((2 * log(0.9) + log(0.9) + log(0.1)) / 2)
    assert (pixel, patch) == (0.75, 0.5)


def test_a_permuted_image_has_the_same_pixels_for_every_seed() -> None:
    data = embedded()
    plain, mixed = (sequences(data, Config(order=order))["test"][0] for order in ("scan", "permuted"))
    order = pixel_order(Config(order="permuted", seed=3), 64)
    assert torch.equal(mixed, plain[:, order])
    assert sorted(order.tolist()) == list(range(64))
    assert order.tolist() != list(range(64))


def test_the_next_pixel_is_the_next_pixel() -> None:
    x, y = next_sequences(embedded(), Config())["test"]
    assert torch.equal(x[:, 1:, 0].long(), y[:, :-1])
    with pytest.raises(UsageError, match="leave it at binary"):
        next_problem(Config(cell="gru", pixels="grey"), embedded())


def test_a_stream_hands_out_every_token_once_in_order() -> None:
    stream = language.Stream(list(range(23)), columns=3, steps=3, place="here")
    batches = list(stream.all())
    assert torch.equal(torch.cat([b.y for b in batches]), torch.cat([b.x for b in batches]) + 1)
    assert torch.cat([b.x for b in batches])[:, 1].tolist() == list(range(7, 13))
    with pytest.raises(UsageError, match="5 tokens are too few"):
        language.Stream(list(range(5)), columns=3, steps=3, place="here")


def test_carried_state_makes_batches_one_long_text() -> None:
    """The loss over batches with carried state is that of the whole text at once."""
    from numeric.training.loop import mean_loss, tally

    text = cut("t", [f"the {x} is {y}\n" for x in "abcdefgh" for y in "uvwxyz"], "t")
    config = Config(cell="lstm", size="8", batch=2, bptt=7, epochs=1)
    problem = language.chars_problem(config, text)
    torch.manual_seed(0)
    model = problem.build().eval()
    with torch.no_grad():
        total = tally(model, problem.splits["test"](), torch.device("cpu"), problem)
        batches = list(problem.splits["test"]())
        logits, _ = model(torch.cat([b.x for b in batches]))
        whole, count = mean_loss(logits, torch.cat([b.y for b in batches]))
    assert total.loss / total.count == pytest.approx(float(whole), rel=1e-5)
    assert total.count == int(count)


def test_temperature_goes_from_greedy_to_flat() -> None:
    draw = torch.Generator().manual_seed(0)
    logits = torch.tensor([9.0, 1.0, 3.0, 2.0]).double()
    assert {language.picked(logits, 0.0, draw) for _ in range(5)} == {2}
    counts = [sum(language.picked(logits, t, draw) == 2 for _ in range(2000)) / 2000 for t in (0.5, 1.0, 50.0)]
    wanted = [float((logits[1:] / t).softmax(0)[1]) for t in (0.5, 1.0, 50.0)]
    assert counts == pytest.approx(wanted, abs=0.04)
    assert 0 not in {language.picked(logits, 50.0, draw) for _ in range(200)}


def test_unknown_characters_have_a_place_of_their_own() -> None:
    known = language.alphabet("banana")
    assert known == [language.REPLACED, "a", "b", "n"]
    assert language.characters("nab?", known) == [3, 1, 2, 0]
