"""A real scheduler and two worker processes on loopback: the same bytes, also where one of them is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from derivations.errors import UsageError
from gradproof.classroom import cluster
from gradproof.classroom.assignment import Assignment
from gradproof.classroom.cluster import mark_there, on_a_cluster, packed, unpacked
from gradproof.classroom.outcome import Outcome, Task, mark_one
from gradproof.classroom.pool import Limits, on_this_machine
from gradproof.classroom.submissions import File

LIMITS = Limits(60.0, 512 * 2**20)
SHEET = """$$a = \\sigma(z), \\qquad L = \\frac{{1}}{{2}} \\|a - y\\|^2$$ with vectors $a, z, y$ of $\\mathbb{{R}}^n$.

$$\\frac{{\\partial L}}{{\\partial z}} = (a - y) \\odot a \\odot (1 {sign} a)$$

Sheet {number}.
"""
ADDRESS = re.compile(r"(tcp://127\.0\.0\.1:\d+)")


def tasks(count: int) -> Iterator[Task]:
    for k in range(count):
        text = SHEET.format(sign="+-"[k % 2], number=k)
        yield Task(f"s{k:03d}", (File("sheet.md", text.encode()),), Assignment(html=k % 8 == 0))


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command of dask in a process group of its own, which is killed in the end."""
    command = [sys.executable, "-m", *arguments]
    paths = [str(Path(__file__).parent), str(Path.cwd()), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment
    ) as started:
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):  # one that the test has killed
                os.killpg(started.pid, signal.SIGKILL)


@contextmanager
def scheduler() -> Iterator[str]:
    with process("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard") as started:
        assert started.stderr is not None
        address = next(found[1] for line in started.stderr if (found := ADDRESS.search(line)))
        threading.Thread(target=started.stderr.read, daemon=True).start()
        yield address


@contextmanager
def worker(address: str) -> Iterator[subprocess.Popen[str]]:
    arguments = ("--nthreads", "1", "--host", "127.0.0.1", "--no-nanny", "--no-dashboard")
    with process("distributed.cli.dask_worker", address, *arguments) as started:
        assert started.stderr is not None
        threading.Thread(target=started.stderr.read, daemon=True).start()
        yield started


def data(found: list[Outcome]) -> dict[str, tuple[bytes, str]]:
    assert len({x.student for x in found}) == len(found), "a sheet was marked twice"
    return {x.student: (x.data(), x.page) for x in found}


def test_a_worker_killed_in_the_middle_loses_nothing() -> None:
    count = 40
    with ExitStack() as stack:
        address = stack.enter_context(scheduler())
        first, second = (stack.enter_context(worker(address)) for _ in range(2))
        found = []
        for outcome in on_a_cluster(tasks(count), address, LIMITS):
            found.append(outcome)
            if len(found) == count // 4:
                os.killpg(first.pid, signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
        assert second.poll() is None
    alone = data(list(on_this_machine(tasks(count), 1, LIMITS)))
    assert data(found) == alone
    assert len(alone) == count


def test_workers_may_come_later() -> None:
    with ExitStack() as stack:
        address = stack.enter_context(scheduler())

        def come() -> None:
            time.sleep(1)
            stack.enter_context(worker(address))

        coming = threading.Thread(target=come)
        coming.start()
        found = list(on_a_cluster(tasks(3), address, LIMITS))
        coming.join()
    assert sorted(data(found)) == ["s000", "s001", "s002"]


def test_pages_travel_without_their_fonts() -> None:
    outcome = mark_one(next(tasks(1)))
    travels = packed(outcome)
    assert unpacked(travels) == outcome
    assert len(travels[1]) < len(outcome.page) / 10


def test_a_worker_of_another_version_is_told() -> None:
    with pytest.raises(UsageError, match=r"a worker has gradproof .*, but this is 0\.0; install"):
        mark_there(next(tasks(1)), LIMITS, "0.0")


def test_no_scheduler_is_told() -> None:
    with pytest.raises(UsageError, match="no scheduler answers there"):
        list(on_a_cluster(tasks(1), "tcp://127.0.0.1:9", Limits(), timeout=1))


def kill_worker(task: Task, limits: Limits, version: str) -> None:
    os._exit(1)


def test_a_sheet_that_takes_its_workers_down_is_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask gives a task up that four workers have gone away with."""
    monkeypatch.setattr(cluster, "mark_there", kill_worker)
    with ExitStack() as stack:
        address = stack.enter_context(scheduler())
        for _ in range(4):
            stack.enter_context(worker(address))
        (found,) = on_a_cluster(tasks(1), address, LIMITS)
    assert found.record["kind"] == "crash"
    assert "went away" in found.record["reason"]
