"""``gradproof check examples/gru.md`` as a whole process against ``python -c "import sympy, torch"``, in turn.

Run: python benchmarks/startup.py [--repeats N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

SHEET = Path(__file__).parent.parent / "examples" / "gru.md"
COMMANDS = {
    "check": [sys.executable, "-m", "gradproof", "check", str(SHEET)],
    "check --no-torch": [sys.executable, "-m", "gradproof", "check", "--no-torch", str(SHEET)],
    "import sympy, torch": [sys.executable, "-c", "import sympy, torch"],
}


def seconds(command: list[str]) -> float:
    """The wall time of one run."""
    start = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(repeats + 1):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    print(f"sympy {version('sympy')}, torch {version('torch')}; medians of {repeats}, run in turn")
    base = times["import sympy, torch"][1:]
    for name, found in times.items():
        ratio = median(a / b for a, b in zip(found[1:], base, strict=True))
        print(f"{name:22}{median(found[1:]):8.2f} s{ratio:7.2f}×")


if __name__ == "__main__":
    main()
