"""``gradproof count``: the parameters of a layer or of a model, as polynomials and as numbers."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from derivations.model_code import Model
    from derivations.parameter_counts import Count

WIDTH = 80
LAYER = re.compile(r"[A-Za-z][\w-]*\s*(\(.*\))?\s*", re.DOTALL)
CODE = re.compile(r"\\begin\{(verbatim|lstlisting|minted)\}[^\n]*\n(.*?)\\end\{\1\}", re.DOTALL)
FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
BLOCKS = {".md": FENCE, ".markdown": FENCE, ".tex": CODE}
"""What code stands in, by the kind of the sheet."""
MODEL = re.compile(r"Sequential\s*\(|\.add\s*\(")


@click.command()
@click.argument("subject", metavar="LAYER|FILE")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the count.")
def count(subject: str, form: str) -> None:
    """Count the parameters of a layer, or of a model in code.

    LAYER is one such as "lstm", "lstm(n=32, d=16)" or "gru(n=200, d=200, biases=2)". FILE is Python with a Keras or
    torch Sequential model, a notebook, or a Markdown or LaTeX sheet with one in a code block; it is read, never run.

    Exit codes: 0 all counted; 1 a slip in the code; 3 a layer that is not known; 2 the call or the file cannot be
    used.
    """
    found = counted(subject)
    click.echo(write(found, form), nl=False)
    sys.exit(exit_code(found))


def counted(subject: str | Path) -> Count | Model:
    """The count of a layer, written as a call, or of the model in a file. Raises UsageError."""
    from derivations.model_code import read_model
    from derivations.parameter_counts import count as count_layer

    text = str(subject)
    if isinstance(subject, str) and LAYER.fullmatch(text) and not Path(text).exists():
        return count_layer(*layer_call(text))
    return read_model(_code(text))


def layer_call(text: str) -> tuple[str, dict[str, Any]]:
    """``lstm(n=32, d=16)`` as a name and its sizes. Raises UsageError where it is not understood."""
    from derivations.terms import dimension

    name, _, rest = text.strip().partition("(")
    name, given = name.strip().replace("_", "-"), dict[str, Any]()
    for part in (x for x in rest.rstrip(") \n").split(",") if x.strip()):
        key, equals, value = (x.strip() for x in part.partition("="))
        if not equals or not key.isidentifier() or not (value.isdecimal() or value.isidentifier()):
            raise UsageError(f"{part.strip()} is not understood; write sizes by name, such as {name}(n=32, d=16)")
        given[key] = int(value) if value.isdecimal() else dimension(value)
    return name, given


def _code(name: str) -> str:
    from gradproof.sheets import read_code

    text = read_code(name).text
    blocks = next((blocks for ending, blocks in BLOCKS.items() if name.lower().endswith(ending)), None)
    if blocks is None:
        return text
    for block in blocks.finditer(text):
        if MODEL.search(block.group(2)):
            return "\n" * text[: block.start(2)].count("\n") + block.group(2)
    raise UsageError(f"{name}: no code block with a Sequential model was found")


def exit_code(found: Count | Model) -> int:
    from derivations.model_code import Model

    if not isinstance(found, Model):
        return 0
    return 1 if found.slips else 3 if found.parameters is None else 0


def write(found: Count | Model, form: str = "text") -> str:
    """A count in text or JSON."""
    from derivations.model_code import Model

    if form == "json":
        return json.dumps(_model_record(found) if isinstance(found, Model) else _record(found), indent=2) + "\n"
    return _model_text(found) if isinstance(found, Model) else _text(found)


def _record(found: Count) -> dict[str, Any]:
    return {
        "layer": found.layer,
        "parameters": str(found.parameters),
        "formula": str(found.formula),
        "groups": {name: str(amount) for name, amount in found.groups},
        "multiply_adds": str(found.multiply_adds),
        "notes": list(found.notes),
    }


def _model_record(model: Model) -> dict[str, Any]:
    rows = [
        {
            "line": row.line,
            "layer": row.layer,
            "shape": None if row.shape is None else [str(x) for x in row.shape],
            "parameters": None if row.parameters is None else str(row.parameters),
            "notes": row.notes,
        }
        for row in model.rows
    ]
    slips = [{"line": slip.line, "column": slip.column, "message": slip.message} for slip in model.slips]
    return {"layers": rows, "slips": slips, "parameters": None if model.parameters is None else str(model.parameters)}


def _text(found: Count) -> str:
    from derivations.parameter_counts import factored

    rows = [(name, factored(amount)) for name, amount in found.groups]
    width = max(len(name) for name, _ in [*rows, ("multiply–adds", "")])
    lines = [f"{found.layer}: {found.title}", ""]
    lines += [f"  {name.ljust(width)}  {amount}" for name, amount in rows]
    formula = factored(found.formula)
    value = f" = {factored(found.parameters)}" if found.parameters != found.formula else ""
    lines += ["", f"  {'parameters'.ljust(width)}  {formula}{value}"]
    lines += [f"  {'multiply–adds'.ljust(width)}  {factored(found.multiply_adds)} a step"]
    return "\n".join([*lines, *(f"  note: {note}" for note in found.notes)]) + "\n"


def _model_text(model: Model) -> str:
    from derivations.model_code import shape_text
    from derivations.parameter_counts import factored
    from gradproof.text import wrapped

    table = [("line", "layer", "output", "parameters")]
    for row in model.rows:
        amount = "?" if row.parameters is None else factored(row.parameters)
        table.append((str(row.line), row.layer, shape_text(row.shape), amount))
    total = "?" if model.parameters is None else factored(model.parameters)
    table.append(("", "total", "", total))
    widths = [max(len(row[k]) for row in table) for k in range(4)]
    lines = [
        "  ".join([a.rjust(widths[0]), b.ljust(widths[1]), c.ljust(widths[2]), d.rjust(widths[3])])
        for a, b, c, d in table
    ]
    notes = [f"line {row.line}: {row.layer}: {note}" for row in model.rows for note in row.notes]
    slips = [f"slip at line {slip.line}, column {slip.column}: {slip.message}" for slip in model.slips]
    said = [wrapped(text, WIDTH, 2) for text in [*notes, *slips]]
    return "\n".join(lines + [""] * bool(said) + said) + "\n"
