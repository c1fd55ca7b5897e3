"""Where formulas stand in a Markdown file."""

from __future__ import annotations

import pytest
from reading_trees import sentence

from derivations.reading.markdown import find_blocks
from derivations.reading.places import Source
from derivations.reading.statements import read_markdown


def contents(text: str) -> list[str]:
    blocks = find_blocks(Source("sheet.md", text))
    for block in blocks:
        assert len(block.text) == block.span.end - block.span.start
        assert block.text.strip().split() == [w for w in text[block.span.start : block.span.end].split() if w != ">"]
    return [" ".join(block.text.split()) for block in blocks]


FOUND = {
    "A $a = b$ and $c$.": ["a = b", "c"],
    "$$a = b$$": ["a = b"],
    "$$\na = b\n$$\n": ["a = b"],
    "text\n$$a = b$$\nmore": ["a = b"],
    "a) \n$$a = b$$\n\n$$c = d$$\nb) \n$$e = f$$": ["a = b", "c = d", "e = f"],
    "text $$a = b$$ more $$c = d$$": ["a = b", "c = d"],
    "$$a = b$$ (1)": ["a = b"],
    r"\(a = b\) and \[c = d\]": ["a = b", "c = d"],
    r"\\(a = b\\)" + "\n\n" + r"\\[c = d\\]": ["a = b", "c = d"],
    "\\[\na\n= b\n\\]": ["a = b"],
    "\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}": ["\\begin{align*} a &= b \\\\ c &= d \\end{align*}"],
    "text \\begin{equation} a = b \\end{equation}": ["\\begin{equation} a = b \\end{equation}"],
    "- item $a$\n- $$b$$\n  $$\n  c\n  + d\n  $$\n": ["a", "b", "c + d"],
    "> $a$ and $$b\n> = c$$\n>\n> $$\n> d\n> + e\n> $$\n": ["a", "b = c", "d + e"],
    "## On $h_t$ ##": ["h_t"],
    "| a | $|x|$ |\n|---|---|\n| $b$ | c |": ["|x|", "b"],
    "<div>\n$a = b$\n</div>": ["a = b"],
    "```math\na = b\n```": ["a = b"],
    "$`a = b`$": ["a = b"],
    "**bold $a*b$ and $c*d$**": ["a*b", "c*d"],
    "$ a = b $ but $ 5 and $ 6": ["a = b"],
    "$$\\begin{aligned} a &= b \\end{aligned}$": ["\\begin{aligned} a &= b \\end{aligned}"],
    r"$a \$ b$": [r"a \$ b"],
    "$a$\\": ["a"],
}

NONE = [
    "costs $5 and $6",
    "`$a = b$` and ``$c$``",
    "```\n$$a = b$$\n```",
    "~~~\n$a$\n~~~",
    "<!-- $a = b$ -->",
    "text <!-- $a = b$ --> text",
    "<!--\n\n$$a = b$$\n\n-->",
    r"\$a = b\$",
    "$ $",
    "$$ $$",
    "$$",
    "big $$$ money",
]


@pytest.mark.parametrize(("text", "expected"), FOUND.items())
def test_found(text: str, expected: list[str]) -> None:
    assert contents(text) == expected


@pytest.mark.parametrize("text", NONE)
def test_none(text: str) -> None:
    assert contents(text) == []


@pytest.mark.parametrize(("text", "expected"), FOUND.items())
def test_found_with_carriage_returns(text: str, expected: list[str]) -> None:
    assert contents(text.replace("\n", "\r\n")) == expected


def test_display_flags() -> None:
    blocks = find_blocks(Source("sheet.md", "$a$ $$b$$ \\(c\\) \\[d\\]\n\n$$e$$"))
    assert [block.display for block in blocks] == [False, True, False, True, True]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("prefix", ["", "> ", "  ", "- "])
def test_places(newline: str, prefix: str) -> None:
    """The same formula, wherever it stands: every symbol is found under its span."""
    later = prefix.replace("-", " ")
    text = newline.join(["Äpfel, $x_1$", "", f"{prefix}$$", f"{later}a_2 = b_3", f"{later}+ c_4", f"{later}$$", ""])
    source = Source("sheet.md", text)
    found = [node for s in read_markdown(source) for item in s.items for node in item.walk()]  # type: ignore[union-attr]
    symbols = {source.slice(node.span) for node in found if type(node).__name__ == "Symbol"}
    assert symbols == {"x_1", "a_2", "b_3", "c_4"}
    (b,) = (node for node in found if source.slice(node.span) == "b_3")
    assert (source.place(b.span.start).line, source.place(b.span.start).column) == (4, len(prefix) + 7)


def read(text: str) -> list[str]:
    return [sentence(found) for found in read_markdown(Source("sheet.md", text))]


def test_unclosed_displays_are_reported() -> None:
    closed = "! this formula is never closed before the paragraph ends"
    assert read("text $$a = b\n\n$$c = d$$") == [closed, "c = d"]
    assert read("$$\na = b\n\nmore\n") == [closed]


def test_displays_go_on_only_where_nothing_stands_between() -> None:
    assert read("$$a = b$$\n\n$$= c$$") == ["a = b", "b = c"]
    assert read("$$a = b$$\n\nso\n\n$$= c$$") == ["a = b", "<=> c"]
    assert read("$$a = \\foo$$\n\n$$= c$$")[1:] == ["<=> c"]


def test_cross_display_spans() -> None:
    text = "$$a = b$$\n\n$$= c$$"
    source = Source("sheet.md", text)
    second = read_markdown(source)[1]
    assert source.slice(second.span) == "= c"
    assert [source.slice(item.span) for item in second.items] == ["b", "c"]  # type: ignore[union-attr]
