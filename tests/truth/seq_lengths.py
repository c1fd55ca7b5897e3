"""The mean over all tokens of a batch against the mean of the means of its sequences."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, number


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    a, b = normal(rng, 2), normal(rng, 3)
    tokens, means = (a.sum() + b.sum()) / 5, (a.mean() + b.mean()) / 2
    return [
        [tokens, 2 / 5 * a.mean() + 3 / 5 * b.mean()],
        [grad(tokens, b)[0], number(1 / 5)],
        [grad(means, b)[0], number(1 / 6)],
        [means, tokens],
        [grad(means, b)[0], grad(tokens, b)[0]],
        [grad(means, a)[0], number(1 / 5)],
    ]
