"""Vectors that stand as rows among columns, and gradients that hang on nothing."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import Report, Verdict
from derivations.standing import better

RIGHT = (Verdict.PROVED, Verdict.HOLDS)
PRODUCT = r"""
$$z = x^T W$$

$$L = \frac12 z z^T$$

"""
NETWORK = r"""
$$h_1 = \tanh(W_1 x + b_1)$$

$$h_2 = \tanh(W_2 h_1 + b_2)$$

$$L = \frac12\|h_2 - y\|^2$$

"""
ROW = (
    NETWORK
    + r"""
$$\delta_2 = (h_2-y)^T \mathrm{diag}(1-h_2^2)$$

"""
)
COLUMN = (
    NETWORK
    + r"""
$$\delta_2 = (h_2-y) \odot (1-h_2^2)$$

"""
)


def report(text: str, *claims: str) -> Report:
    return check_sheet(Source("sheet.md", text + "\n\n".join(f"$${claim}$$" for claim in claims) + "\n"))


def verdicts(text: str, *claims: str) -> list[Verdict]:
    return [x.verdict for x in report(text, *claims).statements[-len(claims) :]]


@pytest.mark.parametrize("right", [r"\frac{\partial L}{\partial W} = x z", r"\frac{\partial L}{\partial x} = W z^T"])
def test_a_product_of_a_row_is_a_row(right: str) -> None:
    assert verdicts(PRODUCT, right) == [Verdict.PROVED]


def test_a_near_miss_beside_a_row_is_wrong() -> None:
    assert verdicts(PRODUCT, r"\frac{\partial L}{\partial W} = 2 x z") == [Verdict.WRONG]


@pytest.mark.parametrize(
    ("text", "right", "other"),
    [(ROW, r"\delta_2 W_2", r"W_2^T \delta_2"), (COLUMN, r"W_2^T \delta_2", r"\delta_2 W_2")],
)
def test_a_gradient_stands_in_one_way(text: str, right: str, other: str) -> None:
    claim = r"\frac{\partial L}{\partial h_1} = "
    assert verdicts(text, claim + right) == [Verdict.PROVED]
    assert sum(x in RIGHT for x in verdicts(text, claim + right, claim + other)) == 1
    assert verdicts(text, claim + right + "^T")[0] not in RIGHT


def test_rows_pass_on_along_definitions() -> None:
    step = r"\delta_1 = \delta_2 W_2 \mathrm{diag}(1-h_1^2)"
    found = report(
        ROW, step, r"\frac{\partial L}{\partial b_1} = \delta_1", r"\frac{\partial L}{\partial b_1} = 2\delta_1"
    )
    assert [x.verdict for x in found.statements[-3:]] == [Verdict.GIVEN, Verdict.PROVED, Verdict.WRONG]


def test_columns_stay_columns() -> None:
    assert "rows" not in report(COLUMN, r"\frac{\partial L}{\partial h_1} = W_2^T \delta_2").conventions


def test_what_hangs_on_the_choice_stays_open() -> None:
    claim = r"\frac{\partial L}{\partial W} = 2 x z"
    wrong, right = report(PRODUCT, claim), report(PRODUCT, r"\frac{\partial L}{\partial W} = x z")
    right.statements[0].verdict = Verdict.UNCLEAR
    step = better(wrong, right).statements[-1].steps[0]
    assert step.verdict is wrong.statements[-1].verdict is Verdict.UNDECIDED
    assert step.counterexample is None
    assert "as a row or as a column" in step.why


@pytest.mark.parametrize(
    "claim", [r"\frac{\partial L}{\partial h_1} = W_2^T \delta_2", r"\frac{\partial L}{\partial W_2} = \delta_2 h_1^T"]
)
def test_a_gradient_by_what_nothing_hangs_on_is_no_zero(claim: str) -> None:
    text = NETWORK + "$$z_2 = V h_1 + b_2$$\n\n" + r"$$\delta_2 = \frac{\partial L}{\partial z_2}$$" + "\n\n"
    (step,) = report(text, claim).statements[-1].steps
    assert step.verdict is Verdict.UNDECIDED
    assert "how L depends on z_2" in step.why


def test_a_gradient_by_what_the_loss_hangs_on_is_used() -> None:
    text = NETWORK + r"$$\delta_2 = \frac{\partial L}{\partial h_2}$$" + "\n\n"
    claim = r"\frac{\partial L}{\partial h_1} = W_2^T \delta_2"
    assert verdicts(text, claim) == [Verdict.WRONG]
