"""A report on a sheet of thirty equations: what the page and the PDF cost beside the check, in turn.

Run: python benchmarks/report.py [--repeats N]

Seconds of the clock and of the processor, of whole processes; the last column is what is added to the check alone.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from gradproof.rendering.katex import VERSION

STEPS = 6
EQUATIONS = (
    r"z_{%t} = \sigma(W_{xz}^T x_{%t} + W_{hz}^T h_{%s} + b_z)",
    r"r_{%t} = \sigma(W_{xr}^T x_{%t} + W_{hr}^T h_{%s} + b_r)",
    r"g_{%t} = \tanh(W_{xg}^T x_{%t} + W_{hg}^T (r_{%t} \odot h_{%s}) + b_g)",
    r"h_{%t} = z_{%t} \odot h_{%s} + (1 - z_{%t}) \odot g_{%t}",
    r"h_{%t} = g_{%t} + z_{%t} \odot (h_{%s} - g_{%t})",
)
OUTPUTS = {"check alone": "", "page": "report.html", "LaTeX": "report.tex", "PDF by pdflatex": "report.pdf"}


def sheet() -> str:
    """Six steps of a GRU, five equations each."""
    lines = []
    for step in range(1, STEPS + 1):
        lines.append(f"## Step {step}")
        lines += [f"$${x.replace('%t', str(step)).replace('%s', str(step - 1))}$$" for x in EQUATIONS]
    return "\n\n".join(lines) + "\n"


def seconds(command: list[str]) -> tuple[float, float]:
    """The seconds of the clock and of the processor that a command takes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1, 3):
        sys.exit(done.stderr)
    return perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in OUTPUTS}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.md"
        path.write_text(sheet(), encoding="utf-8")
        base = [sys.executable, "-m", "gradproof", "check", "--no-torch", str(path)]
        for _ in range(repeats):
            for name, output in OUTPUTS.items():
                times[name].append(seconds(base + (["-o", str(Path(folder) / output)] if output else [])))
    print(f"Python {sys.version.split()[0]}, KaTeX {VERSION}, Jinja2 {version('jinja2')}, quickjs {version('quickjs')}")
    print(f"{STEPS * len(EQUATIONS)} equations; medians of {repeats}, run in turn")
    alone = median(cpu for _, cpu in times["check alone"])
    for name, found in times.items():
        clock, cpu = (median(column) for column in zip(*found, strict=True))
        print(f"{name:18}{clock:7.2f} s clock{cpu:7.2f} s processor{cpu - alone:+7.2f} s")


if __name__ == "__main__":
    main()
