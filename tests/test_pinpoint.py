"""Where a slip stands that no edit mends: the part that must change where the fewest quantities matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import Step, Verdict

SHEETS = Path(__file__).resolve().parent / "sheets"
GRU = (SHEETS / "rec-gru-cho.md").read_text()
PEEPHOLE = (SHEETS / "rec-peephole.tex").read_text()
DELTAS = (SHEETS / "bptt-gru-deltas.md").read_text()
NETWORK = r"""Let $x_t \in \mathbb{R}^d$, $h_t \in \mathbb{R}^n$ and $y \in \mathbb{R}^n$.

$$h_t = \tanh(W x_t + U h_{t-1} + b)$$

$$L = \frac{1}{2} \|h_2 - y\|^2$$

"""


def pointed_at(name: str, text: str, old: str, new: str) -> tuple[Step, str]:
    """The first wrong step of a sheet after one replacement, and what is pointed at."""
    assert text.count(old) >= 1
    source = Source(name, text.replace(old, new, 1))
    steps = (step for statement in check_sheet(source).statements for step in statement.steps)
    found = next(step for step in steps if step.verdict is Verdict.WRONG)
    line, column, end_line, end_column = found.caret
    return found, source.text[source.offset(line, column) : source.offset(end_line, end_column)]


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "pointed"),
    [
        (
            "gru.md",
            GRU,
            r"r_t \odot \left( U^\top \left( e_t \odot (1 - z_t) \odot (1 - \tilde h_t^2)",
            r"r_t \odot \left( U^\top \left( e_t \odot \cosh(h_{t-1})^5 \odot z_t^3",
            r"e_t \odot \cosh(h_{t-1})^5 \odot z_t^3",
        ),
        (
            "peephole.tex",
            PEEPHOLE,
            r"p_o \odot (h_t - y_t) \odot \tanh(c_t)",
            r"p_o \odot \cosh(y_t)^3 \odot y_t",
            r"p_o \odot \cosh(y_t)^3 \odot y_t \odot o_t \odot (1 - o_t)",
        ),
        (
            "deltas.md",
            DELTAS,
            r"r^{(t+1)} \odot U^\top \epsilon^{(t+1)} +",
            r"r^{(t+1)} \epsilon^{(t+1)} +",
            r"\epsilon^{(t+1)}",
        ),
    ],
)
def test_the_addend_or_factor_with_the_slip(name: str, text: str, old: str, new: str, pointed: str) -> None:
    step, found = pointed_at(name, text, old, new)
    assert step.repair is None
    assert found == pointed


@pytest.mark.parametrize(("addend", "pointed"), [("U^T", "U^T"), (r"(1 - h_1^2) \odot U^T", r"(1 - h_1^2) \odot U^T")])
def test_the_part_whose_shapes_do_not_fit(addend: str, pointed: str) -> None:
    claim = rf"\frac{{\partial L}}{{\partial b}} = (h_2 - y) \odot (1 - h_2^2) + {addend}"
    _, found = pointed_at("sheet.md", f"{NETWORK}$${claim}$$\n", claim, claim)
    assert found == pointed


def test_a_side_that_is_wrong_all_over_is_pointed_at_as_a_whole() -> None:
    claim = r"\frac{\partial L}{\partial h_1} = b \odot (1 - b^2)"
    _, found = pointed_at("sheet.md", f"{NETWORK}$${claim}$$\n", claim, claim)
    assert found == r"b \odot (1 - b^2)"
