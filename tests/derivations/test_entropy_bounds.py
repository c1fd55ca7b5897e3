"""Inequalities by a table of known ones: each row of the table is true at random points, and nothing else is proved."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport, Verdict

SHEET = r"""Let $p, q, z \in \mathbb{R}^n$, where $\sum_i p_i = 1$ and $\sum_i q_i = 1$.

"""
LOOSE = r"""Let $p \in \mathbb{R}^n$, $q \in \mathbb{R}^n$ and $z \in \mathbb{R}^n$.

"""
RIGHT = [
    r"D_{KL}(p \| q) \ge 0",
    r"0 \le \sum_i p_i \log \frac{p_i}{q_i}",
    r"-\sum_i p_i \log q_i \ge -\sum_i p_i \log p_i",
    r"-\sum_i p_i \log p_i \le \log n",
    r"-\sum_i p_i \log p_i \ge 0",
    r"\max(z) \le \log \sum_i e^{z_i}",
    r"\log \sum_i e^{z_i} \le \max(z) + \log n",
]
WRONG = [
    r"D_{KL}(p \| q) \le 0",
    r"-\sum_i p_i \log q_i \le -\sum_i p_i \log p_i",
    r"-\sum_i p_i \log p_i \ge \log n",
    r"\log \sum_i e^{z_i} \le \max(z)",
]
OPEN = [
    (SHEET, r"D_{KL}(p \| q) > 0"),
    (SHEET, r"\sum_i z_i \log z_i \ge 0"),
    (SHEET, r"-\sum_i p_i \log q_i \le \log n"),
    (SHEET, r"\log \sum_i e^{z_i} \le \max(z) + n"),
    (LOOSE, r"D_{KL}(p \| q) \ge 0"),
    (LOOSE, r"D_{KL}(p \| q) \le 0"),
    (LOOSE, r"-\sum_i p_i \log p_i \le \log n"),
]


def last(sheet: str, line: str) -> StatementReport:
    return check_sheet(Source("sheet.md", f"{sheet}$${line}$$\n")).statements[-1]


@pytest.mark.parametrize("line", RIGHT)
def test_proved(line: str) -> None:
    assert last(SHEET, line).verdict is Verdict.PROVED


@pytest.mark.parametrize("line", WRONG)
def test_the_other_way_round(line: str) -> None:
    found = last(SHEET, line)
    assert found.verdict is Verdict.WRONG
    assert found.steps[-1].counterexample is not None


@pytest.mark.parametrize(("sheet", "line"), OPEN)
def test_stays_open(sheet: str, line: str) -> None:
    assert last(sheet, line).verdict is Verdict.UNDECIDED


def gaps(rng: torch.Generator, size: int) -> list[Tensor]:
    """What the table says is never negative, at a random point."""
    p, q = (torch.softmax(3 * torch.randn(size, generator=rng, dtype=torch.float64), 0) for _ in range(2))
    z = 10 * torch.randn(size, generator=rng, dtype=torch.float64)
    entropy, lse, log_size = -(p * p.log()).sum(), torch.logsumexp(z, 0), torch.tensor(float(size)).log()
    return [log_size - entropy, entropy, (p * (p / q).log()).sum(), lse - z.max(), z.max() + log_size - lse]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_the_table_is_true(size: int) -> None:
    rng = torch.Generator().manual_seed(size)
    assert all(float(gap) > -1e-6 for _ in range(200) for gap in gaps(rng, size))


def test_a_planted_false_row_is_noticed() -> None:
    rng = torch.Generator().manual_seed(0)
    assert any(float(-gaps(rng, 5)[2]) < -1e-6 for _ in range(20))
