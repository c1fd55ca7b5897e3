"""``gradproof conv``: a convolution, or a residual block, of matrices of numbers, every entry written out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from fractions import Fraction

    from derivations.worked_convolution import Entry, Layer, Matrix

WIDTH = 80


@click.command()
@click.option("--image", required=True, metavar="MATRIX|FILE", help='Rows such as "1 0; 2 -1", or a file with them.')
@click.option(
    "--filter", "filters", required=True, multiple=True, metavar="MATRIX|FILE", help="A kernel; once for every layer."
)
@click.option(
    "--padding", default="same", show_default=True, metavar="same|valid|full|N", help="Zeros around the image."
)
@click.option("--stride", type=click.IntRange(min=1), default=1, show_default=True, help="The step of the kernel.")
@click.option("--flip", is_flag=True, help="Turn the kernel round, as mathematicians do.")
@click.option("--relu", is_flag=True, help="ReLU behind every layer.")
@click.option("--skip", is_flag=True, help="Add the image to the last layer, before its ReLU.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write it.")
def conv(
    image: str, filters: tuple[str, ...], padding: str, stride: int, flip: bool, relu: bool, skip: bool, form: str
) -> None:
    """Work out a convolution of numbers by hand: shapes, every entry as a sum, exact results.

    Entries are whole numbers, fractions or decimals. Exit code 2: a matrix or a size cannot be used.
    """
    from derivations.convolution_words import Way
    from derivations.worked_convolution import work_out

    if padding not in ("same", "valid", "full") and not padding.isdecimal():
        raise UsageError(f"{padding} is no padding; expected same, valid, full or a number")
    way = Way(padding, stride, flip)
    layers = work_out(_matrix(image), [_matrix(kernel) for kernel in filters], way, relu, skip)
    click.echo(write(layers, form), nl=False)


def _matrix(text: str) -> Matrix:
    """A matrix as it is written, or from a file of text or CSV."""
    from derivations.worked_convolution import matrix
    from gradproof.sheets import read_sheet

    return matrix(read_sheet(text).text if text.lower().endswith((".csv", ".txt", ".tsv")) else text)


def write(layers: list[Layer], form: str = "text") -> str:
    """The worked layers in text or JSON."""
    if form == "json":
        return json.dumps({"layers": [_record(layer) for layer in layers]}, indent=2, ensure_ascii=False) + "\n"
    from gradproof.text import environment, wrapped

    templates = environment()
    templates.filters["summed"] = lambda entry, indent: wrapped(_summed(entry), WIDTH - indent, indent)
    templates.filters["rows"] = _rows
    return templates.get_template("conv.txt.j2").render(layers=layers)


def _summed(entry: Entry) -> str:
    terms = " + ".join(f"{_bracketed(w)}·{_bracketed(x)}" for w, x in entry.terms)
    return f"{terms or '0'} = {entry.value}"


def _bracketed(value: Fraction) -> str:
    return f"({value})" if value < 0 or value.denominator > 1 else str(value)


def _rows(matrix: Matrix) -> list[str]:
    """The rows of a matrix with their entries in columns."""
    width = max(len(str(x)) for row in matrix for x in row)
    return ["[ " + "  ".join(str(x).rjust(width) for x in row) + " ]" for row in matrix]


def _record(layer: Layer) -> dict[str, Any]:
    def shown(matrix: Matrix | None) -> list[list[str]] | None:
        return None if matrix is None else [[str(x) for x in row] for row in matrix]

    return {
        "image": shown(layer.image),
        "filter": shown(layer.kernel),
        "padding": list(layer.padding),
        "stride": layer.way.stride,
        "flipped": layer.way.turned,
        "entries": [{"row": x.row, "column": x.column, "sum": _summed(x)} for x in layer.entries],
        "result": shown(layer.result),
        "with_skip": shown(layer.skipped),
        "output": shown(layer.output),
        "relu": layer.relu,
    }
