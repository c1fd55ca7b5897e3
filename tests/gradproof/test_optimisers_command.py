"""``gradproof optimisers``: the table, and which optimiser a sheet writes down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivations.optimisers import OPTIMISERS, SCHEDULES
from gradproof.cli import cli
from gradproof.commands.optimisers import checked, described, listed

OWN = r"""Let $w_t, g_t, m_t, s_t \in \mathbb{R}^k$ and $\alpha, a, b, \delta \in \mathbb{R}$.

$$m_0 = 0$$

$$s_0 = 0$$

$$m_{t+1} = a m_t + (1 - a) g_t$$

$$s_{t+1} = b s_t + (1 - b) g_t \odot g_t$$

$$w_{t+1} = w_t - \alpha \frac{m_{t+1}}{(1 - a^{t+1}) \left(\sqrt{\frac{s_{t+1}}{1 - b^{t+1}}} + \delta\right)}$$
"""
INSIDE = OWN.replace(
    r"\left(\sqrt{\frac{s_{t+1}}{1 - b^{t+1}}} + \delta\right)", r"\sqrt{\frac{s_{t+1}}{1 - b^{t+1}} + \delta}"
)
UNCORRECTED = OWN.replace(r"(1 - a^{t+1}) ", "").replace(r"\frac{s_{t+1}}{1 - b^{t+1}}", "s_{t+1}")
SQUARE_LOST = OWN.replace(r"g_t \odot g_t", "g_t")
MOMENTUM = r"""Let $\theta_t, g_t, v_t \in \mathbb{R}^n$ and $\eta, \beta \in \mathbb{R}$.

$$v_0 = 0$$

$$v_t = \beta v_{t-1} + g_t$$

$$\theta_t = \theta_{t-1} - \eta v_t$$
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "sheet.md"


@pytest.mark.parametrize(
    ("text", "asked", "same", "code"),
    [
        (OWN, "adam", ["adam"], 0),
        (OWN, None, ["adam"], 0),
        (INSIDE, "adam", ["adam-eps-inside"], 1),
        (UNCORRECTED, "adam", ["adam-uncorrected"], 1),
        (SQUARE_LOST, "adam", [], 1),
        (MOMENTUM, "momentum", ["momentum"], 0),
        (MOMENTUM, "nesterov", ["momentum", "momentum-rate-inside"], 1),
        (MOMENTUM, "adamw", ["momentum", "momentum-rate-inside"], 1),
        (MOMENTUM.replace("+ g_t", r"+ (1 - \beta) g_t"), "momentum-dampened", ["momentum-mean"], 1),
        (MOMENTUM.replace("v_0 = 0", "v_1 = g_1"), "momentum", ["momentum"], 0),
        (MOMENTUM.replace(r"\mathbb{R}^n", r"\mathbb{R}"), "momentum", ["momentum"], 0),
    ],
)
def test_a_sheet_is_the_optimiser_that_makes_its_steps(
    sheet: Path, text: str, asked: str | None, same: list[str], code: int
) -> None:
    sheet.write_text(text)
    record = checked(sheet, asked)
    assert ([found["name"] for found in record["same"]], record["exit_code"]) == (same, code)


def test_renamed_numbers_are_told(sheet: Path) -> None:
    sheet.write_text(OWN)
    pairs = {(pair["sheet"], pair["table"]) for pair in checked(sheet, "adam")["same"][0]["renaming"]}
    assert pairs == {("α", "η"), ("a", "β_1"), ("b", "β_2"), ("δ", "ε")}


def test_the_command_says_what_differs(sheet: Path) -> None:
    sheet.write_text(MOMENTUM)
    result = CliRunner().invoke(cli, ["optimisers", "nesterov", "--check", str(sheet)])
    assert result.exit_code == 1
    assert "not nesterov" in result.output
    assert "after step 1 differ" in result.output
    assert all(len(line.removeprefix(str(sheet))) <= 80 for line in result.output.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "$$a = 1$$\n",
        MOMENTUM.replace(r"\eta v_t", r"\eta_t v_t"),
        MOMENTUM.replace("v_0 = 0", "v_1 = 0"),
        MOMENTUM.replace("+ g_t", r"+ \foo g_t"),
    ],
)
def test_what_has_no_steps_to_compare_cannot_be_used(sheet: Path, text: str) -> None:
    sheet.write_text(text)
    assert CliRunner().invoke(cli, ["optimisers", "--check", str(sheet)], standalone_mode=False).exit_code == 1


def test_every_entry_is_shown_with_its_source() -> None:
    for name, entry in {**OPTIMISERS, **SCHEDULES}.items():
        record = json.loads(described(name, "json"))
        assert record["source"] == entry.source
        assert record["equations"]
        assert "\\" not in described(name)
        assert name in listed()
