"""Products that are convolutions: what the words of a sheet make of them, and what they never make right."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.convolution_words import Words
from derivations.reading.places import Source
from derivations.report import Report, Verdict

X = r"$$X = \begin{bmatrix} 1 & 2 & 0 \\ 0 & 1 & 3 \\ 2 & 1 & 0 \end{bmatrix}$$"
K = r"$$K = \begin{bmatrix} 1 & 0 & 2 \\ 0 & -1 & 0 \\ 1 & 0 & 0 \end{bmatrix}$$"
SAME = r"\begin{bmatrix} -1 & -2 & 1 \\ 4 & 2 & 0 \\ 0 & 5 & 1 \end{bmatrix}"
TURNED = r"\begin{bmatrix} 0 & 1 & 2 \\ 3 & 3 & -1 \\ -1 & 2 & 0 \end{bmatrix}"
PLAIN = r"\begin{bmatrix} 1 & -2 & 2 \\ 3 & -1 & 0 \\ 2 & -1 & 4 \end{bmatrix}"


def report(words: str, claim: str) -> Report:
    return check_sheet(Source("sheet.md", f"{words}\n\n{X}\n\n{K}\n\n$${claim}$$\n"))


def verdict(words: str, claim: str) -> Verdict:
    """The verdict of a claim on a sheet with these words."""
    return report(words, claim).statements[-1].verdict


ZERO = "A CNN layer with zero padding and stride 1."
CLAIMS = {
    ZERO: SAME,
    "A convolution layer, no padding, stride 1, the kernel is not flipped.": r"\begin{bmatrix} 2 \end{bmatrix}",
    "Cross-correlation with padding 1 and stride 2.": r"\begin{bmatrix} -1 & 1 \\ 0 & 1 \end{bmatrix}",
    "A true convolution with zero padding.": TURNED,
    "The convolution flips the kernel; same padding.": TURNED,
    "Faltungsschicht eines CNN mit Padding 1 und Schrittweite 1.": SAME,
    "Capa de convolución (CNN) con relleno de 1 y paso 1.": SAME,
    "卷积层 (CNN)，零填充，步长 1。": SAME,
    "<!-- gradproof\n*: correlation\npadding: same\n-->": SAME,
    "<!-- gradproof\n*: correlation\nconvolution: flipped\npadding: 1\nstride: 1\n-->": TURNED,
}


@pytest.mark.parametrize("words", CLAIMS)
def test_right(words: str) -> None:
    assert verdict(words, f"X * K = {CLAIMS[words]}") is Verdict.PROVED


@pytest.mark.parametrize("words", CLAIMS)
def test_a_wrong_entry(words: str) -> None:
    wrong = CLAIMS[words].replace("1 ", "7 ", 1).replace("x} 2", "x} 7")
    assert verdict(words, f"X * K = {wrong}") is Verdict.WRONG


@pytest.mark.parametrize(
    "product", [r"X \times K", r"X \ast K", r"X \star K", r"\text{conv}(X, K)", r"\operatorname{Conv2D}(X, K)"]
)
def test_ways_to_write_it(product: str) -> None:
    assert verdict(ZERO, f"{product} = {SAME}") is Verdict.PROVED
    assert verdict(ZERO, f"{product} = {SAME.replace('5', '6')}") is Verdict.WRONG


def test_a_product_is_never_right_as_a_product_where_a_convolution_is_meant() -> None:
    assert verdict(ZERO, f"X * K = {PLAIN}") is Verdict.UNDECIDED
    assert verdict("Two matrices.", f"X * K = {PLAIN}") is Verdict.PROVED
    assert verdict("Two matrices.", f"X * K = {SAME}") is Verdict.WRONG


def test_without_words_the_star_may_be_padded_or_not() -> None:
    found = report("Two arrays.", rf"X \star K = {SAME}")
    assert found.statements[-1].verdict is Verdict.PROVED
    assert "same padding" in found.conventions["convolutions"]
    assert verdict("Two arrays.", rf"X \star K = {PLAIN}") is Verdict.WRONG


def test_a_kernel_turned_round_against_the_words_is_not_called_wrong_nor_right() -> None:
    assert verdict(ZERO, f"X * K = {TURNED}") is Verdict.UNDECIDED


def test_what_is_declared_is_not_guessed() -> None:
    declared = "<!-- gradproof\n*: correlation\nconvolution: correlation\npadding: same\nstride: 1\n-->"
    assert verdict(declared, f"X * K = {TURNED}") is Verdict.WRONG


def test_the_shape_comes_first() -> None:
    step = report(ZERO, r"X * K = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}").statements[-1].steps[-1]
    assert step.verdict is Verdict.WRONG
    assert step.shapes == ("3×3", "2×2")
    assert step.expected == SAME


def test_same_padding_that_is_not_symmetric_is_not_guessed() -> None:
    even = ZERO + r" Another kernel: $$Q = \begin{bmatrix} 1 & 1 \\ 0 & 1 \end{bmatrix}$$"
    assert verdict(even, rf"X * Q = {SAME}") not in (Verdict.PROVED, Verdict.HOLDS, Verdict.WRONG)


SAID = {
    "zero padding": "same", "no padding": "valid", "a valid convolution": "valid", "padding of 2": "2",
    "padding $p = 1$": "1", "padded with zeros": "same", "`padding='same'`": "same", "full convolution": "full",
    "without any padding": "valid", "do not use padding": "valid", "the same cross-correlation": "",
    "if there were no padding": "",
}  # fmt: skip


@pytest.mark.parametrize("words", SAID)
def test_what_is_said_of_padding(words: str) -> None:
    sure = [x.value for x in Words(Source("s.md", f"A CNN with {words}."), {}).mentions["padding"] if x.sure]
    assert sure == [SAID[words]] * bool(SAID[words])


def test_a_mask_is_no_convolution() -> None:
    assert not Words(Source("s.md", "Padding the sequences and masking."), {}).speaks


def test_elementwise_where_a_convolution_is_meant_is_neither_right_nor_wrong() -> None:
    entries = r"\begin{bmatrix} 1 & 0 & 0 \\ 0 & -1 & 0 \\ 2 & 0 & 0 \end{bmatrix}"
    assert verdict(ZERO, f"X * K = {entries}") is Verdict.UNDECIDED


def test_symbols_on_a_sheet_about_convolutions_stay_products() -> None:
    text = "A CNN, then a cell: $$c_t = f_t * c_{t-1} + i_t * g_t$$\n\n$$\\frac{\\partial c_t}{\\partial g_t} = i_t$$\n"
    found = check_sheet(Source("sheet.md", text))
    assert found.statements[-1].verdict is Verdict.PROVED
    assert "convolutions" not in found.conventions


def test_vectors_are_convolved_as_well() -> None:
    product = r"\begin{bmatrix} 1 \\ 2 \\ 3 \end{bmatrix} * \begin{bmatrix} 1 \\ -1 \end{bmatrix}"
    claim = product + r" = \begin{bmatrix} -1 \\ %s \end{bmatrix}"
    words = "A cross-correlation without padding."
    assert verdict(words, claim % "-1") is Verdict.PROVED
    assert verdict(words, claim % "1") is Verdict.WRONG
