"""Marking a class: sheets a second, two processes beside one, start-up, memory over many sheets.

Run: python benchmarks/mark.py [rate] [processes] [startup] [memory] [--sheets N] [--repeats N]

The sheet has ten statements, three definitions and seven gradients and slopes, as a piece of coursework has; every
sheet of a class is another one: other names, and in two of five cases a slip or two.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from derivations.reading.places import Source
from gradproof.classroom.assignment import Assignment
from gradproof.classroom.outcome import Outcome, Task, mark_one
from gradproof.classroom.pool import Limits, on_this_machine
from gradproof.classroom.store import Store
from gradproof.classroom.submissions import File
from gradproof.classroom.tally import Tally

SHEET = r"""# Answers

$$%z = W x + %b, \qquad %a = \sigma(%z), \qquad L = \frac{1}{2} \|%a - %y\|^2$$

with $W \in \mathbb{R}^{n \times d}$, $x \in \mathbb{R}^d$ and $%b, %y \in \mathbb{R}^n$.

1. $$\frac{\partial L}{\partial %a} = %a - %y$$

2. $$\frac{\partial L}{\partial %z} = (%a - %y) \odot %a \odot (1 - %a)$$

3. $$\frac{\partial L}{\partial %b} = (%a - %y) \odot %a \odot (1 - %a)$$

4. $$\frac{\partial L}{\partial W} = ((%a - %y) \odot %a \odot (1 - %a)) x^T$$

5. $$\frac{\partial L}{\partial x} = W^T ((%a - %y) \odot %a \odot (1 - %a))$$

6. $$\sigma'(x) = \sigma(x)(1 - \sigma(x))$$

7. $$\tanh'(x) = 1 - \tanh^2(x)$$
"""
NAMES = {"%z": "zuvs", "%a": "agho", "%y": "ytqr", "%b": "bcek"}
SLIPS = (
    (r"= %a - %y$$", r"= %a + %y$$"),
    (r"%b} = (%a - %y) \odot %a \odot", r"%b} = (%a - %y) \odot"),
    (r"W^T (", r"W ("),
    (r") x^T", r") x"),
    (r"(1 - \sigma(x))$$", r"(1 - \sigma^2(x))$$"),
    (r"1 - \tanh^2(x)", r"1 - \tanh(x)"),
)
SCHEME = r"""
title = "One layer"
[[question]]
name = "gradients"
points = 7
"""
LIMITS = Limits(120.0, 2**30)
WARM = 5


def sheet(number: int, slips: int = 0) -> str:
    """A sheet of its own for every number, with so many slips in it."""
    chance = random.Random(number)
    text = SHEET
    for slip in chance.sample(SLIPS, slips):
        text = text.replace(*slip)
    for name, letters in NAMES.items():
        text = text.replace(name, chance.choice(letters) + f"_{{{number}}}" * chance.randrange(2))
    return text + f"\nSheet {number}.\n"


def a_class(count: int, assignment: Assignment) -> Iterator[Task]:
    """Sheets of a class: three of five are right, the others have a slip or two."""
    for number in range(count):
        slips = (0, 0, 0, 1, 2)[number % 5]
        yield Task(f"s{number:05d}", (File("sheet.md", sheet(number, slips).encode()),), assignment)


# Sheets a second


def rate(count: int) -> None:
    """One process, warm: the check of right sheets and of a class, then with marks, with a reference, with pages."""
    plain = Assignment(html=False)
    scheme = replace(plain, scheme=Source("scheme.toml", SCHEME))
    against = replace(scheme, reference=Source("reference.md", sheet(1)))
    right = [Task(f"r{k}", (File("sheet.md", sheet(k).encode()),), plain) for k in range(count)]
    rows = {
        "right sheets, checked": right,
        "a class, checked": list(a_class(count, plain)),
        "a class, with marks": list(a_class(count, scheme)),
        "a class, and against a reference": list(a_class(count, against)),
        "a class, and a page each": list(a_class(count, replace(against, html=True))),
    }
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)
    print(f"{count} sheets a row, one process, warm; sheets a second of the processor, of the clock, ms a sheet")
    for name, tasks in rows.items():
        print(f"  {name:34}" + _rate(tasks))


def _rate(tasks: list[Task]) -> str:
    for task in tasks[:WARM]:
        mark_one(task)
    clock, processor = perf_counter(), process_time()
    found = [mark_one(task) for task in tasks]
    processor, clock = process_time() - processor, perf_counter() - clock
    if any(x.record["status"] != "marked" for x in found):
        sys.exit("a sheet was put aside")
    return f"{len(tasks) / processor:8.1f}{len(tasks) / clock:8.1f}{1000 * processor / len(tasks):8.1f}"


# Two processes


def processes(count: int, repeats: int) -> None:
    """The same class by one and by two processes, in turn; the clock runs from when the processes are warm.

    The seconds of the processor say what two idle cores would give where other programs take part of them.
    """
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(repeats):
        for number, times in found.items():
            times.append(_timed(count, number))
    (one, one_used), (two, two_used) = ([median(x) for x in zip(*found[k], strict=True)] for k in (1, 2))
    print(f"{count} sheets, medians of {repeats} in turn; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"  clock: one process {one:.2f} s, two {two:.2f} s: {one / two:.2f}×")
    print(
        f"  processor: one process {one_used:.2f} s, two {two_used:.2f} s together: {2 * one_used / two_used:.2f}× of 2"
    )


def _timed(count: int, number: int) -> tuple[float, float]:
    """Seconds of the clock and of all processors."""
    tasks = a_class(count + WARM * number, Assignment(html=False))
    start = before = used = 0.0
    for k, _ in enumerate(on_this_machine(tasks, number, LIMITS), 1):
        used = _used(os.getpid())
        if k == WARM * number:
            start, before = perf_counter(), used
    return perf_counter() - start, used - before


def _used(pid: int) -> float:
    """Seconds of the processor that a process and all below it have taken."""
    total = 0.0
    for one in (pid, *_descendants(pid)):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


# Start-up


def startup(repeats: int) -> None:
    """``gradproof check`` on one sheet as a whole process beside the imports, compiled code at hand, in turn."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.md"
        path.write_text(sheet(0), encoding="utf-8")
        check = [sys.executable, "-m", "gradproof", "check", str(path)]
        commands = {
            "import sympy, torch": [sys.executable, "-c", "import sympy, torch"],
            "check": check,
            "check --no-torch": [*check, "--no-torch"],
            "import sympy": [sys.executable, "-c", "import sympy"],
        }
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(repeats + 1):
            for name, command in commands.items():
                times[name].append(_process(command, environment))
    print(f"whole processes, medians of {repeats} in turn after one to compile: clock, processor, beside the imports")
    base = [median(x) for x in zip(*times["import sympy, torch"][1:], strict=True)]
    for name, found in times.items():
        clock, processor = (median(x) for x in zip(*found[1:], strict=True))
        print(f"  {name:22}{clock:6.2f} s{processor:7.2f} s{clock / base[0]:7.2f}×{processor / base[1]:6.2f}×")


def _process(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    before, start = os.times(), perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return perf_counter() - start, used


# Memory


def memory(count: int) -> None:
    """Resident memory of the marking process and of its workers over one run, every twentieth part of it."""
    with TemporaryDirectory() as folder:
        assignment = replace(Assignment(html=False), scheme=Source("scheme.toml", SCHEME))
        tasks = a_class(count, assignment)
        store = Store(Path(folder), [f"s{k:05d}" for k in range(count)], pages=False)
        print(
            f"{count} sheets, two processes: sheets done, MiB of the marking process, of the workers, sheets a second"
        )
        seen = list(_watched(on_this_machine(tasks, 2, LIMITS), store, max(1, count // 20)))
        tally = Tally.of(store.records())
        print(f"  {'all counted':>11}{_resident(os.getpid()):10.0f}")
    if tally.marked != count:
        sys.exit(f"{len(tally.aside)} sheets were put aside")
    quarter = len(seen) // 4
    for k, name in ((0, "the marking process"), (1, "the workers")):
        early, late = (median(x[k] for x in part) for part in (seen[quarter : 2 * quarter], seen[-quarter:]))
        print(f"  {name}: second quarter {early:.0f} MiB, last quarter {late:.0f} MiB ({late / early - 1:+.1%})")


def _watched(outcomes: Iterator[Outcome], store: Store, step: int) -> Iterator[tuple[float, float]]:
    start = perf_counter()
    for k, outcome in enumerate(outcomes, 1):
        store.put(outcome)
        if k % step == 0:
            own, workers = _resident(os.getpid()), sum(map(_resident, _descendants(os.getpid())))
            print(f"  {k:11}{own:10.0f}{workers:10.0f}{k / (perf_counter() - start):10.1f}", flush=True)
            yield own, workers


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


def _descendants(pid: int) -> list[int]:
    """All processes below a process, of which the first is the server that the workers are forked from."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [x for child in map(int, text.split()) for x in (child, *_descendants(child))]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=["rate", "processes", "startup", "memory", []], default=[])
    parser.add_argument("--sheets", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, sympy {version('sympy')}, torch {version('torch')}")
    parts: dict[str, Callable[[], None]] = {
        "rate": lambda: rate(given.sheets or 100),
        "processes": lambda: processes(given.sheets or 200, given.repeats),
        "startup": lambda: startup(given.repeats),
        "memory": lambda: memory(given.sheets or 10_000),
    }
    for name in given.parts or parts:
        parts[name]()


if __name__ == "__main__":
    main()
