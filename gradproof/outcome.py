"""How a run ends: exit codes, messages on standard error, and what is printed for every file of a call."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from traceback import print_exception
from typing import Any, Protocol, TypeVar

import click

from derivations.errors import GradproofError, InternalError, UsageError

UNUSABLE = 2
SEVERITY = (0, 3, 1, UNUSABLE)


class Record(Protocol):
    """What is found of one file."""

    @property
    def exit_code(self) -> int: ...

    def to_json(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Record)
Failures = Sequence[tuple[str, GradproofError]]
"""Files that could not be used, and why."""


@contextmanager
def blamed(name: str) -> Iterator[None]:
    """What goes wrong unforeseen is a fault of gradproof: never a verdict, never the end of the other sheets.

    The one place that catches everything, so that a crash is not taken for exit code 1, "something wrong".
    """
    try:
        yield
    except GradproofError:
        raise
    except (RecursionError, MemoryError) as error:
        raise UsageError(f"{name}: too deeply nested or too large to check ({type(error).__name__})") from error
    except Exception as error:
        raise InternalError(f"{name}: {type(error).__name__}: {error}") from error


def complain(error: GradproofError, debug: bool) -> None:
    """Say on standard error what is the matter with a file or a call."""
    if debug:
        print_exception(error)
    click.echo(f"gradproof: {said(error)}", err=True)


def said(error: GradproofError) -> str:
    """What is the matter, in a line; of our own faults, whose they are."""
    from gradproof.text import clean

    own = "this is a fault of gradproof itself, please report it: " if isinstance(error, InternalError) else ""
    return own + clean(str(error))


def coloured() -> bool:
    """Whether standard output takes colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """The columns of the terminal; 80 where the output goes elsewhere."""
    from gradproof.text import WIDTH

    return max(60, os.get_terminal_size(sys.stdout.fileno()).columns) if sys.stdout.isatty() else WIDTH


def as_json(found: Sequence[tuple[str, Record]], failed: Failures, several: bool) -> str:
    """The records of a call as JSON, an array for ``several`` files; nothing where no file could be used."""
    records = [one.to_json() for _, one in found]
    if failed and not records:
        return ""
    return json.dumps(records if several or not records else records[0], indent=2, ensure_ascii=False) + "\n"


def print_each(
    files: Sequence[str],
    find: Callable[[str], R],
    render: Callable[[R], str] | None,
    debug: bool,
    gather: Callable[[Sequence[tuple[str, R]], Failures], str] | None = None,
    skipped: tuple[type[GradproofError], ...] = (),
) -> int:
    """Print what is found of every file: each as text by ``render``, or without it all by ``gather``, else as JSON.

    The exit code is the worst of theirs; a file that cannot be used does not end the others. One that cannot be used
    for a reason among ``skipped`` is passed over.
    """
    found: list[tuple[str, R]] = []
    failed: list[tuple[str, GradproofError]] = []
    code = 0
    for name in files:
        try:
            with blamed(name):
                one = find(name)
                text = render(one) if render else ""
        except skipped:
            continue
        except GradproofError as error:
            complain(error, debug)
            failed.append((name, error))
            code = UNUSABLE
            continue
        if render:
            click.echo(("\n" if found else "") + text, nl=False, color=coloured())
        found.append((name, one))
        if len(files) > 1:
            gc.collect()
        code = max(code, one.exit_code, key=SEVERITY.index)
    if render is None:
        text = (gather or partial(as_json, several=len(files) > 1))(found, failed)
        click.echo(text.encode("utf-8", "backslashreplace"), nl=False)  # a file's name may hold half a character
    return code
