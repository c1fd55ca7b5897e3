"""How fast the page is answered while people type: 20 clients on loopback, each at its own sheet of 12 statements.

Every client has an address of its own (127.0.0.x), opens the sheet, and then edits one statement at a time: a sign, a
factor, a transpose, the slip itself and back, with pauses as people make them. Measured is the time from sending the
sheet to having all verdicts. With --full every check starts from nothing, for comparison, in the same run.

    python benchmarks/serve.py [--people 20] [--edits 20] [--pause 1.0] [--processes N]
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


def texts(random: Random, count: int) -> list[str]:
    """The sheet after each edit: made, and taken back."""
    found = []
    while len(found) < count:
        old, new = random.choice(EDITS)
        found += [SHEET.replace(old, new, 1), SHEET]
    return found[:count]


async def person(number: int, address: str, count: int, pause: float, session: bool, times: list[float]) -> None:
    """One person: types, waits for the verdicts, thinks."""
    random = Random(number)
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number + 2}")
    body = {"name": "sheet.md", **({"session": "s", "quick": True} if session else {})}
    async with httpx.AsyncClient(transport=transport, base_url=address, timeout=120) as client:
        await asyncio.sleep(random.uniform(0, 2 * pause))
        (await client.post("/api/check", json={**body, "text": SHEET})).raise_for_status()
        for text in texts(random, count):
            await asyncio.sleep(random.lognormvariate(0, 0.5) * pause)
            start = perf_counter()
            (await client.post("/api/check", json={**body, "text": text})).raise_for_status()
            times.append(perf_counter() - start)


async def measured(address: str, people: int, count: int, pause: float, session: bool) -> list[float]:
    times: list[float] = []
    await asyncio.gather(*(person(k, address, count, pause, session, times) for k in range(people)))
    return sorted(times)


def told(name: str, times: list[float]) -> str:
    quantiles = statistics.quantiles(times, n=100)
    shown = ", ".join(
        f"{label} {1000 * value:.0f} ms"
        for label, value in zip(
            ("median", "90 %", "99 %", "worst"),
            (statistics.median(times), quantiles[89], quantiles[98], times[-1]),
            strict=True,
        )
    )
    return f"{name}: {len(times)} edits, {shown}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--processes", type=int, default=max(4, 2 * (os.cpu_count() or 1)))
    chosen = parser.parse_args()
    command = [sys.executable, "-m", "gradproof", "serve", "--port", "0", "--processes", str(chosen.processes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[1]
        print(
            f"python {platform.python_version()}, {os.cpu_count()} cores, {chosen.processes} processes, "
            f"load {os.getloadavg()[0]:.1f} before; {chosen.people} people, {chosen.pause:g} s between edits"
        )
        for name, session in (("only what changed", True), ("everything anew", False)):
            times = asyncio.run(measured(address, chosen.people, chosen.edits, chosen.pause, session))
            print(told(name, times), flush=True)
        server.terminate()


if __name__ == "__main__":
    main()
