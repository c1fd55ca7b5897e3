"""What the processes do: each function takes and gives plain data, and loads what it needs where it runs."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from derivations.errors import UsageError
from gradproof.outcome import blamed
from gradproof.sheets import decode

if TYPE_CHECKING:
    from derivations.reading.places import Source
    from derivations.rechecking import Memory
    from derivations.report import Report

MOST_NAME: Final = 100
MOST_SESSIONS: Final = 30
DERIVE_FORMATS: Final = ("text", "latex", "markdown", "torch", "numpy", "sympy", "json")
MEDIA: Final = {"html": "text/html; charset=utf-8", "tex": "application/x-tex; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that somebody sent: its text, a name that ends as its kind does, and how to check it.

    Of the sheets of one ``session`` only what changed is checked again; a ``quick`` answer may leave out why steps are
    wrong.
    """

    text: str
    name: str
    strict: bool = False
    seed: int = 0
    time_limit: float = 5.0
    declarations: str = ""
    session: str = ""
    quick: bool = False


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
    """The report on a sheet, as ``gradproof check --format json --no-torch`` has it, and its exit code.

    ``settled`` is false where a quick answer left something out.
    """
    with blamed(sheet.name):
        memory = _memory_of(sheet)
        report = _checked(sheet, memory)
        settled = memory is None or not memory.left_open
        return {**report.to_json(), "exit_code": report.exit_code, "settled": settled}


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


_MEMORIES: OrderedDict[str, Memory] = OrderedDict()
"""What this process knows of the sheets of the sessions that it heard of last."""


def _memory_of(sheet: Sheet) -> Memory | None:
    from derivations.rechecking import Memory

    if not sheet.session:
        return None
    memory = _MEMORIES.pop(sheet.session, None) or Memory()
    memory.quick, memory.left_open = sheet.quick, False
    _MEMORIES[sheet.session] = memory
    while len(_MEMORIES) > MOST_SESSIONS:
        _MEMORIES.popitem(last=False)
    return memory


def _checked(sheet: Sheet, memory: Memory | None = None) -> Report:
    from derivations.check import Options, check_sheet
    from gradproof.sheets import read_declared

    more = read_declared(f"{sheet.declarations}\n") if sheet.declarations.strip() else None
    options = Options(sheet.seed, sheet.time_limit, sheet.strict, more)
    return check_sheet(_source(sheet.name, sheet.text), options, memory=memory)


def _source(name: str, text: str) -> Source:
    """The sheet, read as a file of that name would be. Raises UsageError as that does."""
    return decode(name, text.encode("utf-8"))
