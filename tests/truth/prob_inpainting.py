"""Four binary pixels, a past and a future, with a random table of their joint probabilities."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, simplex

PLACES = {name: place for place, name in enumerate("ABCDPF")}


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    table = simplex(rng, 64).reshape((2,) * 6)

    def p(**values: int) -> Tensor:
        found = table
        for name, value in values.items():
            found = found.index_select(PLACES[name], torch.tensor([value]))
        return found.sum()

    around = {"P": 1, "F": 1}
    both = p(**around)

    def pixel(value: int) -> Tensor:
        return p(A=value, **around)

    def posterior(value: int) -> Tensor:
        return pixel(value) / both

    def patch(*values: int) -> Tensor:
        return p(**dict(zip("ABCD", values, strict=False)), **around)

    def weight(value: int) -> Tensor:
        prior = p(A=value, P=1) / p(P=1)
        return p(A=value, P=1, F=1) / p(A=value, P=1) * prior

    def hasty(value: int) -> Tensor:
        return p(A=value, F=1) / p(A=value) * (p(A=value, P=1) / p(P=1))

    bits = (0, 1)
    all_states = sum((patch(a, b, c, d) for a in bits for b in bits for c in bits for d in bits), torch.zeros(()))
    last_white = sum((patch(a, b, c, 0) for a in bits for b in bits for c in bits), torch.zeros(()))
    two = sum((patch(a, b) for a in bits for b in bits), torch.zeros(()))
    rest = sum((patch(0, b, c, d) / both for b in bits for c in bits for d in bits), torch.zeros(()))
    either = pixel(0) + pixel(1)
    return [
        [posterior(1), pixel(1) / both],
        [posterior(1) + posterior(0), torch.ones((), dtype=torch.float64)],
        [pixel(1) / posterior(1), pixel(0) / posterior(0)],
        [(1 - posterior(0)) / posterior(0), pixel(1) / pixel(0)],
        [posterior(0), pixel(0) / either],
        [posterior(1), weight(1) / (weight(0) + weight(1))],
        [patch(0, 0, 0, 0) / both, patch(0, 0, 0, 0) / all_states],
        [patch(1, 0, 1, 0) / both, patch(1, 0, 1, 0) / all_states],
        [patch(0, 0) / both, patch(0, 0) / two],
        [posterior(0), rest],
        [posterior(0), pixel(1) / either],
        [pixel(1) * posterior(0), pixel(0) * (1 - posterior(1))],
        [posterior(1), hasty(1) / (hasty(0) + hasty(1))],
        [patch(0, 0, 0, 0) / both, patch(0, 0, 0, 0) / (patch(0, 0, 0, 0) + patch(1, 1, 1, 1))],
        [patch(1, 0, 1, 0) / both, patch(1, 0, 1, 0) / last_white],
        [patch(0, 0) / both, posterior(0) * (patch(0, 0) + patch(1, 0)) / both],
    ]
