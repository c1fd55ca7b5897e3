"""A sheet of 40 equations answered, as whole processes in turn: Markdown, HTML and PDF beside importing what they need.

Run: python benchmarks/solve.py [--repeats N]. Prints the medians of elapsed and of processor time, and versions.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHEET = """# Gradients of a GRU

```gradproof
derive: gru-before
by: W_{xz}, W_{hz}, W_{xg}, W_{hg}, W_{xr}, W_{hr}, b_z, b_g, b_r
over: step 2
loss: any
```
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Elapsed and processor seconds of one call; what it writes is dropped."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    elapsed, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return elapsed, used


def contestants(folder: Path) -> dict[str, list[str]]:
    """The calls by name; the one with TeX where pdflatex is installed."""
    sheet = folder / "questions.md"
    sheet.write_text(SHEET, encoding="utf-8")
    solve = [sys.executable, "-m", "gradproof", "solve", str(sheet)]
    found = {
        "import sympy, torch": [sys.executable, "-c", "import sympy, torch"],
        "solve, Markdown": solve,
        "solve, HTML": [*solve, "-o", str(folder / "solution.html")],
    }
    if shutil.which("pdflatex"):
        found["solve, PDF by TeX"] = [*solve, "-o", str(folder / "solution.pdf")]
    return found


def main() -> None:
    """Run every contestant in turn, so that all see the same machine."""
    parser = argparse.ArgumentParser(description="A sheet of 40 equations answered, beside what it imports.")
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("gradproof", "sympy", "torch"))
    print(f"Python {platform.python_version()}, {versions}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        calls = contestants(Path(folder))
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
        for _ in range(repeats):
            for name, command in calls.items():
                times[name].append(measured(command))
    for name, found in times.items():
        elapsed, used = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{name:22} {elapsed:6.2f} s elapsed  {used:6.2f} s of processors")


if __name__ == "__main__":
    main()
