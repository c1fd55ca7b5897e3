"""Reading sheets from files: every way in which a file can be bad has a message with its remedy."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from derivations.errors import UsageError
from derivations.reading.places import Source

MOST_BYTES = 5_000_000
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_sheet(sheet: str | Path) -> Source:
    """A sheet from a path (``-`` for standard input), or from its text if it is a string of more than one line.

    Raises UsageError with the reason and the remedy.
    """
    if isinstance(sheet, str) and "\n" in sheet:
        return Source("<text>", sheet)
    if str(sheet) == "-":
        return decode("<stdin>", sys.stdin.buffer.read(MOST_BYTES + 1))
    path = Path(sheet)
    if not path.exists():
        raise UsageError(f"{sheet}: there is no such file; check the spelling and the folder")
    if path.is_dir():
        raise UsageError(f"{sheet}: this is a folder; name the sheets in it, such as {path / '*.md'}")
    try:
        with path.open("rb") as file:
            return decode(str(sheet), file.read(MOST_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{sheet}: the file cannot be read: {error.strerror}") from error


def decode(name: str, data: bytes) -> Source:
    """The text of a sheet. Raises UsageError on an empty, too large, binary or wrongly encoded one."""
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name}: larger than {MOST_BYTES // 1_000_000} MB; split the sheet into several files")
    encoding = next((encoding for mark, encoding in MARKS if data.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in data:
        raise UsageError(f"{name}: a binary file (a NUL byte at offset {data.index(0)}); a sheet is a text file")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name}: not {encoding.upper()} text (byte 0x{data[error.start]:02x} at offset {error.start}); "
            "save the file as UTF-8"
        ) from error
    if not text.strip():
        raise UsageError(f"{name}: the file is empty; there is nothing to check")
    return Source(name, text)
