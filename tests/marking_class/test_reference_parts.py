"""A reference that is several sheets in one file: names mean what each says, a result counts where it is best met."""

from __future__ import annotations

import pytest

from derivations.check import Options, check_sheet
from derivations.comparison import Comparison, Result, Status
from derivations.errors import UsageError
from derivations.reading.places import Source
from derivations.reference import Terms
from derivations.references import compare_all, required, together

PARTS = """<!-- gradproof sheet one -->

$$a = \\sigma(z)$$ with scalars $a, z$.

$$\\frac{\\partial a}{\\partial z} = a (1 - a)$$

<!-- gradproof sheet two -->

$$a = \\tanh(z)$$ with scalars $a, z$.

$$\\frac{\\partial a}{\\partial z} = 1 - a^2$$

<!-- gradproof sheet three -->

Nothing is asked here.
"""


def statuses(sheet: str) -> list[tuple[int, str]]:
    source = Source("sheet.md", sheet)
    needed = required(Source("reference.md", PARTS), Options())
    found = compare_all(source, check_sheet(source), needed, Terms({}, definitions=False))
    return [(x.line, x.status.value) for x in found.results]


def test_every_part_is_held_against_under_its_own_names() -> None:
    tanh = "$$a = \\tanh(z)$$ with scalars $a, z$.\n\n$$\\frac{\\partial a}{\\partial z} = 1 - a^2$$\n"
    assert statuses(tanh) == [(5, "open"), (11, "present")]
    assert statuses("$$b = 1$$\n") == [(5, "missing"), (11, "missing")]


def test_parts_in_which_nothing_is_right_are_left_out() -> None:
    assert len(required(Source("reference.md", PARTS), Options())) == 2
    wrong = "<!-- gradproof sheet a -->\n\n$$1 = 2$$\n\n<!-- gradproof sheet b -->\n\n$$2 = 3$$\n"
    with pytest.raises(UsageError, match="nothing on this reference is right"):
        required(Source("reference.md", wrong), Options())


def test_a_result_that_stands_twice_counts_once_and_where_it_is_best_met() -> None:
    def found(line: int, status: Status) -> Comparison:
        return Comparison("r", (Result(line, "a = b", status, "", keys=("a",)),), notes=("the same",))

    joined = together([found(9, Status.MISSING), found(3, Status.PRESENT), found(5, Status.OPEN)])
    assert [(x.line, x.status) for x in joined.results] == [(3, Status.PRESENT)]
    assert joined.notes == ("the same",)
