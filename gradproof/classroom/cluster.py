"""Sheets marked past one machine, by the workers of a dask scheduler (extra ``cluster``).

Every worker process marks in processes of its own that may be killed, as one machine does. A worker that goes away
has its sheets marked by another.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from multiprocessing import current_process
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zlib import compress, decompress

from derivations.errors import UsageError
from gradproof import __version__
from gradproof.classroom.outcome import Outcome, Task, aside
from gradproof.classroom.pool import CALLS, PRELOADED, Limits, marked_by
from gradproof.rendering.katex import style_sheet
from gradproof.workers import Workers

if TYPE_CHECKING:
    from distributed import Client

WAITING: Final = 4
"""Sheets that are with the scheduler for every thread of its workers, so that none of them waits for us."""
LEAST_WAITING: Final = 16
SECONDS_TO_CONNECT: Final = 20
FONTS: Final = "\0fonts\0"
"""Stands for the style sheet with the fonts; no page has a NUL in it."""


def on_a_cluster(
    tasks: Iterator[Task], address: str, limits: Limits, timeout: float = SECONDS_TO_CONNECT
) -> Iterator[Outcome]:
    """Every sheet marked by the workers of a scheduler, in the order in which they are done.

    Raises UsageError where dask.distributed is not installed, where no scheduler answers within ``timeout`` seconds,
    and where its workers may have no processes of their own.
    """
    try:
        from distributed import as_completed
    except ImportError as error:
        raise UsageError("--scheduler needs dask.distributed; install gradproof[cluster]") from error
    with _client(address, timeout) as client:
        asked: dict[Any, Task] = {}
        done = as_completed(loop=client.loop, futures=[])
        done.update(_asked(client, tasks, limits, asked))
        for batch in done.batches():
            yield from _outcomes(client, list(batch), asked)
            done.update(_asked(client, tasks, limits, asked))


def _client(address: str, timeout: float) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"{address}: no scheduler answers there: {error}") from error


def _asked(client: Client, tasks: Iterator[Task], limits: Limits, asked: dict[Any, Task]) -> list[Any]:
    """The next sheets handed to the scheduler, as many as its workers of the moment can have waiting.

    The key of each is that of the result, so that nothing is marked twice.
    """
    room = max(LEAST_WAITING, WAITING * sum(client.nthreads().values())) - len(asked)
    found = []
    for task in islice(tasks, max(0, room)):
        found.append(client.submit(mark_there, task, limits, __version__, key=f"gradproof-{task.key}", retries=0))
        asked[found[-1].key] = task
    return found


def _outcomes(client: Client, futures: list[Any], asked: dict[Any, Task]) -> Iterator[Outcome]:
    """The results of some sheets, fetched at once. One that took several workers down with it is put aside."""
    fine = [future for future in futures if future.status == "finished"]
    found = dict(zip([future.key for future in fine], client.gather(fine), strict=True))
    for future in futures:
        task = asked.pop(future.key)
        yield unpacked(found[future.key]) if future.key in found else _lost(future, task)
        future.release()


def _lost(future: Any, task: Task) -> Outcome:
    from distributed.scheduler import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        return aside(task, "crash", "the workers that marked it went away, several times")
    raise error


Packed: TypeAlias = tuple[dict[str, Any], bytes]
"""A record, and the page as it travels: without the fonts, which are the same in all, and compressed."""


def mark_there(task: Task, limits: Limits, version: str) -> Packed:
    """Mark one sheet on a worker of the cluster, in a process of its own.

    Raises UsageError where the worker is of another version than who asks.
    """
    if version != __version__:
        raise UsageError(f"a worker has gradproof {__version__}, but this is {version}; install the same on all")
    return packed(marked_by(_workers(), task, limits))


def packed(outcome: Outcome) -> Packed:
    """A result as it travels."""
    page = outcome.page.replace(style_sheet(), FONTS) if outcome.page else ""
    return outcome.record, compress(page.encode())


def unpacked(found: Packed) -> Outcome:
    """A result as it was before it travelled."""
    record, page = found
    return Outcome(record, decompress(page).decode().replace(FONTS, style_sheet()))


@lru_cache(maxsize=1)
def _workers() -> Workers:
    from distributed import get_worker

    if current_process().daemon:
        raise UsageError(
            "the workers of this scheduler may have no processes of their own; start them with --no-nanny, or with "
            "DASK_DISTRIBUTED__WORKER__DAEMON=False in their environment"
        )
    workers = Workers(get_worker().state.nthreads, PRELOADED, CALLS)
    atexit.register(workers.close)
    return workers
