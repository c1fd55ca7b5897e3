"""What one request, one client and all of them together may take, and what is said to those who want more."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

MIB: Final = 2**20
MOST_CLIENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a body; seconds for sending it, for waiting and for the work; bytes of memory for the work.

    A sheet that is known to one process waits for that one for ``patience`` seconds, then for any.
    ``queue`` requests may wait in all, ``pending`` of one client; ``rate`` is how many a client may send a second in
    the long run, ``burst`` how many at once.
    """

    body: int = MIB
    seconds_to_send: float = 10.0
    seconds_to_wait: float = 30.0
    patience: float = 1.0
    seconds: float = 30.0
    memory: int = 1024 * MIB
    queue: int = 64
    pending: int = 4
    rate: float = 10.0
    burst: int = 30


class RefusedError(Exception):
    """A request that is not answered as asked; ``status`` is that of HTTP, ``code`` a stable word for machines."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def to_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}


class Rates:
    """A bucket of tokens for each client, filled at a steady rate; the clients that were heard last are kept."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> None:
        """Take a token of a client. Raises RefusedError (429) where none is left, with the seconds until there is."""
        now = self._clock()
        left, since = self._buckets.pop(client, (float(self._limits.burst), now))
        left = min(float(self._limits.burst), left + (now - since) * self._limits.rate)
        self._buckets[client] = (max(left - 1, 0.0) if left >= 1 else left, now)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if left < 1:
            wait = max(1, round((1 - left) / self._limits.rate))
            raise RefusedError(429, "too-many-requests", f"too many requests; try again in {wait} s", wait)
