"""Claims about gradients of a loss over all steps: what is proved for every T, and what must not be."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from derivations.adjoints import Backward
from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport
from derivations.terms import Term, scale
from derivations.world import World

RNN = r"""
$h_t, b, y_t \in \mathbb{R}^n$, $x_t \in \mathbb{R}^d$, $W \in \mathbb{R}^{n \times d}$,
$U, V \in \mathbb{R}^{n \times n}$

$$h_t = \tanh(W x_t + U h_{t-1} + b)$$

$$L_t = \frac{1}{2} \|h_t - y_t\|^2$$
"""
EVERY = r"$$L = \sum_{t=1}^{T} L_t$$"
LAST = r"$$L = L_T$$"
NEXT = r"U^\top ((1 - h_{t+1}^2) \odot \d{L}{h_{t+1}})"
SLOPED = r"((1 - h_t^2) \odot \d{L}{h_t})"


def one(definitions: str, claim: str) -> StatementReport:
    text = f"{definitions}\n\n$${claim}$$\n"
    part = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
    text = re.sub(rf"\\d{part}{part}", r"\\frac{\\partial \1}{\\partial \2}", text)
    return check_sheet(Source("claim.md", text)).statements[-1]


RIGHT = [
    (EVERY, rf"\d{{L}}{{h_t}} = h_t - y_t + {NEXT}"),
    (LAST, rf"\d{{L}}{{h_t}} = {NEXT}"),
    (EVERY, rf"\d{{L}}{{U}} = \sum_{{t=1}}^{{T}} {SLOPED} h_{{t-1}}^\top"),
    (LAST, rf"\d{{L}}{{U}} = \sum_{{t=1}}^{{T}} {SLOPED} h_{{t-1}}^\top"),
    (EVERY, rf"\d{{L}}{{W}} = \sum_{{k=1}}^{{T}} {SLOPED.replace('_t', '_k')} x_k^\top"),
    (EVERY, r"\d{L}{b} = \sum_{t=0}^{T-1} (1 - h_{t+1}^2) \odot \d{L}{h_{t+1}}"),
    (EVERY, r"\d{L}{h_t} = \sum_{k=t}^{T} \d{L_k}{h_t}"),
    (EVERY, r"\d{L}{h_t} = \sum_{k=t}^{T} \d{L_k}{h_k} \d{h_k}{h_t}"),
    (EVERY, r"\d{L}{x_t} = W^\top " + SLOPED),
    (
        EVERY,
        r"\d{L}{U} = \sum_{t=1}^{T} \sum_{i=1}^{t} \d{L_t}{h_t} "
        r"\left(\prod_{k=i+1}^{t} \d{h_k}{h_{k-1}}\right) \d{h_i}{U}",
    ),
    (EVERY + "\n\n" + r"$$g_t = \d{L}{h_{t-1}}$$", rf"g_t = h_{{t-1}} - y_{{t-1}} + U^\top {SLOPED}"),
    (EVERY + "\n\n" + r"$$a_t = W x_t + U h_{t-1} + b$$", rf"\d{{L}}{{b}} = \sum_{{t=1}}^{{T}} {SLOPED}"),
]
WRONG = [
    (EVERY, rf"\d{{L}}{{h_t}} = {NEXT}"),
    (EVERY, r"\d{L}{h_t} = h_t - y_t"),
    (LAST, rf"\d{{L}}{{h_t}} = h_t - y_t + {NEXT}"),
    (EVERY, rf"\d{{L}}{{U}} = \sum_{{t=1}}^{{T}} {SLOPED} h_t^\top"),
    (EVERY, rf"\d{{L}}{{U}} = \sum_{{t=2}}^{{T}} {SLOPED} h_{{t-1}}^\top"),
    (EVERY, rf"\d{{L}}{{U}} = \sum_{{t=1}}^{{T-1}} {SLOPED} h_{{t-1}}^\top"),
    (EVERY, r"\d{L}{b} = \sum_{t=1}^{T} \d{L}{h_t}"),
    (EVERY, r"\d{L}{h_t} = \sum_{k=t+1}^{T} \d{L_k}{h_t}"),
    (EVERY + "\n\n" + r"$$g_t = \d{L}{h_{t-1}}$$", rf"g_t = U^\top {SLOPED}"),
    (EVERY + "\n\n" + r"$$J = \frac{1}{2} L^2$$", rf"\d{{J}}{{h_t}} = h_t - y_t + {NEXT}"),
    (EVERY + "\n\n" + r"$$h_0 = U b$$", rf"\d{{L}}{{b}} = \sum_{{t=1}}^{{T}} {SLOPED}"),
    (r"$$L = \sum_{t=1}^{T} L_t + \frac{1}{2} \|b\|^2$$", rf"\d{{L}}{{b}} = \sum_{{t=1}}^{{T}} {SLOPED}"),
    (r"$$L = \sum_{t=2}^{T} L_t$$", rf"\d{{L}}{{h_t}} = h_t - y_t + {NEXT}"),
]


@pytest.mark.parametrize(("loss", "claim"), RIGHT)
def test_right_claims_are_proved_for_every_length(loss: str, claim: str) -> None:
    statement = one(RNN + "\n" + loss, claim)
    assert statement.verdict.value == "proved", statement.steps[0].why


@pytest.mark.parametrize(("loss", "claim"), WRONG)
def test_near_misses_are_wrong(loss: str, claim: str) -> None:
    statement = one(RNN + "\n" + loss, claim)
    assert statement.verdict.value == "wrong", statement.steps[0].why


def test_the_proof_says_what_comes_back() -> None:
    why = one(RNN + "\n" + EVERY, RIGHT[0][1]).steps[0].why
    assert why == ("by backpropagation from t+1, whatever comes back to h_{t+1} from later steps: for all t+1 ≤ T")


def test_the_proof_of_a_claim_about_the_step_before_says_from_where_on_it_holds() -> None:
    """At t = 1 it would speak of h_0, which no summand looks at."""
    claim = r"\d{L}{h_{t-1}} = h_{t-1} - y_{t-1} + U^\top ((1 - h_t^2) \odot \d{L}{h_t})"
    step = one(RNN + "\n" + EVERY, claim).steps[0]
    assert step.why.endswith("for all 2 ≤ t ≤ T")


@pytest.mark.parametrize(
    ("recurrence", "loss", "claim", "verdict"),
    [
        ("U h_{t-1} + V h_{t-2}", r"h_t - y_t", rf"h_t - y_t + {NEXT}", "wrong"),
        (
            "U h_{t-1} + V h_{t-2}",
            r"h_t - y_t",
            rf"h_t - y_t + {NEXT} + V^\top ((1 - h_{{t+2}}^2) \odot \d{{L}}{{h_{{t+2}}}})",
            "proved",
        ),
        ("U h_{t-1}", r"h_t - h_{t-1}", rf"h_t - h_{{t-1}} + {NEXT}", "wrong"),
        ("U h_{t-1}", r"h_t - h_{t-1}", rf"2 h_t - h_{{t-1}} - h_{{t+1}} + {NEXT}", "proved"),
    ],
)
def test_steps_that_look_further_back(recurrence: str, loss: str, claim: str, verdict: str) -> None:
    text = RNN.replace("U h_{t-1}", recurrence).replace("h_t - y_t", loss)
    assert one(text + "\n" + EVERY, rf"\d{{L}}{{h_t}} = {claim}").verdict.value == verdict


def test_what_comes_back_is_what_tells_a_claim_for_two_steps_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = r"\d{L}{h_t} = h_t - y_t + U^\top ((1 - h_{t+1}^2) \odot (h_{t+1} - y_{t+1}))"
    assert one(RNN + "\n" + EVERY, claim).verdict.value == "wrong"
    monkeypatch.setattr(Backward, "_returned", lambda self, world: iter(()))
    assert one(RNN + "\n" + EVERY, claim).verdict.value == "proved"


def test_no_proof_rests_on_a_wrong_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Backward._losses

    def doubled(self: Backward, world: World) -> Iterator[Term]:
        return (scale(2, term) for term in right(self, world))

    monkeypatch.setattr(Backward, "_losses", doubled)
    assert one(RNN + "\n" + EVERY, RIGHT[0][1]).verdict.value == "holds"
