"""Claims for all times: sums and products over time, and total derivatives, proved by induction.

What is true is established by torch autograd at T = 1 … 5, never by the engine under test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import pytest
import torch

from derivations.check import check_sheet
from derivations.names import Ref
from derivations.reading.places import Source
from derivations.report import StatementReport
from derivations.series import LATER_LEFT
from derivations.terms import Term, add, ones, scale
from derivations.unrolling import Unroller

RNN = r"""
$h_t, b, y_t \in \mathbb{R}^n$, $x_t \in \mathbb{R}^d$, $W \in \mathbb{R}^{n \times d}$, $U \in \mathbb{R}^{n \times n}$

$$h_t = \tanh(W x_t + U h_{t-1} + b)$$

$$L_t = \frac{1}{2} \|h_t - y_t\|^2$$

$$L = \sum_{t=1}^{T} L_t$$

$$\delta_t = \d{L}{h_t}$$
"""
LSTM = r"""
$$f_t = \sigma(W_f x_t + U_f h_{t-1})$$

$$i_t = \sigma(W_i x_t + U_i h_{t-1})$$

$$g_t = \tanh(W_g x_t + U_g h_{t-1})$$

$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$

$$h_t = \tanh(c_t)$$
"""
GRU = r"""
$$z_t = \sigma(W_z x_t + U_z h_{t-1})$$

$$r_t = \sigma(W_r x_t + U_r h_{t-1})$$

$$\tilde{h}_t = \tanh(W x_t + U (r_t \odot h_{t-1}))$$

$$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde{h}_t$$
"""
N, D, TIMES = 3, 2, (1, 2, 3, 4, 5)
Tensor = torch.Tensor


def total(output: Tensor, by: Tensor) -> Tensor:
    """∂output/∂by through every path, of shape output.shape + by.shape."""
    rows = [torch.autograd.grad(x, by, retain_graph=True, allow_unused=True)[0] for x in output.reshape(-1)]
    found = [torch.zeros_like(by) if row is None else row for row in rows]
    return torch.stack(found).reshape(*output.shape, *by.shape)


class Cell:
    """A network unrolled for T steps with random parameters, its states kept in the graph."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {}

    def __init__(self, last: int) -> None:
        torch.manual_seed(last)
        self.last = last
        self.p = {k: torch.randn(*v, dtype=torch.float64).requires_grad_() for k, v in self.shapes.items()}
        self.x = [torch.randn(D, dtype=torch.float64) for _ in range(last + 2)]
        self.y = [torch.randn(N, dtype=torch.float64) for _ in range(last + 2)]
        self.h = [torch.randn(N, dtype=torch.float64).requires_grad_()]
        self.start()
        for t in range(1, last + 2):
            self.h.append(self.step(t, self.h[t - 1]))

    def start(self) -> None:
        """What the cell has besides h."""

    def step(self, t: int, before: Tensor) -> Tensor:
        raise NotImplementedError

    def jacobian(self, k: int) -> Tensor:
        return total(self.h[k], self.h[k - 1])

    def immediate(self, i: int, name: str) -> Tensor:
        return total(self.step(i, self.h[i - 1].detach()), self.p[name])

    def loss(self, t: int) -> Tensor:
        return 0.5 * ((self.h[t] - self.y[t]) ** 2).sum()

    def whole(self) -> Tensor:
        return sum((self.loss(t) for t in range(1, self.last + 1)), torch.zeros((), dtype=torch.float64))

    def chain(self, first: int, last: int) -> Tensor:
        """∂h_last/∂h_{last−1} ⋯ ∂h_first/∂h_{first−1}."""
        return reduce(lambda a, k: self.jacobian(k) @ a, range(first, last + 1), torch.eye(N, dtype=torch.float64))


class Rnn(Cell):
    shapes: ClassVar[dict[str, tuple[int, ...]]] = {"W": (N, D), "U": (N, N), "b": (N,)}

    def step(self, t: int, before: Tensor) -> Tensor:
        return torch.tanh(self.p["W"] @ self.x[t] + self.p["U"] @ before + self.p["b"])

    def delta(self, t: int) -> Tensor:
        return total(self.whole(), self.h[t])

    def slope(self, t: int) -> Tensor:
        return 1 - self.h[t] ** 2


class Lstm(Cell):
    shapes: ClassVar[dict[str, tuple[int, ...]]] = {f"{a}{b}": (N, D if a == "W" else N) for a in "WU" for b in "fig"}

    def start(self) -> None:
        self.c = [torch.randn(N, dtype=torch.float64).requires_grad_()]
        self.f, self.i, self.g = [self.c[0]], [self.c[0]], [self.c[0]]

    def step(self, t: int, before: Tensor) -> Tensor:
        f, i, g = (self.p[f"W{k}"] @ self.x[t] + self.p[f"U{k}"] @ before for k in "fig")
        self.f.append(torch.sigmoid(f))
        self.i.append(torch.sigmoid(i))
        self.g.append(torch.tanh(g))
        self.c.append(self.f[t] * self.c[t - 1] + self.i[t] * self.g[t])
        return torch.tanh(self.c[t])

    def along_cells(self, first: int, last: int) -> Tensor:
        """∂c_last/∂c_first with all gates held."""
        start = self.c[first].detach().clone().requires_grad_()
        end = start
        for k in range(first + 1, last + 1):
            end = self.f[k].detach() * end + self.i[k].detach() * self.g[k].detach()
        return total(end, start)

    def forget(self, first: int, last: int) -> Tensor:
        return reduce(lambda a, k: a * self.f[k], range(first, last + 1), torch.ones(N, dtype=torch.float64))


class Gru(Cell):
    shapes: ClassVar[dict[str, tuple[int, ...]]] = {
        "Wz": (N, D),
        "Uz": (N, N),
        "Wr": (N, D),
        "Ur": (N, N),
        "W": (N, D),
        "U": (N, N),
    }

    def step(self, t: int, before: Tensor) -> Tensor:
        z = torch.sigmoid(self.p["Wz"] @ self.x[t] + self.p["Uz"] @ before)
        r = torch.sigmoid(self.p["Wr"] @ self.x[t] + self.p["Ur"] @ before)
        return (1 - z) * before + z * torch.tanh(self.p["W"] @ self.x[t] + self.p["U"] @ (r * before))


Sides = Callable[..., tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Case:
    """A claim, its two sides by autograd, and the best verdict that is known to be reached."""

    latex: str
    sides: Sides
    proved: bool = True
    fixed: bool = False
    gap: int = 0

    def true(self, cell: type[Cell]) -> bool:
        for last in TIMES:
            for first in range(1, last + 1 - self.gap) if self.fixed else (1,):
                one, other = self.sides(cell(last), last, first) if self.fixed else self.sides(cell(last), last)
                if one.shape != other.shape or not torch.allclose(one, other, rtol=1e-9, atol=1e-11):
                    return False
        return True


def weighted(r: Cell, name: str, times: range, jacobians: Callable[[int], Tensor]) -> Tensor:
    """Σ_i ∂L_T/∂h_T · jacobians(i) · ∂⁺h_i/∂name."""
    first = total(r.loss(r.last), r.h[r.last])
    terms = [torch.tensordot(first @ jacobians(i), r.immediate(i, name), dims=1) for i in times]
    return sum(terms, torch.zeros_like(r.p[name]))


def summed(r: Cell, name: str, times: range) -> Tensor:
    terms = [torch.tensordot(r.chain(i + 1, r.last), r.immediate(i, name), dims=1) for i in times]
    return sum(terms, torch.zeros(N, *r.p[name].shape, dtype=torch.float64))


def outers(r: Rnn, times: range, shift: int, delta: Callable[[int], Tensor]) -> Tensor:
    terms = [torch.outer(r.slope(t) * delta(t), r.h[t + shift]) for t in times]
    return sum(terms, torch.zeros(N, N, dtype=torch.float64))


def back(r: Rnn, first: int, last: int) -> Tensor:
    """Uᵀ diag(1−h²) for the times first … last, the first on the left."""
    factors = [r.p["U"].T @ torch.diag(r.slope(k)) for k in range(first, last + 1)]
    return reduce(torch.matmul, factors, torch.eye(N, dtype=torch.float64))


P = r"\prod_{k=i}^{T-1} \d{h_{k+1}}{h_k}"
LT = r"\d{L_T}{h_T}"
RNN_CASES = [
    Case(
        rf"\d{{h_T}}{{h_i}} = {P}",
        lambda r, T, i: (total(r.h[T], r.h[i]), r.chain(i + 1, T)),
        fixed=True,
    ),
    Case(
        r"\d{h_T}{h_i} = \prod_{k=i+1}^{T-1} \d{h_{k+1}}{h_k}",
        lambda r, T, i: (total(r.h[T], r.h[i]), r.chain(i + 2, T)),
        fixed=True,
        gap=1,
    ),
    Case(
        r"\d{h_T}{h_i} = \prod_{k=i+1}^{T} \d{h_k}{h_{k-1}}",
        lambda r, T, i: (total(r.h[T], r.h[i]), r.chain(i + 1, T)),
        fixed=True,
    ),
    Case(
        r"\d{h_T}{h_i} = \prod_{k=i}^{T} \d{h_k}{h_{k-1}}",
        lambda r, T, i: (total(r.h[T], r.h[i]), r.chain(i, T)),
        fixed=True,
    ),
    Case(
        r"\d{h_T}{h_i} = \prod_{k=i+1}^{T} \left(\mathrm{diag}(1 - h_k^2) U\right)",
        lambda r, T, i: (total(r.h[T], r.h[i]), back(r, i + 1, T).T),
        fixed=True,
    ),
    Case(
        r"\d{h_T}{h_i} = \prod_{k=i+1}^{T} \left(\mathrm{diag}(1 - h_k) U\right)",
        lambda r, T, i: (total(r.h[T], r.h[i]), back(r, i + 1, T).T * 0.5),
        fixed=True,
    ),
    Case(
        r"\d{L_T}{h_i} = \left(\prod_{k=i+1}^{T} U^\top \mathrm{diag}(1 - h_k^2)\right)" + LT,
        lambda r, T, i: (total(r.loss(T), r.h[i]), back(r, i + 1, T) @ total(r.loss(T), r.h[T])),
        fixed=True,
    ),
    Case(
        r"\d{L_T}{h_i} = \left(\prod_{k=i}^{T} U^\top \mathrm{diag}(1 - h_k^2)\right)" + LT,
        lambda r, T, i: (total(r.loss(T), r.h[i]), back(r, i, T) @ total(r.loss(T), r.h[T])),
        fixed=True,
    ),
    Case(
        r"\d{L_T}{h_i} = \left(\prod_{k=i+1}^{T} \mathrm{diag}(1 - h_k^2)\right)" + LT,
        lambda r, T, i: (
            total(r.loss(T), r.h[i]),
            reduce(torch.mul, [r.slope(k) for k in range(i + 1, T + 1)], total(r.loss(T), r.h[T])),
        ),
        fixed=True,
    ),
    Case(
        rf"\d{{L_T}}{{h_i}} = {LT} \left({P}\right)",
        lambda r, T, i: (total(r.loss(T), r.h[i]), total(r.loss(T), r.h[T]) @ r.chain(i + 1, T)),
        fixed=True,
    ),
    *(
        Case(
            rf"\d{{L_T}}{{{p}}} = \sum_{{i=1}}^{{T}} {LT} \left({P}\right) \d{{h_i}}{{{p}}}",
            lambda r, T, p=p: (total(r.loss(T), r.p[p]), weighted(r, p, range(1, T + 1), lambda i: r.chain(i + 1, T))),
        )
        for p in "UWb"
    ),
    Case(
        rf"\d{{L_T}}{{U}} = \sum_{{i=1}}^{{T}} {LT} \d{{h_T}}{{h_i}} \d{{h_i}}{{U}}",
        lambda r, T: (total(r.loss(T), r.p["U"]), weighted(r, "U", range(1, T + 1), lambda i: total(r.h[T], r.h[i]))),
    ),
    Case(
        r"\d{h_T}{U} = \sum_{i=1}^{T} \d{h_T}{h_i} \d{h_i}{U}",
        lambda r, T: (total(r.h[T], r.p["U"]), summed(r, "U", range(1, T + 1))),
    ),
    Case(
        r"\d{h_T}{W} = \sum_{i=1}^{T-1} \d{h_T}{h_i} \d{h_i}{W}",
        lambda r, T: (total(r.h[T], r.p["W"]), summed(r, "W", range(1, T))),
    ),
    Case(
        rf"\d{{L_T}}{{U}} = \sum_{{i=2}}^{{T}} {LT} \d{{h_T}}{{h_i}} \d{{h_i}}{{U}}",
        lambda r, T: (total(r.loss(T), r.p["U"]), weighted(r, "U", range(2, T + 1), lambda i: r.chain(i + 1, T))),
    ),
    Case(
        rf"\d{{L_T}}{{U}} = \sum_{{i=1}}^{{T-1}} {LT} \left({P}\right) \d{{h_i}}{{U}}",
        lambda r, T: (total(r.loss(T), r.p["U"]), weighted(r, "U", range(1, T), lambda i: r.chain(i + 1, T))),
    ),
    Case(
        rf"\d{{L_T}}{{U}} = \sum_{{i=1}}^{{T}} \left({P}\right) \d{{h_i}}{{U}}",
        lambda r, T: (total(r.loss(T), r.p["U"]), summed(r, "U", range(1, T + 1))),
    ),
    Case(
        rf"\d{{L_T}}{{U}} = \sum_{{i=T-2}}^{{T}} {LT} \d{{h_T}}{{h_i}} \d{{h_i}}{{U}}",
        lambda r, T: (
            total(r.loss(T), r.p["U"]),
            weighted(r, "U", range(max(1, T - 2), T + 1), lambda i: r.chain(i + 1, T)),
        ),
    ),
    Case(
        rf"\d{{L_T}}{{U}} = \sum_{{i=T-3}}^{{T}} {LT} \d{{h_T}}{{h_i}} \d{{h_i}}{{U}}",
        lambda r, T: (
            total(r.loss(T), r.p["U"]),
            weighted(r, "U", range(max(1, T - 3), T + 1), lambda i: r.chain(i + 1, T)),
        ),
    ),
    Case(
        rf"\d{{L_T}}{{U}} = {LT} \d{{h_T}}{{U}} + \sum_{{i=1}}^{{T-1}} \d{{L_T}}{{h_i}} \d{{h_i}}{{U}}",
        lambda r, T: (total(r.loss(T), r.p["U"]), weighted(r, "U", range(1, T + 1), lambda i: r.chain(i + 1, T))),
    ),
    Case(
        r"\d{L}{U} = \sum_{t=1}^{T} \d{L_t}{U}",
        lambda r, T: (total(r.whole(), r.p["U"]), sum(total(r.loss(t), r.p["U"]) for t in range(1, T + 1))),
    ),
    Case(
        r"\d{L}{U} = \sum_{t=2}^{T} \d{L_t}{U}",
        lambda r, T: (total(r.whole(), r.p["U"]), total(r.whole() - r.loss(1), r.p["U"])),
    ),
    Case(
        r"\d{L}{U} = \sum_{t=1}^{T} ((1 - h_t^2) \odot \delta_t) h_{t-1}^\top",
        lambda r, T: (total(r.whole(), r.p["U"]), outers(r, range(1, T + 1), -1, r.delta)),
    ),
    Case(
        r"\d{L}{U} = \sum_{t=1}^{T} ((1 - h_t^2) \odot \delta_t) h_t^\top",
        lambda r, T: (total(r.whole(), r.p["U"]), outers(r, range(1, T + 1), 0, r.delta)),
    ),
    Case(
        r"\d{L}{U} = \sum_{t=1}^{T} ((1 - h_t^2) \odot (h_t - y_t)) h_{t-1}^\top",
        lambda r, T: (total(r.whole(), r.p["U"]), outers(r, range(1, T + 1), -1, lambda t: r.h[t] - r.y[t])),
    ),
    Case(
        r"\d{L}{b} = \sum_{t=1}^{T} (1 - h_t^2) \odot \delta_t",
        lambda r, T: (total(r.whole(), r.p["b"]), sum(r.slope(t) * r.delta(t) for t in range(1, T + 1))),
    ),
    Case(
        r"\d{L}{b} = \sum_{t=1}^{T} \delta_t",
        lambda r, T: (total(r.whole(), r.p["b"]), sum(r.delta(t) for t in range(1, T + 1))),
    ),
    Case(
        r"\d{L}{U} = \sum_{t=1}^{T} \d{L}{h_t} \d{h_t}{U}",
        lambda r, T: (
            total(r.whole(), r.p["U"]),
            sum(torch.tensordot(r.delta(t), r.immediate(t, "U"), dims=1) for t in range(1, T + 1)),
        ),
    ),
    Case(
        r"\delta_t = (h_t - y_t) + U^\top ((1 - h_{t+1}^2) \odot \delta_{t+1})",
        lambda r, T, t: (r.delta(t), r.h[t] - r.y[t] + r.p["U"].T @ (r.slope(t + 1) * r.delta(t + 1))),
        fixed=True,
        gap=1,
    ),
    Case(
        r"\delta_t = U^\top ((1 - h_{t+1}^2) \odot \delta_{t+1})",
        lambda r, T, t: (r.delta(t), r.p["U"].T @ (r.slope(t + 1) * r.delta(t + 1))),
        fixed=True,
        gap=1,
    ),
    Case(
        r"\delta_t = (h_t - y_t) + U ((1 - h_{t+1}^2) \odot \delta_{t+1})",
        lambda r, T, t: (r.delta(t), r.h[t] - r.y[t] + r.p["U"] @ (r.slope(t + 1) * r.delta(t + 1))),
        fixed=True,
        gap=1,
    ),
    Case(
        r"\d{L}{h_t} = \sum_{k=t}^{T} \d{L_k}{h_t}",
        lambda r, T, t: (r.delta(t), sum(total(r.loss(k), r.h[t]) for k in range(t, T + 1))),
        fixed=True,
    ),
    Case(
        r"\d{L}{h_t} = \sum_{k=t+1}^{T} \d{L_k}{h_t}",
        lambda r, T, t: (r.delta(t), sum(total(r.loss(k), r.h[t]) for k in range(t + 1, T + 1)) + 0 * r.h[0]),
        fixed=True,
    ),
]
START = r" + \Big(\prod_{k=1}^{T} f_k\Big) \odot c_0"
LSTM_CASES = [
    Case(
        r"\d{c_T}{c_i} = \prod_{k=i+1}^{T} f_k",
        lambda r, T, i: (r.along_cells(i, T), torch.diag(r.forget(i + 1, T))),
        fixed=True,
    ),
    Case(
        r"\d{c_T}{c_i} = \prod_{k=i}^{T} f_k",
        lambda r, T, i: (r.along_cells(i, T), torch.diag(r.forget(i, T))),
        fixed=True,
    ),
    Case(
        r"\d{c_T}{c_i} = \prod_{k=i+1}^{T-1} f_k",
        lambda r, T, i: (r.along_cells(i, T), torch.diag(r.forget(i + 1, T - 1))),
        fixed=True,
        gap=1,
    ),
    Case(
        r"c_T = \sum_{i=1}^{T} \Big(\prod_{k=i+1}^{T} f_k\Big) \odot i_i \odot g_i" + START,
        lambda r, T: (
            r.c[T],
            sum(r.forget(j + 1, T) * r.i[j] * r.g[j] for j in range(1, T + 1)) + r.forget(1, T) * r.c[0],
        ),
    ),
    Case(
        r"c_T = \sum_{i=1}^{T} \Big(\prod_{k=i}^{T} f_k\Big) \odot i_i \odot g_i" + START,
        lambda r, T: (r.c[T], sum(r.forget(j, T) * r.i[j] * r.g[j] for j in range(1, T + 1)) + r.forget(1, T) * r.c[0]),
    ),
    Case(
        r"c_T = \sum_{i=1}^{T} \Big(\prod_{k=i+1}^{T} f_k\Big) \odot i_i \odot g_i",
        lambda r, T: (r.c[T], sum(r.forget(j + 1, T) * r.i[j] * r.g[j] for j in range(1, T + 1))),
    ),
    Case(
        r"c_T = \sum_{i=2}^{T} \Big(\prod_{k=i+1}^{T} f_k\Big) \odot i_i \odot g_i"
        + START.replace("1", "2").replace("0", "1"),
        lambda r, T: (
            r.c[T],
            sum(r.forget(j + 1, T) * r.i[j] * r.g[j] for j in range(2, T + 1)) + r.forget(2, T) * r.c[1],
        ),
    ),
]
GRU_CASES = [
    Case(
        rf"\d{{h_T}}{{h_i}} = {P}",
        lambda r, T, i: (total(r.h[T], r.h[i]), r.chain(i + 1, T)),
        fixed=True,
    ),
    Case(
        r"\d{h_T}{h_i} = \prod_{k=i}^{T-2} \d{h_{k+1}}{h_k}",
        lambda r, T, i: (total(r.h[T], r.h[i]), r.chain(i + 1, T - 1)),
        fixed=True,
        gap=1,
    ),
    Case(
        r"\d{h_T}{U_z} = \sum_{i=1}^{T} \d{h_T}{h_i} \d{h_i}{U_z}",
        lambda r, T: (total(r.h[T], r.p["Uz"]), summed(r, "Uz", range(1, T + 1))),
    ),
    Case(
        r"\d{h_T}{W_r} = \sum_{i=2}^{T} \d{h_T}{h_i} \d{h_i}{W_r}",
        lambda r, T: (total(r.h[T], r.p["Wr"]), summed(r, "Wr", range(2, T + 1))),
    ),
]


def written(text: str) -> str:
    r"""The sheet with ``\d{y}{x}`` written out as a derivative."""
    part = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
    return re.sub(rf"\\d{part}{part}", r"\\frac{\\partial \1}{\\partial \2}", text)


def statements(definitions: str, cases: list[Case]) -> list[StatementReport]:
    text = definitions + "".join(f"\n$${case.latex}$$\n" for case in cases)
    report = check_sheet(Source("claims.md", written(text)))
    return report.statements[-len(cases) :]


@pytest.mark.parametrize(
    ("definitions", "cell", "cases"),
    [
        pytest.param(definitions, cell, cases[k : k + 6], id=f"{cell.__name__} {k}")
        for definitions, cell, cases in ((RNN, Rnn, RNN_CASES), (LSTM, Lstm, LSTM_CASES), (GRU, Gru, GRU_CASES))
        for k in range(0, len(cases), 6)
    ],
)
def test_verdicts_agree_with_autograd(definitions: str, cell: type[Cell], cases: list[Case]) -> None:
    for case, statement in zip(cases, statements(definitions, cases), strict=True):
        verdict, why = statement.verdict.value, statement.steps[0].why
        true = case.true(cell)
        assert verdict == (("proved" if case.proved else "holds") if true else "wrong"), (case.latex, true, why)
        if verdict == "proved":
            assert re.search(r"by backpropagation|by induction on (\w): base \1 = .*; step from \1 to \1\+1", why)


def test_enough_statements_of_both_kinds() -> None:
    kinds = [case.true(cell) for cell, cases in ((Lstm, LSTM_CASES), (Gru, GRU_CASES)) for case in cases]
    kinds += [case.true(Rnn) for case in RNN_CASES]
    assert len(kinds) >= 40
    assert min(kinds.count(True), kinds.count(False)) >= 15


def test_the_oracle_notices_a_planted_error() -> None:
    right = RNN_CASES[0]
    assert right.true(Rnn)
    assert not Case(right.latex, lambda r, T, i: (total(r.h[T], r.h[i]), 1.0001 * r.chain(i + 1, T)), fixed=True).true(
        Rnn
    )


def one(definitions: str, latex: str) -> StatementReport:
    return check_sheet(Source("claim.md", written(f"{definitions}\n$${latex}$$\n"))).statements[-1]


@pytest.mark.parametrize("last", [5, 6])
def test_a_sum_that_stops_at_a_number_is_wrong_later(last: int) -> None:
    claim = rf"\d{{h_T}}{{U}} = \sum_{{i=1}}^{{{last}}} \d{{h_T}}{{h_i}} \d{{h_i}}{{U}}"
    statement = one(RNN, claim)
    assert statement.verdict.value == "wrong"


def test_a_number_that_is_too_large_to_count_to_is_left_open() -> None:
    claim = r"\d{h_T}{U} = \sum_{i=1}^{40} \d{h_T}{h_i} \d{h_i}{U}"
    assert one(RNN, claim).verdict.value == "undecided"


def test_the_counterexample_names_the_time() -> None:
    statement = one(RNN, RNN_CASES[1].latex)
    shown = statement.steps[0].counterexample
    assert shown is not None
    assert (shown.sizes["T"], shown.sizes["i"]) == (2, 1)
    assert "T = 2, i = 1" in statement.steps[0].why


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"h_3 = \sum_{k=4}^{2} h_k", "before it"),
        (r"h_3 = \sum_{t} h_t + \sum_{k=1} h_k", "not written"),
        (r"h_T = \sum_{k=1}^{T/2} h_k", "no whole number"),
    ],
)
def test_bounds_that_make_no_sense_are_unclear(latex: str, message: str) -> None:
    statement = one(RNN, latex)
    assert statement.verdict.value == "unclear"
    assert message in statement.steps[0].headline


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"\d{h_3}{h_1} = \prod_{k=1}^{2} \d{h_{k+1}}{h_k}", "proved"),
        (r"\d{h_3}{h_1} = \prod_{k=1}^{3} \d{h_{k+1}}{h_k}", "wrong"),
        (r"\d{h_3}{h_3} = \prod_{k=4}^{3} \d{h_{k+1}}{h_k}", "proved"),
        (r"\sum_{k=1}^{3} h_k = h_1 + h_2 + h_3", "proved"),
        (r"\sum_{k=4}^{3} h_k = 0", "proved"),
        (r"\sum_{k=1}^{3} h_k = h_1 + h_2", "wrong"),
        (r"\prod_{k=1}^{2} h_k = h_1 \odot h_2", "proved"),
    ],
)
def test_ranges_of_numbers(latex: str, verdict: str) -> None:
    assert one(RNN, latex).verdict.value == verdict


def test_the_order_of_a_product_against_time_needs_a_note() -> None:
    early_left = one(RNN, RNN_CASES[4].latex).steps[0]
    assert early_left.reading == [LATER_LEFT]
    assert one(RNN, RNN_CASES[0].latex).steps[0].reading == []


def test_no_proof_rests_on_a_wrong_recurrence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A total derivative whose step forgets the immediate part is noticed: the step of the induction fails."""
    case = next(c for c in RNN_CASES if c.latex.startswith(r"\d{h_T}{U} = \sum_{i=1}^{T}"))
    assert one(RNN, case.latex).verdict.value == "proved"
    right = Unroller.total

    def wrong(self: Unroller, output: Term, by: Ref, path: str = "") -> Term:
        return right(self, output, by, path) if by.time is not None else scale(2, right(self, output, by, path))

    monkeypatch.setattr(Unroller, "total", wrong)
    assert one(RNN, case.latex).verdict.value == "holds"


def test_no_proof_rests_on_a_wrong_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal recurrences with different values at the start are not equal."""
    case = next(c for c in RNN_CASES if c.latex.startswith(r"\d{h_T}{U} = \sum_{i=1}^{T}"))
    right = Unroller._closed
    monkeypatch.setattr(Unroller, "_closed", lambda *args: add(right(*args), ones(right(*args).shape)))
    assert one(RNN, case.latex).verdict.value == "holds"


def test_a_claim_with_three_free_times_is_left_open() -> None:
    statement = one(RNN, r"\sum_{k=i}^{T} h_k = \sum_{k=i}^{t} h_k + \sum_{k=t+1}^{T} h_k")
    assert statement.verdict.value == "undecided"
