"""uvicorn, with patience that ends: a connection that does not send its request in time is closed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from derivations.errors import UsageError
from gradproof.serving.application import Service

MOST_CONNECTIONS: Final = 1000
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Patient(H11Protocol):
    """Closes a connection on which the head of the next request does not come within ``seconds``."""

    seconds: float
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._start()

    def data_received(self, data: bytes) -> None:
        if self._answered():
            self._start()
        super().data_received(data)
        if not self._answered():
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _answered(self) -> bool:
        """Whether no request is being read or answered now."""
        return self.cycle is None or self.cycle.response_complete

    def _start(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self.transport.close)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def hosts_of(host: str) -> tuple[str, ...]:
    """The names by which a service may be called: on loopback no others, so that no other site can be led to it."""
    return tuple(dict.fromkeys((*LOOPBACK, f"[{LOOPBACK[-1]}]"))) if host in LOOPBACK else ("*",)


def prepared(keep: Path | None) -> Path | None:
    """The folder of kept sheets, made where it is missing. Raises UsageError where it cannot be written."""
    if keep is None:
        return None
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{keep}: the folder cannot be made: {error.strerror}") from error
    if not os.access(keep, os.W_OK | os.X_OK):
        raise UsageError(f"{keep}: the folder cannot be written; choose another for --keep")
    return keep


def server_of(service: Service, host: str, port: int, **options: Any) -> uvicorn.Server:
    """A server of a service; ``run`` it, or await its ``serve``."""
    config = uvicorn.Config(
        service.application(),
        host=host,
        port=port,
        http=type("PatientFor", (Patient,), {"seconds": service.limits.seconds_to_send}),
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        **options,
    )
    return uvicorn.Server(config)
