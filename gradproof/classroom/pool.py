"""Sheets marked by processes of this machine that may be killed: one that hangs or eats memory costs itself alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Final

from derivations.errors import GradproofError, InternalError
from gradproof.classroom.outcome import Outcome, Task, aside, mark_one
from gradproof.workers import Stopped, Workers

PRELOADED: Final = ("gradproof.preloaded", "gradproof.classroom.preloaded")
CALLS: Final = 500
"""Sheets that a process marks before a fresh one takes its place."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sheet may take: seconds of the clock and bytes of memory."""

    seconds: float = 120.0
    memory: int = 2**30


def marked_by(workers: Workers, task: Task, limits: Limits) -> Outcome:
    """One sheet marked in a process; a sheet whose process was stopped is put aside with the reason."""
    try:
        found = workers.run(mark_one, task, limits.seconds, limits.memory)
    except GradproofError as error:
        return aside(task, "fault" if isinstance(error, InternalError) else "unusable", str(error))
    return aside(task, found.reason, found.message) if isinstance(found, Stopped) else found


def on_this_machine(tasks: Iterator[Task], processes: int, limits: Limits) -> Iterator[Outcome]:
    """Every sheet marked, in the order in which they are done; only a few are in memory at a time."""
    with Workers(processes, PRELOADED, CALLS) as workers:
        yield from _by_threads(tasks, lambda task: marked_by(workers, task, limits), workers)


def _by_threads(tasks: Iterator[Task], mark: Callable[[Task], Outcome], workers: Workers) -> Iterator[Outcome]:
    threads = ThreadPoolExecutor(workers.processes)
    try:
        waiting: set[Future[Outcome]] = {threads.submit(mark, task) for task in islice(tasks, 2 * workers.processes)}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
            waiting |= {threads.submit(mark, task) for task in islice(tasks, len(done))}
    finally:  # also where nobody wants the rest any more: what is under way is killed, not waited for
        workers.close()
        threads.shutdown(cancel_futures=True)
