"""A name that a later question gives anew: what rests on it is neither right nor wrong from there on."""

from __future__ import annotations

import pytest

from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.rechecking import Memory
from derivations.report import Verdict
from gradproof import check

FIRST = r"""## (a)

$$a_t = W h_{t-1} + U x_t$$

$$h_t = \sigma(a_t)$$

$$\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(h_t \odot (1 - h_t))$$

"""
OF_TANH = r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1 - h_t^2)"
OF_SIGMA = r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(h_t \odot (1 - h_t))"


def verdicts(*lines: str) -> list[Verdict]:
    text = FIRST + "\n\n".join(line if "$" in line or line.startswith("#") else f"$${line}$$" for line in lines)
    return [x.verdict for x in check(text + "\n", torch=False).statements][2:]


@pytest.mark.parametrize(
    "again",
    [
        ("## (b)", r"h_t = \tanh(a_t)"),
        (r"h_t := \tanh(a_t)",),
        (r"Instead, we take $h_t = \tanh(a_t)$.",),
        (r"Now let $h_t = \tanh(a_t)$.",),
        ("## (b)", r"h_t = \tanh(k_t)"),
    ],
)
@pytest.mark.parametrize("claim", [OF_TANH, OF_SIGMA])
def test_what_rests_on_a_name_that_is_given_anew(again: tuple[str, ...], claim: str) -> None:
    assert verdicts(*again, claim) == [Verdict.PROVED, Verdict.UNDECIDED, Verdict.UNDECIDED]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("## (b)", r"h_t = \sigma(a_t)", OF_SIGMA), [Verdict.PROVED] * 3),
        ((r"h_t = \tanh(a_t)", OF_SIGMA), [Verdict.PROVED, Verdict.WRONG, Verdict.PROVED]),
        (("## (b)", r"If $a_t = 0$, then $h_t = 2 a_t$."), [Verdict.PROVED, Verdict.GIVEN, Verdict.WRONG]),
    ],
)
def test_what_is_no_other_definition(lines: tuple[str, ...], expected: list[Verdict]) -> None:
    assert verdicts(*lines) == expected


def test_both_lines_are_told() -> None:
    found = check(f"{FIRST}## (b)\n\n$$h_t = \\tanh(a_t)$$\n", torch=False).statements[-1].steps[0]
    told = "line 5 defines h_t, and line 11 says otherwise"
    assert found.why == f"{told}; give one of the two another name, or a sheet of its own"


def test_a_line_that_is_changed_is_noticed_by_those_behind() -> None:
    memory = Memory()
    for value, verdict in ((r"\sigma", Verdict.PROVED), (r"\tanh", Verdict.UNDECIDED), (r"\sigma", Verdict.PROVED)):
        text = f"{FIRST}## (b)\n\n$$h_t = {value}(a_t)$$\n\n$${OF_SIGMA}$$\n"
        report = check_sheet(Source("sheet.md", text), Options(), memory=memory)
        assert [x.verdict for x in report.statements[-2:]] == [verdict, verdict]
