"""``gradproof norms``: how gradients vanish or explode, measured on random cells beside their bounds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from numeric.norms import Curve, Setting

SHOWN = (0, 1, 2, 5, 10, 20, 30, 40, 50, 75, 100, 150, 200)
"""The distances of which the text shows a row."""
WIDTH = 80
FORMS = (".png", ".csv", ".json")


@click.command()
@click.argument("subjects", metavar="CELL[:INIT]…", nargs=-1, required=True)
@click.option("--T", "steps", type=click.IntRange(1, 500), default=50, show_default=True, help="Time steps.")
@click.option("--n", type=click.IntRange(1, 256), default=32, show_default=True, help="Rows of a state.")
@click.option("--d", type=click.IntRange(1, 256), default=8, show_default=True, help="Rows of an input.")
@click.option("--seeds", type=click.IntRange(1, 50), default=5, show_default=True, help="How many random cells each.")
@click.option(
    "--init",
    type=click.Choice(["glorot", "orthogonal", "identity"]),
    default="glorot",
    show_default=True,
    help="How to draw the matrices between states, where a cell does not say its own.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write a .png, .csv or .json.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the norms.")
def norms(
    subjects: tuple[str, ...], steps: int, n: int, d: int, seeds: int, init: str, output: Path | None, form: str
) -> None:
    """Measure ‖∂h_T/∂h_i‖ against T−i on random cells, beside a bound of it.

    CELL is a recurrent cell, such as rnn, lstm or gru, and INIT how its matrices between states are drawn: glorot,
    orthogonal or identity, as in rnn:orthogonal. The bound is (γ‖W‖)^{T−i} for a plain recurrent layer, for others the
    product of the norms of the steps. Exit code 2 where the call or the file cannot be used.
    """
    from numeric.norms import Setting, measure

    if output is not None and output.suffix.lower() not in FORMS:
        raise UsageError(f"{output}: write a file that ends in {', '.join(FORMS)}")
    setting = Setting(steps, n, d, tuple(range(seeds)))
    pairs = [(name, own or init) for name, _, own in (subject.partition(":") for subject in subjects)]
    curves = [measure(name, own, setting) for name, own in dict.fromkeys(pairs)]
    if output is not None:
        save(curves, setting, output)
    click.echo(_json(curves, setting) if form == "json" else _text(curves, setting), nl=False)


def save(curves: list[Curve], setting: Setting, output: Path) -> None:
    """Write the curves as a picture, a table or JSON. Raises UsageError where that cannot be done."""
    from numeric.norms import plot

    if output.suffix.lower() == ".png":
        plot(curves, setting, output)
        return
    text = _csv(curves) if output.suffix.lower() == ".csv" else _json(curves, setting)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from error


def _text(curves: list[Curve], setting: Setting) -> str:
    from numeric.norms import caption

    width = max(6, *(len(curve.label) for curve in curves))
    rows = [f"{'T−i':>5}  " + "  ".join(curve.label.rjust(width) for curve in curves)]
    for apart in (k for k in SHOWN if k <= setting.steps):
        rows.append(f"{apart:>5}  " + "  ".join(f"{curve.means()[apart]:.2e}".rjust(width) for curve in curves))
    rows.append("bound  " + "  ".join(f"{curve.mean_bounds()[-1]:.2e}".rjust(width) for curve in curves))
    said = f"The bound is that at T−i = {setting.steps}. {caption(setting)}."
    return "\n".join([*rows, "", *wrap(said, WIDTH)]) + "\n"


def _csv(curves: list[Curve]) -> str:
    found = io.StringIO()
    writer = csv.writer(found, lineterminator="\n")
    writer.writerow(["cell", "init", "apart", "seed", "norm", "bound"])
    for curve in curves:
        for apart, (norms, bounds) in enumerate(zip(curve.norms, curve.bounds, strict=True)):
            for seed, (norm, bound) in enumerate(zip(norms, bounds, strict=True)):
                writer.writerow([curve.cell, curve.init, apart, seed, f"{norm:.6e}", f"{bound:.6e}"])
    return found.getvalue()


def _json(curves: list[Curve], setting: Setting) -> str:
    record: dict[str, Any] = {"version": 1, "T": setting.steps, "n": setting.n, "d": setting.d}
    record["seeds"] = list(setting.seeds)
    record["curves"] = [
        {"cell": c.cell, "init": c.init, "mean": c.means(), "mean_bound": c.mean_bounds(), "norms": c.norms}
        for c in curves
    ]
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"
