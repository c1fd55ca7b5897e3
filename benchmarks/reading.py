"""How long ``gradproof read`` takes for a sheet, in one process after all imports, without printing.

Run: python benchmarks/reading.py SHEET… [--repeats N]
"""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

from derivations.reading.documents import read_document
from derivations.reading.places import Source
from derivations.sheet import understand
from derivations.understanding import understanding
from gradproof.sheets import read_sheet

EXAMPLE = Path(__file__).parent.parent / "examples" / "gru.md"


def seconds(source: Source) -> tuple[float, float, float]:
    """Reading the document, understanding its names and shapes, and all of it with the sides of every statement."""
    start = perf_counter()
    sentences = read_document(source)
    read = perf_counter()
    understand(source, sentences)
    understood = perf_counter()
    understanding(source)
    return read - start, understood - read, perf_counter() - understood


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheets", nargs="*", default=[str(EXAMPLE)])
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, sympy {version('sympy')}; medians of {options.repeats}, ms")
    print(f"{'sheet':40}{'statements':>11}{'document':>10}{'shapes':>8}{'all':>8}")
    for name in options.sheets:
        source = read_sheet(name)
        count = len(understanding(source).statements)
        times = [seconds(source) for _ in range(options.repeats)]
        document, shapes, everything = (1000 * median(column) for column in zip(*times, strict=True))
        print(f"{Path(name).name:40}{count:11}{document:10.0f}{shapes:8.0f}{everything:8.0f}")


if __name__ == "__main__":
    main()
