"""The report on a sheet: every statement in its place, every link leads somewhere, nothing is lost."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

import gradproof
from derivations.report import Report
from gradproof.rendering import Form, render, write
from gradproof.rendering.model import (
    Checked,
    Display,
    Document,
    Fold,
    Items,
    Link,
    Listing,
    Maths,
    Note,
    Paragraph,
    Part,
    Statement,
    Text,
    plain,
    walk,
)
from gradproof.reporting import report_document

ROOT = Path(__file__).parent.parent.parent
SHEETS = ("examples/gru.md", "tests/sheets/dl-softmax-temperature.tex", "tests/sheets/rec-dl-course.ipynb",
          "examples/rnn-equations.txt")  # fmt: skip


def checked(text: str, name: str = "sheet.md") -> Report:
    from derivations.check import Options, check_sheet
    from gradproof.sheets import decode

    return check_sheet(decode(name, text.encode()), Options())


def document_of(text: str, name: str = "sheet.md") -> Document:
    return report_document(checked(text, name))


@pytest.fixture(scope="module", params=SHEETS)
def report(request: pytest.FixtureRequest) -> Report:
    return gradproof.check(ROOT / request.param, torch=False)


def unplaced(report: Report, document: Document) -> list[str]:
    """What the document does not show of a report: statements that are no definitions in a line, and their verdicts."""
    shown = [(part.anchor.split("-")[1], part.verdict) for part in walk(document) if isinstance(part, Statement)]
    wanted = [(str(x.line), x.verdict.value) for x in report.statements if x.verdict.value != "given"]
    return [
        f"{line} {verdict}" for line, verdict in wanted if shown.count((line, verdict)) < wanted.count((line, verdict))
    ]


def test_every_statement_has_its_place(report: Report) -> None:
    assert not unplaced(report, report_document(report))


def test_the_oracle_sees_a_statement_that_is_missing() -> None:
    report = gradproof.check(ROOT / "examples/gru.md", torch=False)
    other = checked("$$\\sigma(-x) = 1 - \\sigma(x)$$")
    assert "25 wrong" in unplaced(report, report_document(other))


def test_every_step_that_is_not_right_has_a_note(report: Report) -> None:
    notes = [x for x in walk(report_document(report)) if isinstance(x, Note) and x.tone not in ("note", "cell")]
    bad = [
        step for x in report.statements for step in x.steps if step.verdict.value in ("wrong", "undecided", "unclear")
    ]
    assert [note.tone for note in notes] == [step.verdict.value for step in bad]


def test_links_lead_to_anchors_that_are_there_once(report: Report) -> None:
    text = render(report_document(report), Form.HTML).text
    anchors = re.findall(r'\bid="([^"]+)"', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(anchors)


def test_headings_leave_no_level_out(report: Report) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", render(report_document(report), Form.HTML).text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    for form in (Form.HTML, Form.LATEX):
        assert render(report_document(report), form) == render(report_document(report), form)


def test_displays_are_typeset(report: Report) -> None:
    """None of these sheets has a formula that must be shown as it stands."""
    assert not [x for x in walk(report_document(report)) if isinstance(x, Listing) and x.label == "Formula"]


# What is said


def test_the_slip_is_marked_in_the_formula_and_mended_beside_it() -> None:
    document = document_of("$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma^{2}(x))$$")
    (display,) = [x for x in walk(document) if isinstance(x, Display)]
    assert r"\gpmark{wrong}{\times}{=}" in display.maths.latex
    assert r"\gpslip{\sigma^{2}(x)}" in display.maths.latex
    text = render(document, Form.LATEX).text
    assert r"write $\sigma(x)$ in place of $\sigma^{2}(x)$" in text
    assert "exact: every value 0" in text


def test_a_follow_up_leads_to_its_root() -> None:
    report = gradproof.check(ROOT / "examples/gru.md", torch=False)
    document = report_document(report)
    links = [x.target for x in walk(document) if isinstance(x, Link)]
    assert links.count("#line-25") >= 4
    beside = [x for x in walk(document) if isinstance(x, Statement) and x.anchor == "line-37"]
    assert "follows from " in "".join(plain(remark) for x in beside for remark in x.remarks)


def test_what_is_not_read_is_shown_as_it_stands_with_a_caret() -> None:
    document = document_of("$$a = \\foo{b}$$\n")
    listings = {x.label: x.text for x in walk(document) if isinstance(x, Listing)}
    assert listings["Formula"] == "$$a = \\foo{b}$$"
    assert listings["The place in the sheet"] == "$$a = \\foo{b}$$\n      ^^^^"


def test_statements_in_words_are_told_where_they_stand() -> None:
    document = document_of("# Sizes\n\nThe LSTM with 32 units and 16 inputs has 6,000 parameters.\n\n$x = 1$\n")
    (found,) = [x for x in walk(document) if isinstance(x, Checked)]
    assert found.verdict == "wrong"
    assert "6,000 parameters" in "".join(x.text for x in walk(found.blocks) if isinstance(x, Text))


def test_files_that_a_sheet_asks_for_are_told() -> None:
    document = document_of("\\documentclass{article}\\begin{document}\\input{other}\n$x=1$\\end{document}", "a.tex")
    assert [x.verdict for x in walk(document) if isinstance(x, Statement)] == ["unclear"]


def test_declarations_are_shown_and_comments_are_not() -> None:
    document = document_of("<!-- gradproof: x: scalar -->\n<!-- private -->\n\n$$y = x^2$$\n")
    text = render(document, Form.HTML).text
    assert "x: scalar" in text
    assert "private" not in text


def test_a_notebook_counts_its_cells() -> None:
    cells = [
        {"cell_type": "markdown", "source": "# T\n\nText"},
        {"cell_type": "markdown", "source": "$$y = x + \\foo$$"},
    ]
    document = document_of(json.dumps({"cells": cells, "nbformat": 4}), "a.ipynb")
    titles = [plain(x.title) for x in walk(document) if isinstance(x, Note) and x.tone == "cell"]
    assert titles == ["Cell 1", "Cell 2"]
    assert [x.place for x in walk(document) if isinstance(x, Statement)] == ["cell 2, line 1"]
    assert "<h3>T</h3>" in render(document, Form.HTML).text


def test_commands_of_the_author_are_typeset() -> None:
    source = "\\newcommand{\\pd}[2]{\\frac{\\partial #1}{\\partial #2}}\n\\[y = x^2\\]\n\\[\\pd{y}{x} = 2x\\]\n"
    document = document_of(source, "a.tex")
    latex = [x.maths.unmarked for x in walk(document) if isinstance(x, Display)]
    assert latex == ["y=x^2", r"\frac{\partial y}{\partial x}=2x"]
    assert "newcommand" not in render(document, Form.HTML).text


def test_statements_without_a_place_in_the_text_are_told_behind_it() -> None:
    report = checked("[$$y = x + \\foo$$]: http://example.org\n\n$$a = b$$\n")
    document = report_document(report)
    assert not unplaced(report, document)


def test_a_program_is_on_the_screen_and_not_on_paper() -> None:
    report = gradproof.check(ROOT / "examples/gru.md", torch=False)
    document = report_document(report)
    assert [x for x in walk(document) if isinstance(x, Fold) and not x.printed]
    assert "import torch" in render(document, Form.HTML).text
    assert "import torch" not in render(document, Form.LATEX).text


def test_a_proof_is_told_on_demand() -> None:
    document = document_of("$$\\sigma(-x) = 1 - \\sigma(x)$$")
    (statement,) = [x for x in walk(document) if isinstance(x, Statement)]
    (fold,) = statement.blocks
    assert isinstance(fold, Fold)
    assert plain(fold.title) == "Proof"
    (rules,) = [x for x in walk(fold) if isinstance(x, Items)]
    log = checked("$$\\sigma(-x) = 1 - \\sigma(x)$$").statements[0].steps[0].log
    assert log
    assert [plain(x.inlines) for x in walk(rules) if isinstance(x, Paragraph)] == log


def test_the_counts_and_the_seed_stand_at_the_end() -> None:
    report = checked("$$\\sigma(-x) = 1 - \\sigma(x)$$")
    last = report_document(report).blocks[-1]
    assert isinstance(last, Part)
    assert last.name == "counts"
    assert "Seed 0" in "".join(x.text for x in walk(last) if isinstance(x, Text))


def test_two_hundred_statements(tmp_path: Path) -> None:
    report = checked("\n\n".join(f"$$a_{{{k}}} = \\sigma(b_{{{k}}})$$" for k in range(200)))
    document = report_document(report)
    assert len([x for x in walk(document) if isinstance(x, Statement)]) == 200
    assert len([x for x in walk(document) if isinstance(x, Display) and isinstance(x.maths, Maths)]) == 200


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_every_verdict_is_on_paper(report: Report, tmp_path: Path) -> None:
    """Of statements on lines of their own, within a paragraph, in lists and in words."""
    from pypdf import PdfReader

    document = report_document(report)
    write(document, tmp_path / "out.pdf")
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "out.pdf").pages)
    words = "".join(text.split())
    shown = [x for x in walk(document) if isinstance(x, Statement)]
    assert shown
    assert [x.place for x in shown if f"{x.verdict}{''.join(x.place.split())}" not in words] == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_statements_within_lines_and_in_words_are_on_paper(tmp_path: Path) -> None:
    sheet = (
        "Note that $\\sigma(-x) = 1 - \\sigma(x)$ holds.\n\n- and $\\sigma(-x) = 1 + \\sigma(x)$\n\n"
        "> $\\tanh(-x) = \\tanh(x)$\n\nThe LSTM with 32 units and 16 inputs has 6,000 parameters.\n\n$a = \\foo$\n"
    )
    report = checked(sheet)
    assert len(report.statements) == 5
    test_every_verdict_is_on_paper(report, tmp_path)
