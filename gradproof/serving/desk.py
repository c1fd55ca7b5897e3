"""Where requests wait for a process: in turn, not too many in all, not too many of one client."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from zlib import crc32

import anyio.to_thread
from anyio import CapacityLimiter

from gradproof.serving.limits import Limits, RefusedError
from gradproof.workers import Stopped, Workers

STATUS: Final = {"time": 503, "memory": 503, "crash": 500}
REMEDY: Final = {
    "time": "split the sheet, or check it on the command line, where no such limit is",
    "memory": "split the sheet, or check it on the command line, where no such limit is",
    "crash": "this is a fault of gradproof itself, please report it",
}
P = TypeVar("P")
R = TypeVar("R")


class Desk:
    """Some processes, each with a line before it; the sheets of one session go to one process, which knows them."""

    def __init__(self, processes: int, limits: Limits) -> None:
        self._limits = limits
        self._places = [Workers(1) for _ in range(processes)]
        self._free = [asyncio.Lock() for _ in range(processes)]
        self._lines = [0] * processes
        self._pending: Counter[str] = Counter()
        self._threads = CapacityLimiter(processes)

    @property
    def waiting(self) -> int:
        """How many requests wait or are worked on."""
        return sum(self._lines)

    @property
    def processes(self) -> int:
        return len(self._places)

    def close(self) -> None:
        for place in self._places:
            place.close()

    async def run(self, function: Callable[[P], R], payload: P, client: str, session: str = "") -> R:
        """``function(payload)`` in a process.

        Raises RefusedError where it has to wait too long or came to no end, UsageError and InternalError as the
        function does.
        """
        place = crc32(session.encode()) % len(self._places) if session else self._lines.index(min(self._lines))
        async with self._in_line(place, client):
            limits = self._limits
            found = await anyio.to_thread.run_sync(
                self._places[place].run, function, payload, limits.seconds, limits.memory, limiter=self._threads
            )
        if isinstance(found, Stopped):
            raise RefusedError(STATUS[found.reason], found.reason, f"{found.message}; {REMEDY[found.reason]}")
        return found

    @asynccontextmanager
    async def _in_line(self, place: int, client: str) -> AsyncIterator[None]:
        if self._pending[client] >= self._limits.pending:
            message = f"{self._limits.pending} requests of yours are being worked on; wait for their answers"
            raise RefusedError(429, "too-many-at-once", message, 1)
        if self.waiting >= self._limits.queue:
            raise RefusedError(503, "busy", "too many sheets are waiting; try again in a few seconds", 5)
        self._lines[place] += 1
        self._pending[client] += 1
        try:
            async with self._turn(place):
                yield
        finally:
            self._lines[place] -= 1
            self._pending[client] -= 1
            self._pending += Counter[Any]()  # forgets the clients that have nothing pending

    @asynccontextmanager
    async def _turn(self, place: int) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._limits.seconds_to_wait):
                await self._free[place].acquire()
        except TimeoutError as error:
            raise RefusedError(503, "busy", "no process was free in time; try again in a few seconds", 5) from error
        try:
            yield
        finally:
            self._free[place].release()
