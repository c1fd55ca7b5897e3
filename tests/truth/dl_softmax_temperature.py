"""Softmax with a temperature, label smoothing, log-probabilities."""

from __future__ import annotations

import torch

from truth.sizes import Claims, Sizes, grad, normal, one_hot


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    k = size.n
    z, y = normal(rng, k), one_hot(rng, k)
    tau, eps = normal(rng).exp(), normal(rng).sigmoid()
    one, eye = torch.ones(k, dtype=torch.float64), torch.eye(k, dtype=torch.float64)
    q = torch.softmax(z / tau, 0)
    smooth = (1 - eps) * y + eps / k * one
    logs = torch.log(q)
    loss = -smooth @ logs
    return [
        [grad(q, z), (torch.diag(q) - torch.outer(q, q)) / tau],
        [grad(loss, z), (q - smooth) / tau],
        [grad(loss, z), (q - y) / tau + eps / tau * (y - one / k)],
        [grad(logs, z), (eye - torch.outer(one, q)) / tau],
        [logs, z / tau - torch.log(torch.exp(z / tau).sum())],
        [grad(q, z), torch.diag(q) - torch.outer(q, q)],
        [grad(loss, z), tau * (q - smooth)],
        [grad(loss, z), (q - y) / tau],
        [grad(logs, z), (eye - torch.outer(q, one)) / tau],
    ]
