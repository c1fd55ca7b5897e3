"""Derivations written as answers: in every notation they are proved as they are written, and a wrong one is stopped."""

from __future__ import annotations

import pytest

import gradproof
from derivations.cells import recurrent
from derivations.errors import UsageError
from derivations.solutions import gradients
from derivations.solutions.document import Chain, Line, Sheet, text
from derivations.solutions.gradients import Range, Task, derive_answer
from derivations.solutions.markdown import sheet_markdown
from derivations.solutions.notation import NOTATIONS, notation, read_notation
from derivations.solutions.proving import NotProvedError, prove

STEP_2 = Range(within=True, time="2")
RANGES = {
    "within step 2, given gradient": (STEP_2, "any"),
    "within step 2": (STEP_2, "squared"),
    "within step t": (Range(within=True), "squared"),
    "two steps": (Range(steps=2), "squared"),
}


def answer(cell: str, name: str, **options: object) -> Sheet:
    return derive_answer(Task(recurrent(cell), **options), notation(name))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NOTATIONS)
@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("over", RANGES)
def test_what_is_written_in_every_notation_is_checked_and_proved(name: str, layout: str, over: str) -> None:
    span, loss = RANGES[over]
    sheet = answer("gru-before", name, range=span, loss=loss, layout=layout)
    report = gradproof.check(sheet_markdown(sheet))
    assert {x.verdict.value for x in report.statements} == {"given", "proved"}
    assert report.summary["proved"] >= 9


@pytest.mark.parametrize(
    "cell", ["rnn", "jordan", "lstm", "peephole-lstm", "coupled-lstm", "gru", "mgu", "lstm-concat"]
)
def test_cells_within_a_step_are_proved_and_cross_checked(cell: str) -> None:
    sheet = answer(cell, "standard", range=STEP_2, loss="any")
    evidence = prove(sheet, 0, gradproof.autograd_witness())
    parameters = len(recurrent(cell).parameters)
    assert evidence.proved >= parameters
    assert evidence.witnessed >= parameters
    assert 0 < evidence.autograd < 1e-12


def test_the_recursion_at_any_time_is_proved_for_all_numbers_of_steps() -> None:
    sheet = answer("rnn", "goodfellow", range=Range())
    assert prove(sheet).proved == 5
    written = sheet_markdown(sheet)
    assert r"\nabla_{h^{(t)}} L &=" not in written
    assert r"\sum_{t=1}^{T}" in written


def test_a_planted_wrong_equation_stops_the_build_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = gradients._Writer._sent

    def without_one(self: gradients._Writer, quantity: object) -> list[object]:
        return honest(self, quantity)[:1]  # type: ignore[arg-type]

    monkeypatch.setattr(gradients._Writer, "_sent", without_one)
    sheet = answer("gru-before", "standard", by=("W_{hz}",), range=Range(steps=2), loss="any")
    with pytest.raises(NotProvedError, match=r"\\frac\{\\partial L\}\{\\partial .*wrong, not proved"):
        prove(sheet)


def test_a_wrong_line_in_a_chain_is_found() -> None:
    sheet = answer("rnn", "standard", by=("b_h",), range=STEP_2, loss="any")
    place = next(k for k, block in enumerate(sheet.blocks) if isinstance(block, Chain))
    chain = sheet.blocks[place]
    assert isinstance(chain, Chain)
    lines = (*chain.lines[:-1], Line(chain.lines[-1].right.replace("1 - ", "1 + "), text("planted")))
    blocks = (*sheet.blocks[:place], Chain(chain.left, lines), *sheet.blocks[place + 1 :])
    with pytest.raises(NotProvedError) as caught:
        prove(Sheet(blocks, sheet.declarations))
    assert caught.value.verdict == "wrong"
    assert "1 + h_2^2" in caught.value.latex


def test_chains_say_why() -> None:
    written = sheet_markdown(answer("gru-before", "standard", by=("W_{xz}",), range=STEP_2, loss="any"))
    assert "product rule in the definition of $h_2$" in written
    assert "$h_1$ does not depend on $W_{xz}$ within this step" in written
    assert "the slope of σ is σ(1\u00a0−\u00a0σ)" in written


def test_gradients_come_in_the_order_asked_for() -> None:
    sheet = answer("gru-before", "standard", by=("b_z", "W_{xz}"), range=STEP_2, loss="any")
    lefts = [block.left for block in sheet.blocks if isinstance(block, Chain)]
    assert [left[left.index("partial ", 20) :] for left in lefts] == ["partial b_z}", "partial W_{xz}}"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"range": Range(steps=9)}, "give 1 to 6 steps"),
        ({"range": Range(), "loss": "any"}, "the loss must be squared"),
        ({"by": ("W_q",)}, "no W_q to derive by"),
    ],
)
def test_what_cannot_be_derived_is_told(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        answer("gru", "standard", **options)


def test_a_notation_of_ones_own() -> None:
    own = read_notation("own.toml", 'base = "graves"\nloss = "E"\nproduct = "*"\n[letters.gru]\nz = "u"\n')
    sheet = derive_answer(Task(recurrent("gru-before"), ("b_z",), STEP_2, "any"), own)
    assert r"\frac{\partial E_2}{\partial b_z} &= \frac{\partial E_2}{\partial \hat{u}_2}" in sheet_markdown(sheet)
    assert prove(sheet).proved == 3


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('times = "angles"', "there is no key times; did you mean time?"),
        ('time = "above"', "choose one of subscript, parentheses, angles"),
        ('product = "\\\\input"', "choose one of"),
        ('loss = "\\\\input{/etc/passwd}"', "this is no name"),
        ('bias = "b"', "write \\* where the letter of the gate goes"),
        ('[letters.gru]\nz = "u u"', "this is no name"),
        ('[letters]\nz = "u"', "write \\[letters.gru\\]"),
        ("time = ", "this is no TOML"),
    ],
)
def test_a_notation_that_cannot_be_used_is_told(toml: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_notation("own.toml", toml)


def test_two_quantities_never_share_a_name() -> None:
    own = read_notation("own.toml", '[letters.gru]\nz = "r"\n')
    with pytest.raises(UsageError, match="two quantities of gru-before are called"):
        derive_answer(Task(recurrent("gru-before"), ("b_z",), STEP_2, "any"), own)
