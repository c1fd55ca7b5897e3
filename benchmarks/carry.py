"""Slips that later lines carry on: is every line that only follows said to follow, and no other one excused?

Every sheet is a backward pass through an MLP, an RNN, a GRU or an LSTM with softmax and cross-entropy or a squared
error. One slip is planted in a value, a slope or an early gradient, and every second sheet gets another one below; the
later lines are written consistently with what stands above them. What each line is, torch tells
(``tests/oracle/carried.py``).

Run: python benchmarks/carry.py [--sheets N] [--seed S]
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from time import process_time

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from oracle.carried import sheet
from oracle.carrying import KINDS, Told, put

from derivations.explain import Explainer
from derivations.reporting import Judged

FINE = {"as it is", KINDS["own", "transposed"]}


class Timed:
    """The processor time that the explanation of every wrong line takes."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._explain = Explainer._explain

    def install(self) -> None:
        timed = self

        def explain(self: Explainer, item: Judged) -> None:
            start = process_time()
            timed._explain(self, item)
            timed.seconds.append(process_time() - start)

        Explainer._explain = explain  # type: ignore[method-assign]


def told(number: int, text: str, line: Told) -> str:
    return f"sheet {number}, line {line.line}: {line.kind}: {line.truth}, found {line.found}\n  {text}"


def main() -> int:
    """0 where no slip is excused or accepted, no right line rejected, and every consequence is told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sheets", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    timed, kinds, truths, networks = Timed(), Counter[str](), Counter[str](), Counter[str]()
    timed.install()
    for number in range(args.sheets):
        made = sheet(args.seed * 1_000_003 + number, twice=number % 2 == 1)
        networks[made.network] += 1
        for line in put(made):
            truths[line.truth.split()[0]] += 1
            kinds[line.kind] += 1
            if line.kind != "as it is":
                print(told(number, made.text.split("\n")[line.line - 1], line), flush=True)
        if (number + 1) % 50 == 0:
            print(f"{number + 1} sheets: {dict(kinds)}", file=sys.stderr, flush=True)
    times = sorted(timed.seconds)
    shares = [1e3 * times[int(share * (len(times) - 1))] for share in (0.5, 0.9, 0.99, 1)]
    print(f"Python {platform.python_version()}, torch {torch.__version__}, sympy {version('sympy')}")
    print(f"{args.sheets} sheets: {dict(sorted(networks.items()))}; lines: {dict(sorted(truths.items()))}")
    print(f"found: {dict(sorted(kinds.items()))}")
    print("ms to explain a wrong line: median {:.0f}, 90 % {:.0f}, 99 % {:.0f}, most {:.0f}".format(*shares))
    return 0 if set(kinds) <= FINE else 1


if __name__ == "__main__":
    sys.exit(main())
