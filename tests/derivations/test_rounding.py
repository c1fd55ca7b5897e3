"""Worked values: right to the digits that are written, with roundings before them told from mistakes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb

from derivations.check import check_sheet
from derivations.decide import Decision
from derivations.digits import Written
from derivations.reading.places import Source
from derivations.report import Report, StatementReport, Verdict
from derivations.rounding import compared, worst


def checked(*lines: str, words: str = "All quantities are scalars.") -> Report:
    """A sheet of displayed lines."""
    return check_sheet(Source("sheet.md", "\n\n".join([words, *(f"$${line}$$" for line in lines)]) + "\n"))


def judged(*lines: str, words: str = "All quantities are scalars.") -> StatementReport:
    """The last statement of such a sheet."""
    return checked(*lines, words=words).statements[-1]


RIGHT = [
    r"\tanh(0.25) = 0.2449", r"0.2449 = \tanh(0.25)", r"\tanh(0.5 \cdot 0.3 + 0.1) = 0.245", r"\sigma(0.35) = 0.5866",
    r"\frac{1}{3} = 0.33", r"\frac{1}{3} = 3.33 \times 10^{-1}", r"\frac{1}{3} = 3.33e-1", r"-\frac{2}{3} = -0.667",
    r"\tanh(0{,}25) = 0{,}2449", r"0{,}500 \cdot 3 = 1{,}5", r"\frac{1}{3} = 33.3\%", r"0.5 \cdot 0.333 = 0.17",
    r"\ln 2 = 0.693", r"e^{-3} = 4.98 \cdot 10^{-2}",
]  # fmt: skip
WRONG = [
    r"\tanh(0.25) = 0.2459", r"\tanh(0.25) = 2.449", r"\sigma(0.35) = -0.5866", r"\frac{1}{3} = 0.34",
    r"\frac{1}{3} = 3.33 \times 10^{-2}", r"-\frac{2}{3} = 0.667", r"\tanh(0{,}25) = 0{,}2549", r"0.5 \cdot 0.3 = 0.16",
    r"\frac{7}{3} = 2", r"\frac{8}{3} = 3", r"0{,}500 \cdot 3 = 1500", r"\ln 2 = 0.695",
]  # fmt: skip
OPEN = [r"\sigma(0.35) = 0.58", r"\frac{1}{3} = 0.3", r"0.5 = \frac12 + 10^{-6}", r"0,500 \cdot 2 = 1000"]


@pytest.mark.parametrize("line", RIGHT)
def test_right_to_the_digits(line: str) -> None:
    assert judged(line).verdict is Verdict.PROVED


@pytest.mark.parametrize("line", WRONG)
def test_wrong_in_the_digits(line: str) -> None:
    assert judged(line).verdict is Verdict.WRONG


@pytest.mark.parametrize("line", OPEN)
def test_cut_off_or_with_a_single_digit(line: str) -> None:
    assert judged(line).verdict in (Verdict.UNDECIDED, Verdict.UNCLEAR)


def test_entries_of_matrices_are_taken_to_their_digits() -> None:
    whole = (
        r"\frac13 \begin{bmatrix} 1 & 2 \\ 5 & 7 \end{bmatrix} = \begin{bmatrix} .333 & 0.67 \\ 1.67 & %s \end{bmatrix}"
    )
    assert judged(whole % "2.33", words="").verdict is Verdict.PROVED
    wrong = judged(whole % "2.43", words="")
    assert wrong.verdict is Verdict.WRONG
    assert "entry (2, 2)" in wrong.steps[-1].why


GIVEN = [r"w = 0.5", r"x = 0.6", r"a = \tanh(x) = 0.537"]


def test_a_value_from_a_rounded_one_holds_with_a_note() -> None:
    found = judged(*GIVEN, r"c = w a = 0.2685")  # 0.268525 with all digits, 0.2685 from both
    assert found.verdict is Verdict.PROVED
    found = judged(*GIVEN, r"c = 3 a + 1 = 2.6110")  # 2.61115
    assert found.verdict is Verdict.HOLDS
    assert "rounded value of a" in found.steps[-1].why


def test_written_out_with_a_rounded_value() -> None:
    found = judged(*GIVEN, r"c = 3 a + 1 = 3 \cdot 0.537 + 1 = 2.611")
    assert found.verdict is Verdict.HOLDS
    assert judged(*GIVEN, r"c = 3 a + 1 = 3 \cdot 0.573 + 1").verdict is Verdict.WRONG


def test_a_value_that_roundings_cannot_explain_is_wrong() -> None:
    assert judged(*GIVEN, r"c = 3 a + 1 = 2.6310").verdict is Verdict.WRONG


def test_a_value_within_the_roundings_is_undecided() -> None:
    assert judged(*GIVEN, r"c = 3 a + 1 = 2.6100").verdict is Verdict.UNDECIDED


def test_a_value_from_a_wrong_one_follows_from_it() -> None:
    report = checked("w = 0.5", "x = 0.6", r"a = \tanh(x) = 0.573", r"c = 3 a + 1 = 2.719")
    assert [s.verdict for s in report.statements[-2:]] == [Verdict.WRONG, Verdict.WRONG]
    assert report.statements[-1].steps[-1].follows_from == report.statements[-2].line


def test_derivatives_have_digits_too() -> None:
    lines = ["w = 0.5", "x = 0.6", r"y = \tanh(w x)"]
    assert judged(*lines, r"\frac{\partial y}{\partial w} = 0.549").verdict is Verdict.PROVED
    assert judged(*lines, r"\frac{\partial y}{\partial w} \approx 0.549").verdict is Verdict.PROVED
    assert judged(*lines, r"\frac{\partial y}{\partial w} = 0.594").verdict is Verdict.WRONG
    assert judged(*lines, r"\frac{\partial y}{\partial w} \approx 0.458").verdict is Verdict.WRONG


TEXT = "All quantities are scalars. The input is $x = 0.6$ and the weight is $w = 0.5$.\n\n"


def test_values_in_running_text_are_used_for_numbers_alone() -> None:
    found = judged(r"y = \tanh(w x) = 0.2913", words=TEXT)
    assert found.verdict is Verdict.PROVED
    assert "given that" in found.steps[-1].why
    assert judged(r"y = \tanh(w x) = 0.2931", words=TEXT).verdict is Verdict.WRONG
    assert judged(r"y = w x", r"y = \tanh(x)", words=TEXT).verdict is Verdict.WRONG


def test_several_values_in_running_text_decide_nothing() -> None:
    words = TEXT + "For the second example $x = 0.9$.\n"
    assert judged(r"y = \tanh(w x) = 0.2913", words=words).verdict is not Verdict.PROVED


def test_what_is_only_supposed_is_no_value() -> None:
    words = "All quantities are scalars. If $f = 0$ the cell forgets.\n"
    assert judged(r"c = f d + 0.25", r"c = 0.25", words=words).verdict is not Verdict.PROVED


def test_relu_of_numbers_is_sure_at_zero_too() -> None:
    line = r"\text{ReLU}(\begin{bmatrix} 0 & -1 \\ 2 & 0 \end{bmatrix}) = \begin{bmatrix} 0 & 0 \\ 2 & %s \end{bmatrix}"
    assert judged(line % "0", words="").verdict is Verdict.PROVED
    assert judged(line % "1", words="").verdict is Verdict.WRONG


def test_a_planted_wrong_digit_is_noticed_by_the_comparison() -> None:
    unit = Fraction(1, 1000)
    assert compared(arb("0.24491866"), Written(Fraction(245, 1000), unit, 3, True)).verdict is Verdict.PROVED
    assert compared(arb("0.24491866"), Written(Fraction(246, 1000), unit, 3, True)).verdict is Verdict.WRONG
    assert worst([Decision(Verdict.PROVED), Decision(Verdict.WRONG)]).verdict is Verdict.WRONG


def test_thousands_are_unclear_among_decimal_commas() -> None:
    assert judged(r"2 \cdot 750 = 1{,}500").verdict is Verdict.PROVED
    assert judged(r"0{,}5 \cdot 3 = 1{,}5", r"2 \cdot 750 = 1{,}500").verdict is Verdict.UNCLEAR
    assert judged(r"0{,}5 \cdot 3 = 1{,}5", r"2 \cdot 0{,}75 = 1{,}50").verdict is Verdict.PROVED
    assert judged(r"0{,}5 \cdot 3 = 1{,}5", r"2 \cdot 0{,}75 = 1{,}60").verdict is Verdict.WRONG
