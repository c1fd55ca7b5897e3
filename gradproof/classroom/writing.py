"""All that is written on a class once its sheets are marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gradproof.classroom.exports import write_marks
from gradproof.classroom.gradescope import NAME, results
from gradproof.classroom.page import class_page
from gradproof.classroom.run import Run
from gradproof.classroom.tally import Tally
from gradproof.rendering.output import replace_file, write

PAGE: Final = "class.html"


def write_class(run: Run, tally: Tally, forms: Sequence[str] = (), gradescope: bool = False) -> list[Path]:
    """The page on the class first, then the tables and what else was asked for; the files.

    Raises UsageError where one cannot be written.
    """
    store, reference = run.store, run.assignment.reference
    title = f"Class: {run.submissions.path.resolve().name}"
    paths = write(class_page(tally, store, title, run.assignment.not_asked), store.folder / PAGE)
    paths += write_marks(store)
    if run.assignment.solved and reference is not None:
        paths.append(store.folder / reference.name)
        replace_file(paths[-1], reference.text.encode())
    for form in forms:
        from gradproof.classroom.formats import write_format

        paths.append(write_format(store, form))
    if gradescope:
        record = next(store.records())
        paths.append(store.folder / NAME)
        replace_file(paths[-1], results(record).encode())
    return paths
