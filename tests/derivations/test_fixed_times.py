"""Claims that are made of one time, and gradients that are taken in one sense throughout a sheet."""

from __future__ import annotations

import pytest

from derivations.report import StatementReport, Verdict
from gradproof import check

NETWORK = r"""$$h_t = \tanh(W h_{t-1} + U x_t)$$

$$L = \sum_{t=1}^T \frac12 \|h_t - y_t\|^2$$

"""
GRADIENT = r"\frac{\partial L}{\partial h_t}"
LAST = rf"{GRADIENT} = h_t - y_t"
FULL = rf"{GRADIENT} = h_t - y_t + W^T ((1 - h_{{t+1}}^2) \odot \frac{{\partial L}}{{\partial h_{{t+1}}}})"
ONE_BEFORE = rf"{GRADIENT} = h_t - y_t + W^T ((1 - h_T^2) \odot (h_T - y_T))"


def statements(text: str) -> list[StatementReport]:
    return check(NETWORK + text + "\n", torch=False).statements[2:]


def verdict(text: str, claim: str) -> Verdict:
    (found,) = (x for x in statements(text) if x.latex.strip() == claim)
    return found.verdict


@pytest.mark.parametrize(
    "around",
    [
        "For $t = {}$ we have\n\n$${}$$",
        "For $t={}$:\n\n$${}$$",
        "At the last step $t={}$ there is no future, so\n\n$${}$$",
        "If $t = {}$, then ${}$.",
        "Base case ($t = {}$):\n\n$${}$$",
        "- $t = {}$: ${}$",
    ],
)
@pytest.mark.parametrize(
    ("time", "claim", "expected"),
    [
        ("T", LAST, Verdict.PROVED),
        ("T-1", LAST, Verdict.WRONG),
        ("T", LAST.replace("h_t -", "2 h_t -"), Verdict.WRONG),
        ("T-1", ONE_BEFORE, Verdict.PROVED),
        ("T-2", ONE_BEFORE, Verdict.WRONG),
    ],
)
def test_a_time_before_a_claim(around: str, time: str, claim: str, expected: Verdict) -> None:
    assert verdict(f"$${FULL}$$\n\n{around.format(time, claim)}", claim) is expected


@pytest.mark.parametrize("beside", [r"\quad \text{{for }} t = {}", r"\quad (t = {})", r", \quad t = {}"])
@pytest.mark.parametrize(("time", "expected"), [("T", Verdict.PROVED), ("T-1", Verdict.WRONG)])
def test_a_time_beside_a_claim(beside: str, time: str, expected: Verdict) -> None:
    assert verdict(f"$${FULL}$$\n\n$${LAST}{beside.format(time)}$$", LAST) is expected


@pytest.mark.parametrize(
    "words",
    [
        "The recursion runs from $t = 1$ up to $t = T$:",
        "We go back from $t=T$ with",
        "For $t=T$ the end is reached. In general",
    ],
)
def test_a_time_that_the_claim_is_not_about(words: str) -> None:
    found = statements(f"$${FULL}$$\n\n{words}\n\n$${LAST}$$")
    assert found[-1].verdict is Verdict.WRONG
    assert all(x.verdict in (Verdict.GIVEN, Verdict.PROVED) for x in found[:-1])


@pytest.mark.parametrize(
    "around",
    [
        "For every $t$, also at $t = T$:\n\n$${}$$",
        "Unlike for $t = T$,\n\n$${}$$",
        "Not just for $t=T$: $${}$$",
        "It is not only true for $t = T$ that $${}$$",
        "For $t=T$, as for every other step, we have $${}$$",
        r"$${} \quad \text{{except for }} t = T$$",
        r"$${} \quad \text{{unless }} t = T$$",
        "$${}$$ also for $t = T$.",
    ],
)
def test_words_may_turn_a_time_round(around: str) -> None:
    found = statements(f"$${FULL}$$\n\n{around.format(LAST)}")
    (claim,) = (x for x in found if x.latex.strip() == LAST)
    assert claim.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("lines", [(FULL, LAST), (LAST, FULL)])
def test_a_gradient_is_taken_in_one_sense(lines: tuple[str, str]) -> None:
    """Right by the defining equation of the loss alone, beside a line that goes through every path."""
    found = {x.latex.strip(): x for x in statements("\n\n".join(f"$${line}$$" for line in lines))}
    assert found[FULL].verdict is Verdict.PROVED
    assert found[LAST].verdict is Verdict.WRONG
    assert "leaves out paths" in found[LAST].steps[0].why


def test_a_gradient_that_a_sum_rests_on_is_whole() -> None:
    total = rf"\frac{{\partial L}}{{\partial W}} = \sum_{{t=1}}^T ((1 - h_t^2) \odot {GRADIENT}) h_{{t-1}}^T"
    assert [x.verdict for x in statements(f"$${LAST}$$\n\n$${total}$$")] == [Verdict.WRONG, Verdict.PROVED]


def test_the_direct_sense_alone_stays_a_reading() -> None:
    (found,) = statements(f"$${LAST}$$")
    assert found.verdict is Verdict.HOLDS
    assert found.steps[0].reading[0].startswith("∂ direct")


@pytest.mark.parametrize("words", ["The direct contribution is", "Without what comes later, which we ignore,"])
def test_words_may_say_that_one_path_is_meant(words: str) -> None:
    assert verdict(f"$${FULL}$$\n\n{words}\n\n$${LAST}$$", LAST) is Verdict.HOLDS
