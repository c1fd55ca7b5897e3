"""Reports, derivations and counts as a notebook shows them, and the cell magic ``%%gradproof``.

A report stands in a frame of its own, without scripts, so that its styles and those of the notebook leave each other
alone.
"""

from __future__ import annotations

import shlex
from dataclasses import fields
from html import escape
from typing import Any, Protocol

from derivations.errors import GradproofError, UsageError
from derivations.reading.places import Source
from derivations.report import Report

OPTIONS = ("--latex", "--strict", "--no-torch")
HEIGHT = 640
"""Pixels of a frame; longer reports scroll in it."""


class Shell(Protocol):
    """What is used of an IPython shell."""

    def register_magic_function(self, func: Any, magic_kind: str, magic_name: str) -> None: ...


class NotebookReport(Report):
    """A report that a notebook shows as a page."""

    __slots__ = ()

    @classmethod
    def of(cls, report: Report) -> NotebookReport:
        """The same report, to be shown."""
        return cls(**{field.name: getattr(report, field.name) for field in fields(report)})

    def _repr_html_(self) -> str:
        return framed(page(self), self.sheet)


def page(report: Report) -> str:
    """The report on a sheet as one page of HTML."""
    from gradproof.rendering import Form, render
    from gradproof.reporting import report_document

    return render(report_document(report), Form.HTML).text


def framed(html: str, title: str) -> str:
    """A page inside another one: nothing in it runs, and nothing of it leaks out."""
    return (
        f'<iframe sandbox srcdoc="{escape(html)}" title="{escape(title)}" width="100%" height="{HEIGHT}"'
        ' style="border:1px solid #8886;border-radius:4px"></iframe>'
    )


def check_cell(line: str, cell: str) -> Report | None:
    """``%%gradproof [--latex] [--strict] [--no-torch]``: check the Markdown, or the LaTeX, of this cell."""
    try:
        return NotebookReport.of(_checked(shlex.split(line), cell))
    except (GradproofError, ValueError) as error:
        print(f"gradproof: {error}")
        return None


def _checked(options: list[str], cell: str) -> Report:
    from derivations.check import Options, check_sheet
    from gradproof import autograd_witness

    unknown = [option for option in options if option not in OPTIONS]
    if unknown:
        raise UsageError(f"%%gradproof has no option {unknown[0]}; there are {', '.join(OPTIONS)}")
    source = Source("cell.tex" if "--latex" in options else "cell.md", cell)
    witness = None if "--no-torch" in options else autograd_witness()
    return check_sheet(source, Options(strict="--strict" in options), witness)


def load_ipython_extension(shell: Shell) -> None:
    """``%load_ext gradproof`` gives notebooks the cell magic."""
    shell.register_magic_function(check_cell, "cell", "gradproof")
