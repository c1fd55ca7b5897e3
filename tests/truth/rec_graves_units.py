"""A recurrent network unit by unit: w_{ij} is the weight from unit i to unit j."""

from __future__ import annotations

import torch

from truth.sizes import MISFIT, Claims, Sizes, grad, normal


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    units, inputs, outputs = size.n, size.d, size.m
    w_in, w_rec, w_out = normal(rng, inputs, units), normal(rng, units, units), normal(rng, units, outputs)
    x, before, z = normal(rng, inputs), normal(rng, units), normal(rng, outputs)
    a = torch.einsum("ih,i->h", w_in, x) + torch.einsum("gh,g->h", w_rec, before)
    b = torch.tanh(a)
    out = torch.einsum("hk,h->k", w_out, b)
    error = ((out - z) ** 2).sum() / 2
    delta_k, delta_h = grad(error, out), grad(error, a)
    weighted = torch.einsum("k,hk->h", delta_k, w_out)
    return [
        [delta_k, out - z],
        [delta_h, (1 - torch.tanh(a) ** 2) * weighted],
        [grad(error, w_out), torch.einsum("k,h->hk", delta_k, b)],
        [grad(error, w_in), torch.einsum("h,i->ih", delta_h, x)],
        [grad(error, w_rec), torch.einsum("h,g->gh", delta_h, before)],
        [grad(error, w_rec), torch.einsum("h,g->gh", delta_h, b)],
        [delta_h, (1 - torch.tanh(b) ** 2) * weighted],
        [delta_h, MISFIT],
    ]
