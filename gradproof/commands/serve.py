"""``gradproof serve``: a page to try a sheet on, and a JSON API."""

from __future__ import annotations

import os
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server
from socket import socket as Socket
from typing import Any

import click

from derivations.errors import UsageError

PROCESSES = max(8, 4 * (os.cpu_count() or 1))
"""More than there are cores, so that a sheet that takes long shares a core with others and holds up few."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0 for a free one."
)
@click.option(
    "--processes", type=click.IntRange(min=1), default=PROCESSES, show_default=True, help="How many check at once."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1, max=3600),
    default=30.0,
    show_default=True,
    help="How long one request may be worked on.",
)
@click.option(
    "--memory", type=click.IntRange(min=64), default=1024, show_default=True, help="MiB that one request may take."
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="Requests a second of one client, in the long run.",
)
@click.option("--queue", type=click.IntRange(min=1), default=64, show_default=True, help="Requests that may wait.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep what is sent and answered.  [default: nothing is stored]",
)
def serve(
    host: str, port: int, processes: int, seconds: float, memory: int, rate: float, queue: int, keep: Path | None
) -> None:
    """Serve a page on which a sheet is checked as one types, and a JSON API beneath it (/openapi.json).

    Needs the extra "web": pip install "gradproof[web]". Ctrl-C ends it. Exit code 2: it cannot be served.
    """
    try:
        from gradproof.serving.application import Service
        from gradproof.serving.limits import MIB, Limits
        from gradproof.serving.server import hosts_of, prepared, server_of
    except ModuleNotFoundError as error:
        raise UsageError(f'serve needs {error.name}: pip install "gradproof[web]"') from error
    limits = Limits(seconds=seconds, memory=memory * MIB, rate=rate, queue=queue)
    service = Service(processes, limits, hosts_of(host), prepared(keep))
    server = server_of(service, host, port)
    with _listening(host, port) as socket:
        click.echo(f"gradproof: http://{_address(socket.getsockname())} (Ctrl-C ends it)")
        server.run(sockets=[socket])


def _listening(host: str, port: int) -> Socket:
    """A socket that listens. Raises UsageError where the address cannot be used."""
    try:
        return create_server((host, port), family=AF_INET6 if ":" in host else AF_INET)
    except OSError as error:
        raise UsageError(f"{host} port {port}: {error.strerror or error}; choose another --host or --port") from error


def _address(name: Any) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
