"""Processes that may be killed: what one call does to itself costs no other call anything."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from derivations.errors import InternalError, SheetError, UsageError
from gradproof.workers import Stopped, Workers

MIB = 2**20
SECONDS, MEMORY = 30.0, 256 * MIB


def double(number: int) -> int:
    return 2 * number


def who(_: None) -> int:
    return os.getpid()


def loaded(name: str) -> bool:
    return name in sys.modules


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def spin(_: None) -> None:
    """Never gives the interpreter back: no signal handler of Python could stop it."""
    sum(iter(int, 1))


def eat(amount: int) -> int:
    return len(bytearray(amount))


def eat_slowly(_: None) -> None:
    kept = []
    while True:
        kept.append(bytearray(MIB))


def die(code: int) -> None:
    os._exit(code)


def break_down(_: None) -> None:
    ctypes.string_at(0)


def fail(message: str) -> None:
    raise SheetError(message)


def fault(message: str) -> None:
    raise KeyError(message)


def dig(_: None) -> None:
    dig(None)


def _end(pids: Iterable[int]) -> bool:
    """Whether some processes are gone, within a time."""
    for _ in range(1000):
        if not any((Path("/proc") / str(pid)).exists() for pid in pids):
            return True
        time.sleep(0.01)
    return False


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2) as found:
        yield found


@pytest.fixture(autouse=True)
def _still_there(workers: Workers) -> Iterator[None]:
    """Whatever a test did, both processes answer afterwards."""
    yield
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(workers.run, double, k, SECONDS, MEMORY) for k in range(8)]
        assert [call.result() for call in calls] == [2 * k for k in range(8)]
    assert len(workers.pids()) == 2


def test_a_result_comes_from_another_process_that_has_the_checker_loaded(workers: Workers) -> None:
    assert workers.run(double, 21, SECONDS, MEMORY) == 42
    assert workers.run(who, None, SECONDS, MEMORY) in set(workers.pids()) - {os.getpid()}
    assert workers.run(loaded, "derivations.check", SECONDS, MEMORY) is True
    assert workers.run(loaded, "torch", SECONDS, MEMORY) is False


@pytest.mark.parametrize(("function", "argument"), [(sleep, 60.0), (spin, None)])
def test_what_does_not_end_is_killed(workers: Workers, function: object, argument: object) -> None:
    before = set(workers.pids())
    found = workers.run(function, argument, 0.2, MEMORY)  # type: ignore[arg-type]
    assert found == Stopped("time", "stopped after 0.2 seconds")
    gone = before - set(workers.pids())
    assert len(gone) == 1
    assert _end(gone)


def test_what_eats_memory_is_stopped(workers: Workers) -> None:
    said = Stopped("memory", "stopped: it needs more than 256 MiB of memory")
    assert workers.run(eat, 1024 * MIB, SECONDS, MEMORY) == said
    assert workers.run(eat_slowly, None, SECONDS, MEMORY) == said
    assert workers.run(eat, 128 * MIB, SECONDS, MEMORY) == 128 * MIB
    assert workers.run(eat, 512 * MIB, SECONDS, 1024 * MIB) == 512 * MIB


@pytest.mark.parametrize(
    ("function", "argument", "said"),
    [
        (die, 7, "the process that worked on it ended with exit code 7"),
        (break_down, None, "the process that worked on it was ended by signal 11 (SIGSEGV)"),
    ],
)
def test_what_crashes_says_so(workers: Workers, function: object, argument: object, said: str) -> None:
    assert workers.run(function, argument, SECONDS, MEMORY) == Stopped("crash", said)  # type: ignore[arg-type]


def test_errors_reach_the_caller(workers: Workers) -> None:
    before = workers.pids()
    with pytest.raises(UsageError, match="line 3: this does not fit"):
        workers.run(fail, "line 3: this does not fit", SECONDS, MEMORY)
    with pytest.raises(InternalError, match="KeyError: 'oops'"):
        workers.run(fault, "oops", SECONDS, MEMORY)
    with pytest.raises(UsageError, match="too deeply nested"):
        workers.run(dig, None, SECONDS, MEMORY)
    assert workers.pids() == before


def test_calls_run_side_by_side_and_a_slow_one_keeps_nobody_waiting(workers: Workers) -> None:
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(workers.run, sleep, 60.0, 3.0, MEMORY)
        assert [workers.run(double, k, SECONDS, MEMORY) for k in range(20)] == [2 * k for k in range(20)]
        assert not slow.done()
        assert slow.result() == Stopped("time", "stopped after 3 seconds")


def test_a_process_that_was_killed_from_outside_costs_its_call_alone(workers: Workers) -> None:
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(workers.run, sleep, 60.0, SECONDS, MEMORY)
        while not call.running():
            time.sleep(0.01)
        time.sleep(0.1)
        for pid in workers.pids():
            os.kill(pid, 9)
        found = call.result()
    assert isinstance(found, Stopped)
    assert found.reason == "crash"
    assert "signal 9 (SIGKILL)" in found.message


def test_a_process_is_replaced_after_some_calls() -> None:
    with Workers(1, preload=(), calls=3) as few:
        pids = [few.run(who, None, SECONDS, MEMORY) for _ in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_closed_workers_are_gone_and_say_so() -> None:
    few = Workers(2, preload=())
    pids = few.pids()
    few.close()
    assert few.pids() == []
    found = few.run(double, 1, SECONDS, MEMORY)
    assert isinstance(found, Stopped)
    assert found.reason == "crash"
    assert _end(pids)


def test_no_processes_are_no_workers() -> None:
    with pytest.raises(UsageError, match="at least one"):
        Workers(0)
