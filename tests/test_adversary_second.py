"""Lines that were called wrong and are right, or right and are wrong."""

from __future__ import annotations

import pytest

from derivations.report import Verdict
from gradproof import check

RIGHT = (Verdict.PROVED, Verdict.HOLDS)


def verdict(before: str, claim: str) -> Verdict:
    return check(f"{before}\n\n$${claim}$$\n", torch=False).statements[-1].verdict


BITS = r"""The pixels are binarised.

$$p(x_t = 1 \mid x_{<t}) + p(x_t = 0 \mid x_{<t}) = 1$$"""


@pytest.mark.parametrize("before", [BITS, r"Let $x_t \in \{0, 1\}$."])
@pytest.mark.parametrize("limit", ["", r" \in \{0, 1\}"])
@pytest.mark.parametrize(
    ("summed", "whole", "right", "wrong"),
    [
        ("x_T", "p(x_{1:T})", "p(x_{1:T-1})", "1"),
        ("x_t", "p(x_{1:t})", "p(x_{<t})", "p(x_{1:t-2})"),
        ("x_1", "p(x_{1:t})", "p(x_{2:t})", "p(x_{1:t-1})"),
        ("x_t", "p(x_{1:t+1})", "p(x_{<t}, x_{t+1})", "p(x_{1:t})"),
    ],
)
def test_the_value_of_an_element_is_not_that_of_its_stretch(
    before: str, limit: str, summed: str, whole: str, right: str, wrong: str
) -> None:
    left = rf"\sum_{{{summed}{limit}}} {whole}"
    assert verdict(before, f"{left} = {right}") is Verdict.PROVED
    assert verdict(before, f"{left} = {wrong}") is Verdict.WRONG


def test_two_values_of_a_stretch_are_not_all() -> None:
    assert verdict(BITS, "p(x_{1:3} = 1) + p(x_{1:3} = 0) = 1") is Verdict.WRONG


ALL = r"p(x_{t+1:T} \mid x_t = v, x_{<t})"
POSTERIOR = r"p(x_t = 1 \mid x_{<t}, x_{t+1:T})"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (rf"{POSTERIOR} = p(x_t = 1 \mid x_{{<t}})", False),
        (r"p(x_t \mid x_{<t}, x_{t+1:T}) = \frac{p(x_{1:T})}{\sum_{x_t} p(x_{1:T})}", True),
        (r"p(x_t \mid x_{<t}, x_{t+1:T}) = \frac{p(x_{1:T})}{\sum_{x_{t+1}} p(x_{1:T})}", False),
        (
            rf"{POSTERIOR} = \frac{{p(x_t = 1 \mid x_{{<t}}) {ALL.replace('v', '1')}}}"
            rf"{{\sum_{{v \in \{{0, 1\}}}} p(x_t = v \mid x_{{<t}}) {ALL}}}",
            True,
        ),
        (
            rf"{POSTERIOR} = \frac{{p(x_t = 1 \mid x_{{<t}}) {ALL.replace('v', '1')}}}"
            rf"{{\sum_{{v \in \{{0, 1\}}}} p(x_t = v) {ALL}}}",
            False,
        ),
    ],
)
def test_a_time_on_the_way_has_no_place_among_the_numbers_up_to_a_length(claim: str, expected: bool) -> None:
    r"""With 4 put for T the ``x_{t+1:4}`` was a stretch of nothing, so that the future never counted."""
    found = verdict(BITS, claim)
    assert (found in RIGHT) is expected
    assert expected or found is Verdict.WRONG


NEURON = r"""$$h_t = \tanh(w h_{t-1} + u^\top x_t + b)$$

$$y = v h_T$$"""
SUMMED = r"""Let $z \in \mathbb{R}^n$ and $w, x \in \mathbb{R}^m$.

$$q = z + w^T x$$"""


@pytest.mark.parametrize(
    ("before", "claim"),
    [
        (NEURON, r"\frac{\partial h_t}{\partial x_t} = (1 - h_t^2) u^\top"),
        (NEURON, r"\frac{\partial y}{\partial v} = h_T"),
        (NEURON, r"\frac{\partial h_t}{\partial h_{t-1}} = (1 - h_t^2) w"),
        (SUMMED, r"\frac{\partial q}{\partial z} = I"),
    ],
)
def test_nothing_is_wrong_for_a_number_added_to_a_column_in_a_definition(before: str, claim: str) -> None:
    """A state is a column by habit; one neuron of it is a number."""
    assert verdict(before, claim) is Verdict.UNDECIDED


ENTROPY = r"""$$p = \mathrm{softmax}(z)$$

$$L = -\sum_k y_k \log p_k, \quad %s$$"""


@pytest.mark.parametrize(
    ("beside", "right"),
    [
        (r"\sum_k y_k = 1", True),
        (r"\text{where } \sum_k y_k = 1", True),
        (r"\sum_k q_k = 1", False),
        (r"\text{but in general not } \sum_k y_k = 1", False),
    ],
)
def test_a_condition_beside_a_formula_is_one_only_where_no_word_turns_it_round(beside: str, right: bool) -> None:
    found = verdict(ENTROPY % beside, r"\frac{\partial L}{\partial z_i} = p_i - y_i")
    assert found is (Verdict.PROVED if right else Verdict.WRONG)


def test_what_data_sum_to_is_not_wrong() -> None:
    found = check(ENTROPY % r"\sum_k y_k = 2" + "\n", torch=False).statements
    assert [x.verdict for x in found] == [Verdict.GIVEN, Verdict.GIVEN, Verdict.UNDECIDED]


ARROWS = r"""$$\overrightarrow{h}_t = \tanh(W x_t + V \overrightarrow{h}_{t-1})$$

$$\overleftarrow{h}_t = \tanh(W' x_t + V' \overleftarrow{h}_{t+1})$$

$$o_t = U \overrightarrow{h}_t + U' \overleftarrow{h}_t$$

$$L = \sum_{t=1}^T \frac12 \|o_t - y_t\|^2$$"""
BACK = r"\frac{\partial L}{\partial \overleftarrow{h}"


@pytest.mark.parametrize(
    ("claim", "right"),
    [
        (rf"{BACK}_1}} = U'^T (o_1 - y_1)", True),
        (rf"{BACK}_T}} = U'^T (o_T - y_T)", False),
        (rf"{BACK}_t}} = U'^T (o_t - y_t) + V'^T ((1 - \overleftarrow{{h}}_{{t-1}}^2) \odot {BACK}_{{t-1}}}})", True),
        (rf"{BACK}_t}} = U'^T (o_t - y_t) + V'^T ((1 - \overleftarrow{{h}}_{{t+1}}^2) \odot {BACK}_{{t+1}}}})", False),
    ],
)
def test_arrows_over_states_are_marks(claim: str, right: bool) -> None:
    """They used to be unknown commands, so that nothing of a bidirectional network was read."""
    found = verdict(ARROWS, claim)
    assert (found in RIGHT) is right
    assert right or found is Verdict.WRONG


def test_an_arrow_to_the_right_is_a_mark_beside_one_to_the_left() -> None:
    r"""``\vec h_t`` used to be h_t, which is another state where the two directions are put together."""
    text = ARROWS.replace(r"\overrightarrow", r"\vec").replace("o_t", "h_t")
    own = r"\frac{\partial \vec{h}_t}{\partial x_t} = \mathrm{diag}(1 - %s^2) W"
    assert verdict(text, own % r"\vec{h}_t") is Verdict.PROVED
    assert verdict(text, own % "h_t") not in RIGHT
    alone = r"$$\vec{h}_t = \tanh(W x_t + V \vec{h}_{t-1})$$"
    assert verdict(alone, own % "h_t") is Verdict.PROVED


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"\sum_{c=1}^K p(c \mid x) = 1", Verdict.PROVED),
        (r"\sum_{k=0}^{K-1} p(y = k \mid x) = 1", Verdict.PROVED),
        (r"\sum_{k=1}^K p(x \mid y = k) p(y = k) = p(x)", Verdict.PROVED),
        (r"\sum_{k=1}^K p(x \mid y = k) = 1", Verdict.WRONG),
        (r"\sum_{k=1}^K p(x \mid y = k) = p(x)", Verdict.WRONG),
        (r"p(y = 1) = 1 - \sum_{k=2}^K p(y = k)", Verdict.UNDECIDED),
        (r"\sum_{k=1}^n p(y = k) = 1", Verdict.UNDECIDED),
        (r"\sum_{t=1}^T p(\tau = t) = 1", Verdict.UNDECIDED),
    ],
)
def test_a_sum_over_classes_is_one_over_all_values(claim: str, expected: Verdict) -> None:
    """It used to be tried with one class of many, with which the right lines were wrong."""
    assert verdict("", claim) is expected


ROWS = r"""With row vectors $x_t \in \mathbb{R}^{1 \times d}$, $h_t, y_t, b \in \mathbb{R}^{1 \times n}$,
$W \in \mathbb{R}^{d \times n}$, $U \in \mathbb{R}^{n \times n}$:

$$h_t = \tanh(x_t W + h_{t-1} U + b)$$

$$L_t = \frac12 \|h_t - y_t\|^2$$

$$L = \sum_t L_t$$"""
NUMERATOR = r"""Gradients are row vectors.
Let $h_t \in \mathbb{R}^n$, $o_t, y_t \in \mathbb{R}^k$, $V \in \mathbb{R}^{k \times n}$.

$$h_t = \tanh(W h_{t-1} + U x_t + b)$$

$$o_t = V h_t$$

$$L = \sum_t \frac12 \|o_t - y_t\|^2$$"""
GRADIENT, NEXT = (rf"\frac{{\partial L}}{{\partial h_{{{t}}}}}" for t in ("t", "t+1"))


@pytest.mark.parametrize(
    ("before", "value", "right"),
    [
        (ROWS, rf"h_t - y_t + ({NEXT} \odot (1 - h_{{t+1}}^2)) U^T", True),
        (ROWS, rf"\frac{{\partial L_t}}{{\partial h_t}} + ({NEXT} \odot (1 - h_{{t+1}}^2)) U^T", True),
        (ROWS, rf"\frac{{\partial L_t}}{{\partial h_t}} + ({NEXT} \odot (1 - h_{{t+1}}^2)) U", False),
        (NUMERATOR, rf"(o_t - y_t)^T V + {NEXT} \mathrm{{diag}}(1 - h_{{t+1}}^2) W", True),
        (NUMERATOR, rf"(o_t - y_t)^T V + {NEXT} \mathrm{{diag}}(1 - h_{{t+1}}^2) W^T", False),
        (NUMERATOR, rf"(o_t - y_t)^T V + {NEXT} \mathrm{{diag}}(1 - h_t^2) W", False),
    ],
)
def test_a_gradient_times_a_matrix_is_added_to_rows(before: str, value: str, right: bool) -> None:
    found = verdict(before, f"{GRADIENT} = {value}")
    assert (found in RIGHT) is right
    assert right or found is Verdict.WRONG


BATCH = r"""Let $X \in \mathbb{R}^{m \times d}$, $H, Y \in \mathbb{R}^{m \times n}$, $W \in \mathbb{R}^{d \times n}$.

$$H = \tanh(X W + b)$$

$$L = \frac12 \|H - Y\|_F^2$$"""
INNER = r"\left(\frac{\partial L}{\partial H} \odot (1 - H^2)\right)"


@pytest.mark.parametrize(
    ("value", "right"),
    [(rf"\mathbf{{1}}^T {INNER}", True), (INNER, False), (rf"{INNER} \mathbf{{1}}", False)],
)
def test_ones_are_a_column_among_rows_too(value: str, right: bool) -> None:
    found = verdict(BATCH, rf"\frac{{\partial L}}{{\partial b}} = {value}")
    assert found is (Verdict.PROVED if right else Verdict.WRONG)


LAST_LOSS = r"""$$h_t = \tanh(W h_{t-1} + U x_t)$$

$$L = \frac12 \|h_T - y\|^2$$"""
FIRST, SECOND, THIRD = (rf"\frac{{\partial L}}{{\partial h_{t}}}" for t in (1, 2, 3))


@pytest.mark.parametrize(
    ("claim", "right"),
    [
        (rf"{FIRST} = W^\top \mathrm{{diag}}(1 - h_2^2) {SECOND}", True),
        (rf"{FIRST} = W^\top \mathrm{{diag}}(1 - h_1^2) {SECOND}", False),
        (rf"{SECOND} = W^\top \mathrm{{diag}}(1 - h_3^2) {THIRD}", True),
        (rf"{SECOND} = W^\top \mathrm{{diag}}(1 - h_3^2) {FIRST}", False),
        (rf"{SECOND} = h_2 - y", False),
    ],
)
def test_a_time_that_a_claim_names_is_not_behind_the_last_one(claim: str, right: bool) -> None:
    """With T = 1 there is no h_2 on which the loss rests."""
    found = verdict(LAST_LOSS, claim)
    assert (found in RIGHT) is right
    assert right or found is Verdict.WRONG


@pytest.mark.parametrize(
    ("step", "claim", "expected"),
    [
        ("W h_{t-1}", "h_T = W^T h_0", Verdict.UNDECIDED),
        ("W h_{t-1}", r"\frac{\partial h_T}{\partial h_0} = W^T", Verdict.UNDECIDED),
        ("W h_{t-1}", r"h_T = W^\top h_0", Verdict.WRONG),
        ("W h_{t-1}", r"\frac{\partial h_t}{\partial h_{t-1}} = W^T W", Verdict.WRONG),
        (r"\tanh(W h_{t-1})", "h_T = W^T h_0", Verdict.WRONG),
    ],
)
def test_a_transpose_in_a_linear_recurrence_may_be_a_power(step: str, claim: str, expected: Verdict) -> None:
    assert verdict(f"$$h_t = {step}$$", claim) is expected


@pytest.mark.parametrize(
    ("before", "claim", "right"),
    [
        ("", r"p(x) = \prod_{t=1}^T p(x_t \mid x_{<t})", True),
        ("", r"p(x) = p(x_1) \prod_{t=2}^T p(x_t \mid x_{<t})", True),
        ("", r"p(x) = p(x_1) \prod_{t=1}^T p(x_t \mid x_{<t})", False),
        ("", r"p(x) = \prod_{t=2}^T p(x_t \mid x_{<t})", False),
        ("", r"p(x) = \prod_{t=1}^T p(x_t \mid x_{t-1})", False),
        (r"$p(y \mid x) = \prod_{t=1}^T p(y_t \mid y_{<t}, x)$", r"\sum_y p(y \mid x) = 1", True),
        (r"$p(y \mid x) = \prod_{t=1}^T p(y_t \mid y_{<t}, x)$", r"p(y \mid x) = p(x \mid y)", False),
    ],
)
def test_a_letter_alone_is_the_whole_sequence(before: str, claim: str, right: bool) -> None:
    """It used to be one more variable, with which the chain rule was wrong at T = 1."""
    assert verdict(before, claim) is (Verdict.PROVED if right else Verdict.WRONG)


def test_a_letter_alone_of_no_known_length_is_no_element() -> None:
    assert verdict("", r"p(x, x_t) = p(x_t) p(x \mid x_t)") is Verdict.UNDECIDED


TEN = "The pixels $x_t$ are binary. The label $y$ is one of ten digits."
THREE = r"The states are $s_t \in \{1, 2, 3\}$."
STEP = r"p(s_{t+1} = 1 \mid s_t = k) p(s_t = k)"


@pytest.mark.parametrize(
    ("before", "claim", "expected"),
    [
        (TEN, r"p(x_t = 1 \mid x_{<t}) = 1 - p(x_t = 0 \mid x_{<t})", Verdict.PROVED),
        (TEN, r"p(y = 1 \mid x) = 1 - p(y = 0 \mid x)", Verdict.UNDECIDED),
        ("The pixels are binary. The label is $y$.", "p(y = 1) = 1 - p(y = 0)", Verdict.UNDECIDED),
        ("The labels $y$ are binary.", "p(y = 1) = 1 - p(y = 0)", Verdict.PROVED),
        (r"Let $y \in \{0, \dots, 9\}$.", "p(y = 1) = 1 - p(y = 0)", Verdict.WRONG),
        (r"Let $y \in \{0, 1\}$.", "p(y = 1) = 1 - p(y = 0)", Verdict.PROVED),
        (THREE, "p(s_t = 1) + p(s_t = 2) = 1", Verdict.WRONG),
        (THREE, "p(s_t = 1) + p(s_t = 2) + p(s_t = 3) = 1", Verdict.PROVED),
        (THREE, rf"p(s_{{t+1}} = 1) = \sum_{{k=1}}^3 {STEP}", Verdict.PROVED),
        (THREE, rf"p(s_{{t+1}} = 1) = \sum_{{k=1}}^2 {STEP}", Verdict.WRONG),
    ],
)
def test_words_and_sets_say_whose_values_they_list(before: str, claim: str, expected: Verdict) -> None:
    assert verdict(before, claim) is expected


@pytest.mark.parametrize("sign", ["=", ":="])
def test_a_forward_variable_is_not_wrong(sign: str) -> None:
    claim = rf"\alpha_t(j) {sign} p(x_{{1:t}}, z_t = j)"
    assert check(f"$${claim}$$\n", torch=False).statements[-1].verdict is Verdict.UNDECIDED
