"""Text is nothing but text in every form."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gradproof.rendering.escaping import ASCII, latex_code, latex_text, latex_unicode, markdown_code, markdown_text

COMMANDS = ("\\text", "\\ensuremath", "\\allowbreak", "\\ ")


def active(latex: str) -> list[str]:
    """The characters of TeX that act, left over when what we write ourselves is taken away."""
    for own in sorted({*ASCII.values(), r"\allowbreak{}", "{}", r"\ "}, key=len, reverse=True):
        latex = latex.replace(own, "")
    return [c for c in latex if c in "\\{}$&#_%^~"]


@given(st.text(st.characters(max_codepoint=126)))
def test_no_character_of_ascii_acts_in_tex(text: str) -> None:
    assert not active(latex_text(text))
    assert not active(latex_code(text))


def test_the_oracle_sees_what_acts() -> None:
    assert active(r"a \input b") == ["\\"]
    assert active("50% of $x$") == ["%", "$", "$"]


@given(st.text())
def test_tex_gets_ascii_only(text: str) -> None:
    assert latex_text(text).isascii()
    assert latex_code(text).isascii()
    assert latex_unicode(text).isascii()


def test_letters_that_tex_has_are_kept() -> None:
    assert latex_text("é Ž ß ŷ") == r"\'{e} \v{Z} \ss{} \^{y}"
    assert latex_text("σ ≤ ² 𝐖") == r"\ensuremath{\sigma} \ensuremath{\leq} \ensuremath{^{2}} W"
    assert latex_text("其") == r"\texttt{U+5176}"


def test_control_characters_are_made_visible() -> None:
    assert latex_text("a\u202eb") == r"a\textbackslash{}u\{202e\}b"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\t", exclude_categories=["Cc", "Cf", "Zl", "Zp"])))
def test_markdown_shows_text_as_it_is(text: str) -> None:
    """What a reader of Markdown makes of the escaped text is the text."""
    tokens = MarkdownIt("commonmark", {"html": True}).parse(f"x{markdown_text(text)}x")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Co"]), min_size=1))
def test_code_in_markdown_is_one_span(text: str) -> None:
    children = MarkdownIt("commonmark").parseInline(f"a{markdown_code(text)}b")[0].children or []
    assert [child.type for child in children if child.content] == ["text", "code_inline", "text"]
