"""The marks of a sheet: right, wrong, followed up, noted, missing, unclear; and how they are added up."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import gradproof
from derivations.errors import UsageError
from gradproof.marking.marking import Marked
from gradproof.marking.marks import rounded
from gradproof.marking.records import Mark
from gradproof.marking.sections import section
from gradproof.marking.table import harmless

GRU = "examples/gru.md"
SCHEME = "examples/scheme.toml"
RIGHT = r"$$\frac{\partial \sigma}{\partial x} = \sigma(x)(1 - \sigma(x))$$"
WRONG = r"$$\frac{\partial \sigma}{\partial x} = \sigma(x)(1 + \sigma(x))$$"
HALF = r"$$\frac{\partial \sigma}{\partial x} = \sigma(x)(1 - \sigma(x)) = \sigma(x)(1 + \sigma(x))$$"
UNCLEAR = r"$$\frac{\partial \sigma}{\partial x} = \foo(x)$$"
UNREAD = r"$$\frac{\partial \sigma}{\partial x = 1$$"
CANCELLED = r"$$\frac{\partial \sigma}{\partial x} = \sigma(x)(1 + \sigma(x)) = \sigma(x)(1 - \sigma(x))$$"
IDLE = r"$$\frac{\partial \sigma}{\partial x} = \frac{\partial \sigma}{\partial x}$$"


def marked(sheet: str, scheme: str, **options: Any) -> Marked:
    return gradproof.mark(sheet + "\n", scheme + "\n", **options)


def one(sheet: str, question: str = "points = 2", top: str = "") -> Mark:
    """The only mark of a sheet for one question."""
    found = marked(f"\n{sheet}\n", f"{top}\n[[question]]\n{question}\n").marks
    assert found is not None
    (mark,) = found.questions[0].marks
    return mark


def ends(mark: Any) -> tuple[Fraction, Fraction, Fraction]:
    return mark.least, mark.most, mark.of


LEFT = "[[question.statement]]\nleft = '\\frac{d\\sigma}{dx}'\npoints = 2\n"


@pytest.mark.parametrize("question", ["points = 2", "[[question.statement]]\nclaim = 1\npoints = 2", LEFT])
@pytest.mark.parametrize(
    ("sheet", "least", "most", "word"),
    [
        (RIGHT, 2, 2, "right"),
        (WRONG, 0, 0, "wrong"),
        (HALF, 0, 0, "wrong, 1 of 2 steps right"),
        (UNCLEAR, 0, 2, "for a person"),
        (UNREAD, 0, 2, "person"),
        (IDLE, 0, 0, "repeats"),
        (CANCELLED, 0, 0, "wrong, 0 of 2 steps right"),
    ],
)
def test_one_claim(sheet: str, least: int, most: int, word: str, question: str) -> None:
    mark = one(sheet, question)
    assert ends(mark) == (least, most, 2)
    assert word in mark.reason or "could not be read" in mark.reason


def test_method_marks_are_given_for_right_steps_of_a_wrong_chain() -> None:
    assert ends(one(HALF, "points = 2\nmethod = 0.5")) == (Fraction(1, 2), Fraction(1, 2), 2)
    assert ends(one(HALF, "points = 2\nmethod = 5")) == (2, 2, 2)
    assert ends(one(RIGHT, "points = 2\nmethod = 0.5")) == (2, 2, 2)


def test_more_claims_than_expected_share_the_points() -> None:
    found = marked(f"{RIGHT}\n\n{WRONG}", "[[question]]\npoints = 2\nclaims = 1").marks
    assert found is not None
    assert ends(found) == (1, 1, 2)


def test_fewer_claims_than_expected_leave_points() -> None:
    found = marked(RIGHT, "[[question]]\npoints = 3\nclaims = 3").marks
    assert found is not None
    assert ends(found) == (1, 1, 3)
    assert "1 of the 3 claims" in found.questions[0].marks[1].reason


def test_what_is_missing_has_no_points_and_what_may_be_it_is_open() -> None:
    other = "[[question.statement]]\nleft = '\\partial\\tanh/\\partial x'\npoints = 2"
    assert ends(one(RIGHT, other)) == (0, 0, 2)
    assert "not on the sheet" in one(RIGHT, other).reason
    assert ends(one(f"{RIGHT}\n\n{UNREAD}", other)) == (0, 2, 2)


def test_right_and_wrong_about_one_thing_is_for_a_person() -> None:
    assert ends(one(f"{RIGHT}\n\n{WRONG}", LEFT)) == (0, 2, 2)
    assert ends(one(f"{RIGHT}\n\n{RIGHT}", LEFT)) == (2, 2, 2)
    assert ends(one(f"{WRONG}\n\n{WRONG}", LEFT)) == (0, 0, 2)


CELL = "$$a = \\sigma(z)$$ $$z = w x + b$$ $$L = \\frac12 (a - y)^2$$ where all are scalars\n\n"
CHAIN = "$$\\frac{\\partial L}{\\partial w} = \\frac{\\partial L}{\\partial a} \\frac{\\partial a}{\\partial z} x$$\n\n"
SLOPE = "$$\\frac{\\partial a}{\\partial z} = a (1 - a)$$\n\n"
OUTER = "$$\\frac{\\partial L}{\\partial a} = a - y$$\n\n"
WORKED = "$$\\frac{\\partial L}{\\partial w} = (a - y) a (1 - a) x$$\n\n"


@pytest.mark.parametrize(
    ("sheet", "known", "least"),
    [
        (WORKED, "", 2),
        (CHAIN, "", 0),
        (CHAIN + SLOPE, "", 0),
        (CHAIN + SLOPE + OUTER, "", 2),
        (CHAIN + SLOPE, "'\\partial L/\\partial a'", 2),
        (CHAIN + SLOPE + "$$\\frac{\\partial L}{\\partial a} = \\frac{\\partial L}{\\partial a}$$", "", 0),
        ("$$q = \\frac12 \\frac{\\partial L}{\\partial w}$$ $$\\frac{\\partial L}{\\partial w} = 2 q$$", "", 0),
    ],
)
def test_what_is_asked_for_must_be_worked_out(sheet: str, known: str, least: int) -> None:
    question = "[[question.statement]]\nleft = '\\partial L/\\partial w'\npoints = 2"
    found = marked(CELL + sheet, f"known = [{known}]\n[[question]]\n{question}").marks
    assert found is not None
    assert ends(found) == (least, 2, 2), found.questions[0].marks[0].reason


def test_a_definition_is_for_a_person() -> None:
    mark = one("$$h_t = \\tanh(W x_t)$$", "[[question.statement]]\nleft = 'h_t'\npoints = 2")
    assert ends(mark) == (0, 2, 2)
    assert "definition" in mark.reason


# Follow-up errors and notes


def of_gru(change: dict[str, str]) -> Marked:
    text = Path(SCHEME).read_text(encoding="utf-8")
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    return gradproof.mark(GRU, text)


def question(found: Marked, name: str) -> tuple[Fraction, Fraction, Fraction]:
    assert found.marks is not None
    return next(ends(x) for x in found.marks.questions if x.name == name)


def test_what_only_follows_is_carried_forward() -> None:
    found = of_gru({})
    assert question(found, "a)") == (2, 2, 2)
    assert "line 25" in next(x for x in found.marks.questions if x.name == "a)").marks[0].reason  # type: ignore[union-attr]
    assert question(found, "e)")[1] < 2, "a slip of its own is not excused"


def test_without_carrying_forward_it_has_its_method_marks() -> None:
    found = of_gru({"carry_forward = true": "carry_forward = false"})
    assert question(found, "a)") == (Fraction(1, 2), Fraction(1, 2), 2)


def test_notes_may_cost_a_share() -> None:
    assert question(of_gru({"notes = 1 ": "notes = 0.5 "}), "c)") == (1, 1, 2)
    assert question(of_gru({}), "c)") == (2, 2, 2)


def test_the_conventions_of_the_sheet_are_no_notes() -> None:
    sheet = "$$h_t = \\tanh(U h_{t-1} + b)$$ $$L_t = \\frac12 (h_t - y_t)^2$$\n\n"
    sheet += "$$\\frac{\\partial L_2}{\\partial b} = (h_2 - y_2) \\odot (1 - h_2 \\odot h_2)$$"
    found = marked(sheet, "notes = 0\n[[question]]\npoints = 2")
    assert found.report.conventions["∂"].startswith("within")
    assert found.marks is not None
    assert ends(found.marks) == (2, 2, 2)


# Adding up


@pytest.mark.parametrize(
    ("rounding", "value", "expected"),
    [
        ("none", "1.3", "1.3"), ("nearest", "1.25", "1.5"), ("nearest", "1.24", "1"), ("nearest", "1.75", "2"),
        ("up", "1.01", "1.5"), ("up", "1", "1"), ("down", "1.99", "1.5"), ("down", "2", "2"),
    ],
)  # fmt: skip
def test_rounding(rounding: str, value: str, expected: str) -> None:
    assert rounded(Fraction(value), rounding, Fraction(1, 2)) == Fraction(expected)


def test_maxima_and_rounding() -> None:
    two = f"{RIGHT}\n\n{RIGHT}"
    text = (
        "maximum = 3\nrounding = 'up'\n[[question]]\npoints = 2.2\nmaximum = 2.2\n[[question]]\nname = 'b'\npoints = 3"
    )
    found = marked(two, text).marks
    assert found is not None
    assert [ends(x) for x in found.questions] == [(Fraction("2.2"),) * 3, (3, 3, 3)]
    assert ends(found) == (3, 3, 3)


# Questions


TEXT = """# Sheet
## Question 1
x
### a) first
y
### b) second
z
## Question 2
(a) p
(b) q
a) other
**Question 3.** end
\\section*{Answers}
c""".split("\n")


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        (("Question 1",), [(2, 8)]), (("Question 2",), [(8, 12)]), (("Question 3",), [(12, 13)]),
        (("a)",), [(4, 6), (11, 13)]), (("Question 1", "a)"), [(4, 6)]), (("(a)",), [(9, 10)]), (("(b)",), [(10, 13)]),
        (("answers",), [(13, 15)]), (("Question 10",), []), (("Question",), [(2, 8), (8, 12), (12, 13)]), (("c)",), []),
    ],
)  # fmt: skip
def test_headings(path: tuple[str, ...], lines: list[tuple[int, int]]) -> None:
    assert [(x.start, x.stop) for x in section(TEXT, path)] == lines


def test_a_heading_that_is_not_found_or_not_alone_is_for_a_person() -> None:
    sheet = f"a) one\n\n{RIGHT}\n\na) two\n\n{WRONG}"
    for heading, word in (("a)", "more than one"), ("b)", "no heading")):
        found = marked(sheet, f"[[question]]\nheading = '{heading}'\npoints = 2").marks
        assert found is not None
        assert ends(found) == (0, 2, 2)
        assert word in found.questions[0].marks[0].reason


def test_a_heading_may_stand_before_its_formula_but_not_in_one() -> None:
    one, other = (f"{name} {line.replace('$$', '$')}" for name, line in (("a)", RIGHT), ("b)", WRONG)))
    sheet = f"{one}\n\n$$\\begin{{aligned}}\nb) &= c\n\\end{{aligned}}$$\n\n{other}"
    for heading, expected in (("a)", 2), ("b)", 0)):
        found = marked(sheet, f"[[question]]\nheading = '{heading}'\n{LEFT}").marks
        assert found is not None
        assert ends(found) == (expected, expected, 2), found.questions[0].marks[0].reason


def test_questions_by_lines_and_statements_by_line() -> None:
    sheet = f"{RIGHT}\n\n{WRONG}"
    text = "[[question]]\nname = 'a'\nlines = [1, 1]\npoints = 1\n"
    text += "[[question]]\n[[question.statement]]\nline = {}\npoints = 1"
    for line, expected in ((3, (0, 0, 1)), (1, (1, 1, 1)), (2, (0, 1, 1))):
        found = marked(sheet, text.format(line)).marks
        assert found is not None
        assert [ends(x) for x in found.questions] == [(1, 1, 1), expected]


# Reference results


REFERENCE = f"$$h_t = \\tanh(W x_t)$$\n\n{RIGHT}\n"


def test_points_for_results_of_a_reference() -> None:
    text = "[against]\npoints = 1\ndefinitions = false\n[[question]]\nname = 's'\n[[question.statement]]\npoints = 3\n"
    text += "result = '\\frac{d\\sigma}{dx}'"
    for sheet, expected in ((RIGHT, (3, 3, 3)), (WRONG, (0, 0, 3)), ("$$a = b$$", (0, 0, 3)), (UNREAD, (0, 3, 3))):
        found = marked(sheet, text, against=REFERENCE)
        assert found.marks is not None
        assert (question(found, "s"), question(found, "results")) == (expected, (0, 0, 0))


def test_a_result_with_a_note_has_the_share_of_notes() -> None:
    cell = "$$h_t = \\tanh(W x_t)$$ $$L_t = \\frac12 (h_t - y_t)^2$$\n\n$$\\frac{\\partial L_t}{\\partial W} = "
    right, short = (cell + f"((h_t - y_t) \\odot (1 - h_t \\odot h_t)) x_t{sign}$$" for sign in ("^T", ""))
    for sheet, expected in ((right, 2), (short, 1)):
        found = marked(sheet, "notes = 0.5\n[against]\npoints = 2\ndefinitions = false", against=right).marks
        assert found is not None
        assert ends(found) == (expected, expected, 2)


def test_every_result_may_have_points() -> None:
    found = marked(RIGHT, "[against]\npoints = 2", against=REFERENCE)
    assert found.marks is not None
    assert ends(found.marks) == (2, 2, 4)


def test_points_for_results_need_a_reference_that_has_them() -> None:
    with pytest.raises(UsageError, match="--against"):
        marked(RIGHT, "[against]\npoints = 1")
    with pytest.raises(UsageError, match="no right result"):
        marked(RIGHT, "[[question]]\n[[question.statement]]\nresult = 77\npoints = 1", against=REFERENCE)


def test_names_of_the_scheme() -> None:
    sheet = "$$h_t = \\tanh(V x_t)$$\n\n$$h_t = \\tanh(V x_t)$$"
    text = "[[question]]\n[[question.statement]]\nleft = 's_t'\npoints = 1\n"
    assert ends(marked(sheet, text).marks) == (0, 0, 1)
    assert ends(marked(sheet, text + "[names]\nh = 's'\n").marks) == (1, 1, 1)


# Records


def test_json() -> None:
    record = of_gru({}).to_json()
    assert record["version"] == 1
    assert record["against"] is None
    marks = record["marks"]
    assert marks["for_a_person"] is (marks["marks"] is None)
    assert marks["of"] == sum(x["of"] for x in marks["questions"])
    assert all(reason["reason"] for x in marks["questions"] for reason in x["reasons"])


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x", "\t=x", " =x", "|x", "%x", "\r=x"])
def test_no_cell_is_a_formula(text: str) -> None:
    shown = next(csv.reader(io.StringIO(f'"{harmless(text)}"')))[0]
    assert shown.lstrip()[:1] not in "=+-@|%\t\r"


def test_a_cell_without_a_formula_stays_as_it_is() -> None:
    assert harmless("a) \\partial x = 1") == "a) \\partial x = 1"
