"""Solutions as files: the coursework, the example of the docs, the same bytes twice, no way in for TeX and scripts."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import gradproof
from derivations.errors import UsageError
from derivations.report import Verdict
from derivations.solutions.notation import read_notation
from gradproof.cli import cli
from gradproof.commands.solve import write
from gradproof.rendering import Form, render
from gradproof.solving.kinds import KINDS
from gradproof.solving.pages import solution_document

ROOT = Path(__file__).parents[2]
SHEETS = sorted((ROOT / "examples" / "coursework").glob("*.md"))
DOCS = (ROOT / "docs" / "solve.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_the_coursework_is_answered_and_checked_again(sheet: Path) -> None:
    solution = gradproof.solve(sheet)
    assert solution.evidence.proved >= 10
    report = gradproof.check(solution.to_markdown(), torch=False)
    assert {x.verdict for x in report.statements} <= {Verdict.GIVEN, Verdict.PROVED}


def test_there_is_a_sheet_for_each_piece_of_coursework() -> None:
    assert [path.stem[0] for path in SHEETS] == list("abcde")


def test_the_example_of_the_docs_is_answered() -> None:
    example = re.search(r"````markdown\n(.*?)\n````", DOCS, re.DOTALL)
    assert example is not None
    solution = gradproof.solve(example[1] + "\n")
    assert solution.evidence.proved == 5
    assert gradproof.check(solution.to_markdown()).exit_code == 0


def test_the_notation_of_the_docs_can_be_used() -> None:
    example = re.search(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    assert example is not None
    assert read_notation("own.toml", example[1]).loss == tomllib.loads(example[1])["loss"]


def test_the_docs_name_every_kind_and_key() -> None:
    for name, kind in KINDS.items():
        row = re.search(rf"^\| `{name}` \|.*(?:\n\| \|.*)*", DOCS, re.MULTILINE)
        assert row is not None, name
        assert all(f"`{key}`" in row[0] for key in kind.keys), name


QUESTION = """# Gradients & more

By hand: $x_t$ and <b>bold</b> \\input{/etc/passwd} {{ 7*7 }} [link](javascript:alert(1)).

$$\\write18{ls} \\csname x\\endcsname$$

```gradproof
derive: rnn
by: b_h
over: step 2
```

```gradproof
answer: \\catcode`\\@=11 <script>alert(1)</script> $\\input{x}$
```

```gradproof
diagram: rnn
```
"""


@pytest.mark.parametrize("form", [Form.HTML, Form.LATEX])
def test_the_same_bytes_twice(form: Form) -> None:
    one, other = (render(solution_document(gradproof.solve(QUESTION)), form) for _ in range(2))
    assert one == other


def test_nothing_of_a_sheet_acts_on_a_page() -> None:
    html = render(solution_document(gradproof.solve(QUESTION)), Form.HTML).text
    body = html[html.index("<body") :]
    assert "<script" not in body
    assert "<b>" not in body
    assert 'href="javascript' not in body
    assert "{{ 7*7 }}" in body


def test_nothing_of_a_sheet_acts_in_tex() -> None:
    tex = render(solution_document(gradproof.solve(QUESTION)), Form.LATEX).text
    body = tex[tex.index(r"\begin{document}") :]
    for command in (r"\input{", r"\write18{", r"\csname x", r"\catcode`"):
        assert command not in body


def test_a_page_has_the_reasons_beside_the_lines() -> None:
    html = render(solution_document(gradproof.solve(QUESTION)), Form.HTML).text
    assert html.count('<td class="reason">') >= 3
    assert "chain rule through" in html
    assert html.count("<h1>") == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_gradients_of_a_gru_and_an_lstm_compile_without_warnings(tmp_path: Path) -> None:
    for stem in ("b-recurrent-nets", "d-gru-gradients"):
        sheet = next(path for path in SHEETS if path.stem == stem)
        output = tmp_path / f"{stem}.tex"
        result = CliRunner().invoke(cli, ["solve", str(sheet), "-o", str(output)])
        assert result.exit_code == 0, result.output
        command = ["pdflatex", "-no-shell-escape", "-interaction=batchmode", output.name]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False).returncode == 0
        log = output.with_suffix(".log").read_text(encoding="latin-1")
        assert not re.findall(r"(?:LaTeX|Package \w+) Warning.*|Overfull.*|Underfull.*|^!.*", log, re.MULTILINE)


@pytest.mark.parametrize(("name", "message"), [("solution.doc", "must end in"), ("questions.md", "the questions")])
def test_files_that_cannot_be_written_are_told(name: str, message: str, tmp_path: Path) -> None:
    sheet = tmp_path / "questions.md"
    sheet.write_text(QUESTION, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        write(gradproof.solve(sheet), tmp_path / name)
    assert sheet.read_text(encoding="utf-8") == QUESTION
