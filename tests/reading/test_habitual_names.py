"""Names that people give to gradients: read as such where the sheet says so, else never taken for definitions."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

NET = r"""
$$z_1 = W x_1$$

$$h_1 = \tanh(z_1)$$

$$z_2 = W x_2 + U h_1$$

$$h_2 = \tanh(z_2)$$

$$L = \frac12\|h_2 - y\|^2$$

"""
STEPS = r"""
$$z_t = W x_t + U h_{t-1}$$

$$h_t = \tanh(z_t)$$

$$L_t = \frac12\|h_t - y_t\|^2$$

$$L = \sum_{t=1}^T L_t$$

"""
GATE = r"""
$$z = W x + b$$

$$f = \sigma(z)$$

$$L = \frac12\|f - y\|^2$$

"""
DECLARED = r"\delta_2 = \frac{\partial L}{\partial z_2}"
BACK = r"\delta_1 = (U^T \delta_2) \odot (1-h_1^2)"
RECURRENT = r"\delta_t = (h_t - y_t + U^T \delta_{t+1}) \odot (1-h_t^2)"


def verdicts(sheet: str, *claims: str) -> list[str]:
    text = sheet + "\n\n".join(f"$${claim}$$" for claim in claims)
    return [x.verdict.value for x in check_sheet(Source("sheet.md", text + "\n")).statements[-len(claims) :]]


def test_the_kin_of_a_declared_gradient() -> None:
    assert verdicts(NET, DECLARED, BACK, r"\delta_1 = U \delta_2") == ["given", "proved", "wrong"]


@pytest.mark.parametrize(
    ("declared", "right", "wrong"),
    [
        (r"\bar f = \frac{\partial L}{\partial f}", r"\bar z = \bar f \odot f \odot (1-f)", r"\bar z = \bar f \odot f"),
        (r"g_f = \frac{\partial L}{\partial f}", r"g_z = g_f \odot f \odot (1-f)", r"g_z = f \odot (1-f)"),
        (
            r"\delta_f = \frac{\partial L}{\partial f}",
            r"\delta_z = \delta_f \odot f \odot (1-f)",
            r"\delta_z = \delta_f",
        ),
        (r"g_z = \frac{\partial L}{\partial z}", "g_W = g_z x^T", "g_b = -g_z"),
    ],
)
def test_the_kin_of_a_declared_name(declared: str, right: str, wrong: str) -> None:
    assert verdicts(GATE, declared, right, wrong) == ["given", "proved", "wrong"]


@pytest.mark.parametrize(
    ("sheet", "right", "wrong"),
    [
        (STEPS, RECURRENT, RECURRENT.replace("U^T", "U")),
        (NET, r"\delta_2 = (h_2-y)\odot(1-h_2^2)", r"\delta_2 = (h_2-y)\odot(1-h_2)"),
        (GATE, r"\delta = (f-y)\odot f\odot(1-f)", r"\delta = (y-f)\odot f\odot(1-f)"),
        (GATE, r"g_f = f - y", r"g_f = y - f"),
        (GATE, r"\bar z = (f-y)\odot f\odot(1-f)", r"\bar z = (f-y)\odot f\odot(1+f)"),
        (GATE, r"\delta_W = ((f-y)\odot f\odot(1-f)) x^T", r"\delta_W = (f-y) x^T"),
    ],
)
def test_a_habitual_name_without_a_word(sheet: str, right: str, wrong: str) -> None:
    """Right as a gradient it is a definition; else nobody knows which of the two it is."""
    assert verdicts(sheet, right) == ["given"]
    assert verdicts(sheet, wrong) == ["undecided"]


@pytest.mark.parametrize(
    "line",
    [
        r"\delta := y - f",
        r"\text{let } \delta = y - f",
        r"\delta = 0.1",
        r"\delta = -\frac{\partial L}{\partial f} \odot f",
        "g_q = y - f",
    ],
)
def test_what_is_no_gradient_stays_a_definition(line: str) -> None:
    assert verdicts(GATE, line) == ["given"]


def test_a_candidate_with_a_bar_is_no_gradient() -> None:
    cell = "$$\\bar c_t = \\tanh(W x_t)$$\n\n$$c_t = c_{t-1} + \\bar c_t$$\n\n"
    loss = "$$L = \\frac12\\|c_T - y\\|^2$$\n\n"
    assert verdicts(cell + loss, r"\bar c_t = \tanh(W x_t)") == ["proved"]
    statements = check_sheet(Source("sheet.md", cell + loss)).statements
    assert [x.verdict.value for x in statements] == ["given"] * 3


@pytest.mark.parametrize(
    ("line", "introduced"),
    [
        ("A' = A", "A' := A"),
        ("p_y = 1", "p_y := 1"),
        ("W^{(l-1)} = W^{(l)}", "W^{(l-1)} := W^{(l)}"),
        ("h_1 = h_2", "h_1 := h_2"),
    ],
)
def test_a_definition_that_may_be_a_claim(line: str, introduced: str) -> None:
    sheet = "$A \\in \\mathbb{R}^{n \\times n}$, $p \\in \\mathbb{R}^n$\n\n"
    assert verdicts(sheet, line) == ["undecided"]
    assert verdicts(sheet, introduced) == ["given"]


@pytest.mark.parametrize("line", ["B' = B A", "h_0 = 0", "q_y = 1", "A' := A A", "W' = W - G"])
def test_a_definition_that_is_none(line: str) -> None:
    assert verdicts("$A \\in \\mathbb{R}^{n \\times n}$\n\n", line) == ["given"]


def test_a_recursion_without_a_last_value_decides_nothing() -> None:
    """With δ_{T+1} = 0 it is the gradient; the sheet does not say so."""
    claim = r"\frac{\partial L}{\partial U} = \sum_{t=1}^T \delta_t h_{t-1}^T"
    assert verdicts(STEPS, RECURRENT, claim)[1] not in ("wrong", "given")
    assert verdicts(STEPS, r"\delta_t = \frac{\partial L}{\partial z_t}", claim)[1] in ("proved", "holds")
