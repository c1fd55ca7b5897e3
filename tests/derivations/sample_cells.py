"""The recurrent cells as terms, unrolled, for tests of derivatives."""

from __future__ import annotations

from collections.abc import Callable

from derivations.tensors import hadamard, matmul
from derivations.terms import Term, add, apply, dimension, ones, subtract, var

N, D = dimension("n"), dimension("d")
Parameters = dict[str, Term]


def parameters(gates: str) -> Parameters:
    """W (input), U (state) and b (bias) of every gate."""
    found: Parameters = {}
    for gate in gates:
        found |= {f"W{gate}": var(f"W{gate}", N, D), f"U{gate}": var(f"U{gate}", N, N), f"b{gate}": var(f"b{gate}", N)}
    return found


def gate(p: Parameters, name: str, function: str, x: Term, h: Term) -> Term:
    """f(W x + U h + b)."""
    return apply(function, add(matmul(p["W" + name], x), matmul(p["U" + name], h), p["b" + name]))


def rnn(steps: int) -> tuple[Term, Parameters]:
    """h_t = tanh(W x_t + U h_{t−1} + b)."""
    p, h = parameters("h"), var("h0", N)
    for step in range(1, steps + 1):
        h = gate(p, "h", "tanh", var(f"x{step}", D), h)
    return h, p


def gru(steps: int) -> tuple[Term, Parameters]:
    """h_t = z ⊙ h_{t−1} + (1 − z) ⊙ tanh(W x + U (r ⊙ h_{t−1}) + b)."""
    p, h = parameters("zrg"), var("h0", N)
    for step in range(1, steps + 1):
        x = var(f"x{step}", D)
        z, r = gate(p, "z", "sigma", x, h), gate(p, "r", "sigma", x, h)
        g = gate(p, "g", "tanh", x, hadamard(r, h))
        h = add(hadamard(z, h), hadamard(subtract(ones((N,)), z), g))
    return h, p


def lstm(steps: int) -> tuple[Term, Parameters]:
    """c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh c_t."""
    p, h, c = parameters("ifog"), var("h0", N), var("c0", N)
    for step in range(1, steps + 1):
        x = var(f"x{step}", D)
        i, f, o = (gate(p, name, "sigma", x, h) for name in "ifo")
        c = add(hadamard(f, c), hadamard(i, gate(p, "g", "tanh", x, h)))
        h = hadamard(o, apply("tanh", c))
    return h, p


CELLS: dict[str, Callable[[int], tuple[Term, Parameters]]] = {"rnn": rnn, "gru": gru, "lstm": lstm}
