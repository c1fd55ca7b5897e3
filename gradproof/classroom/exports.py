"""What a class is written as: tables for grade books, one record at a time, so that memory stays flat."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from derivations.errors import UsageError
from gradproof.classroom.store import Store
from gradproof.marking.table import COLUMNS, rows_of, unmarked

CSV: Final = "marks.csv"
JSON: Final = "marks.json"
Record = Mapping[str, Any]


@contextmanager
def written(path: Path) -> Iterator[IO[str]]:
    """A file to write to, which is there whole or not at all. Raises UsageError where it cannot be written."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: the file cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def write_marks(store: Store) -> list[Path]:
    """Write marks.csv and marks.json in the order of the students."""
    paths = [store.folder / CSV, store.folder / JSON]
    with written(paths[0]) as table, written(paths[1]) as records:
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(COLUMNS)
        records.write('{"version": 1, "students": [')
        for k, record in enumerate(store.records()):
            rows.writerows(_rows(record))
            records.write(("," if k else "") + "\n" + json.dumps(_brief(record), ensure_ascii=False))
        records.write("\n]}\n")
    return paths


def _rows(record: Record) -> Iterator[list[object]]:
    student = record["student"]
    if record["status"] == "aside":
        yield unmarked(student, f"put aside: {record['reason']}")
    elif record["marks"] is None:
        yield unmarked(student, ", ".join(f"{count} {name}" for name, count in record["summary"].items() if count))
    else:
        yield from rows_of(student, record["marks"])


def _brief(record: Record) -> dict[str, Any]:
    """A record without the statements, which are in the file of the student."""
    names = ("student", "status", "kind", "reason", "files", "notes", "summary", "roots", "marks", "against", "slips")
    return {name: record[name] for name in names if name in record}
