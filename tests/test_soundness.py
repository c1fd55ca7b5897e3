"""Right and wrong lines by the hundred, their truth decided by torch alone.

Every claim is put together from pieces that exist twice, as LaTeX and as a torch expression. torch computes the true
gradient by autograd and compares; the checker must call right exactly those that are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import Report

torch.set_default_dtype(torch.float64)

RNN = r"""
$$h_t = \tanh(W x_t + U h_{t-1} + b)$$

$$L_t = \frac{1}{2}\|h_t - y_t\|^2$$
"""

GRU = r"""
$$z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z)$$

$$r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r)$$

$$g_t = \tanh(W_g x_t + U_g (r_t \odot h_{t-1}) + b_g)$$

$$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot g_t$$

$$L_t = \frac{1}{2}\|h_t - y_t\|^2$$
"""


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape) * 0.8


def rnn_cases() -> Iterator[tuple[str, bool]]:
    """∂L_2/∂W, ∂L_2/∂U, ∂L_2/∂b within the second step, h_1 held."""
    torch.manual_seed(0)
    n, d = 2, 3
    W, U, b = (draw(*s).requires_grad_() for s in ((n, d), (n, n), (n,)))
    x, h1, y = draw(d), draw(n), draw(n)
    h = torch.tanh(W @ x + U @ h1 + b)
    truth = dict(zip("WUb", torch.autograd.grad(((h - y) ** 2).sum() / 2, (W, U, b)), strict=True))
    h = h.detach()
    errors = [("(h_2 - y_2)", h - y), ("(y_2 - h_2)", y - h), ("h_2", h), ("(h_2 + y_2)", h + y)]
    slopes = [("(1 - h_2^2)", 1 - h**2), ("(1 - h_2)", 1 - h), ("h_2^2", h**2), ("(1 + h_2^2)", 1 + h**2)]
    inputs = {"W": [("x_2^T", x)], "U": [("h_1^T", h1), ("h_2^T", h), ("y_2^T", y)], "b": [("", None)]}
    for weight in "WUb":
        for (e_text, e), (s_text, s), (i_text, i), sign in product(errors, slopes, inputs[weight], ("", "-", "2 ")):
            factor = {"": 1.0, "-": -1.0, "2 ": 2.0}[sign]
            delta = factor * e * s
            value = delta if i is None else torch.outer(delta, i)
            claim = rf"{sign}({e_text} \odot {s_text}) {i_text}"
            yield rf"$$\frac{{\partial L_2}}{{\partial {weight}}} = {claim}$$", torch.allclose(value, truth[weight])


def gru_cases() -> Iterator[tuple[str, bool]]:
    """∂L_2/∂U_r and ∂L_2/∂W_z within the second step: gates swapped, transposes lost, factors dropped."""
    torch.manual_seed(1)
    n, d = 2, 3
    weights = {
        k: draw(*s).requires_grad_() for g in "zrg" for k, s in ((f"W{g}", (n, d)), (f"U{g}", (n, n)), (f"b{g}", (n,)))
    }
    x, h1, y = draw(d), draw(n), draw(n)

    def pre(gate: str, state: torch.Tensor) -> torch.Tensor:
        return weights["W" + gate] @ x + weights["U" + gate] @ state + weights["b" + gate]

    z, r = torch.sigmoid(pre("z", h1)), torch.sigmoid(pre("r", h1))
    g = torch.tanh(pre("g", r * h1))
    h = z * h1 + (1 - z) * g
    true_r, true_z = torch.autograd.grad(((h - y) ** 2).sum() / 2, (weights["Ur"], weights["Wz"]))
    z, r, g, h, U = (v.detach() for v in (z, r, g, h, weights["Ug"]))
    outers = [("(1 - z_2)", 1 - z), ("z_2", z)]
    slopes = [("(1 - g_2^2)", 1 - g**2), ("(1 - g_2)", 1 - g), ("(1 - r_2^2)", 1 - r**2)]
    maps = [("U_g^T", U.T), ("U_g", U)]
    gates = [
        (r"r_2 \odot (1 - r_2)", r * (1 - r)),
        (r"r_2 \odot (1 - r_2^2)", r * (1 - r**2)),
        (r"z_2 \odot (1 - z_2)", z * (1 - z)),
    ]
    for (o, ov), (s, sv), (m, mv), (gate, gv), state in product(outers, slopes, maps, gates, ("h_1", "h_2")):
        inner = (h - y) * ov * sv
        value = torch.outer((mv @ inner) * h1 * gv, h1 if state == "h_1" else h)
        claim = rf"({m} ((h_2 - y_2) \odot {o} \odot {s}) \odot h_1 \odot {gate}) {state}^T"
        yield rf"$$\frac{{\partial L_2}}{{\partial U_r}} = {claim}$$", torch.allclose(value, true_r)
    for difference, gate in product((("(h_1 - g_2)", h1 - g), ("(g_2 - h_1)", g - h1), ("h_1", h1)), gates):
        value = torch.outer((h - y) * difference[1] * gate[1], x)
        claim = rf"((h_2 - y_2) \odot {difference[0]} \odot {gate[0]}) x_2^T"
        yield rf"$$\frac{{\partial L_2}}{{\partial W_z}} = {claim}$$", torch.allclose(value, true_z)


def checked(definitions: str, cases: list[tuple[str, bool]]) -> list[str]:
    """The claims on which the checker and torch disagree."""
    text = definitions + "\n\n".join(claim for claim, _ in cases)
    report: Report = check_sheet(Source("cases.md", text))
    verdicts = [s.verdict.value for s in report.statements if s.kind == "claim"]
    assert len(verdicts) == len(cases)
    wanted = ["proved" if right else "wrong" for _, right in cases]
    return [f"{c[0]}: {v}, torch says {w}" for c, v, w in zip(cases, verdicts, wanted, strict=True) if v != w]


def test_rnn_claims_are_right_exactly_where_torch_says_so() -> None:
    cases = list(rnn_cases())
    assert len(cases) == 240
    assert sum(right for _, right in cases) >= 3
    assert checked(RNN, cases) == []


def test_gru_claims_are_right_exactly_where_torch_says_so() -> None:
    cases = list(gru_cases())
    assert len(cases) == 81
    assert sum(right for _, right in cases) == 2
    assert checked(GRU, cases) == []


def test_a_planted_disagreement_is_noticed() -> None:
    claim, right = next(rnn_cases())
    assert checked(RNN, [(claim, not right)]) != []
