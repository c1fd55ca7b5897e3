"""Every slip is counted once: what only follows from an earlier wrong line is told from what has a slip of its own."""

from __future__ import annotations

import pytest

from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.report import Report, StatementReport, Verdict

SHAPES = (
    r"$x \in \mathbb{R}^d$, $h, b \in \mathbb{R}^n$, $o, c, y \in \mathbb{R}^k$, "
    r"$W \in \mathbb{R}^{n \times d}$, $V \in \mathbb{R}^{k \times n}$"
)
NETWORK = ["z = W x + b", r"h = \tanh(z)", "o = V h + c", r"L = \frac{1}{2} \|o - y\|^2"]
TIMED = r"$x_t \in \mathbb{R}^d$, $h_t, b \in \mathbb{R}^n$"
STEPS = ["z_t = W x_t + U h_{t-1} + b", r"h_t = \tanh(z_t)", "o_t = V h_t + c"]


def d(of: str, by: str) -> str:
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def checked(*lines: str, network: list[str] = NETWORK, shapes: str = SHAPES) -> Report:
    formulas = "\n\n".join(f"$$ {line} $$" for line in (*network, *lines))
    return check_sheet(Source("sheet.md", f"{shapes}\n\n{formulas}\n"), Options())


def claims(*lines: str, network: list[str] = NETWORK, shapes: str = SHAPES) -> list[StatementReport]:
    return checked(*lines, network=network, shapes=shapes).statements[-len(lines) :]


def told(*lines: str, network: list[str] = NETWORK, shapes: str = SHAPES) -> list[str]:
    """Of every line: its verdict, or the number, counted from 1, of the line that it follows from."""
    found = claims(*lines, network=network, shapes=shapes)
    place = {statement.line: k for k, statement in enumerate(found, start=1)}
    steps = [statement.steps[-1] for statement in found]
    return [x.verdict.value if x.follows_from is None else f"follows {place[x.follows_from]}" for x in steps]


DOUBLED = [
    f"{d('L', 'o')} = 2 (o - y)",
    f"{d('L', 'V')} = 2 (o - y) h^T",
    f"{d('L', 'h')} = 2 V^T (o - y)",
    rf"{d('L', 'z')} = 2 V^T (o - y) \odot (1 - h^2)",
    rf"{d('L', 'W')} = 2 (V^T (o - y) \odot (1 - h^2)) x^T",
]


def test_what_goes_through_a_wrong_derivative_follows_from_it() -> None:
    assert told(*DOUBLED) == ["wrong", *["follows 1"] * 4]


def test_root_causes_are_counted_once() -> None:
    report = checked(*DOUBLED)
    assert (report.summary["wrong"], report.roots) == (5, 1)
    assert report.to_json()["roots"] == 1


@pytest.mark.parametrize(
    "slip",
    [
        rf"{d('L', 'b')} = 2 V^T (o - y) \odot (1 + h^2)",
        rf"{d('L', 'b')} = 4 V^T (o - y) \odot (1 - h^2)",
        rf"{d('L', 'b')} = - 2 V^T (o - y) \odot (1 - h^2)",
        f"{d('L', 'b')} = 2 V^T (o - y)",
        f"{d('L', 'c')} = 2 (o + y)",
    ],
)
def test_a_slip_of_its_own_is_not_excused(slip: str) -> None:
    assert told(DOUBLED[0], slip) == ["wrong", "wrong"]


def test_the_line_above_a_wrong_one_does_not_follow_from_it() -> None:
    assert told(DOUBLED[1], DOUBLED[0], DOUBLED[2]) == ["wrong", "wrong", "follows 2"]


def test_paths_that_bypass_the_wrong_leg_stay_true() -> None:
    network = ["z = W x + b", r"h = \tanh(z) + z", "s = h + z", r"L = \frac{1}{2} \|s - c\|^2"]
    shapes = r"$x \in \mathbb{R}^d$, $h, b, c \in \mathbb{R}^n$, $W \in \mathbb{R}^{n \times d}$"
    slope = r"(1 - \tanh(z)^2 + 1)"
    wrong, with_bypass = f"{d('L', 'h')} = 3 (s - c)", rf"{d('L', 'z')} = 3 (s - c) \odot {slope} + (s - c)"
    without = rf"{d('L', 'z')} = 3 (s - c) \odot {slope} + 3 (s - c)"
    assert told(wrong, with_bypass, without, network=network, shapes=shapes) == ["wrong", "follows 1", "wrong"]


def test_a_wrong_leg_in_the_middle_of_a_chain() -> None:
    slip = rf"{d('h', 'z')} = \mathrm{{diag}}(1 + h^2)"
    through = rf"{d('L', 'W')} = (V^T (o - y) \odot (1 + h^2)) x^T"
    other = rf"{d('L', 'b')} = V^T (o - y) \odot (1 + h)"
    assert told(slip, through, other) == ["wrong", "follows 1", "wrong"]


def test_the_nearest_root_is_named() -> None:
    halved = f"{d('L', 'h')} = 5 V^T (o - y)"
    last = rf"{d('L', 'z')} = 5 V^T (o - y) \odot (1 - h^2)"
    assert told(DOUBLED[0], halved, last) == ["wrong", "wrong", "follows 2"]


def test_a_line_may_follow_from_two_together() -> None:
    slope = rf"{d('h', 'z')} = \mathrm{{diag}}(1 + h^2)"
    both = rf"{d('L', 'b')} = 2 V^T (o - y) \odot (1 + h^2)"
    (*_, found) = claims(DOUBLED[0], slope, both)
    assert found.steps[0].follows_from is not None
    first, second, _ = (x.line for x in claims(DOUBLED[0], slope, both))
    assert f"lines {first} and {second}, which are wrong" in found.steps[0].why


def test_a_wrong_value_stands_for_the_name_below() -> None:
    wrong = "z = W x - b"
    assert told(wrong, r"h = \tanh(W x - b)", r"h = \tanh(W x + 2 b)") == ["wrong", "follows 1", "wrong"]


def test_a_wrong_value_at_one_time() -> None:
    lines = [r"h_2 = \tanh(W x_2 + U h_1)", r"o_2 = V \tanh(W x_2 + U h_1) + c", r"o_3 = V \tanh(W x_3 + U h_2) + c"]
    assert told(*lines, network=STEPS, shapes=TIMED) == ["wrong", "follows 1", "wrong"]


def test_a_derivative_for_all_times_is_in_force_at_each() -> None:
    wrong = rf"{d('h_t', 'z_t')} = \mathrm{{diag}}(h_t^2)"
    lines = [wrong, rf"{d('o_2', 'z_2')} = V \mathrm{{diag}}(h_2^2)", rf"{d('o_2', 'z_2')} = V \mathrm{{diag}}(h_1^2)"]
    assert told(*lines, network=STEPS, shapes=TIMED) == ["wrong", "follows 1", "wrong"]


def test_names_of_gradients_carry_what_is_said_of_them() -> None:
    wrong = rf"\delta = {d('L', 'o')} = y - o"
    lines = [wrong, f"{d('L', 'V')} = (y - o) h^T", f"{d('L', 'h')} = V^T (y - o)", f"{d('L', 'c')} = 2 (y - o)"]
    assert told(*lines) == ["wrong", "follows 1", "follows 1", "wrong"]


def test_gradients_that_are_understood() -> None:
    lines = [r"dz_t = dh_t \odot (1 + h_t^2)", r"dW = (dh_t \odot (1 + h_t^2)) x_t^T", r"db = dh_t \odot (1 - h_t)"]
    assert told(*lines, network=STEPS, shapes=TIMED) == ["wrong", "follows 1", "wrong"]


def test_sums_over_all_times_follow_too() -> None:
    network = [*STEPS, r"L_t = \frac{1}{2} \|o_t - y_t\|^2", r"L = \sum_{t=1}^{T} L_t"]
    wrong = "o_t = V h_t - c"
    lines = [rf"{d('L', 'c')} = \sum_{{t=1}}^{{T}} {factor} (y_t - o_t)" for factor in ("", 2)]
    assert told(wrong, *lines, network=network, shapes=TIMED) == ["wrong", "follows 1", "wrong"]


def test_a_loss_without_a_definition() -> None:
    network = ["z = W x + b", r"h = \tanh(z)"]
    shapes = r"$x \in \mathbb{R}^d$, $h, b \in \mathbb{R}^n$, $W \in \mathbb{R}^{n \times d}$, $L \in \mathbb{R}$"
    lines = [
        rf"{d('L', 'z')} = {d('L', 'h')} \odot (1 + h^2)",
        rf"{d('L', 'W')} = ({d('L', 'h')} \odot (1 + h^2)) x^T",
        rf"{d('L', 'W')} = ({d('L', 'h')} \odot (1 + h)) x^T",
    ]
    assert told(*lines, network=network, shapes=shapes) == ["wrong", "follows 1", "wrong"]


@pytest.mark.parametrize("root", [rf"{d('L', 'o')} = 2 {d('L', 'o')}", rf"{d('L', 'o')} = 0", "z = 2 z", "o = 0 o"])
def test_a_contradiction_does_not_excuse_everything(root: str) -> None:
    lines = (f"{d('L', 'V')} = 3 (o - y) h^T", rf"{d('L', 'b')} = V^T (o - y)", "1 = 2", rf"{d('L', 'c')} = y - o")
    found = claims(root, *lines)
    assert [x.verdict for x in found] == [Verdict.WRONG] * 5
    assert all(step.follows_from is None for x in found for step in x.steps)


def test_a_rule_that_speaks_of_itself_is_taken_once() -> None:
    assert told(f"{d('L', 'o')} = 2 {d('L', 'o')}", f"{d('L', 'V')} = 2 (o - y) h^T") == ["wrong", "follows 1"]


SCALARS = r"Scalars: $x_t, h_t, w, u, b, L_t, y_t \in \mathbb{R}$"
RECURRENT = [r"h_t = \tanh(w x_t + u h_{t-1} + b)", r"L_t = \frac{1}{2} (h_t - y_t)^2"]


def test_a_wrong_recurrence_between_derivatives_is_carried_on() -> None:
    before = r"h_{t-1} + u \frac{d h_{t-1}}{d u}"
    lines = [
        rf"\frac{{d h_t}}{{d u}} = (1 + h_t^2) ({before})",
        rf"\frac{{d L_t}}{{d u}} = (h_t - y_t) (1 + h_t^2) ({before})",
        rf"\frac{{d L_t}}{{d u}} = (h_t - y_t) (1 + h_t) ({before})",
    ]
    assert told(*lines, network=RECURRENT, shapes=SCALARS) == ["wrong", "follows 1", "wrong"]


def test_a_rule_that_leads_on_without_end_explains_nothing() -> None:
    onward = r"\frac{d L_t}{d h_{t-1}} = \frac{d L_{t+1}}{d h_t}"
    assert told(f"{onward} + u", f"{onward} + 2 u", network=RECURRENT, shapes=SCALARS) == ["wrong", "wrong"]


def test_a_forgotten_transpose_is_carried_on_though_nothing_fits() -> None:
    lines = [
        f"{d('L', 'h')} = V (o - y)",
        rf"{d('L', 'z')} = V (o - y) \odot (1 - h^2)",
        rf"{d('L', 'b')} = V (o - y) \odot (1 + h^2)",
        rf"{d('L', 'W')} = x (V (o - y) \odot (1 - h^2))^T",
    ]
    assert told(*lines) == ["wrong", "follows 1", "wrong", "wrong"]


def test_slips_that_cancel_are_told() -> None:
    chain = f"{d('L', 'h')} = 2 V^T (o - y) = V^T (o - y)"
    (found,) = claims(chain)
    assert [step.verdict for step in found.steps] == [Verdict.WRONG] * 2
    assert all("two slips cancel" in step.why and step.follows_from is None for step in found.steps)


def test_slips_that_do_not_cancel_are_not() -> None:
    (found,) = claims(f"{d('L', 'h')} = 2 V^T (o - y) = 3 V^T (o - y)")
    assert not any("cancel" in step.why for step in found.steps)


def test_a_right_step_after_a_wrong_one_keeps_the_wrong_one() -> None:
    (found,) = claims(f"{d('L', 'h')} = 2 V^T (o - y) = V^T (2 o - 2 y)")
    assert [step.verdict for step in found.steps] == [Verdict.WRONG, Verdict.PROVED]
    assert found.verdict is Verdict.WRONG


def test_a_slip_on_top_of_another_is_mended_where_it_stands() -> None:
    first, on_top = claims(DOUBLED[0], rf"{d('L', 'W')} = 2 (V^T (o - y) \odot (1 + h^2)) x^T")
    (step,) = on_top.steps
    assert (step.follows_from, step.builds_on) == (None, first.line)
    assert step.repair is not None
    assert (step.repair.old.strip(), step.repair.new.strip()) == ("+", "-")
    assert f"it carries line {first.line} on" in step.why


def test_the_smaller_repair_is_shown() -> None:
    first, gradient = f"{d('L', 'h')} = 2 V^T (o - y)", f"{d('L', 'h')}"
    twice = rf"{d('L', 'z')} = 2 V^T (o - y) \odot (1 - h^2) \odot {gradient}"
    root, on_top = claims(first, twice)
    (step,) = on_top.steps
    assert (step.follows_from, step.builds_on) == (None, root.line)
    assert step.repair is not None
    assert len(step.repair.old) < len(r"\odot (1 - h^2) \odot") + len(gradient)


def test_a_slip_beside_another_is_mended_by_itself() -> None:
    _, beside = claims(DOUBLED[0], rf"{d('L', 'W')} = (V^T (o - y) \odot (1 + h^2)) x^T")
    assert beside.steps[0].builds_on is None
    assert beside.steps[0].repair is not None


WITHOUT_END = r"""$h_t, b \in \mathbb{R}^n$, $x_t \in \mathbb{R}^d$, $o_t, y_t \in \mathbb{R}^k$.

$$z_t = W x_t + U h_{t-1} + b$$

$$h_t = \tanh(z_t)$$

$$o_t = V h_t$$

$$L_t = \frac{1}{2} \|o_t - y_t\|^2$$

$$L = \sum_{t=1}^T L_t$$

$$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2)$$

$$\frac{\partial h_t}{\partial h_k} = \prod_{i=k+1}^t \mathrm{diag}(1 - h_i^2)$$

$$\frac{\partial h_t}{\partial h_k} = \prod_{i=k}^t \mathrm{diag}(1 - h_i^2)$$

$$\frac{\partial L}{\partial h_k} = \sum_{t=k}^T V^T (o_t - y_t)$$
"""


def test_rules_that_lead_on_through_all_times_have_an_end() -> None:
    report = check_sheet(Source("sheet.md", WITHOUT_END))
    assert [x.verdict for x in report.statements[-4:]] == [Verdict.WRONG] * 4
