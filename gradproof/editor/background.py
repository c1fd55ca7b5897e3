"""Checks in processes of their own: the server always answers, and a check that nobody waits for is ended."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final

from derivations.errors import GradproofError, UsageError

if TYPE_CHECKING:
    from derivations.report import Report
    from gradproof.editor.settings import Settings

WARM: Final = ["gradproof.preloaded", "gradproof.sheets"]
"""What a process needs before it can begin: it is imported once, and every process starts as a copy."""


@cache
def context() -> Any:
    """How processes are made: as copies of a small one that has everything imported, where the system can do that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(WARM)
    return found


def warm() -> None:
    """Begin to import what checks need, while the editor opens its first document."""
    if context().get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        ensure_running()


async def checked(name: str, text: str, settings: Settings) -> Report:
    """Check a text in a process of its own; the process is ended where the task that waits for it is cancelled.

    Raises GradproofError as :func:`gradproof.check`, and UsageError where the process ends without a result.
    """
    job = Job(name, text, settings)
    try:
        return await asyncio.to_thread(job.run)
    finally:
        job.stop()


@dataclass
class Job:
    """One check in a process."""

    name: str
    text: str
    settings: Settings
    stopped: bool = False
    process: Any = field(default=None, init=False)

    def run(self) -> Report:
        """Start the process and wait for what it finds; it may be stopped meanwhile."""
        ours, theirs = context().Pipe(duplex=False)
        self.process = context().Process(target=_work, args=(theirs, self.name, self.text, self.settings), daemon=True)
        with ours:
            self.process.start()
            theirs.close()
            if self.stopped:
                self.stop()
            return self._received(ours)

    def _received(self, ours: Connection) -> Report:
        try:
            found: Report | GradproofError = ours.recv()
        except EOFError as error:
            raise UsageError(f"{self.name}: the check ended without a result, perhaps for want of memory") from error
        finally:
            self.process.join()
        if isinstance(found, GradproofError):
            raise found
        return found

    def stop(self) -> None:
        """End the process, also one that is only being started."""
        self.stopped = True
        if self.process is not None and self.process.pid is not None and self.process.is_alive():
            self.process.kill()


def _work(theirs: Connection, name: str, text: str, settings: Settings) -> None:
    """In the process: check, and send the report or the error."""
    os.dup2(sys.stderr.fileno(), 1)  # standard output belongs to the protocol
    try:
        theirs.send(_found(name, text, settings))
    except BrokenPipeError:
        return


def _found(name: str, text: str, settings: Settings) -> Report | GradproofError:
    from derivations.check import check_sheet
    from gradproof.outcome import blamed
    from gradproof.sheets import decode

    try:
        with blamed(name):
            return check_sheet(decode(name, text.encode("utf-8", "surrogatepass")), settings.options())
    except GradproofError as error:
        return error
