"""Documents in every form: whole, safe, and the same every time."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from documents import EVIL, everything

from derivations.errors import UsageError
from gradproof.rendering import Form, model, pdf, render, write
from gradproof.rendering.katex import MathsError
from gradproof.rendering.model import Document, Figure, Image, Link, Text, walk
from gradproof.text import template_folder

NEEDS_TEX = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
ATTRIBUTES = {
    "href", "class", "id", "lang", "content", "name", "charset", "http-equiv", "tabindex", "role", "aria-label",
    "aria-labelledby", "aria-hidden", "src", "alt", "start", "scope", "rel", "style", "xmlns", "encoding", "width",
    "height", "viewbox", "preserveaspectratio", "d", "display", "mathvariant", "stretchy", "accent", "fence",
    "columnalign", "columnspacing", "rowspacing", "displaystyle", "scriptlevel", "linebreak", "separator", "lspace",
    "rspace", "open",
}  # fmt: skip


class Seen(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


def test_nothing_of_a_text_acts_in_html() -> None:
    seen = Seen(render(everything(EVIL), Form.HTML).text)
    assert not {"script", "iframe", "object", "embed", "form", "base", "link"} & seen.tags
    assert seen.attributes <= ATTRIBUTES
    assert all(re.match(r"#|data:image/|https://example\.org/", address) for address in seen.addresses)


def test_the_oracle_sees_what_acts_in_html() -> None:
    seen = Seen('<p onclick="x"><script>alert(1)</script><a href="javascript:x">')
    assert "script" in seen.tags
    assert not seen.attributes <= ATTRIBUTES
    assert "javascript:x" in seen.addresses


def test_nothing_of_a_text_acts_in_latex() -> None:
    body = render(everything(EVIL), Form.LATEX).text.split(r"\begin{document}")[1]
    commands = set(re.findall(r"\\[A-Za-z]+", re.sub(r"\\textbackslash\{\}", "", body)))
    assert not commands & {r"\input", r"\write", r"\catcode", r"\csname", r"\openin", r"\immediate"}
    assert body.count(r"\end{document}") == 1


@pytest.mark.parametrize("form", list(Form))
def test_templates_in_a_text_are_text(form: Form) -> None:
    text = render(everything("{{ 7077*7 }} << 7077*7 >> {% raw %}"), form).text
    assert "49539" not in text


@pytest.mark.parametrize("form", list(Form))
def test_the_same_document_gives_the_same_bytes(form: Form) -> None:
    assert render(everything(EVIL), form) == render(everything(EVIL), form)


@pytest.mark.parametrize("form", list(Form))
def test_every_kind_of_part_has_a_macro(form: Form) -> None:
    """The document of the tests has every kind, and every kind is written by a macro of its own."""
    kinds = {part.kind for part in walk(everything("x")) if not isinstance(part, Document)}
    assert kinds == {kind for x in vars(model).values() if isinstance(kind := getattr(x, "kind", None), str)}
    source = (template_folder() / f"blocks.{form.value}.j2").read_text(encoding="utf-8")
    assert set(re.findall(r"macro (\w+)\(", source)) == kinds


def test_links_lead_to_pages_and_anchors_only() -> None:
    for target in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "#a b", 'https://a"b', "//a"):
        with pytest.raises(ValueError, match="no address"):
            Link((Text("x"),), target)


def test_images_lie_beside_the_text_under_names_that_are_safe() -> None:
    document = Document((Text("x"),), (Figure("a plot", (), (Image("png", b"1"), Image("pdf", b"2"))),))
    (name,) = render(document, Form.LATEX).files
    assert re.fullmatch(r"figure-[0-9a-f]{12}\.pdf", name)
    assert name in render(document, Form.LATEX).text
    assert not render(document, Form.HTML).files


# Templates of a person's own


def test_a_template_of_ones_own_goes_before_that_of_the_house(tmp_path: Path) -> None:
    (tmp_path / "blocks.html.j2").write_text(
        "{% macro paragraph(x) %}<p class='mine'>{{ render(x.inlines) }}</p>{% endmacro %}"
    )
    text = render(everything("a < b"), Form.HTML, tmp_path).text
    assert "<p class='mine'>a &lt; b" in text
    assert "<blockquote>" in text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% macro %}", "blocks.html.j2:1"),
        ("{% macro paragraph(x) %}{{ x.missing }}{% endmacro %}", "missing"),
        ("{% macro paragraph(x) %}{{ x.__class__.__mro__ }}{% endmacro %}", "unsafe"),
        ("{% include 'nowhere' %}", "nowhere"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "blocks.html.j2").write_text(source)
    with pytest.raises(UsageError, match=message):
        render(everything("x"), Form.HTML, tmp_path)


# Files


def test_the_suffix_names_the_form(tmp_path: Path) -> None:
    for suffix in (".html", ".tex", ".md"):
        first = write(everything("x"), tmp_path / f"out{suffix}")[0]
        assert first.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="must end in"):
        write(everything("x"), tmp_path / "out.docx")
    with pytest.raises(UsageError, match="cannot be written"):
        write(everything("x"), tmp_path / "no" / "out.html")
    with pytest.raises(UsageError, match="no such engine"):
        write(everything("x"), tmp_path / "out.pdf", "word")


@pytest.mark.parametrize(("engine", "suffix"), [("latex", "tex"), ("chromium", "html")])
def test_what_is_not_installed_is_said_and_the_source_kept(
    tmp_path: Path, engine: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match="apt install"):
        write(everything("x"), tmp_path / "out.pdf", engine)
    assert (tmp_path / f"out.gradproof.{suffix}").exists()
    assert not (tmp_path / "out.pdf").exists()


@NEEDS_TEX
def test_the_pdf_is_the_same_every_time_and_holds_the_text(tmp_path: Path) -> None:
    from pypdf import PdfReader

    for name in ("a.pdf", "b.pdf"):
        write(everything(EVIL), tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "a.pdf").pages)
    assert "/etc/passwd" in text
    assert "root:" not in text


@NEEDS_TEX
def test_tex_opens_no_file_outside_of_its_folder() -> None:
    evil = pdf.Rendering("\\documentclass{article}\\begin{document}\\input{/etc/passwd}\\end{document}")
    with pytest.raises(UsageError, match="pdflatex stopped"):
        pdf.by_latex(evil)
    shell = pdf.Rendering(
        "\\documentclass{article}\\begin{document}\\immediate\\write18{touch hacked}"
        "\\IfFileExists{hacked}{\\undefined}{safe}\\end{document}"
    )
    assert pdf.by_latex(shell).startswith(b"%PDF")


def test_dates_in_a_pdf_are_fixed_without_moving_a_byte() -> None:
    data = b"<</CreationDate (D:20260101120000+00'00')\n/ModDate (D:20260101120000+00'00')>>"
    assert len(pdf.undated(data)) == len(data)
    assert b"2026" not in pdf.undated(data)


def test_a_formula_error_says_what_is_wrong() -> None:
    from gradproof.rendering.maths import maths

    with pytest.raises(MathsError, match="unknown command"):
        maths(r"\foo")


def test_weasyprint_makes_the_same_pdf_every_time_and_fetches_nothing() -> None:
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed (pip install gradproof[pdf])")
    page = "<p>words</p><img src='file:///etc/passwd' alt='no'>"
    assert pdf.by_weasyprint(pdf.Rendering(page)) == pdf.by_weasyprint(pdf.Rendering(page))


def test_the_documentation_names_every_part_and_filter() -> None:
    text = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    kinds = {kind for x in vars(model).values() if isinstance(kind := getattr(x, "kind", None), str)}
    named = set(re.findall(r"`(\w+)", text))
    assert kinds <= named
    used = {
        name
        for form in Form
        for name in re.findall(r"\| (\w+)", (template_folder() / f"blocks.{form.value}.j2").read_text(encoding="utf-8"))
    }
    assert used - {"length", "trim", "indent"} <= named
