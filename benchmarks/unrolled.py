"""The gradients of an unrolled loss by every parameter, T = 2 … 128: how time and memory grow, beside tensorgrad.

The loss is Σ_t ½‖h_t − y_t‖². For RNN, LSTM and GRU the time, the peak of allocated memory and the number of nodes of
all gradients together are fitted by a power of T. tensorgrad 0.3.0 (an extra: ``pip install tensorgrad==0.3.0``)
derives the vanilla RNN by W_hh in its fastest mode.

Run: python benchmarks/unrolled.py [--repeats N]
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from math import log
from statistics import median
from time import perf_counter
from typing import Any

import sympy
from sympy.core.cache import clear_cache

from derivations.calculus import gradient
from derivations.cells import Cell, cell, unroll
from derivations.tensors import total
from derivations.terms import Term, add, power, scale, subtract, var
from derivations.traverse import postorder

LENGTHS = (2, 4, 8, 16, 32, 64, 128)
CELLS = ("rnn", "lstm", "gru")


def gradients(which: Cell, steps: int, by: Sequence[str] = ()) -> list[Term]:
    """The gradients of Σ_t ½‖h_t − y_t‖² by all parameters, or by some."""
    unrolled = unroll(which, steps)
    outputs = unrolled.outputs()
    targets = [var(f"y_{t}", *h.shape) for t, h in enumerate(outputs, start=1)]
    errors = [total(power(subtract(h, y), 2)) for h, y in zip(outputs, targets, strict=True)]
    loss = scale(Fraction(1, 2), add(*errors))
    return gradient(loss, [x for name, x in unrolled.parameters.items() if not by or name in by])


def by_tensorgrad(steps: int) -> Any:
    """The gradient of the vanilla RNN by W_hh, resolved with shared parts and put into normal form."""
    import tensorgrad as tg
    from tensorgrad import functions as F
    from tensorgrad.compiler.reverse import resolve_shared_gradients
    from tensorgrad.compiler.runtime import normalize_args
    from tensorgrad.tensor import Derivative

    d, n = sympy.symbols("d n")
    w_x, w_h, b = tg.Variable("Wx", d, n), tg.Variable("Wh", m=n, n=n), tg.Variable("b", n)
    h = tg.Variable("h0", n)
    loss = None
    for step in range(steps):
        h = F.tanh(w_x @ tg.Variable(f"x{step}", d) + w_h @ h.rename(n="m") + b)
        error = F.sum((h - tg.Variable(f"y{step}", n)) ** 2) / 2
        loss = error if loss is None else loss + error
    found = resolve_shared_gradients((Derivative(loss, w_h),))
    shared = normalize_args()
    return [x.simplify(shared) for x in found]


def seconds(job: Callable[[], Any], repeats: int) -> float:
    """The median time of a job, after one warm-up; its result is dropped before the next repeat."""
    times = []
    for _ in range(repeats + 1):
        gc.collect()
        clear_cache()
        start = perf_counter()
        result = job()
        times.append(perf_counter() - start)
        del result
    return median(times[1:])


def peak(job: Callable[[], Any]) -> float:
    """The peak of memory that a job allocates, in MiB."""
    gc.collect()
    clear_cache()
    tracemalloc.start()
    result = job()
    found = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    del result
    return found


def exponent(lengths: Sequence[int], values: Sequence[float]) -> float:
    """The least-squares slope of log value against log length."""
    x, y = [log(length) for length in lengths], [log(value) for value in values]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    over = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return over / sum((a - mean_x) ** 2 for a in x)


def row(name: str, values: Sequence[float], form: str, unit: str) -> None:
    cells = "".join(f"{value:>10{form}}" for value in values)
    print(f"{name:28}{cells}   {unit}   exponent {exponent(LENGTHS, values):.2f}")


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    sys.setrecursionlimit(100_000)  # tensorgrad recurses over the unrolled network
    print(f"Python {platform.python_version()}, sympy {version('sympy')}, tensorgrad {installed('tensorgrad') or '—'}")
    print(f"{'T':28}" + "".join(f"{length:>10}" for length in LENGTHS))
    for name in CELLS:
        which = cell(name)
        times = [seconds(lambda T=T, which=which: gradients(which, T), repeats) for T in LENGTHS]
        row(f"{name}, all parameters", [1e3 * t for t in times], ".1f", "ms")
        row("  memory", [peak(lambda T=T, which=which: gradients(which, T)) for T in LENGTHS], ".2f", "MiB")
        row("  nodes", [len(list(postorder(gradients(which, T)))) for T in LENGTHS], ".0f", "")
    if not installed("tensorgrad"):
        print("tensorgrad is not installed: pip install tensorgrad==0.3.0", file=sys.stderr)
        return
    ours, theirs = [], []
    for T in LENGTHS:  # side by side at every length
        ours.append(seconds(lambda T=T: gradients(cell("rnn"), T, ("W_{hh}",)), repeats))
        theirs.append(seconds(lambda T=T: by_tensorgrad(T), 1 if T > 16 else repeats))
    row("rnn by W_hh, ours", [1e3 * t for t in ours], ".1f", "ms")
    row("rnn by W_hh, tensorgrad", [1e3 * t for t in theirs], ".1f", "ms")
    print(f"{'  ratio':28}" + "".join(f"{b / a:>9.1f}×" for a, b in zip(ours, theirs, strict=True)))


if __name__ == "__main__":
    main()
