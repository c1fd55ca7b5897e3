"""Reading sheets from files: every way in which a file can be bad has a message with its remedy."""

from __future__ import annotations

import codecs
import sys
from dataclasses import replace
from pathlib import Path

import click

from derivations.errors import NothingToCheckError, UsageError
from derivations.reading.notebook import code_cells, read_notebook
from derivations.reading.places import Source

MOST_BYTES = 5_000_000
MARKS = (  # the longer marks first: the one of UTF-32 begins with the one of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE = ("utf-16", "utf-32")  # encodings whose letters contain NUL bytes


def read_sheet(sheet: str | Path, declarations: str | Path | None = None) -> Source:
    """A sheet from a path (``-`` for standard input), or from its text if it is a string of more than one line.

    ``declarations`` come with it, as in :func:`read_declared`. Raises UsageError with the reason and the remedy.
    """
    if declarations is not None:
        return replace(read_sheet(sheet), more=read_declared(declarations))
    if isinstance(sheet, str) and "\n" in sheet:
        return Source("<text>", sheet)
    return decode("<stdin>", _standard_input()) if str(sheet) == "-" else decode(str(sheet), _bytes_of(Path(sheet)))


def read_code(name: str) -> Source:
    """Code from a file, of a notebook that of its code cells. Raises UsageError as :func:`read_sheet`."""
    if not name.lower().endswith(".ipynb"):
        return read_sheet(name)
    text = decode("", _bytes_of(Path(name))).text
    return Source(name, "\n\n".join(code_cells(name, text)))


def _bytes_of(sheet: Path) -> bytes:
    try:
        with sheet.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except (FileNotFoundError, ValueError) as error:  # no file has a name with a NUL character in it
        raise UsageError(f"{sheet}: there is no such file; check the spelling and the folder") from error
    except IsADirectoryError as error:
        raise UsageError(f"{sheet}: this is a folder; name the sheets in it, such as {sheet / '*.md'}") from error
    except OSError as error:
        raise UsageError(f"{sheet}: the file cannot be read: {error.strerror}") from error


declared_with = click.option(
    "--with", "declarations", metavar="FILE", help="Declarations for every sheet, from a file of their own."
)
"""The option of the commands that take sheets."""


def read_declared(declarations: str | Path | None) -> Source | None:
    """Declarations from a file of their own, or from their text as in :func:`read_sheet`; None where there are none.

    Raises UsageError with the place where they cannot be read.
    """
    from derivations.declarations import read_declarations

    if declarations is None:
        return None
    found = read_sheet(declarations)
    read_declarations(Source("", "", more=found))
    return found


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError("<stdin>: standard input is closed; name a file, or send the sheet through a pipe")
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def decode(name: str, data: bytes) -> Source:
    """The text of a sheet. Raises UsageError on an empty, too large, binary or wrongly encoded one."""
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name}: larger than {MOST_BYTES // 1_000_000} MB; split the sheet into several files")
    encoding = next((encoding for mark, encoding in MARKS if data.startswith(mark)), "utf-8")
    if not encoding.startswith(WIDE) and b"\0" in data:
        raise _binary(name, data.index(0))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name}: not {encoding.upper()} text (byte 0x{data[error.start]:02x} at offset {error.start}); "
            "save the file as UTF-8"
        ) from error
    if "\0" in text:
        raise _binary(name, text.index("\0"))
    if not text.strip():
        raise NothingToCheckError(f"{name}: the file is empty; there is nothing to check")
    return read_notebook(name, text) if name.lower().endswith(".ipynb") else Source(name, text)


def _binary(name: str, offset: int) -> UsageError:
    return UsageError(f"{name}: a binary file (NUL at offset {offset}); a sheet is a text file")
