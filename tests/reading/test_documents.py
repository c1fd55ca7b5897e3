"""LaTeX files, notebooks, plain text and the author's own commands: what is found, and where."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.errors import UsageError
from derivations.reading.documents import Kind, kind_of, read_document
from derivations.reading.notebook import read_notebook
from derivations.reading.places import Place, Source
from derivations.reading.surface import Sentence, Statement, Unreadable
from gradproof.sheets import decode


def slices(name: str, text: str) -> list[str]:
    source = Source(name, text)
    return [source.slice(sentence.span) for sentence in read_document(source)]


def unreadable(name: str, text: str) -> list[Unreadable]:
    return [found for found in read_document(Source(name, text)) if isinstance(found, Unreadable)]


def sides(name: str, text: str) -> str:
    """The first statement with the places taken out, to compare what two texts say."""
    found: Sentence = read_document(Source(name, text))[0]
    assert isinstance(found, Statement)
    return re.sub(r"Span\(start=\d+, end=\d+\)", "", repr((found.items, [link.relation for link in found.links])))


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.md", r"\begin{document}", Kind.MARKDOWN),
        ("a.tex", "x", Kind.LATEX),
        ("a.txt", "x = y", Kind.PLAIN),
        ("a.txt", "$x = y$", Kind.MARKDOWN),
        ("<text>", "\\documentclass{article}\n", Kind.LATEX),
        ("<text>", "$x = y$", Kind.MARKDOWN),
    ],
)
def test_the_kind_is_that_of_the_name_or_the_content(name: str, text: str, kind: Kind) -> None:
    assert kind_of(Source(name, text)) is kind


def test_latex_finds_all_displays_and_leaves_out_comments_verbatim_and_the_preamble() -> None:
    text = (
        "$p = 0$\\begin{document}\\begin{theorem}Let $a = b$.\\end{theorem} % $c = d$\n"
        "\\verb|$e = f$| \\$5 \\(g = h\\)\n"
        "\\begin{verbatim}$i = j$\\end{verbatim}\\[k = l\\]\n\\begin{equation*}m = n\\label{x}\\end{equation*}\n"
        "$$o = p$$\\end{document}$q = r$"
    )
    found = slices("a.tex", text)
    assert [found[k] for k in (0, 1, 2, 4)] == ["a = b", "g = h", "k = l", "o = p"]
    assert found[3].startswith("m = n")
    assert len(found) == 5


def test_intertext_stands_between_rows() -> None:
    text = "\\begin{align}\na &= b \\\\\n\\intertext{so that}\nc &= d \\notag\n\\end{align}"
    assert [found[:6] for found in slices("a.tex", text)] == ["a &= b", "c &= d"]


def test_a_paragraph_ends_an_open_formula_and_what_follows_is_read() -> None:
    text = "\\[ x = y\n\nThen $a = b$."
    assert [found.at.start for found in unreadable("a.tex", text)] == [0]
    assert slices("a.tex", text)[1] == "a = b"


def test_other_files_are_refused_with_their_place() -> None:
    (found,) = unreadable("a.tex", "x\n\\input{secret}\n% \\input{no}\n")
    assert "not read" in found.message
    assert (found.span.start, found.span.end) == (2, 16)


@pytest.mark.parametrize(
    ("definition", "call", "meaning"),
    [
        (
            r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}",
            r"\pd{L}{W} = G",
            r"\frac{\partial L}{\partial W} = G",
        ),
        (r"\newcommand*\pd[2]{\frac{\partial #1}{\partial #2}}", r"\pd LW = G", r"\frac{\partial L}{\partial W} = G"),
        (r"\newcommand{\v}[1][x]{\mathbf{#1}}", r"\v = \v[y]", r"\mathbf{x} = \mathbf{y}"),
        (r"\def\f#1{\tanh(#1)}", r"\f{\f{x}} = y", r"\tanh(\tanh(x)) = y"),
        (r"\let\ep\epsilon", r"\ep = y", r"\epsilon = y"),
        (r"\DeclareMathOperator{\ht}{tanh}", r"\ht(x) = y", r"\operatorname{tanh}(x) = y"),
        (r"\newcommand{\a}{x}\renewcommand{\a}{z}", r"\a = y", "z = y"),
        (r"\newcommand{\s}{a + b}", r"2 \s = y", "2 a + b = y"),
    ],
)
def test_commands_of_the_author_mean_what_they_stand_for(definition: str, call: str, meaning: str) -> None:
    assert sides("a.tex", f"{definition} ${call}$") == sides("a.tex", f"${meaning}$")
    assert sides("a.md", f"$${definition} {call}$$") == sides("a.md", f"$${meaning}$$")


def test_a_definition_holds_from_where_it_stands() -> None:
    text = r"$\a = 1$ \newcommand{\a}{x} $\a = 2$ \renewcommand{\a}{z} $\a = 3$"
    assert len(unreadable("a.tex", text)) == 1
    assert slices("a.tex", text) == [r"\a = 1", r"\a = 2", r"\a = 3"]


def test_carets_point_to_the_call() -> None:
    text = r"\newcommand{\a}{x \nonsense} $y = \a + 1$"
    (found,) = unreadable("a.tex", text)
    assert text[found.at.start : found.at.end].strip() == r"\a"


@pytest.mark.parametrize(
    "text",
    [
        r"\def\a{\a\a} $\a = 1$",
        r"\def\a{\b\b}\def\b{\a} $\a = 1$",
        r"\def\a#1{\a{#1#1}} $\a{xxxxxxxx} = 1$",
        r"\newcommand{\a}[2]{#1} $x = \a$",
    ],
)
def test_bombs_and_bad_calls_are_unclear(text: str) -> None:
    assert len(unreadable("a.tex", text)) == 1


def test_plain_text_reads_lines_of_mathematics_and_leaves_prose() -> None:
    text = "The gradient of the loss:\n  ∂L/∂W = δ hᵀ\nσ′(z) = σ(z) ⊙ (1 − σ(z))\nthis line of prose has = in it\n"
    assert slices("a.txt", text) == ["∂L/∂W = δ hᵀ", "σ′(z) = σ(z) ⊙ (1 − σ(z))"]


@pytest.mark.parametrize(
    "text", ["    $$a = b$$", "$$\n\na = b\n\n$$\n", "x\n\n    $a_t = b$\n", "```latex\na = b\n```\n"]
)
def test_what_looks_like_a_formula_in_markdown_does_not_vanish(text: str) -> None:
    found = unreadable("a.md", text)
    assert found
    assert all(sentence.at.start < sentence.at.end for sentence in found)


def test_code_that_is_no_formula_is_left_alone() -> None:
    assert slices("a.md", "x\n\n    print(a = 1)\n\n```python\nx = 1\n```\n") == []


def notebook(*cells: tuple[str, object]) -> str:
    return json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells], "nbformat": 4})


def test_a_notebook_keeps_the_cell_and_the_line_in_it() -> None:
    text = notebook(
        ("markdown", ["# A\n", "$a = b$"]), ("code", "x = 1"), ("raw", "$n = o$"), ("code", "%%gradproof\n$c = d$")
    )
    source = decode("a.ipynb", text.encode())
    found = read_document(source)
    assert [source.slice(sentence.span) for sentence in found] == ["a = b", "c = d"]
    shown = [source.shown(source.place(sentence.span.start)) for sentence in found]
    assert shown == [Place(2, 2, 1), Place(2, 2, 4)]


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"cells": [1]}', '{"cells": [{"source": 3}]}', "[" * 100_000])
def test_what_is_no_notebook_gets_a_message(text: str) -> None:
    with pytest.raises(UsageError, match=r"a\.ipynb: .*save it again"):
        read_notebook("a.ipynb", text)


PARTS = [
    "$", "$$", "\\[", "\\]", "\\(", "\\)", "{", "}", "\\def\\a", "\\newcommand{\\a}[1]{", "#1", "\\a", "=", "x", "%",
    "\n", "\n\n", "\\begin{align}", "\\end{align}", "\\intertext{", "\\verb|", "\\input{x}", "&", "\\\\", "\u200b",
    "\u202e",
    "\0", "9^9^9^9", "\\let\\a\\b", "\\begin{document}", "\\end{document}", "[", "]", "\\", "∂",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join), st.sampled_from(["a.tex", "a.md", "a.txt"]))
def test_any_splice_is_read_with_places_inside_the_file(text: str, name: str) -> None:
    for sentence in read_document(Source(name, text)):
        assert 0 <= sentence.span.start <= sentence.span.end <= len(text)


@pytest.mark.parametrize("text", ["{" * 100_000, "$" * 100_000, "\\[" * 20_000, "$x=" + "{" * 50_000 + "$"])
@pytest.mark.parametrize("name", ["a.tex", "a.txt"])
def test_large_hostile_files_are_read_to_the_end(name: str, text: str) -> None:
    assert all(isinstance(sentence, Statement | Unreadable) for sentence in read_document(Source(name, text)))
