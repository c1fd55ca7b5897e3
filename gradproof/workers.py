"""Processes that work for another and may be killed: one sheet that hangs, crashes or eats memory costs itself alone.

They are forked from a server that has loaded the checker already, so that a new one is ready at once.
"""

from __future__ import annotations

import gc
import resource
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from types import TracebackType
from typing import Any, Final, Literal, TypeVar

from derivations.errors import GradproofError, InternalError, UsageError
from gradproof.outcome import blamed

PRELOADED: Final = ("gradproof.preloaded",)
OBJECTS_BETWEEN_COLLECTIONS: Final = 100_000
SECONDS_TO_DIE: Final = 5.0
P = TypeVar("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Stopped:
    """A call that came to no end: out of time, out of memory, or its process died."""

    reason: Literal["time", "memory", "crash"]
    message: str


@dataclass(frozen=True, slots=True)
class _Task:
    function: Callable[[Any], Any]
    payload: Any
    memory: int


@dataclass(frozen=True, slots=True)
class _Failed:
    """An error that the function raised; ``ours`` where it is a fault of gradproof itself."""

    message: str
    ours: bool


class Workers:
    """Some processes that run one call at a time each; safe to use from many threads.

    A process is replaced when it died or was killed, and after ``calls`` calls, which keeps memory flat.
    """

    def __init__(self, processes: int, preload: Sequence[str] = PRELOADED, calls: int = 1000) -> None:
        """``preload`` names modules that the server of this program imports before its first fork."""
        if processes < 1:
            raise UsageError(f"{processes} processes: at least one is needed")
        self.processes = processes
        self._calls = calls
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._lock = Lock()
        self._closed = False
        self._living: set[_Worker] = set()
        self._idle: LifoQueue[_Worker] = LifoQueue()  # the last one used has the warmest caches
        for _ in range(processes):
            self._idle.put(self._fresh())

    def run(self, function: Callable[[P], R], payload: P, seconds: float, memory: int) -> R | Stopped:
        """``function(payload)`` in a process, as soon as one is free, within ``seconds`` from then on.

        ``function`` stands at the top of a module; it and ``payload`` travel as pickles. ``memory`` are the bytes of
        address space that the call may take beyond what its process has. Raises UsageError and InternalError as the
        function does; any other error of its own is an InternalError.
        """
        worker = self._next(self._idle.get())
        try:
            found = worker.call(_Task(function, payload, memory), seconds)
        except BaseException:  # Ctrl-C in the middle: nobody waits for the answer
            worker.kill()
            raise
        finally:
            self._idle.put(self._next(worker))
        if isinstance(found, _Failed):
            raise (InternalError if found.ours else UsageError)(found.message)
        return found  # type: ignore[no-any-return]

    def _fresh(self) -> _Worker:
        worker = _Worker(self._context)
        self._living.add(worker)
        return worker

    def _next(self, worker: _Worker) -> _Worker:
        """The same worker, or a fresh one in its place."""
        with self._lock:
            if self._closed or (worker.alive and worker.calls < self._calls):
                return worker
            worker.kill()
            self._living.discard(worker)
            return self._fresh()

    def pids(self) -> list[int]:
        """The processes that live now, in order of their numbers."""
        with self._lock:
            return sorted(worker.pid for worker in self._living)

    def close(self) -> None:
        """Kill them all; calls that are under way, or come later, end as crashed."""
        with self._lock:
            self._closed = True
            for worker in self._living:
                worker.kill()
            self._living.clear()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: Any) -> None:
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.pid: int = self._process.pid
        self.calls = 0

    @property
    def alive(self) -> bool:
        """Whether the process can take a call: neither killed here nor dead by itself, say for want of memory."""
        return not self._connection.closed and bool(self._process.is_alive())

    def call(self, task: _Task, seconds: float) -> Any:
        """What the process answers, or why it did not; it is of no more use then."""
        self.calls += 1
        try:
            self._connection.send(task)
            if not self._connection.poll(seconds):
                self.kill()
                return Stopped("time", f"stopped after {seconds:g} seconds")
            answer = self._connection.recv()
        except (EOFError, OSError):
            answer = Stopped("crash", self._death())
        if isinstance(answer, Stopped):
            self.kill()
        return answer

    def _death(self) -> str:
        self._process.join(SECONDS_TO_DIE)
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"the process that worked on it was ended by signal {-code} ({signal.Signals(-code).name})"
        return f"the process that worked on it ended with exit code {code}"

    def kill(self) -> None:
        self._process.kill()
        self._connection.close()


def _work(connection: Connection) -> None:
    """Answer tasks until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(_answer(task))


def _answer(task: _Task) -> Any:
    _limit(_address_space() + task.memory)
    try:
        with blamed("this call"):
            return task.function(task.payload)
    except GradproofError as error:
        if isinstance(error.__cause__, MemoryError):
            return Stopped("memory", f"stopped: it needs more than {task.memory // 2**20} MiB of memory")
        return _Failed(str(error), isinstance(error, InternalError))
    finally:
        _limit(resource.RLIM_INFINITY)


def _limit(total: int) -> None:
    """Bound the address space of this process; the hard limit stays as it is, so that the bound can be lifted again."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard != resource.RLIM_INFINITY:
        total = hard if total == resource.RLIM_INFINITY else min(total, hard)
    resource.setrlimit(resource.RLIMIT_AS, (total, hard))


def _address_space() -> int:
    """The bytes of address space this process has; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
