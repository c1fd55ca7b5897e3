"""``gradproof check`` on one sheet as a whole process, against importing what it rests on, in turn.

A sheet of one line, and one of coursework size (14 statements, GRU gradients, all right). Modules are compiled before,
as an installation does it; every run starts Python anew.

Run: python benchmarks/startup.py [--repeats N]
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SHEET = str(ROOT / "examples" / "gru-corrected.md")
LINE = "$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma(x))$$\n"
BASES = {"import sympy": "import sympy", "import sympy, torch": "import sympy, torch"}
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT)}


def commands(line: str) -> dict[str, list[str]]:
    """What is measured; ``line`` is the path of the sheet of one line."""
    check = [sys.executable, "-m", "gradproof", "check"]
    return {
        **{name: [sys.executable, "-c", code] for name, code in BASES.items()},
        "check, one line": [*check, line],
        "check, 14 statements": [*check, SHEET],
        "check --no-torch, one line": [*check, "--no-torch", line],
        "check --no-torch, 14 statements": [*check, "--no-torch", SHEET],
    }


class Time(NamedTuple):
    """Seconds of one run: by the clock, and of the processor."""

    wall: float
    cpu: float


def run(command: list[str]) -> Time:
    """One run, which must end well."""
    start, before = perf_counter(), getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT, check=True)
    wall, after = perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    return Time(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    with TemporaryDirectory() as folder:
        line = Path(folder) / "line.md"
        line.write_text(LINE, encoding="utf-8")
        timed = commands(str(line))
        found: dict[str, list[Time]] = {name: [] for name in timed}
        for _ in range(repeats + 1):  # the first round compiles
            for name, command in timed.items():
                found[name].append(run(command))
    versions = ", ".join(f"{name} {version(name)}" for name in ("gradproof", "sympy", "numpy", "torch"))
    print(f"Python {platform.python_version()}, {versions}; medians of {repeats}, run in turn")
    print(f"{'':32}   clock      CPU   ratios in the same round")
    for name, times in found.items():
        print(f"{name:32} {row(name, times[1:], found)}")


def row(name: str, times: list[Time], found: dict[str, list[Time]]) -> str:
    """Medians of both times, and of their ratios to those of the base in the same round."""
    told = f"{median(x.wall for x in times):6.2f} s {median(x.cpu for x in times):6.2f} s"
    if name in BASES:
        return told
    base = "import sympy" if "--no-torch" in name else "import sympy, torch"
    pairs = list(zip(times, found[base][1:], strict=True))
    wall, cpu = median(x.wall / y.wall for x, y in pairs), median(x.cpu / y.cpu for x, y in pairs)
    return f"{told}   {wall:5.2f}× {cpu:5.2f}× {base}"


if __name__ == "__main__":
    main()
