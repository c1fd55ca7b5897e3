"""An unrolled recurrence costs as many nodes as it has steps: the counts are affine in T."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from derivations.cells import CELLS
from derivations.traverse import postorder

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from unrolled import exponent, gradients


def nodes(name: str, steps: int) -> int:
    return len(list(postorder(gradients(CELLS[name], steps))))


@pytest.mark.parametrize("name", sorted(CELLS))
def test_nodes_are_affine_in_the_number_of_steps(name: str) -> None:
    counts = [nodes(name, steps) for steps in (4, 8, 16, 32)]
    per_step = (counts[1] - counts[0]) / 4
    assert counts[2] - counts[1] == 8 * per_step
    assert counts[3] - counts[2] == 16 * per_step


def test_the_fit_tells_a_square_from_a_line() -> None:
    lengths = (2, 4, 8, 16)
    assert exponent(lengths, [3 * x for x in lengths]) == pytest.approx(1)
    assert exponent(lengths, [x * x for x in lengths]) == pytest.approx(2)
