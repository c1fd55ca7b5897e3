"""Edits of an author's formula replace exactly their span, in the author's notation."""

from __future__ import annotations

import pytest

from derivations.edits import edits
from derivations.reading.parser import parse_expression


def outcomes(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    root = parse_expression(text)
    for edit in edits(root, lambda span: text[span.start : span.end], lambda symbol: [(r"\hat{q}", "swapped-name", 4)]):
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
    ],
)
def test_families(text: str, code: str, result: str) -> None:
    assert result.replace(" ", "") in {x.replace(" ", "") for x in outcomes(text)[code]}


def test_smallest_first() -> None:
    text = r"\sigma(x)^2 + z_t"
    costs = [e.cost for e in edits(parse_expression(text), lambda s: text[s.start : s.end], lambda symbol: [])]
    assert costs == sorted(costs)
