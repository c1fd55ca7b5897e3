"""A sequence of four binary or ternary symbols and a pair x, y, with random tables of their joint probabilities."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, simplex


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    length, values = size.T, 2 if size.n == 3 else 3
    table = simplex(rng, values**length).reshape((values,) * length)
    seen = [int(torch.randint(values, (1,), generator=rng)) for _ in range(length)]

    def p(*places: int) -> Tensor:
        found = table
        for place in range(length):
            found = found.index_select(place, torch.tensor([seen[place]])) if place + 1 in places else found
        return found.sum()

    def first(count: int) -> Tensor:
        return p(*range(1, count + 1))

    def product(factor: Callable[[int], Tensor]) -> Tensor:
        return torch.stack([factor(t) for t in range(1, length + 1)]).prod()

    def step(t: int) -> Tensor:
        return first(t) / first(t - 1)

    whole, logs = first(length), torch.stack([step(t).log() for t in range(1, length + 1)])
    loss = -logs.mean()
    last = table
    for place in range(length - 1):
        last = last.index_select(place, torch.tensor([seen[place]]))
    pair = simplex(rng, values * 4).reshape(values, 4)
    x, y = seen[0], 2
    joint, px, py = pair[x, y], pair[x].sum(), pair[:, y].sum()
    over_x = sum((pair[k, y] / pair[k].sum() * pair[k].sum() for k in range(values)), torch.zeros(()))
    return [
        [whole, product(step)],
        [whole.log(), logs.sum()],
        [step(3), first(3) / first(2)],
        [first(3), p(3) * p(2, 3) / p(3) * p(1, 2, 3) / p(2, 3)],
        [loss, -whole.log() / length],
        [loss.exp(), whole ** (-1 / length)],
        [last.sum(), first(length - 1)],
        [joint / py, joint / px * px / over_x],
        [(pair[:, y] / py).sum(), torch.ones((), dtype=torch.float64)],
        [whole, product(p)],
        [whole, product(lambda t: first(t) / first(t))],
        [whole.log(), logs.exp().sum()],
        [loss, -whole.log()],
        [loss.exp(), whole ** (1 / length)],
        [step(3), first(2) / first(3)],
        [last.sum(), whole],
        [(pair[x] / pair.sum(0)).sum(), torch.ones((), dtype=torch.float64)],
        [joint / py, joint / px * px / (pair[x] / px * px).sum()],
    ]
