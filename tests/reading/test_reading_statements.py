"""How formulas are cut into statements, and what becomes of the parts that cannot be read."""

from __future__ import annotations

import pytest
from reading_trees import sentence

from derivations.reading import grammar
from derivations.reading.glyphs import COMBINING, COMMAND_GLYPHS, GREEK_LETTERS
from derivations.reading.parser import _COMMANDS
from derivations.reading.places import Source
from derivations.reading.slips import UNEXPECTED
from derivations.reading.statements import read_markdown, read_math
from derivations.reading.surface import Statement, Unreadable

LONE = "! it is unclear whether this row continues the row above"

BLOCKS: dict[str, list[str]] = {
    # chains
    "a = b = c": ["a = b = c"],
    r"a \equiv b := c \approx d \leq e": ["a = b := c ≈ d ≤ e"],
    r"a \stackrel{def}{=} b": ["a = b"],
    "a": ["a"],
    r"y = \boxed{a + b}": ["y = (add +a +b)"],
    r"\boxed{a = b}": ["a = b"],
    # separators
    r"a = b, \quad c = d; e = f.": ["a = b", "c = d", "e = f"],
    r"a = b \qquad c = d": ["a = b", "c = d"],
    r"a = b \quad + c": ["a = (add +b +c)"],
    r"a = b \quad -c = d": ["! it is unclear whether this is a minus or a sign"],
    r"a = b \qquad (1)": ["a = b"],
    "x = 1,5": ["! a comma between digits: write 1.5, or 1, 5 with a space"],
    # words and arrows
    r"where \ \widetilde{z_2} = W^T \cdot x": ["<where> z.tilde_{2} = (mul W^T cdot x)"],
    r"\text{Where } a = b\text{ and } c = d \text{ for all } t": ["<where> a = b", "<and> c = d", "<for> <all> t"],
    r"C = D \text{ where } \sigma() \text{ is sigmoid function}": ["C = D", "<where> sigma() #is sigmoid function"],
    r"\to \frac{\partial \sigma}{\partial x} = a \equiv b": ["<implies> => D[partial fn:sigma / x] = a = b"],
    r"n = d = 200 \Rightarrow 320,800 \# parameters": ["n = d = 200", "<implies> => 320800 ## parameters"],
    r"a = b \therefore c = d \iff e": ["a = b", "<therefore> => c = d", "<iff> => e"],
    "a => b <= c": ["a", "<implies> => b ≤ c"],
    r"\forall t: a_t = b_t": ["<for> t", "a@t = b@t"],
    r"n^2 \text{ parameters} = 5": ["(pow n 2) = 5 #parameters"],
    r"\text{ Loss} = x": ["Loss = x"],
    r"DIM\{W_a\} = (n, n+d) \underbrace{= n^2 + nd}_{\#parameters}": [
        "dim(W_{a}) = tup(n, (add +n +d)) = (add +(pow n 2) +(mul n · d)) ##parameters"
    ],
    # declarations
    r"x_t, y_t \in \mathbb{R}^{n}, W \in R^{n \times d}": ["tup(x@t, y@t) ∈ R(n)", "W ∈ R(n, d)"],
    r"W : n \times d, b : n": ["W ∈ R(n, d)", "b ∈ R(n)"],
    r"t = 1, \dots, T": ["t ∈ tup(1, T)"],
    "i = 1, 2, 3": ["i ∈ tup(1, 2, 3)"],
    r"f: \mathbb{R}^n \to \mathbb{R}^m": ["! a map between spaces is not read"],
    # rows
    r"\begin{aligned} a &= b + c \\ &\quad + d \\ &= e \end{aligned}": ["a = (add +b +c +d) = e"],
    r"\begin{split} a &= b \\ c &= d \\ \end{split}": ["a = b", "c = d"],
    r"\begin{align*} a &= b & c &= d \\ e &= f && g = h\end{align*}": ["a = b", "c = d", "e = f", "g = h"],
    r"\begin{eqnarray} a &=& b \\ c &=& d \end{eqnarray}": ["a = b", "c = d"],
    r"\begin{array}{rcl} a &=& b \\[4pt] c &=& d \end{array}": ["a = b", "c = d"],
    r"\begin{gather} a = b \\ c = d \end{gather}": ["a = b", "c = d"],
    r"\begin{multline} a = b \\ + c \end{multline}": ["a = (add +b +c)"],
    r"\begin{aligned} a &= f( b \\ & + c) \\ d &= e \end{aligned}": ["a = f((add +b +c))", "d = e"],
    r"\begin{aligned} a &= b + \\ & c \\ &- d \\ - x &= 3 \end{aligned}": ["a = (add +b +c -d)", "(neg x) = 3"],
    r"\begin{aligned} a &= b \\ & (c) \end{aligned}": [LONE],
    r"\begin{aligned} a &= b \\ \Rightarrow c &= d \end{aligned}": ["a = b", "<implies> => c = d"],
    r"\begin{equation} a = b \tag{1} \label{eq:a} \end{equation}": ["a = b"],
    # what cannot be read
    r"\begin{align} a &= \frac{b}{c \\ d &= {e} \\ f &= g \foo \\ &= h \end{align}": [
        "! this brace is never closed",
        "d = e",
        r"! unknown command \foo",
        "f = h",
    ],
    r"\begin{aligned} a &\approx \foo \\ &= b \end{aligned}": [
        r"! unknown command \foo",
        "! this continues a line that could not be read",
    ],
    "f(a, b = c": ["! this bracket is never closed"],
    "a =": ["! nothing stands behind this relation"],
    "a += b": ["! an accumulation (+=) says what is added, not what the whole is"],
    r"W \leftarrow W - x": ["! an assignment that changes the value of a name is not an equation"],
    r"\begin{aligned} a &= b": [r"! \begin{aligned} without \end{aligned}"],
    "= a = b": ["<=> a = b"],
}


@pytest.mark.parametrize(("text", "expected"), BLOCKS.items())
def test_blocks(text: str, expected: list[str]) -> None:
    assert [sentence(found) for found in read_math(text, 0)] == expected


@pytest.mark.parametrize("text", BLOCKS)
def test_places(text: str) -> None:
    """Places move with the offset, and lie within the formula, in order."""
    before = 0
    for found, moved in zip(read_math(text, 0), read_math(text, 7), strict=True):
        assert (moved.span.start, moved.span.end) == (found.span.start + 7, found.span.end + 7)
        assert before <= found.span.start < found.span.end <= len(text)
        before = found.span.start
        if isinstance(found, Unreadable):
            assert found.span.start <= found.at.start <= found.at.end <= found.span.end


def test_spans() -> None:
    text = r"a_t = \sigma(x), \quad b = \foo"
    first, second = read_math(text, 0)
    assert isinstance(first, Statement)
    assert text[first.span.start : first.span.end] == r"a_t = \sigma(x)"
    assert [text[item.span.start : item.span.end] for item in first.items] == ["a_t", r"\sigma(x)"]
    assert text[first.links[0].span.start : first.links[0].span.end] == "="
    assert isinstance(second, Unreadable)
    assert text[second.span.start : second.span.end] == r"b = \foo"
    assert text[second.at.start : second.at.end] == r"\foo"


def test_inline_mentions_are_left_out() -> None:
    assert read_math(r"\foo", 0, display=False) == []
    assert len(read_math(r"\foo", 0)) == 1
    assert len(read_math(r"a = \foo", 0, display=False)) == 1


def test_comments_are_skipped() -> None:
    assert [sentence(found) for found in read_math("a = b % = c\n+ d", 0)] == ["a = (add +b +d)"]


def test_too_long() -> None:
    (found,) = read_math("a + " * 30_000, 0)
    assert isinstance(found, Unreadable)
    assert "100 kB" in found.message


def test_words_of_the_text_lead_inline_formulas() -> None:
    source = Source("sheet.md", "When $z_t = 0$ and $r_t = 0$, for\n $n = 3$ the value $x = 1$ is $y$.")
    found = [sentence(item) for item in read_markdown(source)]
    assert found == ["<when> z@t = 0", "<and> r@t = 0", "<for> n = 3", "x = 1", "y"]


def test_lists_that_do_not_end_are_not_claims() -> None:
    assert [sentence(found) for found in read_math(r"t = 1, 2, \dots", 0)] == [f"! {UNEXPECTED['dots']}"]
    assert [sentence(found) for found in read_math(r"x_1, \dots, x_T \in \mathbb{R}", 0)] == ["tup(x_{1}, x@T) ∈ R()"]
    assert [sentence(found) for found in read_math("t = , 1", 0)] == ["! nothing stands behind this relation", "1"]


def test_every_command_has_its_place() -> None:
    """What the tables know is handled somewhere; what stands for something else stands for something known."""
    cutting = {"stackrel", "overset", "underset", "forall", "wedge", "neg", "dots", "mid", "top"}
    cutting |= {"substack", "rfloor"}
    tables = (grammar.INFIX, grammar.RELATIONS, grammar.ARROWS, _COMMANDS)
    assert [name for name in grammar.KNOWN - cutting if not any(name in table for table in tables)] == []
    targets = {*grammar.ALIASES.values(), *COMMAND_GLYPHS.values(), *GREEK_LETTERS.values(), *COMBINING.values()}
    signs = set("<>*/:'") | {":=", "=:"}
    assert targets - grammar.KNOWN - set(grammar.REFUSED) - signs == {"langle", "rangle"}
    assert not set(grammar.REFUSED) & grammar.KNOWN
