"""How many planted slips are found and mended, and how fast.

    python benchmarks/repair.py --slips 5000 --out FILE [--pairs 500] [--seed 1] [--part 0/2]

Slips (``tests/oracle/planted.py``) are planted into the proved claims of the golden sheets. A line that is right all
the same, or is no longer read as the same statement, does not count. Seconds are processor time of the explanation.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections import Counter
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from random import Random
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from oracle.mending import Mended, beds, sample

WHAT = ("located", "proved", "same")
ROOT = Path(__file__).resolve().parents[1]
SHEETS = [*sorted((ROOT / "tests" / "sheets").glob("*.md")), *sorted((ROOT / "tests" / "sheets").glob("*.tex"))]


def told(found: list[Mended]) -> str:
    """The figures of a run."""
    wrong = [x for x in found if x.verdict == "wrong"]
    if not wrong:
        return f"{len(found)} planted, none of them wrong"
    located, proved, same = (100 * sum(getattr(x, what) for x in wrong) / len(wrong) for what in WHAT)
    times = sorted(x.seconds for x in wrong)
    last = quantiles(times, n=100)[98] if len(times) > 1 else times[0]
    verdicts = ", ".join(f"{n} {v}" for v, n in Counter(x.verdict for x in found).most_common())
    lines = len({(x.sheet, x.line) for x in wrong})
    sheets = len({x.sheet for x in wrong})
    return (
        f"{len(found)} planted into {lines} statements of {sheets} sheets ({verdicts}); of the wrong:"
        f" located {located:.1f} %, proved repair {proved:.1f} %, the old line {same:.1f} %;"
        f" {1000 * median(times):.0f} ms median, {1000 * last:.0f} ms 99 %, {1000 * times[-1]:.0f} ms most"
    )


def by_family(found: list[Mended]) -> str:
    rows = []
    for family in sorted({x.family for x in found}):
        own = [x for x in found if x.family == family and x.verdict == "wrong"]
        cells = (sum(x.located for x in own), sum(x.proved for x in own), sum(x.same for x in own))
        rows.append(f"  {family:22} {len(own):5} " + " ".join(f"{n:5}" for n in cells))
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slips", type=int, default=5000)
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="0/1", help="K/N: every N-th sheet from the K-th")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))
    print(f"Python {platform.python_version()}, sympy {version('sympy')}, seed {options.seed}", flush=True)
    each = -(-max(options.slips, options.pairs) // len(SHEETS))
    found: list[Mended] = []
    with options.out.open("a") if options.out else open("/dev/null", "w") as out:
        for bed in beds(SHEETS[part::parts]):
            drawn = sample(bed, 6 * each, f"{options.seed}:{bed.source.name}")
            trials = [(item, (slip,)) for item, slip in drawn]
            if options.pairs:
                trials = _pairs(drawn, Random(f"{options.seed}:{bed.source.name}"))
            count = 0
            for item, planted in trials:
                if count >= 2 * each:
                    break
                one = bed.plant(item, *planted)
                count += one.verdict == "wrong"
                found.append(one)
                out.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
            print(bed.source.name, told(found), flush=True)
    print(by_family(found))


def _pairs(drawn, random):
    """Two slips in one side, apart from each other."""
    by_item = {}
    for item, slip in drawn:
        by_item.setdefault(id(item), (item, []))[1].append(slip)
    found = []
    for item, slips in by_item.values():
        for _ in range(len(slips)):
            one, other = random.choice(slips), random.choice(slips)
            if one.span.end < other.span.start:
                found.append((item, (one, other)))
    random.shuffle(found)
    return found


if __name__ == "__main__":
    main()
