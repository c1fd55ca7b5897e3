"""Notebooks: what objects show, the cell magic, and the tour, run from its first cell to its last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import gradproof
from derivations.report import Report, Verdict

TOUR = Path(__file__).resolve().parents[2] / "examples" / "tour.ipynb"
SLIP = "$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma^2(x))$$\n"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    found = InteractiveShell.instance()
    found.run_cell("%load_ext gradproof")
    yield found
    InteractiveShell.clear_instance()


def result(shell: InteractiveShell, code: str) -> Any:
    ran = shell.run_cell(code)
    ran.raise_error()
    return ran.result


def test_the_tour_runs(shell: InteractiveShell) -> None:
    cells = [cell for cell in json.loads(TOUR.read_text())["cells"] if cell["cell_type"] == "code"]
    found = [result(shell, "".join(cell["source"])) for cell in cells]
    checked = found[1]
    assert isinstance(checked, Report)
    assert [x.verdict for x in checked.statements][-2:] == [Verdict.PROVED, Verdict.WRONG]
    assert checked.statements[-1].steps[0].repair is not None
    assert "aligned" in found[-2]._repr_latex_()
    assert "6272" in found[-1]._repr_latex_()


def test_a_report_is_a_page_in_a_frame(shell: InteractiveShell) -> None:
    html = gradproof.check(SLIP, torch=False)._repr_html_()
    assert html.startswith("<iframe sandbox srcdoc=")
    assert "<script" not in html
    assert "sigma-derivative" in html


def test_the_magic_reads_latex_and_refuses_what_it_does_not_know(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = "%%gradproof --latex --no-torch\n\\begin{equation}\\sigma(x) = \\frac{1}{1 + e^{-x}}\\end{equation}"
    assert result(shell, cell).statements[0].verdict is Verdict.PROVED
    assert result(shell, "%%gradproof --fast\n$x = 1$") is None
    assert "--fast" in capsys.readouterr().out


def test_hostile_text_stays_text(shell: InteractiveShell) -> None:
    html = result(shell, '%%gradproof --no-torch\n<script>alert(1)</script> $x = "><script>$')._repr_html_()
    assert "<script" not in html
