"""``gradproof check SHEET -o FILE`` as a whole process: what is written, what is said, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
RIGHT, WRONG = "$$\\sigma(-x) = 1 - \\sigma(x)$$\n", "$$\\sigma(-x) = 1 + \\sigma(x)$$\n"


def run(*arguments: str, stdin: str = "", path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"PATH": path} if path is not None else {})}
    command = [sys.executable, "-m", "gradproof", "check", "--no-torch", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, input=stdin, check=False)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.md"
    path.write_text(WRONG, encoding="utf-8")
    return path


def test_the_exit_code_is_that_of_the_sheet(sheet: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.html"
    done = run(str(sheet), "-o", str(output))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == f"{sheet}: 1 wrong; written to {output}\n"
    assert "✗" in output.read_text(encoding="utf-8")
    assert run("-", "-o", str(output), stdin=RIGHT).returncode == 0
    assert "&lt;stdin&gt;" in output.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "out.doc"], "must end in .html, .tex or .pdf"),
        (["-o", "out"], "must end in"),
        (["examples/gru.md", "-o", "out.html"], "one file holds the report on one sheet"),
        (["-o", "no/such/folder/out.html"], "cannot be written"),
        (["-o", "out.html", "--format", "json"], "leave --format"),
        (["-o", "out.html", "--template", "no-such-folder"], "does not exist"),
        (["-o", "out.pdf", "--engine", "word"], "is not one of"),
    ],
)
def test_what_cannot_be_done_is_said(sheet: Path, arguments: list[str], message: str) -> None:
    done = run(str(sheet), *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_without_tex_the_source_is_kept(sheet: Path, tmp_path: Path) -> None:
    done = run(str(sheet), "-o", str(tmp_path / "out.pdf"), path=str(tmp_path))
    kept = tmp_path / "out.gradproof.tex"
    assert done.returncode == 2
    assert "apt install texlive-latex-base" in done.stderr
    assert str(kept) in done.stderr
    assert kept.read_text(encoding="utf-8").startswith("\\documentclass")


def test_a_folder_of_templates(sheet: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "document.html.j2").write_text(
        '{% extends "house/document.html.j2" %}{% block footer %}<footer>Course 101</footer>{% endblock %}'
    )
    assert run(str(sheet), "-o", str(tmp_path / "out.html"), "--template", str(mine)).returncode == 1
    assert "<footer>Course 101</footer>" in (tmp_path / "out.html").read_text(encoding="utf-8")
    (mine / "document.html.j2").write_text("{% if %}")
    done = run(str(sheet), "-o", str(tmp_path / "out.html"), "--template", str(mine))
    assert done.returncode == 2
    assert "document.html.j2:1" in done.stderr


def test_ends_of_lines_do_not_matter(sheet: Path, tmp_path: Path) -> None:
    source = f"# T\n\ntext\nmore\n\n{WRONG}\n$$a = \\foo$$\n"
    pages = []
    for k, ending in enumerate(("\n", "\r\n")):
        sheet.write_bytes(source.replace("\n", ending).encode())
        output = tmp_path / f"out{k}.tex"
        run(str(sheet), "-o", str(output))
        pages.append(output.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
