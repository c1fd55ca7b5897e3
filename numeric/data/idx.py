"""IDX files, plain or compressed: the form in which MNIST and Fashion-MNIST are handed round.

Two bytes of zero, the kind of number (8: unsigned bytes), how many axes, the length of each as a big-endian number of
four bytes, then the entries (Y. LeCun, C. Cortes and C. Burges, *The MNIST database*, "File formats").
"""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from derivations.errors import UsageError

Bytes = npt.NDArray[np.uint8]
UNSIGNED_BYTES = 8
KINDS = {1: "labels", 3: "images"}


def read_idx(path: Path, axes: int) -> Bytes:
    """The entries of a file with so many axes (1: labels, 3: images). Raises UsageError with the place and a remedy."""
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise UsageError(
            f"{path}: byte 0: an IDX file starts with 00 00, this one with {content[:2].hex(' ') or 'nothing'}; "
            "give the file as it was published"
        )
    kind, found = content[2], content[3]
    if kind != UNSIGNED_BYTES:
        raise UsageError(f"{path}: byte 2: numbers of kind 0x{kind:02x}; only unsigned bytes (0x08) are read")
    if found != axes:
        held = KINDS.get(found, f"{found} axes")
        raise UsageError(f"{path}: byte 3: it holds {held}, not {KINDS[axes]}; are two files exchanged?")
    return _entries(path, content, axes)


def _entries(path: Path, content: bytes, axes: int) -> Bytes:
    start = 4 + 4 * axes
    if len(content) < start:
        raise UsageError(f"{path}: ends at byte {len(content)}, inside its header of {start} bytes; get it again")
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4))
    wanted = start + prod(shape)
    if len(content) != wanted:
        told = "short" if len(content) < wanted else "long"
        size = " × ".join(map(str, shape))
        raise UsageError(
            f"{path}: too {told}: {size} entries end at byte {wanted}, the file at byte {len(content)}; get it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, zlib.error, OSError) as error:
        raise UsageError(
            f"{path}: damaged: of its {len(raw)} bytes not all can be unpacked ({error}); get it again"
        ) from error
