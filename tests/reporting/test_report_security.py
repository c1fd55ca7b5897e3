"""Sheets that attack the page, the TeX run or the templates: in prose, formulas, titles and names of files."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradproof.cli import cli

ATTACKS = (
    r"\input{/etc/passwd}",
    r"\immediate\write18{touch hacked}",
    r"\write18{id}",
    r"\catcode`\%=12",
    r"\csname input\endcsname{/etc/passwd}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}{{ 'qz' * 3 }}",
    "<< 7*7 >><< 'qz' * 3 >>",
    "{% include '/etc/passwd' %}",
    "[x](javascript:alert(1))",
    r"\href{javascript:alert(1)}{x}",
    "<a href='javascript:alert(1)'>x</a>",
    r"\end{document}",
    "^^5cinput{/etc/passwd}",
    r"\verb|\input{/etc/passwd}|",
    "</style><script>alert(1)</script>",
    "\u202e\x0c\ue0000\ue001",
)
NEEDS_TEX = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def in_markdown(attack: str) -> str:
    return (
        f"# {attack}\n\n{attack} in prose, *{attack}*, `{attack}`, ${attack}$.\n\n$${attack}$$\n\n"
        f"$$y = x + {attack}$$\n\n$$y = \\text{{{attack}}}$$\n\n- {attack}\n\n> {attack}\n\n```\n{attack}\n```\n\n"
        f"| {attack} | b |\n|---|---|\n| 1 | 2 |\n\n$$\\sigma(-x) = 1 + \\sigma(x)$$\n"
    )


def in_latex(attack: str) -> str:
    attack = attack.replace(r"\end{document}", r"\end {document}")
    return (
        f"\\documentclass{{article}}\n\\title{{{attack}}}\n\\newcommand{{\\mine}}{{{attack}}}\n\\begin{{document}}\n"
        f"\\maketitle\\section{{{attack}}} {attack} \\textbf{{{attack}}}\n\\[ y = {attack} \\]\n\\[ z = \\mine \\]\n"
        f"\\begin{{itemize}}\\item {attack}\\end{{itemize}}\n\\[\\sigma(-x) = 1 + \\sigma(x)\\]\n\\end{{document}}\n"
    )


def in_notebook(attack: str) -> str:
    return json.dumps({"cells": [{"cell_type": "markdown", "source": in_markdown(attack)}], "nbformat": 4})


def in_plain_text(attack: str) -> str:
    return f"{attack}\n\ny = x + 1\n\nσ(−x) = 1 + σ(x)   {attack}\n"


SHEETS = {"md": in_markdown, "tex": in_latex, "ipynb": in_notebook, "txt": in_plain_text}


class Page(HTMLParser):
    """What acts in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.acting: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "form", "base", "link", "img"):
            self.acting.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (name in ("href", "src") and not str(value).startswith("#")):
                self.acting.append(f"{name}={value}")


COMMANDS = re.compile(
    r"\\(input|include|write|immediate|catcode|csname|openin|href|verb|def|let|end\{document\}|special)"
)


def acting_in_tex(text: str) -> list[str]:
    """Commands in the body of a LaTeX file that no template of ours writes."""
    body = text.split(r"\begin{document}", 1)[1].removesuffix("\n").removesuffix(r"\end{document}")
    return COMMANDS.findall(body.replace(r"\gdef", "").replace(r"\textbackslash{}", ""))


def report(sheet: Path, suffix: str) -> str:
    output = sheet.parent / f"out{suffix}"
    done = CliRunner().invoke(cli, ["check", "--no-torch", "--time-limit", "2", str(sheet), "-o", str(output)])
    assert done.exit_code in (0, 1, 3), done.output
    return output.read_text(encoding="utf-8") if suffix != ".pdf" else output.read_bytes().decode("latin-1")


@pytest.mark.parametrize("kind", SHEETS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_a_sheet_acts(attack: str, kind: str, tmp_path: Path) -> None:
    sheet = tmp_path / f"sheet.{kind}"
    sheet.write_text(SHEETS[kind](attack), encoding="utf-8")
    page = report(sheet, ".html")
    assert not Page(page).acting
    assert "qzqzqz" not in page
    source = report(sheet, ".tex")
    assert not acting_in_tex(source)
    assert "qzqzqz" not in source
    assert source.isascii()


def test_the_oracles_see_what_acts() -> None:
    assert Page("<p><script>x</script><a href='javascript:x' onclick='y'>").acting == [
        "script",
        "href=javascript:x",
        "onclick=y",
    ]
    assert acting_in_tex("\\begin{document}\\textbackslash{}input \\input{x}\\end{document}\n") == ["input"]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)<", "{{ 7*7 }}{{ 'qz' * 3 }}", "$x$ \\input{y} %", "a&b_c#d~e^f", "-rf"]
)
def test_names_of_files_are_text(name: str, tmp_path: Path) -> None:
    name = name.replace("/", "")
    sheet = tmp_path / f"{name}.md"
    sheet.write_text(in_markdown("x"), encoding="utf-8")
    page = report(sheet, ".html")
    assert not Page(page).acting
    assert "qzqzqz" not in page
    assert not acting_in_tex(report(sheet, ".tex"))


@NEEDS_TEX
@pytest.mark.parametrize("kind", SHEETS)
def test_a_hostile_sheet_compiles_and_touches_nothing(kind: str, tmp_path: Path) -> None:
    """All attacks in one sheet: the PDF is made, in a folder of its own, with nothing of /etc/passwd in it."""
    from pypdf import PdfReader

    sheet = tmp_path / f"all.{kind}"
    attacks = [attack for attack in ATTACKS if kind != "tex" or "end{document}" not in attack]
    texts = [SHEETS[kind](attack) for attack in attacks]
    sheet.write_text(_joined(kind, texts), encoding="utf-8")
    report(sheet, ".pdf")
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "out.pdf").pages)
    assert "root:" not in text
    assert sorted(path.name for path in tmp_path.iterdir()) == [sheet.name, "out.pdf"]


def _joined(kind: str, texts: list[str]) -> str:
    if kind == "ipynb":
        cells = [cell for text in texts for cell in json.loads(text)["cells"]]
        return json.dumps({"cells": cells, "nbformat": 4})
    if kind == "tex":
        bodies = [text.split(r"\begin{document}")[1].split(r"\end{document}")[0] for text in texts]
        return "\\documentclass{article}\\begin{document}" + "\n".join(bodies) + "\\end{document}"
    return "\n\n".join(texts)


@pytest.mark.parametrize("form", [".html", ".tex"])
def test_the_same_sheet_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.md"
    sheet.write_text("".join(map(in_markdown, ATTACKS[:4])), encoding="utf-8")
    assert report(sheet, form) == report(sheet, form)


def test_the_sheet_itself_is_never_overwritten(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.tex"
    sheet.write_text(in_latex("x"), encoding="utf-8")
    done = CliRunner().invoke(cli, ["check", "--no-torch", str(sheet), "-o", str(sheet)], standalone_mode=False)
    assert "this file is read" in str(done.exception)
    assert sheet.read_text(encoding="utf-8") == in_latex("x")
