"""The table of tasks."""

from __future__ import annotations

from typing import Final

from derivations.errors import UsageError
from numeric.training.study import Task
from numeric.training.tasks import inpaint, language, lengths, optimisers, palindromes, phased, pixels, rows

TASKS: Final[dict[str, Task]] = {
    task.name: task
    for task in (
        palindromes.TASK,
        rows.TASK,
        pixels.CLASSES,
        pixels.NEXT,
        inpaint.TASK,
        language.WORDS,
        language.CHARS,
        phased.TASK,
        optimisers.TASK,
        lengths.TASK,
    )
}


def task(name: str) -> Task:
    """A task of the table. Raises UsageError with all there are."""
    if name not in TASKS:
        raise UsageError(f"there is no task {name}; there are {', '.join(TASKS)}")
    return TASKS[name]
