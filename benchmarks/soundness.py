"""Soundness at scale: true statements, equal rewrites and slips by the hundred thousand.

The truth of every case is decided without the checker, by torch in float64 and by exact arithmetic (``tests/oracle``);
cases on which those two do not agree are left out and counted. What is measured is one call of
``oracle.verdicts.settle``: screening, proof and refutation as for a step of a sheet.

Run: python benchmarks/soundness.py --mutants N --rewrites N --seed S --out FILE [--resume]

FILE gets one line of JSON for every chunk of cases; with ``--resume`` the chunks that it holds are not run again. A
file that exists is not overwritten.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from oracle.corpus import statements
from oracle.lowering import lower
from oracle.trees import Tree
from oracle.trials import Case, Judges, cases
from oracle.verdicts import settle

import derivations.decide
from derivations.budget import Budget
from derivations.errors import GradproofError
from derivations.terms import Term

CHUNK = 250
SECONDS = 30.0
ENGINE = blake2b(
    b"".join(path.read_bytes() for path in sorted(Path(derivations.decide.__file__).parent.glob("*.py"))), digest_size=6
).hexdigest()
SLOW = 0.1
RIGHT, WRONG = ("proved", "holds"), ("wrong",)


@dataclass
class Tally:
    """What was found in one chunk. ``odd`` tells of every case that went wrong, was left open or took long."""

    kind: str
    chunk: int
    engine: str
    verdicts: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    prints: list[str] = field(default_factory=list)
    odd: list[dict[str, Any]] = field(default_factory=list)

    def line(self) -> str:
        times = [round(t * 1e3, 2) for t in self.times]
        return json.dumps({**vars(self), "times": times}, ensure_ascii=False)


def run_chunk(kind: str, chunk: int, seed: int) -> Tally:
    """``CHUNK`` different cases whose truth both judges agree on; kind is ``mutants`` or ``rewrites``."""
    tally = Tally(kind, chunk, ENGINE)
    wanted = kind == "rewrites"
    judges: dict[int, Judges] = {}
    lowered: dict[Tree, Term] = {}
    known = statements()
    for case in cases_of(kind, chunk, seed):
        if len(tally.prints) == CHUNK:
            break
        left, right = lower(case.left, lowered), lower(case.right, lowered)
        if left is right and kind == "rewrites":
            continue
        mark = (left.digest[:6] + right.digest[:6]).hex()
        if mark in tally.prints:
            continue
        if case.statement not in judges:
            judges[case.statement] = Judges(1000 * chunk + case.statement, known[case.statement][1])
        votes = judges[case.statement].votes(case.left, case.right)
        if votes[0] is not votes[1] or votes[0] is None:
            record_dispute(tally, case, votes)
        else:
            if votes[0] is wanted:
                tally.prints.append(mark)
            measure(tally, case, left, right, votes[0])
    return tally


def cases_of(kind: str, chunk: int, seed: int) -> Iterator[Case]:
    return cases(seed * 1_000_003 + chunk, kind == "mutants")


def record_dispute(tally: Tally, case: Case, votes: tuple[bool | None, bool | None]) -> None:
    name = "judges disagree" if None not in votes else "a judge abstains"
    tally.verdicts[name] += 1
    if None not in votes:
        tally.odd.append({"what": name, "votes": votes, **told(case)})


def measure(tally: Tally, case: Case, left: Term, right: Term, truth: bool) -> None:
    """Decide a case and compare; a mutant that is equal after all is counted apart, as it is no mutant."""
    start = process_time()
    try:
        decision = settle(left, right, 0, Budget(seconds=SECONDS))
        verdict, why = decision.verdict.value, decision.why
    except GradproofError as error:
        verdict, why = "error", repr(error)
    taken = process_time() - start
    if truth is (tally.kind == "rewrites"):
        tally.times.append(taken)
        tally.verdicts[verdict] += 1
        tally.families.update([case.family] if case.family else sorted(set(case.rules)))
    else:
        tally.verdicts[f"{verdict}, and {'equal' if truth else 'different'} after all"] += 1
    false = verdict in (WRONG if truth else RIGHT)
    if false or verdict in ("undecided", "error") or taken > SLOW or (truth and verdict != "proved"):
        what = ("false reject" if truth else "false accept") if false else verdict
        tally.odd.append({"what": what, "why": why, "ms": round(taken * 1e3), **told(case)})


def told(case: Case) -> dict[str, Any]:
    return {
        "group": case.group,
        "statement": case.statement,
        "family": case.family,
        "rules": case.rules,
        "left": repr(case.left),
        "right": repr(case.right),
    }


def summary(lines: list[dict[str, Any]]) -> str:
    rows = [f"Python {platform.python_version()}, torch {torch.__version__}, " + ", ".join(map(_version, _PACKAGES))]
    rows.append("sources of the engine: " + ", ".join(sorted({line["engine"] for line in lines})))
    for kind in ("mutants", "rewrites"):
        found = [line for line in lines if line["kind"] == kind]
        verdicts: Counter[str] = sum((Counter(line["verdicts"]) for line in found), Counter())
        families: Counter[str] = sum((Counter(line["families"]) for line in found), Counter())
        odd = Counter(entry["what"] for line in found for entry in line["odd"])
        times = sorted(t for line in found for t in line["times"])
        if not times:
            continue
        distinct = len({mark for line in found for mark in line["prints"]})
        rows.append(f"\n{len(times)} {kind}, {distinct} of them distinct")
        rows.append("verdicts: " + ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items())))
        rows.append(f"false accepts: {odd['false accept']}, false rejects: {odd['false reject']}")
        shares = [times[int(share * (len(times) - 1))] for share in (0.5, 0.9, 0.99, 1)]
        rows.append("ms of processor time: median {:.1f}, 90 % {:.1f}, 99 % {:.1f}, most {:.1f}".format(*shares))
        rows.append("by family: " + ", ".join(f"{name} {count}" for name, count in sorted(families.items())))
    return "\n".join(rows)


_PACKAGES = ("sympy", "numpy", "python-flint")


def _version(name: str) -> str:
    return f"{name} {version(name)}"


def read(path: Path) -> list[dict[str, Any]]:
    """The chunks of a file; a last line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def chunks(mutants: int, rewrites: int) -> Iterator[tuple[str, int]]:
    """Both kinds in turn."""
    for chunk in range(-(-max(mutants, rewrites) // CHUNK)):
        if chunk * CHUNK < mutants:
            yield "mutants", chunk
        if chunk * CHUNK < rewrites:
            yield "rewrites", chunk


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--rewrites", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.out.exists() and not args.resume:
        parser.error(f"{args.out} exists: give --resume to go on with it, or another name")
    lines = read(args.out)
    done = {(line["kind"], line["chunk"]) for line in lines}
    with args.out.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        for kind, chunk in chunks(args.mutants, args.rewrites):
            if (kind, chunk) in done:
                continue
            line = run_chunk(kind, chunk, args.seed).line()
            out.write(line + "\n")
            out.flush()
            lines.append(json.loads(line))
            print(f"{kind} {chunk + 1}", file=sys.stderr)
    print(summary(lines))


if __name__ == "__main__":
    main()
