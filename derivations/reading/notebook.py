"""Jupyter notebooks as one Markdown text that knows which of its lines are which cell's.

The shape is that of nbformat 4 (https://nbformat.readthedocs.io/en/latest/format_description.html).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from derivations.errors import UsageError
from derivations.reading.places import Source

MARK: Final = "%%gradproof"
TAG: Final = "gradproof"
TAGGED: Final = "<!--\tgradproof:\n"  # no author begins a cell so: its lines count from behind this one
REMEDY: Final = "save it again from Jupyter"


def read_notebook(name: str, text: str) -> Source:
    """The Markdown cells of a notebook and its code cells that begin with ``%%gradproof``, an empty line between them.

    ``Source.cells`` keeps where each begins. Raises UsageError where the file is no notebook.
    """
    parts: list[str] = []
    cells: list[tuple[int, int]] = []
    lines = 1
    for number, content in _cells(name, text):
        cells.append((lines + content.startswith(TAGGED), number))
        parts.append(content)
        lines += content.count("\n") + 2
    return Source(name, "\n\n".join(parts), tuple(cells))


def code_cells(name: str, text: str) -> list[str]:
    """The code cells of a notebook, lines for Jupyter itself (``%matplotlib``, ``!pip``) left empty.

    Raises UsageError where the file is no notebook.
    """
    cells = enumerate(_listed(name, text), 1)
    codes = [_content(name, k, cell) for k, cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return [re.sub(r"^[ \t]*[%!].*$", "", code, flags=re.MULTILINE) for code in codes]


def _cells(name: str, text: str) -> list[tuple[int, str]]:
    """The cells to be read, with their numbers counted from 1 over all cells."""
    found = []
    for number, cell in enumerate(_listed(name, text), 1):
        content = _content(name, number, cell)
        if _is_tagged(cell):
            found.append((number, f"{TAGGED}{content}\n-->"))
        elif cell.get("cell_type") == "markdown":
            found.append((number, content))
        elif cell.get("cell_type") == "code" and content.split("\n", 1)[0].strip() == MARK:
            found.append((number, " " * len(MARK) + content[content.index(MARK) + len(MARK) :]))
    return found


def _is_tagged(cell: dict[str, Any]) -> bool:
    """Whether all of a cell are declarations."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return isinstance(tags, list) and TAG in tags


def _listed(name: str, text: str) -> list[Any]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: not a notebook, for it is no JSON; {REMEDY}") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise UsageError(f"{name}: a notebook without a list of cells (nbformat 4 is read); {REMEDY}")
    return cells


def _content(name: str, number: int, cell: Any) -> str:
    source = cell.get("source") if isinstance(cell, dict) else None
    lines = [source] if isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise UsageError(f"{name}: cell {number} has no text as its source; {REMEDY}")
    text = "".join(lines).replace("\r\n", "\n")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON may spell what no text can hold
        half = text[error.start]
        raise UsageError(f"{name}: cell {number} holds half a character, {half!r}; write it anew there") from error
    return text
