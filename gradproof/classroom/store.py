"""Results on the disk: one record a student, written whole or not at all, so that a run goes on where one stopped."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from derivations.errors import UsageError
from gradproof.classroom.outcome import VERSION, Outcome, Task
from gradproof.rendering.output import replace_file

RECORDS: Final = "records"
REPORTS: Final = "reports"
UNSAFE: Final = re.compile(r"[^\w.-]+")
LONGEST: Final = 80
RETRIED: Final = ("time", "memory", "crash", "fault")
"""Why sheets were put aside that may go through under other limits or another version."""


def file_names(students: Sequence[str]) -> dict[str, str]:
    """A name for the files of every student: safe on any disk, and no two the same up to case."""
    safe = {student: UNSAFE.sub("_", student).lstrip(".")[:LONGEST] for student in students}
    seen = Counter(name.casefold() for name in safe.values())
    return {
        student: name if name == student and seen[name.casefold()] == 1 else f"{name}-{_digest(student)}"
        for student, name in safe.items()
    }


def _digest(student: str) -> str:
    return sha256(student.encode()).hexdigest()[:8]


class Store:
    """The folder of results of one class."""

    def __init__(self, folder: Path, students: Sequence[str], pages: bool) -> None:
        """Raises UsageError where the folder cannot be made."""
        self.folder = folder
        self.pages = pages
        self.students = tuple(students)
        self.names: Mapping[str, str] = file_names(students)
        for path in (folder / RECORDS, *((folder / REPORTS,) if pages else ())):
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"{path}: the folder cannot be made: {error.strerror}") from error

    def page(self, student: str) -> Path:
        return self.folder / REPORTS / f"{self.names[student]}.html"

    def _record(self, student: str) -> Path:
        return self.folder / RECORDS / f"{self.names[student]}.json"

    def has(self, task: Task, retry: bool = False) -> bool:
        """Whether there is a result of the same sheet under the same assignment, and version.

        With ``retry`` none that was put aside for want of time or memory, or through a fault.
        """
        found = self.record(task.student)
        if found is None or found.get("key") != task.key:
            return False
        if found["status"] == "aside":
            return not (retry and found["kind"] in RETRIED)
        formats = bool(found["formats"]) or not task.assignment.formats
        return formats and (not self.pages or self.page(task.student).is_file())

    def put(self, outcome: Outcome) -> None:
        """Keep a result, the record last, for it says that all is there. Raises UsageError where it cannot be kept."""
        if outcome.page:
            replace_file(self.page(outcome.student), outcome.page.encode())
        elif self.pages:
            self.page(outcome.student).unlink(missing_ok=True)
        replace_file(self._record(outcome.student), outcome.data())

    def record(self, student: str) -> dict[str, Any] | None:
        """The record of a student; None where there is none, or none of this version."""
        try:
            found = json.loads(self._record(student).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("version") == VERSION else None

    def records(self) -> Iterator[dict[str, Any]]:
        """All records that there are, one at a time, in the order of the students."""
        return (found for student in self.students if (found := self.record(student)) is not None)
