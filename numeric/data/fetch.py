"""Downloading a data set: resumed where it broke off, and believed only when its SHA-256 is right."""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from derivations.errors import UsageError
from numeric.data.sources import Published, Source

CHUNK = 1 << 16
TIMEOUT = 30.0
"""Seconds without an answer."""
Told = Callable[[str, int, int], None]


def fetch(source: Source, folder: Path, told: Told = lambda name, done, size: None) -> list[Path]:
    """All files of a source into a folder; those that are there and right are not fetched again.

    ``told`` hears the name of a file, how many of its bytes are there, and its size. Raises UsageError.
    """
    if not source.files:
        raise UsageError(f"{source.name} cannot be downloaded: {source.about}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_file(file, folder, told) for file in source.files]
    except OSError as error:
        raise UsageError(f"{source.name} cannot be fetched into {folder}: {error}") from error


def _file(file: Published, folder: Path, told: Told) -> Path:
    final, part = folder / file.name, folder / f"{file.name}.part"
    if final.is_file() and digest(final) == file.sha256:
        told(file.name, file.size, file.size)
        return final
    _download(file, part, told)
    found = digest(part)
    if found != file.sha256:
        part.unlink()
        raise UsageError(f"{file.url}: its SHA-256 is {found}, not {file.sha256}: a damaged or another file; try again")
    os.replace(part, final)
    return final


def _download(file: Published, part: Path, told: Told) -> None:
    """The rest of a file behind what is there of it."""
    there = part.stat().st_size if part.is_file() else 0
    if there == file.size:
        return
    there = there if there < file.size else 0
    request = urllib.request.Request(file.url, headers={"Range": f"bytes={there}-"} if there else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            there = there if answer.status == 206 else 0
            with part.open("ab" if there else "wb") as out:
                while chunk := answer.read(CHUNK):
                    out.write(chunk)
                    there += len(chunk)
                    told(file.name, there, file.size)
    except (urllib.error.URLError, HTTPException, TimeoutError) as error:
        raise UsageError(f"{file.url} cannot be fetched ({error}); run it again to go on, or give the files") from error
    if there < file.size:
        raise UsageError(f"{file.url} broke off at byte {there} of {file.size}; run it again to go on from there")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
