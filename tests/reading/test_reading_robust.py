"""No input makes the reader fail, and what it says has a place in the input."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_trees import sentence, tree

from derivations.reading import grammar
from derivations.reading.parser import parse_expression
from derivations.reading.places import Source
from derivations.reading.slips import Slip
from derivations.reading.statements import read_markdown, read_math
from derivations.reading.surface import Sentence, Unreadable

PIECES = [
    *"abdefghTtxyzWI0123456789 +-*/=<>,;:.!'^_&@{}()[]|\\%$#~`\n\"",
    *r"\frac \partial \sigma \tanh \tilde \hat \mathbf \mathbb \text \mathrm \left( \right) \left[ \right] \left. \| "
    r"\sum_ \prod_ \nabla_ \begin{align} \end{align} \begin{bmatrix} \end{bmatrix} \boxed{ \underbrace{ \\ \cdot \odot "
    r"\times \Rightarrow \quad \in \mathbb{R} \#parameters \stackrel \tag{1} \unknown ^{<t>} ^{(t)} _{t-1} ^T 320,800 "
    r"$$ $ \( \) \[ \] \dots \log \exp e^{-x} \{ \} \, \; \dv where and softmax ∂ σ ⊙ ᵀ ² ₜ ŷ".split(" "),
    "C\u0303",
    "\r\n",
    "\u2028",
    "\0",
    "\\text{where }",
    "\\frac{\\partial L}{\\partial x}",
    "> ",
    "- ",
    "```",
    "<!--",
    "-->",
]
LATEX = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
ANY = st.text(max_size=60) | LATEX
RUNS = st.tuples(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join), st.integers(1, 300))


def check_places(found: list[Sentence], start: int, end: int) -> None:
    for item in found:
        assert sentence(item)
        assert start <= item.span.start <= item.span.end <= end
        if isinstance(item, Unreadable):
            assert start <= item.at.start <= item.at.end <= end
            assert item.message


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY)
def test_formulas(text: str) -> None:
    check_places(read_math(text, 5), 5, 5 + len(text))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY)
def test_files(text: str) -> None:
    check_places(read_markdown(Source("sheet.md", text)), 0, len(text))


@settings(max_examples=200, deadline=None)
@given(RUNS)
def test_repetitions(run: tuple[str, int]) -> None:
    text = run[0] * run[1]
    check_places(read_math(text, 0), 0, len(text))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LATEX)
def test_what_is_read_reads_the_same_again(text: str) -> None:
    """Reading depends on the text alone; spaces around change nothing."""
    try:
        expected = tree(parse_expression(text))
    except Slip:
        return
    assert tree(parse_expression(text)) == expected
    assert tree(parse_expression(f" {text} ")) == expected


TRUNCATED = (
    r"\begin{aligned} h_t &= \tanh\left(W_{xh}^T x_t\right) \\ &\Rightarrow \frac{\partial L}{\partial h^{(t)}} = "
    r"\sum_{k=1}^{T} \boxed{\tilde{z}_k \odot [h, x]} \text{ for } t < T \end{aligned}"
)


@pytest.mark.parametrize("length", range(len(TRUNCATED) + 1))
def test_truncated(length: int) -> None:
    text = TRUNCATED[:length]
    check_places(read_math(text, 0), 0, length)
    sheet = f"$${text}$$ and $${text}"
    check_places(read_markdown(Source("sheet.md", sheet)), 0, len(sheet))


UNITS = [
    "{", "}", "(", ")", "[", "|", "^", "_", "a^", "'", "-", "+", "a/", "=", "&", "\\\\", "a\\\\", "a=b\\\\", ",", "a,",
    "\\left(", "\\right)", "\\frac", "\\frac{", "\\frac{\\partial a}{\\partial ", "\\partial ", "\\begin{align}",
    "\\end{align}", "\\begin{bmatrix}", "\\boxed{", "\\boxed{a=", "\\sqrt", "\\hat", "\\sum_k ", "\\prod_k a_k",
    "\\tanh ", "\\sigma(", "\\sigma^{", "\\sigma'", "e^{", "a^{b_{", "x^{(t)}", "\\quad ", "\\quad -", "\\text{and}",
    "\\#", "1,", "111,", "a:b=", "\\to ", "\\nabla_", "d", "dx/", ".T", "\\mathbf", "\\mathbb{R}^{", "f(", "|a", "☃",
    "ₜ", "ŷ", "%", "\\foo ", "\\stackrel{", "\\tag{", "t=1,\\dots,T,", "{h_t}_j", "\\mathrm{ab", "(a+b", "a+{b", "$",
    "$$a", "\\(", "\\[\n", "> $$a\n", "- ", "<", "`", "$$\n", "$1 ", "f(a+b/", "\\dv{", "a+b^{c",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_long_inputs(unit: str) -> None:
    """A long block of the same piece again and again is read with work that grows with its length."""
    text = unit * (20_000 // len(unit))
    check_places(read_math(text, 0), 0, len(text))
    check_places(read_markdown(Source("sheet.md", text)), 0, len(text))
    short, long = (_calls(unit * (length // len(unit))) for length in (2_000, 4_000))
    assert long < 2.5 * short + 1_000


def _calls(text: str) -> int:
    """How many functions are called to read a text."""
    count = 0

    def count_one(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(count_one)
    try:
        read_math(text, 0)
        read_markdown(Source("sheet.md", text))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", ["{", "a_", "(a+", "a=b\\\\", "a\\cdot "])
def test_longest_inputs(unit: str) -> None:
    text = unit * (grammar.MAX_LENGTH // len(unit))
    check_places(read_math(text, 0), 0, len(text))


@pytest.mark.parametrize(("opening", "closing"), ["{}", "()", "[]", ("f(", ")"), ("\\frac{1}{", "}"), ("e^{", "}")])
def test_deep_inputs(opening: str, closing: str) -> None:
    for depth in (50, 120, 1_000, 10_000):
        check_places(read_math(opening * depth + "a" + closing * depth, 0), 0, depth * 12 + 1)
