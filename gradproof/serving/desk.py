"""Where requests wait for a process: in turn, not too many in all, not too many of one client."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
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


@dataclass(slots=True, eq=False)
class _Waiting:
    """A request in the line: its ``turn`` is the number of a process; until it loses patience only ``own`` will do."""

    turn: asyncio.Future[int]
    own: int | None


class Desk:
    """Some processes and the line before them; the sheets of one session go to one process, which knows them.

    Where that one stays busy, any will do: nobody waits for somebody else's sheet while a process is idle.
    """

    def __init__(self, processes: int, limits: Limits) -> None:
        self._limits = limits
        self._places = [Workers(1) for _ in range(processes)]
        self._free = set(range(processes))
        self._line: list[_Waiting] = []
        self._pending: Counter[str] = Counter()
        self._threads = CapacityLimiter(processes)

    @property
    def waiting(self) -> int:
        """How many requests wait or are worked on."""
        return self._pending.total()

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
        own = crc32(session.encode()) % len(self._places) if session else None
        async with self._in_line(own, client) as place:
            found = await self._to_the_end(self._worked(place, function, payload))
        if isinstance(found, Stopped):
            raise RefusedError(STATUS[found.reason], found.reason, f"{found.message}; {REMEDY[found.reason]}")
        return found

    async def _worked(self, place: int, function: Callable[[P], R], payload: P) -> R | Stopped:
        work, limits = self._places[place].run, self._limits
        return await anyio.to_thread.run_sync(
            work, function, payload, limits.seconds, limits.memory, limiter=self._threads
        )

    @staticmethod
    async def _to_the_end(work: Coroutine[Any, Any, R]) -> R:
        """What ``work`` gives; a request that is cancelled keeps its process until that is done with it."""
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        finally:
            await asyncio.wait({task})

    @asynccontextmanager
    async def _in_line(self, own: int | None, client: str) -> AsyncIterator[int]:
        if self._pending[client] >= self._limits.pending:
            message = f"{self._limits.pending} requests of yours are being worked on; wait for their answers"
            raise RefusedError(429, "too-many-at-once", message, 1)
        if self.waiting >= self._limits.queue:
            raise RefusedError(503, "busy", "too many sheets are waiting; try again in a few seconds", 5)
        self._pending[client] += 1
        try:
            async with self._turn(own) as place:
                yield place
        finally:
            self._pending[client] -= 1
            self._pending += Counter[Any]()  # forgets the clients that have nothing pending

    @asynccontextmanager
    async def _turn(self, own: int | None) -> AsyncIterator[int]:
        one = _Waiting(asyncio.get_running_loop().create_future(), own)
        self._line.append(one)
        self._hand_out()
        try:
            yield await self._awaited(one)
        finally:
            if one in self._line:
                self._line.remove(one)
            else:
                self._free.add(one.turn.result())
                self._hand_out()

    async def _awaited(self, one: _Waiting) -> int:
        """The process whose turn comes: for a while the request's own, then any. Raises RefusedError in the end."""
        patience = min(self._limits.patience, self._limits.seconds_to_wait)
        await asyncio.wait({one.turn}, timeout=patience)
        if not one.turn.done():
            one.own = None
            self._hand_out()
            await asyncio.wait({one.turn}, timeout=self._limits.seconds_to_wait - patience)
        if not one.turn.done():
            raise RefusedError(503, "busy", "no process was free in time; try again in a few seconds", 5)
        return one.turn.result()

    def _hand_out(self) -> None:
        """Give free processes to requests, those that came first before the others."""
        for one in [*self._line]:
            place = min(self._free, default=None) if one.own is None else one.own
            if place is not None and place in self._free:
                self._free.discard(place)
                self._line.remove(one)
                one.turn.set_result(place)
