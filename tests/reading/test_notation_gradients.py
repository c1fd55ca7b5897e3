"""Gradients, products and slopes in every way that people write them: a right line, and a near miss beside it."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport

RIGHT = {"proved", "holds"}
RNN = r"""
$$W \in \mathbb{R}^{n \times d}, \quad x_t \in \mathbb{R}^d$$

$$z_t = W x_t + U h_{t-1} + b$$

$$h_t = \tanh(z_t)$$

"""
LOSS = (
    RNN
    + r"""
$$L = \frac12 \|h_2 - y\|^2$$

"""
)
LOSSES = (
    RNN
    + r"""
$$L_t = \frac12 \|h_t - y_t\|^2$$

$$L = \sum_{t=1}^T L_t$$

"""
)
G2 = r"((h_2-y)\odot(1-h_2^2))"


def d(of: str, by: str) -> str:
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def plus(of: str) -> str:
    """The immediate derivative by U."""
    return rf"\frac{{\partial^+ {of}}}{{\partial U}}"


def last(sheet: str, *claims: str) -> StatementReport:
    text = sheet + "\n\n".join(f"$${claim}$$" for claim in claims)
    return check_sheet(Source("sheet.md", text + "\n")).statements[-1]


def is_right(sheet: str, *claims: str) -> bool:
    return last(sheet, *claims).verdict.value in RIGHT


def assert_told_apart(sheet: str, right: str, near_miss: str) -> None:
    found = last(sheet, right)
    assert found.verdict.value in RIGHT, (found.verdict, [step.why or step.headline for step in found.steps])
    assert last(sheet, near_miss).verdict.value in {"wrong", "unclear", "undecided"}


@pytest.mark.parametrize(
    "gradient",
    [
        r"\frac{\partial L}{\partial h_2}",
        r"\partial L/\partial h_2",
        r"\partial_{h_2} L",
        r"\nabla_{h_2} L",
        r"\nabla_{h_2}(L)",
        r"\nabla_{h^{(2)}} L",
        r"dL/dh_2",
        r"\dv{L}{h_2}",
        r"\pdv{L}{h_2}",
        r"\frac{d}{dh_2} L",
        r"\frac{\mathrm{d} L}{\mathrm{d} h_2}",
        r"\frac{\partial}{\partial h_2}\left(L\right)",
    ],
)
def test_signs(gradient: str) -> None:
    assert_told_apart(LOSS, f"{gradient} = h_2 - y", f"{gradient} = y - h_2")


@pytest.mark.parametrize(
    ("right", "old", "new"),
    [
        (r"\frac{\partial^+ h_t}{\partial b} = \mathrm{diag}(1-h_t^2)", "^2", ""),
        (r"\partial^{+} h_t/\partial b = \mathrm{diag}(1-h_t^2)", "^2", ""),
        (r"\frac{\partial^{+} z_t}{\partial b} = I", "I", "2 I"),
        (rf"{d('h_2', 'U')} = {plus('h_2')} + {d('h_2', 'h_1')} {plus('h_1')}", plus("h_1"), plus("h_2")),
        (rf"{d('h_2', 'U')} = {plus('h_2')} + {d('h_2', 'h_1')} {plus('h_1')}", d("h_2", "U"), plus("h_2")),
        (rf"{d('h_T', 'U')} = \sum_{{k=1}}^T {d('h_T', 'h_k')} {plus('h_k')}", "k=1", "k=2"),
        (rf"\frac{{d z_t}}{{d U}} = {d('z_t', 'U')} + {d('z_t', 'h_{t-1}')} \frac{{d h_{{t-1}}}}{{dU}}", "+", "-"),
        (rf"\frac{{dL}}{{dU}} = \sum_{{t=1}}^2 {d('L', 'z_t')} {d('z_t', 'U')}", d("z_t", "U"), r"\frac{dz_t}{dU}"),
        (
            r"\partial_U h_t = \partial_U \tanh(W x_t + U h_{t-1} + b) + \partial_{h_{t-1}} h_t \, \partial_U h_{t-1}",
            r"\partial_U h_{t-1}",
            r"\partial_U h_t",
        ),
    ],
)
def test_total_or_immediate(right: str, old: str, new: str) -> None:
    assert_told_apart(LOSS, right, right.replace(old, new))


def test_total_beside_immediate() -> None:
    """Where ∂⁺ is the immediate derivative, ∂ is the total one."""
    assert not is_right(LOSS, f"{d('h_2', 'U')} = {plus('h_2')}")
    assert not is_right(LOSS, f"{d('h_t', 'U')} = {plus('h_t')}")


@pytest.mark.parametrize(
    ("right", "old", "new"),
    [
        (rf"\left.{d('L', 'U')}\right|_{{(2)}} = {G2} h_1^T", "(2)", "(1)"),
        (rf"{d('L', 'U')}\Big|_{{t=2}} = {G2} h_1^T", "h_1^T", "h_2^T"),
        (rf"{d('L', 'U^{(2)}')} = {G2} h_1^T", "(2)", "(1)"),
        (r"\nabla_U L = \sum_{t=1}^{2} \nabla_{U^{(t)}} L", "^{2}", "^{1}"),
        (rf"{d('L', 'U^{(t)}')} = {d('L', 'z_t')} h_{{t-1}}^T", "z_t", "h_t"),
        (rf"\left.{d('L', 'U')}\right|_{{(2)}} = \nabla_{{U^{{(2)}}}} L", r"\nabla_{U^{(2)}}", r"\nabla_U"),
    ],
)
def test_copies_of_a_weight(right: str, old: str, new: str) -> None:
    assert_told_apart(LOSS, right, right.replace(old, new))


def test_copies_in_a_sum_over_time() -> None:
    right = r"\frac{\partial L}{\partial U} = \sum_{t=1}^T \frac{\partial L}{\partial U^{(t)}}"
    assert is_right(LOSSES, right)
    assert is_right(LOSSES, r"U^{(t)} = U", right)
    assert not is_right(LOSSES, right.replace("t=1", "t=2"))
    assert not is_right(LOSSES, r"\frac{\partial L}{\partial U^{(t)}} = \frac{\partial L_t}{\partial z_t} h_{t-1}^T")


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial L}{\partial U}\bigg|_{h_1} = 0",
        r"\left.\frac{\partial L}{\partial h_2}\right|_{(1)} = 0",
        r"\left. h_2 \right|_{(1)} = 0",
        r"\frac{\partial L}{\partial x_{(t)}}\Big|_{x=0} = 0",
    ],
)
def test_other_bars_are_refused(claim: str) -> None:
    assert last(LOSS, claim).verdict.value == "unclear"


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial L}{\partial z_t} = 2 \frac{\partial L}{\partial h_t}",
        r"\frac{\partial L}{\partial x_t} = 0",
        r"\frac{\partial L}{\partial z_t} = \frac{\partial L}{\partial h_t} \odot (1 - h_t)",
    ],
)
def test_a_loss_at_one_time_depends_on_a_general_one(claim: str) -> None:
    """L speaks of step 2, the claim of any step before it: nothing there is zero for that reason."""
    assert not is_right(LOSS, claim)
