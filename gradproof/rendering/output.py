"""Documents to files: the form is that of the file's name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from derivations.errors import UsageError
from gradproof.rendering.model import Document
from gradproof.rendering.pdf import Engine, engine_named
from gradproof.rendering.writers import Form, Rendering, render

FORMS: Final = {".html": Form.HTML, ".htm": Form.HTML, ".tex": Form.LATEX, ".md": Form.MARKDOWN}
PDF: Final = ".pdf"


def write(document: Document, path: Path, engine: str = "latex", templates: Path | None = None) -> list[Path]:
    """Write a document in the form that the suffix of ``path`` names; all files written, that one first.

    Raises UsageError for another suffix, a folder that cannot be written and a PDF engine that is not installed; the
    source of the PDF is kept then, and the message says where.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMS and suffix != PDF:
        raise UsageError(f"{path}: the name must end in .html, .tex, .md or .pdf")
    if suffix == PDF:
        return _pdf(document, path, engine_named(engine), templates)
    return _saved(path, render(document, FORMS[suffix], templates))


def _pdf(document: Document, path: Path, engine: Engine, templates: Path | None) -> list[Path]:
    source = render(document, Form(engine.source), templates)
    try:
        data = engine.build(source)
    except UsageError as error:
        kept = _saved(path.with_suffix(f".gradproof.{engine.source}"), source)[0]
        raise UsageError(f"{path}: {error}; the source is kept as {kept}") from error
    replace_file(path, data)
    return [path]


def _saved(path: Path, rendering: Rendering) -> list[Path]:
    replace_file(path, rendering.text.encode("utf-8"))
    beside = [path.parent / name for name in rendering.files]
    for other, data in zip(beside, rendering.files.values(), strict=True):
        replace_file(other, data)
    return [path, *beside]


def replace_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{path}: the file cannot be written: {error.strerror}") from error
