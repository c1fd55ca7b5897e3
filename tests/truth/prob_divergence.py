"""Two random distributions, logits, and logarithms of two bases."""

from __future__ import annotations

import math

import torch

from truth.sizes import Claims, Sizes, normal, number, simplex


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    p, q, z = simplex(rng, size.n), simplex(rng, size.n), normal(rng, size.n)
    c, u, v = normal(rng), normal(rng), normal(rng)
    cross, entropy = -(p * q.log()).sum(), -(p * p.log()).sum()
    divergence = torch.nn.functional.kl_div(q.log(), p, reduction="sum")
    back = torch.nn.functional.kl_div(p.log(), q, reduction="sum")
    first = u.exp() / (u.exp() + v.exp())
    soft = torch.softmax(z, 0)
    bits = torch.log2(u**2)
    return [
        [divergence, (p * (p / q).log()).sum()],
        [divergence, (p * p.log()).sum() - (p * q.log()).sum()],
        [cross, entropy + divergence],
        [(p * (p / p).log()).sum(), number(0)],
        [torch.softmax(z + c, 0), soft],
        [soft.log(), z - torch.logsumexp(z, 0)],
        [first, torch.sigmoid(u - v)],
        [bits, (u**2).log() / math.log(2)],
        [torch.log2(number(8)), number(3)],
        [divergence, back],
        [divergence, (q * (p / q).log()).sum()],
        [cross, entropy - divergence],
        [torch.softmax(c * z, 0), soft],
        [first, torch.sigmoid(v - u)],
        [bits, (u**2).log() * math.log(2)],
        [torch.log2(number(9)), number(3)],
    ]
