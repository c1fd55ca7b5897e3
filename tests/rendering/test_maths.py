"""Formulas are written anew, token by token, or refused whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.reading.macros import Macros, find_definitions
from gradproof.rendering.katex import MathsError, style_sheet, typeset
from gradproof.rendering.marks import Mark, Marks, relation_before
from gradproof.rendering.maths import ENVIRONMENTS, authored, joined, maths

ATTACKS = (
    r"\input{/etc/passwd}",
    r"\write18{id}",
    r"\immediate\write18{id}",
    r"\catcode`\%=0",
    r"\csname input\endcsname{x}",
    r"\href{javascript:alert(1)}{x}",
    r"\url{javascript:alert(1)}",
    r"\htmlClass{a}{x}",
    r"\htmlId{content}{x}",
    r"\includegraphics{/etc/passwd}",
    r"\gpmark{wrong}{x}{=}",
    r"\gpslip{x}",
    r"\def\x{\x}\x",
    r"\end{document}",
    r"\begin{verbatim}x\end{verbatim}",
    r"\usepackage{shellesc}",
    r"\expandafter\def",
    r"^^5cinput{x}",
    r"\openin1=/etc/passwd",
    r"\directlua{x}",
    "x $ y",
    r"\text{$\input{x}$}",
    r"\text{a}}\input{b}{",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_known_is_refused(attack: str) -> None:
    with pytest.raises(MathsError):
        maths(attack)


def test_html_in_a_formula_is_escaped() -> None:
    for latex in (r"x < \text{<script>alert(1)</script>}", "a<b>c", r'x = \text{" onload="alert(1)}'):
        try:
            found = maths(latex)
        except MathsError:
            continue
        html = typeset(found.latex, True)
        assert "<script" not in html
        assert 'onload="' not in html


PIECES = [*"\\{}[]()^_&$%#~x1=+ab.,'\"|<>:\n", "\\frac", "\\left", "\\right", "\\text{", "\\\\", "\\sqrt", "\\hat "]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_whatever_is_written_can_be_typeset(text: str) -> None:
    """Every formula that is accepted is one that KaTeX reads, with nothing in it but what the tables have."""
    try:
        found = maths(text, display=True)
    except MathsError:
        return
    assert "katex-error" not in typeset(found.latex, True)
    assert "$" not in found.latex
    assert "#" not in found.latex.replace(r"\#", "")
    assert "%" not in found.latex.replace(r"\%", "")


def test_the_notation_of_the_author_is_kept() -> None:
    assert maths(r"\dfrac12 a'^2 \widetilde{x}_t \le \cdots").latex == r"\dfrac12a'^2\widetilde{x}_t\le\cdots"
    assert maths(r"\bigl( a \bigr)\, b").latex == r"\bigl(a\bigr)\,b"
    assert maths("σ(x)=½ ŷ").latex == r"\sigma(x)=\frac{1}{2}\hat y"


def test_derivatives_of_the_physics_package_are_fractions() -> None:
    assert maths(r"\dv{y}{x_t} + \pdv{y}{x}").latex == (
        r"\frac{\mathrm{d}y}{\mathrm{d}x_t}+\frac{\partial y}{\partial x}"
    )
    with pytest.raises(MathsError, match="two arguments"):
        maths(r"\dv{y}")


def test_lines_get_an_environment() -> None:
    assert maths(r"\begin{align} a &= b \\ [c] &= d \end{align}").latex == (
        r"\begin{aligned}a&=b\\{}[c]&=d\end{aligned}"
    )
    assert maths(r"a = b \\ c = d").latex == r"\begin{gathered}a=b\\c=d\end{gathered}"
    assert maths(r"\begin{eqnarray} a &=& b \end{eqnarray}").latex == r"\begin{array}{rcl}a&=&b\end{array}"


@pytest.mark.parametrize("name", sorted(ENVIRONMENTS))
def test_every_environment_is_typeset(name: str) -> None:
    option = "{cc}" if name == "array" else "{2}" if "alignat" in name else ""
    assert maths(rf"\begin{{{name}}}{option} a & b \\ c & d \end{{{name}}}", display=True).latex


def test_a_long_chain_gets_a_line_for_each_relation() -> None:
    side = " + ".join("abcdefghijkl")
    found = maths(rf"a = {side} = {side} = b", display=True)
    assert found.latex.count(r"\\") == 2
    assert maths(r"a = b = c", display=True).latex == "a=b=c"


def test_commands_of_the_author_are_expanded() -> None:
    definitions = find_definitions(r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}")
    assert authored(r"\pd{a}{b}", 100, Macros(definitions)).latex == r"\frac{\partial a}{\partial b}"
    bad = find_definitions(r"\newcommand{\pd}{\input{/etc/passwd}}")
    with pytest.raises(MathsError):
        authored(r"\pd", 100, Macros(bad))


def test_marks_stand_over_their_relation_and_slips_around_theirs() -> None:
    text = r"a = b + c = d \sigma^{2}(x)"
    marks = Marks({2: Mark("proved", 1), 10: Mark("wrong", 2)}, ((14, 27),))
    found = authored(text, 0, None, marks, display=True)
    assert found.latex == (
        r"a\gpmark{proved}{\checkmark\,1}{=}b+c\gpmark{wrong}{\times\,2}{=}d{\gpslip{\sigma^{2}(x)}}"
    )
    assert found.unmarked == r"a=b+c=d\sigma^{2}(x)"
    assert 'class="enclosing mark mark-wrong"' in typeset(found.latex, True)


def test_a_mark_that_would_break_the_formula_is_left_out() -> None:
    half = Marks(slips=((2, 6),))
    assert authored(r"a {b + c}", 0, None, half).latex == "a{b+c}"
    assert authored(r"a & b", 0, None, Marks(slips=((0, 5),)), display=True).latex == r"\begin{aligned}a&b\end{aligned}"


def test_the_relation_before_a_side_is_found() -> None:
    assert relation_before("a = b = c", 0, None, 8) == 6
    assert relation_before(r"a &= \left( b \right)", 0, None, 12) == 3
    assert relation_before("a b", 0, None, 2) is None


def test_pieces_do_not_run_together() -> None:
    assert joined([r"\alpha", "x", "", r"\\", "[a]"]) == r"\alpha x\\{}[a]"


def test_the_style_sheet_carries_its_fonts() -> None:
    text = style_sheet()
    assert text.count("url(data:font/woff2;base64,") == text.count("@font-face") == 20
    assert "url(fonts/" not in text
