"""Edits of an author's formula replace exactly their span, in the author's notation."""

from __future__ import annotations

import pytest

from derivations.edits import Edit, edits
from derivations.handwriting import Hand
from derivations.reading import surface as s
from derivations.reading.parser import parse_expression


def found_in(text: str) -> list[Edit]:
    other = s.Symbol(parse_expression("q").span, "q", ("hat",))
    own = Hand(lambda span: text[span.start : span.end], functions=(("sigma", r"\sigma"), ("tanh", r"\tanh")))
    return edits(parse_expression(text), own, lambda node: [(other, r"\hat{q}", "swapped-name", 4)])


def outcomes(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for edit in found_in(text):
        found.setdefault(edit.code, set()).add(text[: edit.span.start] + edit.text + text[edit.span.end :])
    return found


@pytest.mark.parametrize(
    ("text", "code", "result"),
    [
        (r"\sigma(x)(1-\sigma^2(x))", "extra-power", r"\sigma(x)(1-\sigma(x))"),
        (r"\sigma(x)(1-\sigma(x)^{2})", "extra-power", r"\sigma(x)(1-\sigma(x))"),
        (r"1 - \tanh(z_t)", "missing-power", r"1 - \tanh^2(z_t)"),
        ("h_t - y_t", "sign", "y_t - h_t"),
        ("h_t - y_t", "sign", "h_t + y_t"),
        ("-x", "sign", "x"),
        (r"U^T \delta_t", "extra-transpose", r"U \delta_t"),
        (r"U \delta_t", "missing-transpose", r"U^T \delta_t"),
        (r"(1 - z_t) \odot g_t", "complement", r"z_t \odot g_t"),
        (r"z_t \odot g_t", "complement", r"(1 - z_t) \odot g_t"),
        ("a b c", "extra-factor", "a b"),
        ("2 a b", "extra-factor", "a b"),
        (r"U \odot h", "hadamard-for-matmul", "U  h"),
        (r"a_t + b", "swapped-name", r"a_t + \hat{q}"),
        (r"x \delta^T", "swapped-factors", r"\delta x^T"),
        (r"x \delta", "missing-transpose", r"x \delta^T"),
        (r"(1 - h^2) U", "missing-diagonal", r"\mathrm{diag}(1 - h^2) U"),
        (r"\mathrm{diag}(h)", "extra-diagonal", "(h)"),
        ("a + b + c", "double-count", "a + b"),
        (r"a \odot b", "product-for-sum", "a + b"),
        (r"\tanh(c)", "wrong-function", r"\sigma(c)"),
        (r"\tanh(c)", "extra-function", "c"),
        ("c_t", "missing-function", r"\tanh(c_t)"),
        ("4 n", "wrong-number", "3 n"),
        (r"\sum_{i=1}^{T-1} x_i", "off-by-one", r"\sum_{i=1}^{T} x_i"),
        (r"h \odot h", "complement", r"(1 - h \odot h)"),
        (
            r"\frac{\partial L}{\partial h} \frac{\partial z}{\partial W}",
            "broken-chain",
            r"\frac{\partial L}{\partial z} \frac{\partial z}{\partial W}",
        ),
        (
            r"\frac{\partial L}{\partial h} \frac{\partial z}{\partial W}",
            "missing-factor",
            r"\frac{\partial L}{\partial h} \frac{\partial h}{\partial z} \frac{\partial z}{\partial W}",
        ),
    ],
)
def test_families(text: str, code: str, result: str) -> None:
    assert result.replace(" ", "") in {x.replace(" ", "") for x in outcomes(text)[code]}


def test_smallest_first() -> None:
    text = r"\sigma(x)^2 + z_t"
    costs = [edit.cost for edit in found_in(text)]
    assert costs == sorted(costs)
