"""Three events with a random table of their eight joint probabilities."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, simplex


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    table = simplex(rng, 8).reshape(2, 2, 2)

    def p(*events: tuple[str, int]) -> Tensor:
        found = table
        for place, name in enumerate("ABC"):
            kept = [value for event, value in events if event == name]
            found = found.index_select(place, torch.tensor(kept)) if kept else found
        return found.sum()

    a, b, c, no_a, no_b = ("A", 1), ("B", 1), ("C", 1), ("A", 0), ("B", 0)
    a_given_b, b_given_a = p(a, b) / p(b), p(a, b) / p(a)
    b_given_no_a = p(no_a, b) / p(no_a)
    both = b_given_a * p(a) + b_given_no_a * p(no_a)
    return [
        [a_given_b, b_given_a * p(a) / p(b)],
        [p(b), both],
        [a_given_b, b_given_a * p(a) / both],
        [p(no_a, b) / p(b), 1 - a_given_b],
        [p(a, b, c), p(a) * b_given_a * p(a, b, c) / p(a, b)],
        [p(a, no_b), p(a) - p(a, b)],
        [a_given_b / (p(no_a, b) / p(b)), b_given_a / b_given_no_a * (p(a) / p(no_a))],
        [p(a, b).log(), p(a).log() + b_given_a.log()],
        [p(a, b), a_given_b * p(a)],
        [p(a, no_b) / p(no_b), 1 - a_given_b],
        [p(a, b, c), p(a) * b_given_a * p(b, c) / p(b)],
        [a_given_b, b_given_a * p(a) / (b_given_a * p(a) + b_given_no_a * p(a))],
        [p(a, b), p(a) * p(b)],
        [p(a, b).log(), p(a).log() * b_given_a.log()],
    ]
