"""A sheet of numbers is recognised by its formulas or its words; a formula for numbers is never right for vectors."""

from __future__ import annotations

import pytest

import gradproof
from derivations.reading.places import Source
from derivations.report import Report
from derivations.scalars import said_scalar

CELL = "$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n\n"
SLOPE = "$$\\frac{\\partial^{+} h_t}{\\partial W} = h_{t-1} (1 - h_t^2)$$\n\n"

SAID = [
    "All quantities are scalars.",
    "For simplicity, everything is a scalar.",
    "We assume that all weights and states are scalars",
    "Consider a scalar RNN.",
    "Der Einfachheit halber sind alle Größen Skalare.",
    "Toutes les grandeurs sont des scalaires.",
    "Todas las cantidades son escalares.",
    "Tutte le grandezze sono scalari.",
    "Todas as grandezas são escalares.",
    "为简单起见，所有量都是标量。",
]
NOT_SAID = [
    "Not all quantities are scalars.",
    "If all quantities were scalars, this would be easy.",
    "All losses are scalars, but the states are vectors.",
    "The loss is a scalar.",
    "All weights are matrices. The loss is a scalar.",
    "In the scalar case all signs are the same; only then are all gradients scalars.",
    "Nicht alle Größen sind Skalare.",
    "Si toutes les grandeurs sont des scalaires, rien ne change.",
    "并非所有量都是标量，不是标量。",
    "",
]


def checked(words: str, *formulas: str) -> Report:
    return gradproof.check("\n\n".join((words, CELL, *formulas)), torch=False)


@pytest.mark.parametrize("words", SAID)
def test_words_that_say_so(words: str) -> None:
    report = checked(words, SLOPE)
    assert report.statements[-1].verdict.value == "proved"
    assert report.conventions["vectors"] == "none: scalars only"
    assert report.grounds["vectors"].text == "said on line 1"


@pytest.mark.parametrize("words", NOT_SAID)
def test_words_that_do_not_say_so(words: str) -> None:
    report = checked(words, SLOPE)
    assert report.statements[-1].verdict.value == "wrong"
    assert report.conventions["vectors"] == "columns"


@pytest.mark.parametrize("words", SAID)
def test_a_declared_shape_is_stronger_than_words(words: str) -> None:
    report = checked(words + r" Let $h_t \in \mathbb{R}^n$.", SLOPE)
    assert report.statements[-1].verdict.value != "proved"


def test_words_behind_a_claim_do_not_reach_back() -> None:
    report = checked("", SLOPE, SAID[0])
    assert report.statements[-1].verdict.value == "wrong"


@pytest.mark.parametrize("words", SAID)
def test_a_wrong_slope_is_wrong_for_numbers_too(words: str) -> None:
    report = checked(words, SLOPE.replace("h_t^2", "h_t"))
    assert report.statements[-1].verdict.value == "wrong"


@pytest.mark.parametrize("words", ["The vector $h_t$ is the state.", "Der Vektor der Zustände.", "向量和矩阵。"])
def test_vectors_in_words_alone_leave_it_open(words: str) -> None:
    report = gradproof.check("\n\n".join((words, CELL, SLOPE)).replace("W", "w").replace("U", "u"), torch=False)
    assert report.statements[-1].verdict.value == "undecided"


def test_bold_letters_are_no_numbers() -> None:
    text = "\n\n".join((CELL, SLOPE)).replace("W", "w").replace("U", "u").replace("h_", r"\mathbf{h}_")
    assert gradproof.check(text, torch=False).statements[-1].verdict.value == "undecided"


def test_lower_case_letters_alone_are_numbers() -> None:
    report = gradproof.check("\n\n".join((CELL, SLOPE)).replace("W", "w").replace("U", "u"), torch=False)
    assert report.statements[-1].verdict.value == "proved"


def test_the_place_of_the_words() -> None:
    source = Source("x.md", "Words. And more.\nAll quantities are scalars.\n")
    span = said_scalar(source, len(source.text))
    assert span is not None
    assert source.slice(span) == "All quantities are scalars"
