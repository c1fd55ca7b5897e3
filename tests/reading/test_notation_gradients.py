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


CELL = r"""
$$\Gamma_f^{\langle t \rangle} = \sigma(W_f [a^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_f)$$

$$\Gamma_u^{\langle t \rangle} = \sigma(W_u [a^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_u)$$

$$\tilde c^{\langle t \rangle} = \tanh(W_c [a^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_c)$$

$$c^{\langle t \rangle} = \Gamma_f^{\langle t \rangle} * c^{\langle t-1 \rangle}
  + \Gamma_u^{\langle t \rangle} * \tilde c^{\langle t \rangle}$$

$$\Gamma_o^{\langle t \rangle} = \sigma(W_o [a^{\langle t-1 \rangle}, x^{\langle t \rangle}] + b_o)$$

$$a^{\langle t \rangle} = \Gamma_o^{\langle t \rangle} * \tanh(c^{\langle t \rangle})$$

"""
BEFORE = (
    r"d\Gamma_o^{<t>} = da_{next} * \tanh(c_{next}) * \Gamma_o^{<t>} * (1-\Gamma_o^{<t>})",
    r"d\tilde c^{<t>} = (dc_{next} * \Gamma_u^{<t>}"
    r" + \Gamma_o^{<t>} (1-\tanh(c_{next})^2) * \Gamma_u^{<t>} * da_{next})"
    r" * (1-(\tilde c^{<t>})^2)",
    r"d\Gamma_f^{<t>} = (dc_{next} * c_{prev} + \Gamma_o^{<t>} (1-\tanh(c_{next})^2) * c_{prev} * da_{next})"
    r" * \Gamma_f^{<t>} * (1-\Gamma_f^{<t>})",
    r"dW_f = d\Gamma_f^{<t>} \begin{bmatrix} a_{prev} \\ x^{<t>} \end{bmatrix}^T",
    r"db_f = d\Gamma_f^{<t>}",
    r"dc_{prev} = dc_{next} \Gamma_f^{<t>} + \Gamma_o^{<t>} * (1-\tanh(c_{next})^2) * \Gamma_f^{<t>} * da_{next}",
)
AT_VALUE = (
    r"d\Gamma_o^{<t>} = da_{next} * \tanh(c_{next})",
    r"d\Gamma_f^{<t>} = (dc_{next} + \Gamma_o^{<t>} * (1-\tanh(c_{next})^2) * da_{next}) * c_{prev}",
    r"db_f = d\Gamma_f^{<t>} * \Gamma_f^{<t>} * (1-\Gamma_f^{<t>})",
)


def verdicts(sheet: str, *claims: str) -> list[str]:
    text = sheet + "\n\n".join(f"$${claim}$$" for claim in claims)
    return [x.verdict.value for x in check_sheet(Source("sheet.md", text + "\n")).statements[-len(claims) :]]


def conventions(sheet: str, *claims: str) -> dict[str, str]:
    text = sheet + "\n\n".join(f"$${claim}$$" for claim in claims)
    return check_sheet(Source("sheet.md", text + "\n")).conventions


def test_gradients_by_name_at_the_pre_activation() -> None:
    assert verdicts(CELL, *BEFORE) == ["proved"] * len(BEFORE)
    assert conventions(CELL, *BEFORE)["gradient of a gate"] == "at the pre-activation of the gate"


def test_gradients_by_name_at_the_value() -> None:
    assert verdicts(CELL, *AT_VALUE) == ["proved"] * len(AT_VALUE)
    assert conventions(CELL, *AT_VALUE)["gradient of a gate"] == "at the value of the gate"


def test_one_choice_for_all_gates() -> None:
    assert verdicts(CELL, AT_VALUE[0], *BEFORE[1:]) == ["wrong", *["proved"] * (len(BEFORE) - 1)]
    assert verdicts(CELL, *AT_VALUE, BEFORE[4]) == [*["proved"] * len(AT_VALUE), "wrong"]


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        (0, r"(1-\Gamma", r"(1+\Gamma"),
        (1, r"* (1-(\tilde c^{<t>})^2)", r"* (1-\tilde c^{<t>})"),
        (2, r"dc_{next} * c_{prev}", r"dc_{next} * c_{next}"),
        (3, r"a_{prev}", r"a_{next}"),
        (4, r"db_f", r"db_o"),
        (5, r"dc_{next} \Gamma_f", r"dc_{next} \Gamma_u"),
        (5, r" + \Gamma_o^{<t>} * (1-\tanh(c_{next})^2) * \Gamma_f^{<t>} * da_{next}", ""),
    ],
)
def test_slips_in_gradients_by_name(number: int, old: str, new: str) -> None:
    claims = [*BEFORE]
    claims[number] = claims[number].replace(old, new)
    assert claims[number] != BEFORE[number]
    assert verdicts(CELL, *claims) == ["wrong" if k == number else "proved" for k in range(len(claims))]


@pytest.mark.parametrize("letter", ["d", r"\delta ", r"\mathrm{d}", r"\mathbf{d}"])
def test_gradients_by_name_of_a_loss(letter: str) -> None:
    right = [
        r"dh_2 = h_2 - y", r"dz_2 = dh_2 \odot (1-h_2^2)", r"dh_1 = U^T dz_2", r"dz_1 = dh_1 \odot (1-h_1^2)",
        r"dU = dz_2 h_1^T + dz_1 h_0^T", r"dx_2 = W^T dz_2",
    ]  # fmt: skip
    wrong = [r"dh_2 = y - h_2", r"dz_2 = dh_2 \odot (1-h_2)", r"dh_1 = U dz_2", r"dU = dz_2 h_1^T", r"dx_2 = W dz_2"]
    lines = [line.replace("d", letter).replace("\\o" + letter, "\\od") for line in (*right, *wrong)]
    assert verdicts(LOSS, *lines) == ["proved"] * len(right) + ["wrong"] * len(wrong)


def test_gradients_by_name_over_time() -> None:
    right = (r"dz_t = dh_t \odot (1-h_t^2)", r"dh_t = h_t - y_t + U^T dz_{t+1}", r"dU = \sum_{t=1}^T dz_t h_{t-1}^T")
    assert set(verdicts(LOSSES, *right)) <= RIGHT
    assert not is_right(LOSSES, *right[:2], r"dU = \sum_{t=1}^T dz_t h_t^T")
    assert not is_right(LOSSES, right[0], r"dh_t = h_t - y_t")


def test_a_name_that_is_no_gradient_stays_a_name() -> None:
    cell = (
        r"$$a^{\langle t \rangle} = \tanh(W_{ax} x^{\langle t \rangle} + W_{aa} a^{\langle t-1 \rangle} + b)$$" + "\n\n"
    )
    right = (r"dz = da_{next} * (1-a_{next}^2)", r"dW_{ax} = dz \, x^{<t>T}", r"da_{prev} = W_{aa}^T dz", r"db = dz")
    assert verdicts(cell, *right) == ["given", "proved", "proved", "proved"]
    assert verdicts(cell, right[0].replace("^2", ""), *right[1:]) == ["given", "wrong", "wrong", "wrong"]
    assert verdicts(cell, right[0], r"da_{prev} = W_{aa} dz")[-1] == "wrong"


def test_a_dimension_d_is_a_factor() -> None:
    assert verdicts(LOSS, r"N = dn + n^2 + n", r"dh_2 = h_2 - y", r"dh_2 = y - h_2") == ["given", "proved", "wrong"]


@pytest.mark.parametrize(
    ("right", "old", "new"),
    [
        (f"{d('z_2', 'W')} = x_2", "x_2", "x_1"),
        (f"{d('z_2', 'W')} = x_2^T", "x_2", "x_1"),
        (f"{d('z_t', 'U')} = h_{{t-1}}", "h_{t-1}", "h_t"),
        (f"{d('z_2', 'b')} = 1", "= 1", "= 2"),
        (f"{d('z_2', 'b')} = I", "= I", "= 2I"),
        (f"{d('h_2', 'b')} = 1-h_2^2", "h_2^2", "h_2"),
        (f"{d('h_2', 'W')} = (1-h_2^2) x_2^T", "x_2", "x_1"),
        (f"{d('h_2', 'U')} = (1-h_2^2) h_1^T", "(1-h_2^2) h_1^T", "h_1 (1-h_2^2)^T"),
    ],
)
def test_shorthand_for_more_axes(right: str, old: str, new: str) -> None:
    assert_told_apart(LOSS, right, right.replace(old, new))
    assert any("standing for" in note or "held" in note for note in last(LOSS, right).steps[0].reading)


def test_shorthand_follows_the_definition() -> None:
    """For W^T x the identity goes with the other axis of W; both sizes are equal here."""
    sheet = "$$z_t = U^T h_{t-1}$$\n\n$$h_t = \\tanh(z_t)$$\n\n"
    assert is_right(sheet, f"{d('z_2', 'U')} = h_1")
    assert not is_right(sheet, f"{d('h_2', 'U')} = h_2 h_1^T")


LINEAR = "$$f_t = \\sigma(W x_t)$$\n\n$$c_t = f_t \\odot c_{t-1} + x_t$$\n\n"


@pytest.mark.parametrize(
    ("sheet", "right", "old", "new"),
    [
        (RNN, rf"{d('h_3', 'h_0')} = {d('h_3', 'h_2')} \cdots {d('h_1', 'h_0')}", d("h_1", "h_0"), d("h_2", "h_1")),
        (RNN, rf"{d('h_t', 'h_k')} = {d('h_t', 'h_{t-1}')} \cdots {d('h_{k+1}', 'h_k')}", "h_t}{", "h_{t-1}}{"),
        (
            RNN,
            rf"{d('h_T', 'h_i')} = {d('h_T', 'h_{T-1}')} \cdot {d('h_{T-1}', 'h_{T-2}')} \cdots {d('h_{i+1}', 'h_i')}",
            d("h_{i+1}", "h_i"),
            d("h_{i+2}", "h_{i+1}"),
        ),
        (LINEAR, rf"{d('c_T', 'c_k')} = f_T f_{{T-1}} \cdots f_{{k+1}}", "k+1", "k"),
        (LINEAR, rf"{d('c_T', 'c_k')} = f_T \odot f_{{T-1}} \odot \dots \odot f_{{k+1}}", "T-1", "T-2"),
        (LINEAR, rf"{d('c_5', 'c_1')} = f_5 \cdots f_2", "f_2", "f_1"),
    ],
)
def test_dots_in_a_product_over_time(sheet: str, right: str, old: str, new: str) -> None:
    assert_told_apart(sheet, right, right.replace(old, new))


@pytest.mark.parametrize(
    "claim",
    [
        rf"{d('h_t', 'h_k')} = {d('h_t', 'h_{t-1}')} \cdots",
        rf"{d('h_t', 'h_k')} = {d('h_t', 'h_{t-2}')} \cdots {d('h_{k+1}', 'h_k')}",
        rf"{d('h_t', 'h_k')} = {d('h_t', 'h_{t-1}')} \cdots {d('z_{k+1}', 'z_k')}",
        rf"{d('h_t', 'h_k')} = {d('h_t', 'h_{t-1}')} \cdots U",
        rf"{d('h_j', 'h_k')} = {d('h_j', 'h_{j-1}')} \cdots {d('h_{k+1}', 'h_k')}",
        r"U_3 U_2 \cdots U_1 = U",
    ],
)
def test_dots_that_leave_a_doubt(claim: str) -> None:
    assert last(RNN, claim).verdict.value == "unclear"


DELTA = LOSS + f"$$\\delta_t = {d('L', 'z_t')}$$\n\n"


@pytest.mark.parametrize(
    ("right", "old", "new"),
    [
        (r"\delta_2 = (h_2-y)\,\mathrm{diag}(1-h_2^2)", "h_2^2", "h_2"),
        (r"\delta_2 = \mathrm{diag}(1-h_2^2)(h_2-y)", "h_2^2", "h_2"),
        (r"\delta_1 = U^T \cdot \delta_2 \cdot diag(1-h_1^2)", "U^T", "U"),
        (r"\delta_1 = \mathrm{diag}(1-h_1^2) U^T \delta_2", "U^T", "U"),
        (rf"{d('L', 'z_1')} = \delta_2^T U \mathrm{{diag}}(1-h_1^2)", "U", "U^T"),
        (r"\delta_2 = (h_2-y) \odot \tanh^\prime(z_2)", "z_2", "h_2"),
    ],
)
def test_order_of_factors(right: str, old: str, new: str) -> None:
    assert_told_apart(DELTA, right, right.replace(old, new))


@pytest.mark.parametrize("prime", ["'", r"^\prime", r"^{\prime}"])
def test_slope_of_a_function_without_a_formula(prime: str) -> None:
    sheet = DELTA.replace(r"\tanh(z_t)", "f(z_t)")
    assert_told_apart(sheet, rf"\delta_2 = (h_2-y) \odot f{prime}(z_2)", rf"\delta_2 = (h_2-y) \odot f{prime}(h_2)")


@pytest.mark.parametrize("letter", [r"\epsilon", r"\varepsilon", "e", r"\delta", "g"])
def test_letters_for_a_gradient(letter: str) -> None:
    """Also letters of losses: a line says that they are gradients."""
    said = f"{letter}_t = {d('L', 'h_t')}"
    assert verdicts(LOSS, said, f"{letter}_2 = h_2 - y", f"{letter}_2 = y - h_2") == ["given", "proved", "wrong"]
