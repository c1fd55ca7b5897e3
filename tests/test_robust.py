"""Damaged and hostile sheets: no crash, no hang, and never a verdict on what was not read whole."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from derivations.check import check_sheet
from derivations.habitual import _declared
from derivations.reading.documents import read_document
from derivations.reading.places import Source
from derivations.report import Report, Verdict

SHEETS = sorted((Path(__file__).parent / "sheets").glob("*.md")) + sorted(
    (Path(__file__).parent.parent / "examples").glob("*.md")
)
PIECES = [
    r"\frac{", r"\partial ", r"\sigma(", r"\odot", "^T", "_{t-1}", "^2", "{", "}", "(", ")", "h_t", "W", "[", "]", "&",
    r"\\", r"\tanh", "=", "+", "-", "0", "1/0", r"\sqrt", r"\log", "e^{", ",", r"\sum_{i=1}^T", "h_{-1}", "h_{t+1}",
    "^{-1}", r"\mathbf{1}", r"\begin{aligned}", r"\|", "|", r"\Rightarrow", "\u200b", "\x00", "$$", "$", "\u202e",
]  # fmt: skip


def check(text: str) -> Report:
    return check_sheet(Source("sheet.md", text))


def damaged(random: Random) -> str:
    """A few shuffled lines of a real sheet with pieces put in, taken out and copied."""
    lines = random.choice(SHEETS).read_text(encoding="utf-8").split("\n")
    text = "\n".join(random.sample(lines, min(len(lines), random.randint(5, 25))))
    for _ in range(random.randint(1, 6)):
        at, other = random.randrange(len(text) + 1), random.randrange(len(text) + 1)
        kind = random.random()
        if kind < 0.4:
            text = text[:at] + random.choice(PIECES) + text[at:]
        elif kind < 0.7:
            text = text[:at] + text[at + random.randint(1, 6) :]
        else:
            text = text[:at] + text[other : other + random.randint(1, 30)] + text[at:]
    return text


@pytest.mark.parametrize("seed", range(60))
def test_damaged_sheets_are_survived(seed: int) -> None:
    report = check(damaged(Random(seed)))
    for statement in report.statements:
        for step in statement.steps:
            assert step.verdict.value != "wrong" or step.counterexample or step.code in ("shapes", "scalar-only"), step


@pytest.mark.parametrize(
    "text",
    [
        "$$" + "{" * 100_000 + "$$",
        "$$x = " + "(" * 5_000 + "1" + ")" * 5_000 + "$$",
        "$$x = 9^{9^{9^{9}}}$$",
        "$$x^{1000000000} = x$$",
        "$$x = " + "+".join(["x_t"] * 3_000) + "$$",
        "$$y = " + r" \odot ".join(["x_t"] * 1_000) + "$$",
        "$" * 50_000,
        "$$h_t = \x00 x_t$$",
        "$$h_t = \u200b\u202ex_t$$",
        r"$$\def\a{\a\a}\a = 1$$",
    ],
    ids=range(10),
)
def test_hostile_sheets_are_survived(text: str) -> None:
    assert all(s.verdict.value != "wrong" for s in check(text).statements)


@pytest.mark.parametrize(
    "rest",
    [r"\foo", "}", "+", "^", r"\left(", r"\frac{1}", "&", r"\partial"],
)
def test_nothing_half_read_is_right(rest: str) -> None:
    report = check(f"$$h_t = \\tanh(W x_t)$$\n\n$$h_t = \\tanh(W x_t) {rest}$$\n")
    assert report.statements[-1].verdict.value == "unclear"


@pytest.mark.parametrize("text", ["$$\\leftarrow x$$\n", "$$y = x$$\n\n$$\\leftarrow x + 1$$\n"])
def test_an_arrow_without_a_left_side_is_unclear(text: str) -> None:
    report = check_sheet(Source("sheet.md", text))
    assert report.statements[-1].verdict is Verdict.UNCLEAR


def test_ten_thousand_rows_are_read_in_time_that_grows_with_them() -> None:
    def pairs(rows: int) -> int:
        text = r"$$\begin{aligned} x " + r"\\ = \frac{\partial L}{\partial x} = x " * rows + r"\end{aligned}$$"
        (statement,) = read_document(Source("sheet.md", text))
        return len(list(_declared([statement])))

    assert pairs(40) == pairs(20) == 1
