"""A softmax language model unrolled in time: every gradient by autograd beside its sums and products."""

from __future__ import annotations

import torch
from torch import Tensor

from truth.sizes import Claims, Sizes, grad, normal, one_hot, product


def claims(size: Sizes, rng: torch.Generator) -> Claims:
    n, d, m, T = size.n, size.d, size.m, size.T
    Whx, Whh, Wph = normal(rng, n, d), normal(rng, n, n), normal(rng, m, n)
    bh, bp = normal(rng, n), normal(rng, m)
    x, y = [normal(rng, d) for _ in range(T + 1)], [one_hot(rng, m) for _ in range(T + 1)]
    h, p = [normal(rng, n)], [torch.zeros(m)]
    for t in range(1, T + 1):
        h.append(torch.tanh(Whx @ x[t] + Whh @ h[t - 1] + bh))
        p.append(Wph @ h[t] + bp)
    q = [torch.softmax(score, 0) for score in p]
    loss = [-(y[t] * torch.log(q[t])).sum() for t in range(T + 1)]
    L = torch.stack(loss[1:]).sum()
    steps, i, t = range(1, T + 1), 1, T - 1

    def at_once(k: int, by: str) -> Tensor:
        """∂h_k/∂by with h_{k−1} held."""
        held = h[k - 1].detach()
        again = torch.tanh(Whx @ x[k] + Whh @ held + bh)
        return grad(again, {"Whh": Whh, "Whx": Whx, "bh": bh}[by])

    def jacobians(first: int, last: int) -> Tensor:
        """∂h_last/∂h_{first−1} as a product, the later factor on the left."""
        factors = [grad(h[k], h[k - 1]) for k in range(last, first - 1, -1)]
        return product(factors) if factors else torch.eye(n, dtype=torch.float64)

    def summed(last: int, by: str, first: int = 1, short: bool = False) -> Tensor:
        out = grad(loss[last], h[last])
        rows = [out if short else out @ jacobians(k + 1, last) for k in range(first, last + 1)]
        terms = [torch.tensordot(row, at_once(k, by), dims=1) for k, row in enumerate(rows, first)]
        return torch.stack(terms).sum(0)

    def back(weight: Tensor) -> Tensor:
        return product([torch.diag(1 - h[k] ** 2) @ weight for k in range(T, i, -1)])

    error = [q[k] - y[k] for k in range(T + 1)]
    slope = [1 - state**2 for state in h]
    whole = [grad(L, state) for state in h]
    returned = Whh.T @ (slope[t + 1] * whole[t + 1])
    return [
        [grad(loss[T], p[T]), error[T]],
        [grad(loss[T], Wph), torch.outer(error[T], h[T])],
        [grad(loss[T], bp), error[T]],
        [grad(loss[T], h[T]), Wph.T @ error[T]],
        [grad(loss[T], Whh), summed(T, "Whh")],
        [grad(loss[T], Whx), summed(T, "Whx")],
        [grad(loss[T], bh), summed(T, "bh")],
        [grad(h[T], h[i]), jacobians(i + 1, T)],
        [grad(h[T], h[i]), back(Whh)],
        [grad(h[T], h[i]), jacobians(i, T)],
        [grad(loss[T], Whh), summed(T, "Whh", first=2)],
        [grad(loss[T], Whx), summed(T, "Whx", short=True)],
        [grad(h[T], h[i]), back(Whh.T)],
        [grad(L, Wph), sum(torch.outer(error[k], h[k]) for k in steps)],
        [grad(L, bp), sum(error[k] for k in steps)],
        [whole[t], Wph.T @ error[t] + returned],
        [grad(L, Whh), sum(torch.outer(slope[k] * whole[k], h[k - 1]) for k in steps)],
        [grad(L, Whx), sum(torch.outer(slope[k] * whole[k], x[k]) for k in steps)],
        [grad(L, bh), sum(slope[k] * whole[k] for k in steps)],
        [grad(L, Whh), torch.stack([summed(k, "Whh") for k in steps]).sum(0)],
        [whole[t], returned],
        [whole[t], Wph.T @ error[t]],
        [grad(L, Whh), sum(torch.outer(slope[k] * whole[k], h[k]) for k in steps)],
        [grad(L, Whx), sum(torch.outer(slope[k] * (Wph.T @ error[k]), x[k]) for k in steps)],
        [grad(L, Wph), sum(torch.outer(error[k], h[k]) for k in steps[:-1])],
    ]
