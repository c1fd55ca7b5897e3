"""Steps about probabilities: what mends them, tried at sample distributions, and the distributions themselves."""

from __future__ import annotations

from itertools import product

import pytest

from derivations.check import check_sheet
from derivations.distributions import Distribution, conditionals
from derivations.events import OpenError, Probability, probability_of
from derivations.joint import Values
from derivations.reading.places import Source
from derivations.report import Step, Verdict

EVENTS = """For any events A, B and C,

$$P(A \\mid B) = \\frac{P(A, B)}{P(B)}$$

"""
SEQUENCE = r"""$$p(x_1, \dots, x_T) = \prod_{t=1}^{T} p(x_t \mid x_{<t})$$

$$L = -\frac{1}{T} \sum_{t=1}^{T} \log p(x_t \mid x_{<t})$$

"""


def last(text: str) -> Step:
    return check_sheet(Source("probabilities.md", text)).statements[-1].steps[-1]


def pasted(text: str, step: Step) -> str:
    assert step.repair is not None
    source = Source("probabilities.md", text)
    at = source.offset(step.repair.line, step.repair.column)
    return text[:at] + step.repair.new + text[at + len(step.repair.old) :]


@pytest.mark.parametrize(
    ("before", "claim", "old", "new"),
    [
        (EVENTS, r"P(A, B) = P(B \mid A) P(B)", r"P(B \mid A)", r"P(A \mid B)"),
        (EVENTS, r"P(A, B, C) = P(A) P(B \mid A) P(C \mid B)", r"P(C \mid B)", r"P(C \mid A, B)"),
        (EVENTS, r"\log P(A, B) = \log P(A) + P(B \mid A)", r"P(B \mid A)", r"\log(P(B \mid A))"),
        (EVENTS, r"P(B) = P(B \mid A) P(A) + P(B \mid \bar A)", r"P(B \mid \bar A)", r"P(B \mid \bar A) P(\bar{A})"),
        (
            f"{EVENTS}$$P(\\bar A) = 1 - P(A)$$\n\n",
            r"P(A \mid \bar B) = 1 - P(A \mid B)",
            r"P(A \mid B)",
            r"P(\bar{A} \mid \bar{B})",
        ),
        (SEQUENCE, r"\exp(L) = p(x_{1:T})^{1/T}", "1/T", "-1/T"),
        (SEQUENCE, r"L = -\frac{1}{T} p(x_{1:T})", "p(x_{1:T})", r"\log(p(x_{1:T}))"),
        (SEQUENCE, r"p(x_1, x_2, x_3) = p(x_3) p(x_2 \mid x_3) p(x_1)", "p(x_1)", r"p(x_{1} \mid x_{2}, x_{3})"),
        (
            "",
            r"p(x \mid y) = \frac{p(y \mid x) p(x)}{\sum_{x'} p(y \mid x') p(x)}",
            "p(x)",
            "p(x')",
        ),
    ],
)
def test_a_slip_is_mended_in_the_authors_way_of_writing(before: str, claim: str, old: str, new: str) -> None:
    text = f"{before}$${claim}$$\n"
    step = last(text)
    assert step.verdict is Verdict.WRONG
    assert step.repair is not None
    assert (step.repair.old.strip(), step.repair.new.strip()) == (old, new.strip())
    assert last(pasted(text, step)).verdict in (Verdict.PROVED, Verdict.HOLDS)


def test_no_repair_repeats_the_left_side() -> None:
    step = last(f"{EVENTS}$$P(A, B) = P(A)^3 P(B)^5$$\n")
    assert step.verdict is Verdict.WRONG
    assert step.repair is None or "P(A, B)" not in step.repair.new


def names(*texts: str) -> list[Probability]:
    return [probability_of(text) for text in texts]


def test_a_distribution_keeps_the_laws() -> None:
    known = names(r"P(A \mid B)", r"P(B \mid \bar{A})", "P(A, B)", "P(C)", r"P(\bar{B})")
    found = Distribution(known, Values({"A": ("true", "¬"), "B": ("true", "¬")}), "seed")
    value = {text: found.value(probability_of(text)) for text in ("P(A)", r"P(\bar{A})", "P(B)", "P(A, B)")}
    assert value["P(A)"] + value[r"P(\bar{A})"] == pytest.approx(1)
    assert found.value(probability_of(r"P(A \mid B)")) == pytest.approx(value["P(A, B)"] / value["P(B)"])
    assert value["P(A, B)"] != pytest.approx(value["P(A)"] * value["P(B)"])
    with pytest.raises(OpenError):
        found.value(probability_of("P(D)"))


def test_a_stretch_is_its_elements() -> None:
    found = Distribution(names("p(x_{1:3})", r"p(x_{3} \mid x_{1:2})", "p(x_{1})"), Values(), "seed")
    chained = found.value(probability_of(r"p(x_{3} \mid x_{1:2})")) * found.value(probability_of("p(x_{1:2})"))
    assert found.value(probability_of("p(x_{1:3})")) == pytest.approx(chained)


def test_every_conditional_of_two_events() -> None:
    found = {p.name for p in conditionals(names("P(A, B)"), Values())}
    assert found == {"P(A)", "P(B)", "P(A, B)", r"P(A \mid B)", r"P(B \mid A)"}
    values = product(("A=0", "A=1"), ("B",))
    both = [p.name for p in conditionals(names(*(f"P({a}, {b})" for a, b in values)), Values())]
    assert "P(A=0, A=1)" not in both
    assert r"P(A=1 \mid B)" in both
