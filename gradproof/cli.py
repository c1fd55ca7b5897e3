"""The command line."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Final

import click

from derivations.errors import GradproofError
from gradproof import __version__
from gradproof.outcome import UNUSABLE, complain

COMMANDS: Final = (
    "cells",
    "check",
    "conv",
    "count",
    "crosscheck",
    "data",
    "derive",
    "explain",
    "gates",
    "inpaint",
    "lsp",
    "mark",
    "norms",
    "optimisers",
    "read",
    "serve",
    "solve",
    "symbols",
    "timegate",
    "train",
)
"""Each is a module of :mod:`gradproof.commands` with a command of the same name."""


class Commands(click.Group):
    """The commands of the table, each loaded when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "train":  # arrays are small: NumPy's threads take a tenth of a second to start, and save none
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:  # all, so that click can name the nearest
            self.add_command(getattr(import_module(f"gradproof.commands.{name}"), name))
        return super().get_command(ctx, cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gradproof")
def cli() -> None:
    """Proofread your gradients."""


def main() -> None:
    """Run the command line; Ctrl-C ends with 130."""
    gc.disable()  # a run is short and its terms have no cycles; walking the heap of SymPy and torch is a tenth of it
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(UNUSABLE)
    except GradproofError as error:
        complain(error, "--debug" in sys.argv)
        sys.exit(UNUSABLE)
    finally:
        gc.freeze()  # or the interpreter walks the whole heap once more as it ends
