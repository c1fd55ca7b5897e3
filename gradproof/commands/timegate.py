"""``gradproof timegate``: the time gate of the phased LSTM, its derivatives by piece, and a picture of both."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.errors import UsageError

if TYPE_CHECKING:
    from derivations.time_gate import TimeGate

FORMATS = ("text", "latex", "json")
WRITTEN = (".png", ".pdf", ".svg", ".csv", ".json")


def _number(context: click.Context, parameter: click.Parameter, value: str | None) -> Fraction | None:
    """A number exactly as it is written: 0.05 is 1/20."""
    try:
        return None if value is None else Fraction(value)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise click.BadParameter(f"{value} is not a number", context, parameter) from error


@click.command()
@click.option("--tau", callback=_number, default="1", show_default=True, help="Period.")
@click.option("--r-on", callback=_number, default="0.05", show_default=True, help="Open part of the period, in (0, 1].")
@click.option("--shift", callback=_number, default="0", show_default=True, help="Phase shift s, in units of time.")
@click.option("--leak", callback=_number, default="0.001", show_default=True, help="Leak α while the gate is closed.")
@click.option("--from", "start", callback=_number, default="0", show_default=True, help="First time.")
@click.option("--to", "end", callback=_number, help="Last time.  [default: two periods later]")
@click.option("-o", "--output", metavar="FILE", help="Write a picture (.png, .pdf, .svg) or samples (.csv, .json).")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write the pieces."
)
def timegate(
    tau: Fraction,
    r_on: Fraction,
    shift: Fraction,
    leak: Fraction,
    start: Fraction,
    end: Fraction | None,
    output: str | None,
    form: str,
) -> None:
    """Show the time gate k(t) of the phased LSTM with its derivatives by t, s, τ, r_on and α, piece by piece.

    The derivatives are derived through the phase. Where pieces meet there is no derivative: each boundary is reported
    with the values and the slopes on both sides. Exit code 2: the call or the file cannot be used.
    """
    from derivations.time_gate import TimeGate

    gate = TimeGate(tau, r_on, shift, leak)
    last = start + 2 * tau if end is None else end
    if last <= start:
        raise UsageError("the last time must come after the first")
    if (last - start) / tau > 1000:
        raise UsageError("more than 1000 periods are not shown; choose --from and --to closer together")
    if output is not None:
        _write(gate, start, last, Path(output))
    click.echo(shown(gate, start, last, form, output), nl=False)


def shown(gate: TimeGate, start: Fraction, end: Fraction, form: str = "text", output: str | None = None) -> str:
    """The pieces and boundaries of a gate as text, LaTeX or JSON."""
    record = _record(gate, start, end)
    if form == "json":
        return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    from gradproof.text import environment

    return (
        environment()
        .get_template(f"timegate.{'latex' if form == 'latex' else 'txt'}.j2")
        .render({**record, "output": output})
    )


def _record(gate: TimeGate, start: Fraction, end: Fraction) -> dict[str, Any]:
    import sympy

    from derivations import time_gate as table
    from derivations.plain import plain

    def both(expression: Any) -> dict[str, str]:
        latex = sympy.latex(expression)
        return {"latex": latex, "text": plain(latex.replace("^{2}", "^2"))}

    def value(expression: Any) -> str:
        known = {symbol: sympy.Rational(number) for symbol, number in gate.values().items()}
        return f"{float(expression.subs(known)):.6g}"

    pieces = [
        {
            "name": piece.name,
            "from": both(piece.lower),
            "to": both(piece.upper),
            "gate": both(piece.gate),
            "derivatives": [{"by": both(by), **both(piece.derivative(by))} for by in table.BY],
        }
        for piece in table.PIECES
    ]
    meetings = [
        {
            "phase": both(edge.phase),
            "jumps": edge.jumps and value(edge.before) != value(edge.after),
            "sides": [value(edge.before), value(edge.after)],
            "slopes": [value(edge.slope_before), value(edge.slope_after)],
        }
        for edge in table.boundaries()
    ]
    return {
        "source": "Neil, Pfeiffer and Liu 2016, eqs. 2–3",
        "numbers": {name: str(getattr(gate, name)) for name in ("tau", "r_on", "shift", "leak")},
        "pieces": pieces,
        "boundaries": meetings,
        "edges": [float(edge) for edge in gate.edges(start, end)],
        "from": float(start),
        "to": float(end),
    }


def _write(gate: TimeGate, start: Fraction, end: Fraction, path: Path) -> None:
    """A picture or samples, by the ending of the name. Raises UsageError."""
    from numeric.time_gate import draw, samples

    ending = path.suffix.lower()
    if ending not in WRITTEN:
        raise UsageError(f"{path}: write to a file that ends in {', '.join(WRITTEN)}")
    try:
        if ending == ".csv":
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\n").writerows([("t", "k", "dk_dt"), *samples(gate, start, end)])
            path.write_text(buffer.getvalue(), encoding="utf-8")
        elif ending == ".json":
            rows = [{"t": t, "k": k, "dk_dt": slope} for t, k, slope in samples(gate, start, end)]
            path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        else:
            draw(gate, start, end, path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from error
