"""How fast the page is answered while people type: 20 clients on loopback, each at its own sheet of 12 statements.

Every client has an address of its own (127.0.0.x), opens the sheet, and then edits one statement at a time: a sign, a
factor, a transpose, the slip itself and back, with pauses as people make them. All have opened it before. Measured is
the time from sending the sheet to having all verdicts. As the page does, a client then asks why a step is wrong; that
is told apart. For comparison, in the same run, every check starts from nothing.

Run: python benchmarks/serve.py [--people 20] [--edits 20] [--pause 1.0] [--processes N]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from random import Random
from time import perf_counter

import httpx

ROOT = Path(__file__).parent.parent
SHEET = (ROOT / "examples" / "rnn.md").read_text(encoding="utf-8")
EDITS = (
    (r"(1 - h_t) \odot", r"(1 - h_t^2) \odot"),
    (r"W_{ho}^\top (o_t - y_t)", r"W_{ho}^\top (o_t + y_t)"),
    (r"W_{ho}^\top (o_t - y_t)", r"W_{ho} (o_t - y_t)"),
    (r"(o_t - y_t) h_t^\top", r"h_t (o_t - y_t)^\top"),
    (r"(o_t - y_t) h_t^\top", r"(o_t - y_t) h_t"),
    (r"= o_t - y_t", "= y_t - o_t"),
    (r"\mathrm{diag}(1 - h_t^2)", r"\mathrm{diag}(1 - h_t)"),
    (r"\mathrm{diag}(1 - h_t^2)", r"\mathrm{diag}(1 - h_t^2"),
)
"""What a person writes in the place of what stands there; the last cannot be read until the brace is closed."""


IDLE = 0.4


def texts(random: Random, count: int) -> list[str]:
    """The sheet after each edit: made, and taken back."""
    found = []
    while len(found) < count:
        old, new = random.choice(EDITS)
        found += [SHEET.replace(old, new, 1), SHEET]
    return found[:count]


class Person:
    """One person: types, waits for the verdicts, pauses, and is told why a step is wrong while thinking."""

    def __init__(self, number: int, address: str, session: bool) -> None:
        self.random = Random(number)
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number + 2}")
        self.client = httpx.AsyncClient(transport=transport, base_url=address, timeout=120)
        self.body = {"name": "sheet.md", **({"session": "s"} if session else {})}
        self.verdicts: list[float] = []
        self.reasons: list[float] = []

    async def asked(self, text: str, quick: bool, times: list[float]) -> bool:
        """Whether the answer to a sheet was whole."""
        start = perf_counter()
        answer = await self.client.post("/api/check", json={**self.body, "text": text, "quick": quick})
        if answer.status_code != httpx.codes.OK:
            raise SystemExit(f"{answer.status_code}: {answer.text}")
        times.append(perf_counter() - start)
        return bool(answer.json()["settled"])

    async def open(self) -> None:
        await self.asked(SHEET, False, [])

    async def work(self, count: int, pause: float) -> None:
        await asyncio.sleep(self.random.uniform(0, 2 * pause))
        for text in texts(self.random, count):
            rest = max(0.25, self.random.lognormvariate(0, 0.5) * pause)
            whole = await self.asked(text, True, self.verdicts)
            await asyncio.sleep(min(rest, IDLE))
            if not whole and rest > IDLE:
                await self.asked(text, False, self.reasons)
            await asyncio.sleep(max(0.0, rest - IDLE))
        await self.client.aclose()


async def measured(address: str, people: int, count: int, pause: float, session: bool) -> list[Person]:
    found = [Person(number, address, session) for number in range(people)]
    await asyncio.gather(*(person.open() for person in found))
    await asyncio.gather(*(person.work(count, pause) for person in found))
    return found


def work_of(group: int) -> float:
    """Seconds of processor time that the processes of a group, the server and its own, have taken so far."""
    found = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        found += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return found / os.sysconf("SC_CLK_TCK")


def told(name: str, times: list[float]) -> str:
    if len(times) < 2:
        return f"{name}: {len(times)} answers"
    times = sorted(times)
    quantiles = statistics.quantiles(times, n=100)
    shown = ", ".join(
        f"{label} {1000 * value:.0f} ms"
        for label, value in zip(
            ("median", "90 %", "99 %", "worst"),
            (statistics.median(times), quantiles[89], quantiles[98], times[-1]),
            strict=True,
        )
    )
    return f"{name}: {len(times)} answers, {shown}"


def compare(address: str, group: int, chosen: argparse.Namespace) -> None:
    print(
        f"python {platform.python_version()}, {os.cpu_count()} cores, {chosen.processes} processes, "
        f"load {os.getloadavg()[0]:.1f} before; {chosen.people} people, {chosen.pause:g} s between edits"
    )
    for name, session in (("only what changed", True), ("everything anew", False)):
        before = work_of(group)
        people = asyncio.run(measured(address, chosen.people, chosen.edits, chosen.pause, session))
        print(told(f"{name}, verdicts", [x for person in people for x in person.verdicts]))
        print(told(f"{name}, reasons", [x for person in people for x in person.reasons]))
        edits = sum(len(person.verdicts) for person in people)
        print(f"{name}: {1000 * (work_of(group) - before) / edits:.0f} ms of processor time an edit", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--processes", type=int, default=max(8, 4 * (os.cpu_count() or 1)))
    chosen = parser.parse_args()
    command = [sys.executable, "-m", "gradproof", "serve", "--port", "0", "--processes", str(chosen.processes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True) as server:
        assert server.stdout is not None
        try:
            compare(server.stdout.readline().split()[1], server.pid, chosen)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
