"""A service on loopback for the tests, on a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_server
from threading import Thread

from gradproof.serving.limits import Limits

HOST = "127.0.0.1"


@contextmanager
def running(limits: Limits, processes: int = 2) -> Iterator[str]:
    """The address of a service with some limits; needs the extra ``web``."""
    from gradproof.serving.application import Service
    from gradproof.serving.server import hosts_of, server_of

    service = Service(processes, limits, hosts_of(HOST))
    with create_server((HOST, 0)) as socket:
        server = server_of(service, HOST, 0)
        thread = Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://{HOST}:{socket.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
