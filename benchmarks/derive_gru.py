"""Deriving the nine parameter gradients of ½‖h − y‖² for one and for two GRU steps, side by side in one run.

Ours builds the step equations as terms and pulls the gradient back; nothing is kept between repeats. SymPy writes every
component out for n = d = 2 and differentiates it. tensorgrad 0.3.0 runs in its fastest mode: gradients resolved
together with ``resolve_shared_gradients``, then simplified with ``normalize_args``; it is an extra:
``pip install tensorgrad==0.3.0``.

Run: python benchmarks/derive_gru.py [--repeats N]
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from time import perf_counter
from typing import Any

import sympy
from sympy.core.cache import clear_cache

from derivations.calculus import gradient
from derivations.tensors import hadamard, matmul, total, transpose
from derivations.terms import Term, add, apply, number, power, scale, subtract, var

GATES = ("z", "r", "g")


def ours(steps: int) -> list[Term]:
    """The nine gradients as terms of symbolic size."""
    weights = {f"W_x{g}": var(f"W_x{g}", "d", "n") for g in GATES}
    weights |= {f"W_h{g}": var(f"W_h{g}", "n", "n") for g in GATES}
    weights |= {f"b_{g}": var(f"b_{g}", "n") for g in GATES}
    h = var("h_0", "n")
    for step in range(steps):
        x = var(f"x_{step + 1}", "d")

        def gate(name: str, function: str, state: Term, x: Term = x) -> Term:
            inputs = matmul(transpose(weights[f"W_x{name}"]), x)
            return apply(function, add(inputs, matmul(transpose(weights[f"W_h{name}"]), state), weights[f"b_{name}"]))

        z, r = gate("z", "sigma", h), gate("r", "sigma", h)
        g = gate("g", "tanh", hadamard(r, h))
        h = add(hadamard(z, h), hadamard(subtract(number(1, z.shape), z), g))
    loss = scale(Fraction(1, 2), total(power(subtract(h, var("y", "n")), 2)))
    return gradient(loss, list(weights.values()))


def components(steps: int, n: int = 2) -> list[Any]:
    """The nine gradients in SymPy, every component written out at n = d."""
    weights = {
        k + g: sympy.Matrix(n, n, lambda i, j, k=k, g=g: sympy.Symbol(f"W{k}{g}{i}{j}")) for k in "xh" for g in GATES
    }
    biases = {g: sympy.Matrix(n, 1, lambda i, j, g=g: sympy.Symbol(f"b{g}{i}")) for g in GATES}
    h = sympy.Matrix(n, 1, lambda i, j: sympy.Symbol(f"h0{i}"))
    for step in range(steps):
        x = sympy.Matrix(n, 1, lambda i, j, step=step: sympy.Symbol(f"x{step}{i}"))

        def gate(name: str, function: Callable[[Any], Any], state: Any, x: Any = x) -> Any:
            return (weights["x" + name].T * x + weights["h" + name].T * state + biases[name]).applyfunc(function)

        z, r = (gate(name, lambda a: 1 / (1 + sympy.exp(-a)), h) for name in "zr")
        g = gate("g", sympy.tanh, r.multiply_elementwise(h))
        h = z.multiply_elementwise(h) + (sympy.ones(n, 1) - z).multiply_elementwise(g)
    loss = sum((h[i] - sympy.Symbol(f"y{i}")) ** 2 for i in range(n)) / 2
    return [loss.diff(entry) for matrix in (*weights.values(), *biases.values()) for entry in matrix]


def shared_gradients(steps: int) -> list[Any]:
    """The nine gradients by tensorgrad, resolved together and put into normal form."""
    import tensorgrad as tg
    from tensorgrad import functions as F
    from tensorgrad.compiler.reverse import resolve_shared_gradients
    from tensorgrad.compiler.runtime import normalize_args
    from tensorgrad.tensor import Derivative

    d, n = sympy.symbols("d n")
    weights = {f"Wx{g}": tg.Variable(f"Wx{g}", d, n) for g in GATES}
    weights |= {f"Wh{g}": tg.Variable(f"Wh{g}", m=n, n=n) for g in GATES}
    weights |= {f"b{g}": tg.Variable(f"b{g}", n) for g in GATES}
    h = tg.Variable("h0", n)
    for step in range(steps):
        x = tg.Variable(f"x{step}", d)

        def gate(name: str, function: Callable[[Any], Any], state: Any, x: Any = x) -> Any:
            return function(weights[f"Wx{name}"] @ x + weights[f"Wh{name}"] @ state.rename(n="m") + weights[f"b{name}"])

        z, r = gate("z", F.sigmoid, h), gate("r", F.sigmoid, h)
        g = gate("g", F.tanh, r * h)
        h = z * h + (1 - z) * g
    loss = F.sum((h - tg.Variable("y", n)) ** 2) / 2
    found = resolve_shared_gradients(tuple(Derivative(loss, weight) for weight in weights.values()))
    shared = normalize_args()
    return [gradient.simplify(shared) for gradient in found]


def timed(job: Callable[[int], Any], steps: int, repeats: int) -> float:
    """The median time of a job in milliseconds, after one warm-up; its result is dropped before the next repeat."""
    times = []
    for _ in range(repeats + 1):
        gc.collect()
        clear_cache()
        start = perf_counter()
        result = job(steps)
        times.append((perf_counter() - start) * 1e3)
        del result
    return median(times[1:])


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print(f"Python {platform.python_version()}, sympy {version('sympy')}, tensorgrad {installed('tensorgrad') or '—'}")
    print(f"{'median of ' + str(repeats):34}{'one step':>14}{'two steps':>14}")
    rows: list[tuple[str, Callable[[int], Any], tuple[int, ...], int]] = [
        ("ours", ours, (1, 2), repeats),
        ("SymPy, components at n = d = 2", components, (1,), 1),
    ]
    if installed("tensorgrad"):
        rows.append(("tensorgrad, shared gradients", shared_gradients, (1, 2), repeats))
    else:
        print("tensorgrad is not installed: pip install tensorgrad==0.3.0", file=sys.stderr)
    base = [timed(ours, steps, repeats) for steps in (1, 2)]
    for name, job, which, count in rows:
        found = base if job is ours else [timed(job, steps, count) for steps in which]
        ratios = "".join(
            f"{x:8.1f} ms{x / b:4.0f}×" if x / b < 1e4 else f"{x:8.0f} ms" for x, b in zip(found, base, strict=False)
        )
        print(f"{name:34}{ratios}")


if __name__ == "__main__":
    main()
