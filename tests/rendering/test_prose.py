"""Prose of authors as blocks: Markdown, LaTeX and plain lines, with formulas put back in their places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.reading.places import Span
from gradproof.rendering.latex_prose import latex_blocks
from gradproof.rendering.markdown_prose import markdown_blocks
from gradproof.rendering.maths import maths
from gradproof.rendering.model import (
    Blocks,
    Break,
    Checked,
    Code,
    Display,
    Emphasis,
    Heading,
    Items,
    Link,
    Listing,
    Maths,
    Paragraph,
    Quote,
    Statement,
    Strong,
    Table,
    Text,
    walk,
)
from gradproof.rendering.plain_prose import plain_blocks
from gradproof.rendering.prose import Embedded, in_order

READERS = (markdown_blocks, latex_blocks, plain_blocks)


def words(blocks: Blocks) -> str:
    """All text of some blocks, code and listings too."""
    return " ".join(part.text for part in walk(blocks) if isinstance(part, Text | Code | Listing))


def test_markdown_is_read() -> None:
    blocks = markdown_blocks("# A\n\n### B *c*\n\n- x\n- y `z`\n\n> q\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", [])
    assert [type(block) for block in blocks] == [Heading, Heading, Items, Quote, Table]
    assert [block.level for block in blocks if isinstance(block, Heading)] == [3, 4]
    assert isinstance(blocks[1], Heading)
    assert blocks[1].inlines == (Text("B "), Emphasis((Text("c"),)))


def test_headings_leave_no_level_out() -> None:
    source = "## a\n\n#### b\n\n# c\n\n## d\n\n###### e\n"
    levels = [block.level for block in markdown_blocks(source, []) if isinstance(block, Heading)]
    assert levels == [3, 4, 3, 4, 5]


def test_html_and_images_and_scripts_are_text() -> None:
    blocks = markdown_blocks("<script>alert(1)</script>\n\n![alt](http://x/y.png) <b>x</b>\n", [])
    assert "<script>alert(1)</script>" in words(blocks)
    assert "[image:  alt ]" in words(blocks)
    assert "<b>" in words(blocks)


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "x.md"]
)
def test_links_that_lead_to_no_page_are_words(target: str) -> None:
    for blocks in (markdown_blocks(f"[click]({target})", []), latex_blocks(rf"\href{{{target}}}{{click}}", [])):
        assert not [part for part in walk(blocks) if isinstance(part, Link)]
        assert target in words(blocks)


def test_a_display_among_words_ends_the_paragraph() -> None:
    text = "so that $$x = 1$$ holds"
    part = Embedded(Span(8, 17), blocks=(Display(maths("x = 1")),))
    blocks = markdown_blocks(text, [part])
    assert [type(block) for block in blocks] == [Paragraph, Display, Paragraph]


@pytest.mark.parametrize("read", READERS)
def test_statements_of_a_paragraph_stand_beside_it(read: object) -> None:
    part = Embedded(Span(5, 8), (maths("x"),), (), (Statement("line-1", "wrong", "line 1"),))
    (block,) = read("Let  $x$ be.", [part])  # type: ignore[operator]
    assert isinstance(block, Checked)
    assert block.verdict == "wrong"
    assert any(isinstance(part, Maths) for part in walk(block.blocks))


def test_what_stands_in_a_heading_is_told_behind_it() -> None:
    part = Embedded(Span(4, 7), (maths("x"),), (), (Statement("line-1", "proved", "line 1"),))
    assert [type(block) for block in markdown_blocks("# A $x$", [part])] == [Heading, Checked]


def test_no_placeholder_can_be_forged() -> None:
    part = Embedded(Span(0, 1), (maths("x"),))
    assert "\ue000" not in words(markdown_blocks("a \ue0000\ue001 b", [part]))
    assert len([x for x in walk(markdown_blocks("a \ue0000\ue001 b", [part])) if isinstance(x, Maths)]) == 1


def test_parts_inside_others_are_left_out() -> None:
    outer, inner, edge = Embedded(Span(2, 9)), Embedded(Span(3, 5)), Embedded(Span(2, 2))
    assert in_order([inner, outer, edge]) == [edge, outer]


def test_latex_is_read() -> None:
    source = r"""\documentclass{article}
\title{My \textbf{Title}}
\begin{document}
\maketitle
\section{Intro}
Some ``quoted'' text --- caf\'e, \emph{very {nested {x}}} good~ok. % a comment

% another

\subsubsection*{Deep}
\begin{itemize}
\item One
\item[b)] Two
\begin{enumerate}\item x \item y\end{enumerate}
\end{itemize}
\begin{theorem}[Foo] It is. \foo{bar}\end{theorem}
\begin{verbatim}
 a & \b{c}
\end{verbatim}
See \eqref{eq:1}.\\ \url{https://example.org/a_b}
\end{document}
gone"""
    blocks = latex_blocks(source, [])
    said = words(blocks)
    assert [b.level for b in blocks if isinstance(b, Heading)] == [3, 4, 5]
    assert "“quoted” text — caf é" in said
    assert "good\u00a0ok" in said
    assert "comment" not in said
    assert "gone" not in said
    assert r"\foo bar" in said
    assert r" a & \b{c}" in said
    items = [block for block in walk(blocks) if isinstance(block, Items)]
    assert [(len(x.items), x.start) for x in items] == [(2, None), (2, 1)]
    assert Break() in list(walk(blocks))
    assert Strong((Text("Theorem (Foo). "),)) in list(walk(blocks))
    assert Link((Text("https://example.org/a_b"),), "https://example.org/a_b") in list(walk(blocks))


def test_a_comment_before_an_empty_line_ends_no_word() -> None:
    assert len(latex_blocks("a % b\n\nc", [])) == 2
    assert len(latex_blocks("a % b\nc", [])) == 1


def test_plain_lines_stay_lines() -> None:
    (first, second) = plain_blocks("a\n  b\n\n\nc", [])
    assert first == Paragraph((Text("a"), Break(), Text("b")))
    assert second == Paragraph((Text("c"),))


@settings(max_examples=60)
@given(st.text(st.sampled_from(list("ab \n\\{}[]#*_`>|-1.<!&%$~:()")), max_size=60), st.integers(0, 60))
def test_no_formula_is_lost_in_markdown_and_plain_text(text: str, place: int) -> None:
    at = min(place, len(text))
    part = Embedded(Span(at, at), (maths("x"),), (), (Statement("line-1", "wrong", "line 1"),))
    for read in (markdown_blocks, plain_blocks):
        found = list(walk(read(text, [part])))
        assert len([x for x in found if isinstance(x, Statement)]) == 1 or "[" in text
