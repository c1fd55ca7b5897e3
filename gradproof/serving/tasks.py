"""What the processes do: each function takes and gives plain data, and loads what it needs where it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from derivations.errors import UsageError
from gradproof.outcome import blamed
from gradproof.sheets import decode

if TYPE_CHECKING:
    from derivations.reading.places import Source
    from derivations.report import Report

MOST_NAME: Final = 100
DERIVE_FORMATS: Final = ("text", "latex", "markdown", "torch", "numpy", "sympy", "json")
MEDIA: Final = {"html": "text/html; charset=utf-8", "tex": "application/x-tex; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that somebody sent: its text, a name that ends as its kind does, and how to check it."""

    text: str
    name: str
    strict: bool = False
    seed: int = 0
    time_limit: float = 5.0
    declarations: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to derive: the name of a cell, or the text of a sheet that defines one."""

    subject: str
    by: tuple[str, ...] = ("all",)
    steps: int | None = None
    layout: Literal["denominator", "numerator"] = "denominator"
    every: bool = False
    form: str = "text"


def check(sheet: Sheet) -> dict[str, Any]:
    """The report on a sheet, as ``gradproof check --format json --no-torch`` has it, and its exit code."""
    with blamed(sheet.name):
        report = _checked(sheet)
        return {**report.to_json(), "exit_code": report.exit_code}


def report(wish: tuple[Sheet, str]) -> str:
    """The report on a sheet as a page (``html``) or as LaTeX (``tex``)."""
    from gradproof.rendering import Form, render
    from gradproof.reporting import report_document

    sheet, form = wish
    with blamed(sheet.name):
        return render(report_document(_checked(sheet)), Form(form)).text


def derive(wish: Wish) -> str:
    """Derived gradients in one of DERIVE_FORMATS, as ``gradproof derive`` writes them."""
    from derivations import backprop
    from derivations.cells import CELLS, LAYERS, nearest, recurrent
    from derivations.sheet_cells import cell_of
    from gradproof.commands.derive import write

    with blamed("derive"):
        if wish.subject in CELLS or wish.subject in LAYERS:
            cell = recurrent(wish.subject)
        elif "=" in wish.subject:
            cell = cell_of(_source("sheet.md", wish.subject))
        else:
            raise UsageError(f"{wish.subject}: there is no such cell{nearest(wish.subject, (*CELLS, *LAYERS))}")
        return write(backprop.derive(cell, wish.by, wish.steps, wish.layout, wish.every), wish.form)


def count(subject: str) -> dict[str, Any]:
    """The parameters of a layer, or of a model in code, as ``gradproof count`` has them, in text and for machines."""
    from derivations.model_code import read_model
    from derivations.parameter_counts import count as count_layer
    from gradproof.commands.count import LAYER, layer_call, write

    with blamed("count"):
        found = count_layer(*layer_call(subject)) if LAYER.fullmatch(subject) else read_model(subject)
        return {**json.loads(write(found, "json")), "text": write(found)}


def _checked(sheet: Sheet) -> Report:
    from derivations.check import Options, check_sheet
    from gradproof.sheets import read_declared

    more = read_declared(f"{sheet.declarations}\n") if sheet.declarations.strip() else None
    options = Options(sheet.seed, sheet.time_limit, sheet.strict, more)
    return check_sheet(_source(sheet.name, sheet.text), options)


def _source(name: str, text: str) -> Source:
    """The sheet, read as a file of that name would be. Raises UsageError as that does."""
    return decode(name, text.encode("utf-8"))
