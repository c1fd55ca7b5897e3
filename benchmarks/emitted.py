"""Forward and backward of emitted torch functions beside eager autograd, torch.nn and tensorgrad, in one run.

Every contestant gets the same weights and input, in float32, and returns the gradients of all its parameters for the
same cotangent of the outputs. The contestants take turns in rounds, so that a slow minute hits all of them; medians and
ratios of medians are reported. "Eager" is the cell as one writes it under autograd, weights stacked by gate, in two
forms, with the input's matrix product in the loop and before it; the faster one counts. The RNN is also compiled by
tensorgrad 0.3.0 where that is installed (``pip install tensorgrad==0.3.0``): all steps written out, the gradients of
the weights compiled together; its specialised program is called directly, since its wrapper needs named tensors, which
torch no longer has.

Run: python benchmarks/emitted.py [--rounds N] [--threads N]
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from derivations.emit import class_name, emit_torch

T, BATCH, N, D = 25, 20, 200, 200
Job = Callable[[], Any]
Step = Callable[[Tensor, tuple[Tensor, ...], Tensor, Tensor], tuple[Tensor, ...]]

# torch.nn's order of gates, so that its weights can be cut into ours
GATES = {"rnn": "h", "lstm": "ifgo", "gru": "rzn"}
STATES = {"rnn": 1, "lstm": 2, "gru": 1}


def rnn_step(a: Tensor, states: tuple[Tensor, ...], w_h: Tensor, b_h: Tensor) -> tuple[Tensor, ...]:
    return (torch.tanh(a + torch.addmm(b_h, states[0], w_h.T)),)


def lstm_step(a: Tensor, states: tuple[Tensor, ...], w_h: Tensor, b_h: Tensor) -> tuple[Tensor, ...]:
    h, c = states
    i, f, g, o = (a + torch.addmm(b_h, h, w_h.T)).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru_step(a: Tensor, states: tuple[Tensor, ...], w_h: Tensor, b_h: Tensor) -> tuple[Tensor, ...]:
    (h,) = states
    r_x, z_x, n_x = a.chunk(3, 1)
    r_h, z_h, n_h = torch.addmm(b_h, h, w_h.T).chunk(3, 1)
    z = torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
    return (n + z * (h - n),)


STEPS: dict[str, Step] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


class Race:
    """One cell: its reference module of torch.nn and the contestants, all on the same numbers."""

    def __init__(self, cell: str) -> None:
        torch.manual_seed(0)
        self.cell = cell
        self.module = getattr(torch.nn, cell.upper())(D, N)
        self.x = torch.randn(T, BATCH, D)
        self.cotangent = torch.randn(T, BATCH, N)
        self.zeros = tuple(torch.zeros(BATCH, N) for _ in range(STATES[cell]))
        self.emitted = self._emitted()

    def _emitted(self) -> torch.nn.Module:
        """The emitted module with the weights of torch.nn."""
        space: dict[str, Any] = {"__name__": "emitted"}
        exec(compile(emit_torch(self.cell), "emitted.py", "exec"), space)
        made: torch.nn.Module = space[class_name(self.cell)](D, N)
        with torch.no_grad():
            for name, parameter in made.named_parameters():
                parameter.copy_(self._weight(name))
        return made

    def _weight(self, name: str) -> Tensor:
        """W_xi, W_hi, b_i … of torch.nn; both its biases count where the cell has one."""
        kind, letters = name.split("_")
        place = GATES[self.cell].index(letters[-1])
        named = dict(self.module.named_parameters())
        input_side, hidden_side = (
            named[f"{'weight' if kind == 'W' else 'bias'}_{s}h_l0"].chunk(len(GATES[self.cell])) for s in "ih"
        )
        if kind == "b" and len(letters) == 1:
            return input_side[place] + hidden_side[place]
        return (input_side if letters[0] == "x" else hidden_side)[place]

    def reference(self) -> tuple[Tensor, ...]:
        return self._gradients(self.module, self.module(self.x)[0])

    def closed_form(self) -> tuple[Tensor, ...]:
        return self._gradients(self.emitted, self.emitted(self.x)[0])

    def eager(self, before: bool) -> tuple[Tensor, ...]:
        w_x, w_h, b_x, b_h = self.module.parameters()
        step, states, outputs = STEPS[self.cell], self.zeros, []
        whole = torch.addmm(b_x, self.x.view(T * BATCH, D), w_x.T).view(T, BATCH, -1) if before else None
        parts = whole.unbind() if whole is not None else [None] * T
        for x, part in zip(self.x.unbind(), parts, strict=True):
            states = step(torch.addmm(b_x, x, w_x.T) if part is None else part, states, w_h, b_h)
            outputs.append(states[0])
        return self._gradients(self.module, torch.stack(outputs))

    def _gradients(self, module: torch.nn.Module, output: Tensor) -> tuple[Tensor, ...]:
        return torch.autograd.grad(output, list(module.parameters()), self.cotangent)

    def contestants(self) -> dict[str, Job]:
        jobs: dict[str, Job] = {
            "emitted": self.closed_form,
            "eager, input product in the loop": lambda: self.eager(False),
            "eager, input product before it": lambda: self.eager(True),
            f"torch.nn.{self.cell.upper()}": self.reference,
        }
        if self.cell == "rnn" and installed("tensorgrad"):
            jobs["tensorgrad, compiled"] = self.tensorgrad()
        return jobs

    def tensorgrad(self) -> Job:
        """The compiled gradients of W_x, W_h and b; inputs and cotangents are cut into steps beforehand."""
        import sympy
        import tensorgrad as tg
        from tensorgrad import functions
        from tensorgrad.compiler import compile_to_callable

        d, n, b = sympy.symbols("d n b")
        w_x, w_h, bias = tg.Variable("w_x", d, n), tg.Variable("w_h", m=n, n=n), tg.Variable("bias", n)
        xs = [tg.Variable(f"x{t}", b, d) for t in range(T)]
        cotangents = [tg.Variable(f"c{t}", b, n) for t in range(T)]
        h = first = tg.Variable("h", b, n)
        loss = None
        for x, cotangent in zip(xs, cotangents, strict=True):
            h = functions.tanh(w_x @ x + w_h @ h.rename(n="m") + bias)
            part = functions.sum(h * cotangent)
            loss = part if loss is None else loss + part
        program = compile_to_callable(*tg.grad(loss, [w_x, w_h, bias]))
        run = program.codegen.specialize({d: D, n: N, b: BATCH}, dtype=torch.float32)
        theirs = [p.detach() for p in self.module.parameters()]
        values = {w_x: theirs[0].T.contiguous(), w_h: theirs[1].T.contiguous(), bias: theirs[2] + theirs[3]}
        values |= {first: self.zeros[0], **dict(zip(xs, self.x, strict=True))}
        values |= dict(zip(cotangents, self.cotangent, strict=True))
        arguments = [values[v] for v in program.vars]
        return lambda: run(*arguments)

    def check(self) -> float:
        """The greatest relative difference of the gradients of the recurrent weights to torch.nn's."""
        theirs = self.reference()[1].chunk(len(GATES[self.cell]))
        names = [name for name, _ in self.emitted.named_parameters()]
        ours = dict(zip(names, self.closed_form(), strict=True))
        pairs = [(ours[f"W_h{gate}"], g) for gate, g in zip(GATES[self.cell], theirs, strict=True)]
        return max(float((a - b).abs().max() / b.abs().max()) for a, b in pairs)


def raced(jobs: dict[str, Job], rounds: int) -> dict[str, list[float]]:
    """The milliseconds of every job in every round, taking turns; every other round goes backwards."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    order = list(jobs)
    for k in range(rounds + 3):
        for name in order if k % 2 else order[::-1]:
            start = perf_counter()
            jobs[name]()
            if k >= 3:
                times[name].append((perf_counter() - start) * 1e3)
    return times


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"Python {platform.python_version()}, torch {torch.__version__}, {options.threads} threads")
    print(f"tensorgrad {installed('tensorgrad') or 'is absent'}")
    if not installed("tensorgrad"):
        print("tensorgrad is not installed, its row is left out: pip install tensorgrad==0.3.0", file=sys.stderr)
    print(
        f"n = {N}, d = {D}, batch {BATCH}, T = {T}, float32, forward and backward; medians of {options.rounds} rounds"
    )
    for cell in STEPS:
        race = Race(cell)
        found = raced(race.contestants(), options.rounds)
        ours, best = median(found["emitted"]), min(found["emitted"])
        print(f"\n{cell}: gradients within {race.check():.1e} of torch.nn's")
        print(f"  {'':36}{'median':>11}{'ratio':>9}{'best':>12}{'ratio':>9}")
        for name, times in found.items():
            middle, least = median(times), min(times)
            print(f"  {name:36}{middle:8.2f} ms{middle / ours:8.2f}×{least:9.2f} ms{least / best:8.2f}×")


if __name__ == "__main__":
    main()
