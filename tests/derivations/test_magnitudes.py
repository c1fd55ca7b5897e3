"""Numbers that are about the same, or in order."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from derivations.check import check_sheet
from derivations.digits import written
from derivations.reading.parser import parse_expression
from derivations.reading.places import Source
from derivations.report import StatementReport, Verdict


def judged(line: str, before: str = "") -> StatementReport:
    """The last statement of a sheet."""
    return check_sheet(Source("sheet.md", f"{before}\n\n$${line}$$\n")).statements[-1]


RIGHT = [
    r"\sigma(0.5) \approx 0.6225", r"\tanh(1) \approx 0.762", r"0.762 \approx \tanh(1)", r"-\ln 0.25 \approx 1.386",
    r"\frac{1}{3} \approx 33.3\%", r"\frac13 ≈ 0.33", r"\ln(0.5) \approx -0.693", r"\exp(10) \approx 22{,}026",
    r"\exp(10) \approx 22000", r"e^{-32} \approx 1.27 \times 10^{-14}", r"0.6225 \approx 0.62", r"0.125 \approx 0.13",
    r"0.125 \approx 0.12", r"\sigma(5) \approx 1", r"e^{-20} \approx 0",
    r"0.25 \le 1", r"0.25 < 1", r"1 \geq 1", r"\sigma(0.5) \ge 0.5", r"\sigma(0) \le \frac12", r"\exp(1) \neq 3",
    r"\tanh(1) > 0.76", r"0.25 \leq 0.25 < 0.3",
]  # fmt: skip
WRONG = [
    r"\tanh(1) \approx 0.763", r"0.763 \approx \tanh(1)", r"\sigma(1.5) \approx 0.8716", r"\sigma(0.5) \approx 0.623",
    r"\sigma(0.5) \approx -0.6225", r"-\ln 0.25 \approx -1.386", r"\frac{1}{3} \approx 33.4\%",
    r"\exp(10) \approx 22{,}028", r"\exp(10) \approx 21000", r"e^{-32} \approx 1.27 \times 10^{-13}", r"5 \approx 0.51",
    r"1 < 1", r"1 \le 0.25", r"\sigma(0.5) < 0.5", r"\sigma(0) \neq \frac12", r"\tanh(1) \ge 0.762", r"5 \approx 0",
]  # fmt: skip
OPEN = [
    r"\tanh(1) \approx 0.761", r"\exp(1) \approx 3", r"0.4 \approx 0", r"1600 \approx 2000", r"\sigma(x) \approx x",
    r"\sigma(x) \approx 0.5", r"\tanh(0.5) \approx \sigma(0.5)", r"1 - 0.462^2 \approx 0.786", r"0 < \beta",
    r"10^{-9} \ll 1", r"1 \propto 2", r"f(0.5) \approx 0.6",
]  # fmt: skip


@pytest.mark.parametrize("line", RIGHT)
def test_right(line: str) -> None:
    assert judged(line).verdict is Verdict.PROVED


@pytest.mark.parametrize("line", WRONG)
def test_wrong_with_both_values(line: str) -> None:
    step = judged(line).steps[-1]
    assert step.verdict is Verdict.WRONG
    assert step.counterexample is not None


@pytest.mark.parametrize("line", OPEN)
def test_left_open(line: str) -> None:
    assert judged(line).verdict in (Verdict.UNDECIDED, Verdict.UNCLEAR)


def test_the_true_value_is_told() -> None:
    assert "0.761594" in judged(r"\tanh(1) \approx 0.763").steps[0].why


def test_a_chain_is_judged_link_by_link() -> None:
    found = judged(r"\frac{1}{1 + e^{-0.5}} = \sigma(0.5) \approx 0.62")
    assert [step.verdict for step in found.steps] == [Verdict.PROVED] * 2
    found = judged(r"\frac{1}{1 + e^{-0.5}} = \sigma(0.5) \approx 0.63")
    assert [step.verdict for step in found.steps] == [Verdict.PROVED, Verdict.WRONG]


def test_through_definitions() -> None:
    before = "$$w = 0.5$$\n\n$$z = 3 w$$\n"
    assert judged(r"\sigma(z) \approx 0.8176", before).verdict is Verdict.PROVED
    assert judged(r"\sigma(z) \approx 0.8716", before).verdict is Verdict.WRONG


def test_inputs_that_were_rounded_before_are_no_slip() -> None:
    rounded = "$$\\tanh(0.5) \\approx 0.46$$\n"
    assert judged(r"1 - 0.46^2 \approx 0.786", rounded).verdict is Verdict.UNDECIDED
    assert judged(r"1 - 0.46^2 \approx 0.786").verdict is Verdict.WRONG
    assert judged(r"1 - 0.46^2 \approx 0.538", rounded).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("0.6225", "0.6225", "0.0001"), ("-0.50", "-0.50", "0.01"), ("75\\%", "0.75", "0.01"),
        ("320,800", "320800", "100"),
        ("2.63 \\times 10^{-14}", "2.63e-14", "1e-16"), ("1e-9", "1e-9", "1e-9"),
    ],
)  # fmt: skip
def test_digits(text: str, value: str, unit: str) -> None:
    found = written(parse_expression(text), Source("s", text))
    assert found is not None
    assert (found.value, found.unit) == (Fraction(value), Fraction(unit))


def test_rounding_against_python() -> None:
    """Every rounding that Python makes is right, and every neighbour of it is not."""
    for k in range(1, 12):
        value = math.tanh(k / 10)
        for places in (2, 3, 5):
            unit = 10.0**-places
            assert judged(rf"\tanh({k / 10}) \approx {value:.{places}f}").verdict is Verdict.PROVED
            assert (
                judged(rf"\tanh({k / 10}) \approx {round(value, places) + 2 * unit:.{places}f}").verdict
                is Verdict.WRONG
            )
