"""Padding with a mask, masked states and packed sequences of torch: one loss, the same gradients."""

from __future__ import annotations

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

LENGTHS = (5, 3, 1)
Gradients = list[torch.Tensor]


def problem() -> tuple[torch.nn.RNN, list[torch.Tensor], list[torch.Tensor]]:
    torch.manual_seed(5)
    cell = torch.nn.RNN(2, 3, batch_first=True, dtype=torch.float64)
    inputs = [torch.randn(length, 2, dtype=torch.float64) for length in LENGTHS]
    targets = [torch.randn(length, 3, dtype=torch.float64) for length in LENGTHS]
    return cell, inputs, targets


def gradients(cell: torch.nn.RNN, loss: torch.Tensor) -> Gradients:
    return list(torch.autograd.grad(loss, list(cell.parameters())))


def one_by_one(means: bool = False) -> tuple[torch.Tensor, Gradients]:
    """No padding at all; with ``means`` the mean of the means of the sequences."""
    cell, inputs, targets = problem()
    sums = [((cell(x[None])[0][0] - y) ** 2).sum() / 2 for x, y in zip(inputs, targets, strict=True)]
    parts = [s / n for s, n in zip(sums, LENGTHS, strict=True)]
    loss = torch.stack(parts).mean() if means else torch.stack(sums).sum() / sum(LENGTHS)
    return loss, gradients(cell, loss)


def masked(fill: float, use_mask: bool = True) -> tuple[torch.Tensor, Gradients]:
    """Padded with any number, and L = Σ m_t ℓ_t / Σ m_t."""
    cell, inputs, targets = problem()
    x = pad_sequence(inputs, batch_first=True, padding_value=fill)
    y = pad_sequence(targets, batch_first=True, padding_value=fill)
    mask = (torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]).to(x.dtype)
    mask = mask if use_mask else torch.ones_like(mask)
    losses = ((cell(x)[0] - y) ** 2).sum(2) / 2
    loss = (mask * losses).sum() / mask.sum()
    return loss, gradients(cell, loss)


def packed() -> tuple[torch.Tensor, Gradients]:
    cell, inputs, targets = problem()
    lengths = torch.tensor(LENGTHS)
    x = pack_padded_sequence(pad_sequence(inputs, batch_first=True), lengths, batch_first=True)
    y = pack_padded_sequence(pad_sequence(targets, batch_first=True), lengths, batch_first=True)
    loss = ((cell(x)[0].data - y.data) ** 2).sum() / 2 / lengths.sum()
    return loss, gradients(cell, loss)


def carried(drop_complement: bool = False) -> torch.Tensor:
    """The last states by h_t = m_t h̃_t + (1 − m_t) h_{t−1}."""
    cell, inputs, _ = problem()
    x = pad_sequence(inputs, batch_first=True, padding_value=7.0)
    h = torch.zeros(len(LENGTHS), 3, dtype=torch.float64)
    for t in range(max(LENGTHS)):
        new = cell(x[:, t : t + 1], h[None])[0][:, 0]
        m = (torch.tensor(LENGTHS) > t).to(h.dtype)[:, None]
        h = m * new + (0 if drop_complement else 1 - m) * h
    return h


def agree(one: tuple[torch.Tensor, Gradients], other: tuple[torch.Tensor, Gradients]) -> bool:
    pairs = zip((one[0], *one[1]), (other[0], *other[1]), strict=True)
    return all(torch.allclose(a, b, rtol=1e-12, atol=1e-13) for a, b in pairs)


def test_mask_packing_and_no_padding_at_all_agree() -> None:
    assert agree(masked(0.0), one_by_one())
    assert agree(masked(9.0), one_by_one())
    assert agree(packed(), one_by_one())


def test_a_forgotten_mask_and_the_mean_of_means_are_found() -> None:
    assert not agree(masked(0.0, use_mask=False), one_by_one())
    assert not agree(one_by_one(means=True), one_by_one())


def test_masked_steps_carry_the_last_state_as_packing_does() -> None:
    cell, inputs, _ = problem()
    last = torch.stack([cell(x[None])[1][0, 0] for x in inputs])
    assert torch.allclose(carried(), last, rtol=1e-12, atol=1e-13)
    assert not torch.allclose(carried(drop_complement=True), last)
