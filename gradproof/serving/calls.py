"""The calls of the API that work on something sent: the fields of each, and what a process does for it.

The table is what the application answers by and what the OpenAPI document is written from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from gradproof import SUFFIXES
from gradproof.serving import tasks
from gradproof.serving.bodies import Field, sheet_name

SHEET_SUFFIXES: Final = SUFFIXES
SHEET: Final = {
    "text": Field(str, "the text of the sheet", required=True),
    "name": Field(str, f"a name for it, which tells its kind: {', '.join(sorted(SHEET_SUFFIXES))}", "sheet.md"),
    "declarations": Field(str, "declarations that come with it; see docs/sheets.md", ""),
    "strict": Field(bool, "count as wrong what is right only under a departing reading", False),
    "seed": Field(int, "seed of every random choice", 0),
    "time_limit": Field(float, "seconds a statement may take", 5.0, bounds=(0.01, 60.0)),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what it is for, its fields, the function for a process with its payload, and its answer."""

    about: str
    fields: Mapping[str, Field]
    function: Callable[[Any], Any]
    payload: Callable[[Mapping[str, Any]], Any]
    answer: Callable[[Any, Mapping[str, Any]], Response]
    media: tuple[str, ...] = ("application/json",)


def _sheet(body: Mapping[str, Any]) -> tasks.Sheet:
    given = {name: value for name, value in body.items() if name != "format"}
    return tasks.Sheet(**{**given, "name": sheet_name(given["name"], SHEET_SUFFIXES)})


def _wish(body: Mapping[str, Any]) -> tasks.Wish:
    by = tuple(part.strip() for part in body["by"].split(",") if part.strip()) or ("all",)
    return tasks.Wish(body["subject"].strip(), by, body["steps"], body["layout"], body["every"], body["format"])


def _file(text: str, body: Mapping[str, Any]) -> Response:
    """A report to save; the page cannot run anything, should a browser show it after all."""
    form = body["format"]
    stem = "".join(x if x.isascii() and (x.isalnum() or x in "-_") else "-" for x in PurePath(body["name"]).stem)
    name = f"{stem or 'sheet'}-report.{form}"
    return Response(
        text,
        media_type=tasks.MEDIA[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


CALLS: Final[Mapping[str, Call]] = {
    "check": Call(
        "Check a sheet; the answer is that of gradproof check --format json, with the exit code.",
        {
            **SHEET,
            "session": Field(str, "a word of your own: of the sheets of a session only what changed is checked", ""),
            "quick": Field(bool, "answer before all is explained; settled says whether it was", False),
        },
        tasks.check,
        _sheet,
        lambda found, _: JSONResponse(found),
    ),
    "report": Call(
        "The report on a sheet as a file: a page without scripts, or LaTeX.",
        {**SHEET, "format": Field(str, "what to write", "html", choices=tuple(tasks.MEDIA))},
        tasks.report,
        lambda body: (_sheet(body), body["format"]),
        _file,
        tuple(tasks.MEDIA.values()),
    ),
    "derive": Call(
        "The gradients of a recurrent cell, each equation proved.",
        {
            "subject": Field(str, "a cell such as lstm, or the text of a sheet that defines one", required=True),
            "by": Field(str, "what to derive by, with commas", "all"),
            "steps": Field(int, "how many time steps; none for any time t", bounds=(1, 20)),
            "layout": Field(str, "the layout of a gradient", "denominator", choices=("denominator", "numerator")),
            "every": Field(bool, "whether the loss sees every output", False),
            "format": Field(str, "how to write it", "text", choices=tasks.DERIVE_FORMATS),
        },
        tasks.derive,
        _wish,
        lambda found, _: JSONResponse({"text": found}),
    ),
    "count": Call(
        "The parameters of a layer such as lstm(n=32, d=16), or of a Sequential model in code, which is never run.",
        {"subject": Field(str, "the layer, or the code", required=True)},
        tasks.count,
        lambda body: body["subject"].strip(),
        lambda found, _: JSONResponse(found),
    ),
}
