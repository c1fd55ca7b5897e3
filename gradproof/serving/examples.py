"""The sheets to pick on the page: those of examples/."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

TITLES: Final = {
    "gru.md": "Gradients of a GRU, with slips",
    "gru-corrected.md": "Gradients of a GRU, corrected",
    "rnn.md": "A simple network in three steps",
}


@cache
def examples() -> list[dict[str, str]]:
    """Name, title and text of every example."""
    folder = _folder()
    return [
        {"name": name, "title": title, "text": (folder / name).read_text(encoding="utf-8")}
        for name, title in TITLES.items()
    ]


def _folder() -> Path:
    """Inside the installed package, or beside it in a checkout."""
    packaged = Path(str(files("gradproof"))) / "examples"
    return packaged if packaged.is_dir() else packaged.parent.parent / "examples"
