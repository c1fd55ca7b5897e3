"""A class as SARIF and as JUnit XML: a piece of each sheet is kept with its record, put together at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final
from xml.etree.ElementTree import fromstring, tostring

from derivations.errors import UsageError
from derivations.report import Report
from gradproof.classroom.exports import written
from gradproof.classroom.store import Store
from gradproof.formats import junit, sarif

Record = Mapping[str, Any]
EMPTY: Final = '"results": []'
NOTED: Final = '"toolExecutionNotifications": []'


@dataclass(frozen=True, slots=True)
class Format:
    """``of`` is the piece of a marked sheet under its name, ``write`` the file over all records."""

    name: str
    of: Callable[[str, Report], Any]
    write: Callable[[IO[str], Callable[[], Iterator[Record]]], None]


def pieces(report: Report, folder: str) -> dict[str, Any]:
    """The piece of a sheet in every format; its files are named from the folder of the student on."""
    files = tuple((line, folder + name) for line, name in report.files)
    return {form: row.of(folder + report.sheet, replace(report, files=files)) for form, row in FORMATS.items()}


def write_format(store: Store, form: str) -> Path:
    """Write the file of a format over all records. Raises UsageError where it cannot be written."""
    path = store.folder / FORMATS[form].name
    with written(path) as file:
        FORMATS[form].write(file, store.records)
    return path


# SARIF


def _sarif(name: str, report: Report) -> Any:
    return sarif.document([(name, report)])["runs"][0]["results"]


def _write_sarif(file: IO[str], records: Callable[[], Iterator[Record]]) -> None:
    """The log of an empty run, with the results and the notifications of all sheets in their places."""
    text = json.dumps(_frame(), indent=1, ensure_ascii=False)
    for mark, found in ((NOTED, _notifications), (EMPTY, _results)):
        head, _, text = text.partition(mark)
        file.write(f"{head}{mark[:-1]}")
        for k, piece in enumerate(x for record in records() for x in found(record)):
            file.write(("," if k else "") + "\n" + json.dumps(piece, ensure_ascii=False))
        file.write("]")
    file.write(f"{text}\n")


def _frame() -> dict[str, Any]:
    """A log without results, notifications before them."""
    found = sarif.document([], [("", UsageError(""))])
    found["runs"][0]["invocations"][0]["toolExecutionNotifications"] = []
    return found


def _results(record: Record) -> Any:
    return record["formats"]["sarif"] if record["status"] == "marked" else ()


def _notifications(record: Record) -> Any:
    if record["status"] == "marked":
        return ()
    run = sarif.document([], [(_name(record), UsageError(record["reason"]))])["runs"][0]
    return run["invocations"][0]["toolExecutionNotifications"]


def _name(record: Record) -> str:
    return str(record["folder"] + record["files"][0] if len(record["files"]) == 1 else record["student"])


# JUnit


def _junit(name: str, report: Report) -> str:
    return _suite(junit.document([(name, report)]))


def _suite(document: str) -> str:
    return tostring(fromstring(document.partition("?>")[2])[0], encoding="unicode")


def _suites(records: Iterator[Record]) -> Iterator[str]:
    for record in records:
        if record["status"] == "marked":
            yield record["formats"]["junit"]
        else:
            yield _suite(junit.document([], [(_name(record), UsageError(record["reason"]))]))


def _write_junit(file: IO[str], records: Callable[[], Iterator[Record]]) -> None:
    """The suites of all sheets, behind the totals that stand before them."""
    totals = dict.fromkeys(junit.TOTALS, 0)
    for suite in _suites(records()):
        for name, value in fromstring(suite).attrib.items():
            if name in totals:
                totals[name] += int(value)
    counts = "".join(f' {name}="{value}"' for name, value in totals.items())
    file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="gradproof"{counts}>\n')
    for suite in _suites(records()):
        file.write(suite.strip() + "\n")
    file.write("</testsuites>\n")


FORMATS: Final[Mapping[str, Format]] = {
    "sarif": Format("results.sarif", _sarif, _write_sarif),
    "junit": Format("results.xml", _junit, _write_junit),
}
