"""Random, truncated, spliced, nested and hostile sheets by the hundred thousand.

    python benchmarks/fuzz.py --inputs 200000 --out fuzz.jsonl [--resume]

No crash, no hang, no memory past 1 GiB, nothing half-read right. Each chunk of inputs runs in a process of its own
whose address space is limited; a hostile input has a process to itself. Every report is examined
(``tests/fuzz/invariants.py``), and a command that no table knows is planted into one of its right statements.
Interrupted runs go on with ``--resume``.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fuzz.inputs import Input, Inputs, hostile
from fuzz.invariants import checked, complaints, plant

from derivations.check import Options

CHUNK = 500
MEMORY = 2**30
LIMIT = 2.0
"""Seconds a statement may take, as handed to the checker."""
PATIENCE = 3.0
"""A sheet hangs where its processor time is more than this many times the limit for each statement, and ten seconds."""
SIZES = (1_000, 100_000)


@dataclass
class Tally:
    kind: str
    chunk: int
    inputs: int = 0
    refused: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_of: str = ""
    peak_mib: int = 0
    bad: list[dict[str, Any]] = field(default_factory=list)


def examine(tally: Tally, item: Input, mark: str) -> None:
    """Check one input and note all that is wrong about it."""
    options, start = Options(time_limit=LIMIT), process_time()
    try:
        report = checked(item, options)
        taken = process_time() - start
        found = complaints(report) + plant(item, report, options, Random(mark)) if report else []
    except (Exception, RecursionError, MemoryError):
        report, taken = None, process_time() - start
        found = [traceback.format_exc()[-1500:]]
    statements = len(report.statements) if report else 0
    if taken > PATIENCE * LIMIT * statements + 10:
        found.append(f"{taken:.0f} s for {statements} statements")
    tally.inputs += 1
    tally.refused += report is None
    tally.verdicts.update(s.verdict.value for s in (report.statements if report else []))
    if taken > tally.slowest:
        tally.slowest, tally.slowest_of = round(taken, 2), f"{item.kind} {mark}"
    tally.bad += [{"mark": mark, "kind": item.kind, "name": item.name, "what": what} for what in found]


def run_chunk(kind: str, chunk: int) -> Tally:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    tally = Tally(kind, chunk)
    if kind == "hostile":
        size, number = hostile_of(chunk)
        item = hostile(size)[number]
        examine(tally, item, f"{size} {item.name}")
    else:
        inputs = Inputs()
        for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
            examine(tally, inputs.draw(seed), str(seed))
    tally.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return tally


def hostile_of(chunk: int) -> tuple[int, int]:
    size, number = divmod(chunk, len(hostile(1)))
    return SIZES[size], number


def in_a_process(kind: str, chunk: int) -> dict[str, Any]:
    """The tally of a chunk that ran in a process of its own; a process that died is a finding."""
    command = [sys.executable, __file__, "--chunk", kind, str(chunk)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    except subprocess.TimeoutExpired:
        return vars(Tally(kind, chunk, bad=[{"mark": str(chunk), "kind": kind, "what": "ran for an hour"}]))
    if done.returncode:
        what = f"exit {done.returncode}: {done.stderr[-1500:]}"
        return vars(Tally(kind, chunk, bad=[{"mark": str(chunk), "kind": kind, "what": what}]))
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def chunks(inputs: int) -> Iterator[tuple[str, int]]:
    yield from (("hostile", chunk) for chunk in range(len(SIZES) * len(hostile(1))))
    yield from (("drawn", chunk) for chunk in range(-(-inputs // CHUNK)))


def read(path: Path) -> list[dict[str, Any]]:
    """The chunks of a file; a last line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def summary(lines: list[dict[str, Any]]) -> str:
    verdicts: Counter[str] = sum((Counter(line["verdicts"]) for line in lines), Counter())
    bad = [entry for line in lines for entry in line["bad"]]
    slowest = max(lines, key=lambda line: line["slowest"])
    rows = [
        f"Python {platform.python_version()}, {sum(line['inputs'] for line in lines)} inputs",
        f"refused with a message {sum(line['refused'] for line in lines)}; statements: "
        + ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items())),
        f"slowest {slowest['slowest']} s ({slowest['slowest_of']}), most memory "
        f"{max(line['peak_mib'] for line in lines)} MiB",
        f"defects: {len(bad)}",
    ]
    return "\n".join(rows + [f"  {entry['kind']} {entry['mark']}: {entry['what'][-300:]}" for entry in bad[:40]])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=5_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--chunk", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.chunk:
        print(json.dumps(vars(run_chunk(args.chunk[0], int(args.chunk[1])))))
        return 0
    if args.out is None or (args.out.exists() and not args.resume):
        parser.error("give --out with a new name, or --resume to go on with one that exists")
    lines = read(args.out)
    done = {(line["kind"], line["chunk"]) for line in lines}
    with args.out.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)
        for kind, chunk in chunks(args.inputs):
            if (kind, chunk) not in done:
                lines.append(in_a_process(kind, chunk))
                out.write(json.dumps(lines[-1]) + "\n")
                out.flush()
                print(f"{kind} {chunk}: {len(lines[-1]['bad'])} defects", file=sys.stderr)
    print(summary(lines))
    return any(line["bad"] for line in lines)


if __name__ == "__main__":
    sys.exit(main())
