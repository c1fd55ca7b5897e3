"""Repairs: planted slips are found and mended, and what is shown can be pasted back."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracle.mending import Bed, sample, shape

from derivations.check import check_sheet
from derivations.edits import edits
from derivations.errors import SheetError
from derivations.handwriting import Hand
from derivations.holes import replaced
from derivations.reading.parser import parse_expression
from derivations.reading.places import Source
from derivations.report import Report, Step, Verdict
from derivations.slips import SLIPS

SHEETS = Path(__file__).resolve().parent / "sheets"
NAMES = (
    "batch-columns",
    "bptt-gru-deltas",
    "dl-mlp-columns",
    "facts",
    "gate-values",
    "rec-gru-cho",
    "rec-lstm-standard",
)
NETWORK = r"""Let $x_t \in \mathbb{R}^d$, $h_t \in \mathbb{R}^n$ and $y \in \mathbb{R}^n$.

$$h_t = \tanh(W x_t + U h_{t-1} + b)$$

$$L = \frac{1}{2} \|h_2 - y\|^2$$

"""


@pytest.mark.parametrize("name", NAMES)
def test_planted_slips_are_mended(name: str) -> None:
    bed = Bed(f"{name}.md", (SHEETS / f"{name}.md").read_text())
    found = [bed.plant(item, slip) for item, slip in sample(bed, 14, "tests")]
    wrong = [x for x in found if x.verdict == "wrong"]
    assert len(wrong) >= 6 or not bed.right
    assert sum(x.proved for x in wrong) >= 0.6 * len(wrong)
    assert sum(x.located for x in wrong) >= 0.6 * len(wrong)


def test_the_oracle_sees_a_repair_that_does_not_mend() -> None:
    bed = Bed("facts.md", (SHEETS / "facts.md").read_text())
    item = bed.right[0]
    side = bed.source.slice(item.right.span)
    spoilt = bed.source.text.replace(f"= {side}", f"= 2 {side}", 1)
    assert Bed.again("facts.md", bed.source.text, bed, item) == shape(item.right)
    assert Bed.again("facts.md", spoilt, bed, item) is None
    assert shape(parse_expression("a b")) != shape(parse_expression("b a"))
    assert shape(parse_expression("(a) + b")) == shape(parse_expression("b + a"))


def last(claim: str) -> Step:
    report: Report = check_sheet(Source("sheet.md", f"{NETWORK}$${claim}$$\n"))
    assert report.statements[-1].verdict is Verdict.WRONG
    return report.statements[-1].steps[-1]


@pytest.mark.parametrize(
    ("claim", "code", "old", "new"),
    [
        (r"\frac{\partial L}{\partial h_2} = y - h_2", "sign", "y - h_2", "h_2 - y"),
        (r"\frac{\partial L}{\partial h_2} = 2 (h_2 - y)", "extra-factor", "2 ", ""),
        (r"\frac{\partial h_2}{\partial h_1} = \mathrm{diag}(1 - h_2) U", "tanh-derivative", "h_2", "h_2^2"),
        (r"\frac{\partial L}{\partial h_1} = U ((h_2 - y) \odot (1 - h_2^2))", "missing-transpose", "U", "U^T"),
        (r"\frac{\partial h_2}{\partial h_1} = \mathrm{diag}(1 - h_2^2) W", "swapped-name", "W", "U"),
        (
            r"\frac{\partial L}{\partial h_1} = \frac{\partial L}{\partial h_2} \frac{\partial h_3}{\partial h_1}",
            "broken-chain",
            "h_3",
            "h_2",
        ),
    ],
)
def test_repairs_in_the_authors_own_words(claim: str, code: str, old: str, new: str) -> None:
    step = last(claim)
    assert step.repair is not None
    assert (step.repair.old, step.repair.new) == (old, new)
    assert step.code == step.repair.code
    assert step.repair.code == code or not code
    assert step.place is not None


@pytest.mark.parametrize(
    ("claim", "codes"),
    [
        (r"\frac{\partial L}{\partial h_1} = U ((y - h_2) \odot (1 - h_2^2))", ["missing-transpose", "sign"]),
        (r"\frac{\partial L}{\partial h_1} = U^T ((y - h_2) \odot (1 - h_2))", ["sign", "tanh-derivative"]),
        (
            r"\frac{\partial L}{\partial b} = (h_2 - y) \odot (1 - h_2) + (U ((h_2 - y) \odot (1 - h_2^2)))"
            r" \odot (1 - h_1^2)",
            ["tanh-derivative", "missing-transpose"],
        ),
    ],
)
def test_two_slips_are_mended_together(claim: str, codes: list[str]) -> None:
    step = last(claim)
    assert step.repair is not None
    assert step.code == step.repair.code == "two-slips"
    assert [part.code for part in step.repair.parts] == codes
    mended = claim.replace(step.repair.old, step.repair.new)
    report = check_sheet(Source("sheet.md", f"{NETWORK}$${mended}$$\n"))
    assert report.statements[-1].steps[-1].verdict is Verdict.PROVED


def test_no_two_edits_make_a_difference_of_equals() -> None:
    step = last(r"\frac{\partial L}{\partial h_2} = 5 (h_2 - y) + b + y")
    assert step.repair is None or "y - y" not in step.repair.new


def test_a_constant_factor_is_told() -> None:
    assert "times the true value" in last(r"\frac{\partial L}{\partial h_2} = 17 h_2 - 17 y").why


def test_what_no_edit_mends_is_not_mended() -> None:
    step = last(r"\frac{\partial L}{\partial h_2} = b")
    assert step.repair is None or step.repair.new != "b"


def test_every_code_of_a_repair_has_a_page() -> None:
    import re

    root = Path(__file__).resolve().parents[1] / "derivations"
    text = "".join((root / f"{name}.py").read_text() for name in ("edits", "kinds", "pairs", "repairs", "explain"))
    codes = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text)) - {"list-of-nothing"}
    assert {code for code in codes if not code.startswith("numpy")} <= SLIPS.keys()


@pytest.mark.parametrize(
    "text", [r"\sigma(x)^2 + z_t", r"U^T (\delta_t \odot (1 - h_t^2)) x_t^T", r"x \delta^T", "a b c"]
)
def test_trees_and_texts_say_the_same(text: str) -> None:
    root = parse_expression(text)
    own = Hand(lambda span: text[span.start : span.end])
    compared = 0
    for edit in edits(root, own, lambda node: []):
        try:
            written = parse_expression(text[: edit.span.start] + edit.text + text[edit.span.end :])
        except SheetError:
            continue  # two superscripts, say: such an edit is never shown
        if edit.code != "missing-factor":
            compared += 1
            assert shape(replaced(root, edit.node, edit.tree)) == shape(written), edit
    assert compared >= 5


SOFTMAX = r"""$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$ for $z \in \mathbb{R}^n$ and $p \in \mathbb{R}^n$.

"""


@pytest.mark.parametrize(
    ("claim", "old", "new"),
    [
        (r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} + p_j)", "+", "-"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_i)", "p_i", "p_j"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - z_j)", "z_j", "p_j"),
    ],
)
def test_repairs_in_components(claim: str, old: str, new: str) -> None:
    report = check_sheet(Source("sheet.md", f"{SOFTMAX}$${claim}$$\n"))
    step = report.statements[-1].steps[-1]
    assert step.repair is not None
    assert (step.repair.old.strip(), step.repair.new.strip()) == (old, new)
    assert step.place is not None


def test_a_step_about_probabilities_is_mended() -> None:
    report = check_sheet(Source("sheet.md", "For events $A$ and $B$:\n\n$$P(\\bar A \\mid B) = 1 + P(A \\mid B)$$\n"))
    step = report.statements[-1].steps[-1]
    assert step.verdict is Verdict.WRONG
    assert step.repair is not None
    assert (step.repair.old.strip(), step.repair.new.strip(), step.code) == ("+", "-", "sign")


def test_one_less_something_is_no_difference_of_equals() -> None:
    step = last(r"\frac{\partial L}{\partial h_1} = U^T ((h_2 - y) \odot h_2^2)")
    assert step.repair is not None
    assert (step.repair.old, step.repair.new) == ("h_2^2", "(1 - h_2^2)")


@pytest.mark.parametrize(
    ("claim", "codes", "new"),
    [
        (r"U^\top \left( (h_2 + y) \odot (1 - h_1^2) \right)", ["sign", "off-by-one"], r" - y) \odot (1 - h_2"),
        (r"U^\top \left( (h_2 - x_2) \odot (1 + h_2^2) \right)", ["swapped-name", "sign"], r"y) \odot (1 - "),
        (
            r"U \left( (h_2 - h_1) \odot (1 - h_2^2) \right)",
            ["missing-transpose", "swapped-name"],
            r"U^T \left( (h_2 - y",
        ),
    ],
)
def test_slips_in_two_factors_of_one_product(claim: str, codes: list[str], new: str) -> None:
    found = last(rf"\frac{{\partial L}}{{\partial h_1}} = {claim}").repair
    assert found is not None
    assert (found.code, [part.code for part in found.parts], found.new) == ("two-slips", codes, new)


def test_a_pair_that_leaves_a_slip_is_no_pair() -> None:
    step = last(r"\frac{\partial L}{\partial h_1} = U^\top \left( (h_2 + x_2)^3 \odot \cosh(h_1) \odot y^5 \right)")
    assert step.verdict is Verdict.WRONG
    assert step.repair is None


def test_two_places_of_which_one_does_not_matter() -> None:
    """A product that is not read as one when both places are open, which gave a side of another shape."""
    bed = Bed("two-biases.md", (SHEETS / "two-biases.md").read_text())
    item = next(x for x in bed.right if bed.source.slice(x.right.span).endswith(r"(W_{hn} h_{(t-1)} + b_{hn})"))
    slip = next(x for other, x in bed.slips() if other is item and x.text == "n_{t-1}" and x.family == "off-by-one")
    assert bed.plant(item, slip).verdict == "wrong"
