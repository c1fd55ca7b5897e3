"""``gradproof inpaint``: missing pixels from those before and behind them, by Bayes' rule, every step proved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from derivations.inpainting import Inpainting

FORMATS = ("text", "latex", "json")
WIDTH = 80
WRITTEN = {r"\{": "⦃", r"\}": "⦄", r" \, ": " ", r" \mid ": " | ", r" \in ": " ∈ ", r"\log ": "log ", r"\sum_": "Σ_"}
"""What stands otherwise in one line of text; braces that show keep apart from those of LaTeX."""


@click.command()
@click.option("--pixels", type=int, default=1, show_default=True, metavar="K", help="How many pixels are missing.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write it."
)
def inpaint(pixels: int, form: str) -> None:
    """Derive the posterior of K missing binary pixels, given the pixels before (P) and behind (F) them.

    4 are a 2×2 patch with its 16 states. Exit code 2: the number of pixels cannot be used.
    """
    from derivations.inpainting import inpaint as derived

    click.echo(write(derived(pixels), form), nl=False)


def write(found: Inpainting, form: str = "text") -> str:
    """The derivation in text, LaTeX or JSON."""
    if form == "json":
        return json.dumps(_record(found), indent=2, ensure_ascii=False) + "\n"
    from gradproof.text import environment, wrapped

    templates = environment()
    templates.filters["formula"] = lambda latex, indent: wrapped(_plain(latex), WIDTH - indent, indent)
    templates.filters["wrapped"] = lambda text, indent: wrapped(text, WIDTH - indent, indent)
    return templates.get_template(f"inpaint.{form}.j2").render(found=found)


def _plain(latex: str) -> str:
    """A formula of the derivation in one line."""
    from derivations.plain import plain

    for written, shown in WRITTEN.items():
        latex = latex.replace(written, shown)
    return plain(latex).replace("⦃", "{").replace("⦄", "}").replace(")/(", ") / (")


def _record(found: Inpainting) -> dict[str, object]:
    return {
        "pixels": list(found.pixels),
        "posterior": found.posterior,
        "steps": [{"rule": x.rule, "latex": x.latex, "why": x.why, "proved": True} for x in found.steps],
        "states": list(found.states),
    }
