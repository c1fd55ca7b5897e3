"""The answers that are pictures: plots of what was measured or derived, diagrams, saved results of experiments."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from derivations.errors import UsageError
from derivations.solutions.document import Block, Chain, Figure, Line, Paragraph, Sheet, Table, Text, named, text

if TYPE_CHECKING:
    from derivations.solutions.notation import Notation
    from gradproof.solving.questions import Question

PNG: Final = b"\x89PNG\r\n\x1a\n"
MOST_BYTES: Final = 20_000_000


def _png(figure: Any) -> bytes:
    found = io.BytesIO()
    figure.savefig(found, format="png", dpi=150)
    return found.getvalue()


def time_gate(question: Question) -> tuple[Sheet, ...]:
    """The time gate of the phased LSTM: its picture, and each of its pieces with all slopes."""
    from derivations.solutions.time_gates import time_gate_answer
    from derivations.time_gate import TimeGate
    from numeric.time_gate import figure_of

    given = {name: Fraction(question.options[name]) for name in ("tau", "r-on", "shift", "leak")}
    gate = TimeGate(given["tau"], given["r-on"], given["shift"], given["leak"])
    picture = _png(figure_of(gate, gate.shift, gate.shift + 2 * gate.tau))
    caption = f"The time gate over two periods: τ = {gate.tau}, r_on = {gate.r_on}, s = {gate.shift}, α = {gate.leak}."
    alt = "The openness k rises, falls and leaks in every period; below it its slope, constant in each piece."
    return (Sheet((Figure(f"time-gate-{question.line}", named(caption), alt, png=picture),)), *time_gate_answer())


def norms(question: Question) -> tuple[Sheet, ...]:
    """Norms of ∂h_T/∂h_i against T − i on random cells, measured, beside their bounds."""
    from numeric.norms import Setting, caption, figure_of, measure

    options = question.options
    setting = Setting(options["T"], options["n"], options["d"], tuple(range(options["seeds"])))
    pairs = [(name, init or "glorot") for name, _, init in (x.partition(":") for x in options["cells"])]
    curves = [measure(name, init, setting) for name, init in dict.fromkeys(pairs)]
    picture = _png(figure_of(curves, setting))
    said = f"Norms of the gradient of the last state by earlier ones: {caption(setting)}."
    alt = "Norms against the number of steps between, on a logarithmic axis, a line for each of "
    shown = [k for k in (0, 1, 2, 5, 10, 20, 50, 100, 200) if k <= setting.steps]
    head = (text("steps between"), *(text(curve.label) for curve in curves))
    rows = tuple((text(str(k)), *(text(f"{c.means()[k]:.2e}") for c in curves)) for k in shown)
    figure = Figure(f"norms-{question.line}", (said,), alt + ", ".join(c.label for c in curves) + ".", png=picture)
    return (Sheet((figure, Table(head, rows, text("Geometric means over the seeds."), len(head)))),)


def activation(question: Question) -> tuple[Sheet, ...]:
    """An activation and its derivative: the formula, proved, and the picture."""
    from numeric.activations import figure_of, samples

    name = question.options["function"]
    picture = _png(figure_of(name, samples(name)))
    left, right, why = DERIVATIVES[name]
    chain = Chain(rf"\frac{{\partial}}{{\partial x}} {left}", (Line(right, text(why)),))
    caption = f"{name} and its derivative; values and slopes agree with torch at every sample."
    figure = Figure(f"{name}-{question.line}", (caption,), f"The curve of {name}, and dashed that of its slope.",
                    png=picture)  # fmt: skip
    return (Sheet((chain, figure), ("x: scalar",)),)


DERIVATIVES: Final = {
    "sigma": (r"\sigma(x)", r"\sigma(x) (1 - \sigma(x))", "quotient rule in 1/(1 + exp(−x))"),
    "tanh": (r"\tanh(x)", r"1 - \tanh^2(x)", "quotient rule in sinh/cosh"),
    "softplus": (r"\log(1 + e^{x})", r"\sigma(x)", "chain rule through the logarithm"),
    "relu": (r"\mathrm{ReLU}(x)", r"\mathrm{step}(x)", "1 where x is positive, 0 where it is negative"),
}
"""What is claimed of an activation; each is proved before it is printed."""


def diagram(question: Question, notation: Notation) -> tuple[Sheet, ...]:
    """A cell, or a network over some steps, drawn from its equations."""
    from derivations.cells import cell
    from derivations.solutions.drawing import svg, tikz
    from derivations.solutions.graph import cell_drawing, network_drawing

    steps, name = question.options["steps"], question.subject
    found = cell(name)
    drawing = network_drawing(found, notation, steps) if steps else cell_drawing(found, notation)
    alt = f"{drawing.title}: " + "; ".join(f"{a.tail} to {a.head}" for a in drawing.arrows) + "."
    caption = (
        f"{drawing.title}. Boxes with sharp corners are inputs, those with small ones gates; biases are not drawn."
    )
    figure = Figure(f"diagram-{question.line}", (caption if not steps else f"{drawing.title}.",), alt,
                    svg=svg(drawing), tikz=tikz(drawing))  # fmt: skip
    return (Sheet((figure,)),)


# Results of experiments


def experiment(question: Question, folder: Path) -> tuple[Sheet, ...]:
    """The saved results of a task: its table, its figures, and how they came about.

    Raises UsageError where the folder has no results, or they cannot be read.
    """
    place = folder / question.subject
    results = _results(place)
    told = Paragraph(text(_about(results)))
    figures = [_saved_figure(place, row, k, question.line) for k, row in enumerate(_pictures(results), start=1)]
    wanted = figures[: question.options["figures"]]
    return (Sheet((told, _table(results, place), *wanted)),)


def _results(place: Path) -> dict[str, Any]:
    path = place / "results.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: the results cannot be read: {error.strerror}; name the folder of an experiment, as "
                         "seen from the question sheet") from error  # fmt: skip
    except ValueError as error:
        raise UsageError(f"{path}: this is no JSON: {error}") from error
    table = found.get("table") if isinstance(found, dict) else None
    if not isinstance(table, dict) or not all(isinstance(table.get(key), list) for key in ("columns", "rows")):
        raise UsageError(f"{path}: there is no table with columns and rows in it")
    return dict(found)


def _about(results: dict[str, Any]) -> str:
    parts = [f"Task {results.get('task', 'unnamed')}"]
    if results.get("mode"):
        parts.append(f"{results['mode']} setting")
    if results.get("seeds"):
        parts.append(f"seeds {', '.join(map(str, results['seeds']))}")
    if isinstance(results.get("seconds"), int | float):
        parts.append(f"{results['seconds']:.0f} s of training")
    if results.get("device"):
        parts.append(f"on {results['device']}")
    return _plain(", ".join(parts)) + "."


def _plain(words: object) -> str:
    """Words of a file, without what would be read as a formula."""
    return str(words).replace("$", "＄")


def _table(results: dict[str, Any], place: Path) -> Table:
    columns = [_plain(x) for x in results["table"]["columns"]]
    rows = results["table"]["rows"]
    if any(not isinstance(row, list) or len(row) != len(columns) for row in rows):
        raise UsageError(f"{place}: a row of the table has not the {len(columns)} columns of its head")
    shown = tuple(tuple((_cell(x),) for x in row) for row in rows)
    numbers = sum(all(isinstance(row[k], int | float) for row in rows) for k in range(len(columns))) if rows else 0
    return Table(tuple((x,) for x in columns), shown, numbers=numbers)


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "–" if value is None else _plain(value)


def _pictures(results: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [row for row in results.get("figures", []) if isinstance(row, dict)]
    return [row for row in rows if str(row.get("file", "")).endswith(".png")]


def _saved_figure(place: Path, row: dict[str, Any], number: int, line: int) -> Block:
    """A picture of the folder itself. Raises UsageError for one outside it, and for a file that is no PNG."""
    name = str(row["file"])
    path = place / name
    if Path(name).name != name:
        raise UsageError(f"{place}: {name} is no picture of this folder")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the picture cannot be read: {error.strerror}") from error
    if not data.startswith(PNG) or len(data) > MOST_BYTES:
        raise UsageError(f"{path}: this is no PNG picture, or too large a one")
    caption: Text = (_plain(row.get("caption", name)),)
    alt = f"A figure of the experiment: {_plain(row.get('caption', ''))}"
    return Figure(f"experiment-{line}-{number}", caption, alt, png=data)
