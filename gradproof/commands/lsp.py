"""``gradproof lsp``: sheets are checked in an editor while they are written; see docs/editors.md."""

from __future__ import annotations

import gc
from importlib.util import find_spec

import click

from derivations.errors import UsageError
from gradproof.sheets import declared_with


@click.command()
@click.option("--strict", is_flag=True, help="Count as wrong what is right only under a departing reading.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=5.0,
    show_default=True,
    help="Seconds a statement may take.",
)
@click.option(
    "--delay",
    type=click.FloatRange(min=0, max=60),
    default=0.3,
    show_default=True,
    help="Seconds without a change before a check begins.",
)
@declared_with
def lsp(strict: bool, seed: int, time_limit: float, delay: float, declarations: str | None) -> None:
    """Serve an editor: speak the Language Server Protocol over standard input and output.

    An editor starts this for itself: see docs/editors.md. Diagnostics, quick fixes and hovers come for Markdown, LaTeX
    and text.
    """
    if find_spec("pygls") is None:
        raise UsageError("gradproof lsp needs pygls; pip install 'gradproof[editor]'")
    from gradproof.editor.background import warm
    from gradproof.editor.server import make_server
    from gradproof.editor.settings import Settings

    gc.enable()  # a server runs for long
    warm()
    make_server(Settings(strict, seed, time_limit, declarations, delay)).start_io()
