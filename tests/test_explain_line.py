"""``check --explain LINE`` and counterexamples as programs."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from golden_reports import SHEETS, checked, sheets

from derivations.errors import UsageError
from gradproof.cli import cli
from gradproof.explanation import explained

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "gru.md"


@pytest.mark.parametrize("path", sheets([EXAMPLE, *SHEETS]))
def test_the_programs_print_what_the_report_says(path: Path) -> None:
    for statement in checked(path).statements:
        for step in statement.steps:
            shown = step.counterexample
            if shown is None or not shown.python or shown.replayed is None:
                continue
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(shown.python, "counterexample", "exec"), {})
            values = dict(line.split(" ", 1) for line in printed.getvalue().splitlines())
            assert float(values["left"]) == pytest.approx(shown.replayed[0], rel=1e-9, abs=1e-9)
            assert float(values["right"]) == pytest.approx(shown.replayed[1], rel=1e-9, abs=1e-9)
            assert float(values["left"]) != float(values["right"])


def test_most_wrong_lines_of_the_example_have_a_program() -> None:
    wrong = [s for x in checked(EXAMPLE).statements for s in x.steps if s.counterexample is not None]
    assert wrong
    assert all(step.counterexample and step.counterexample.python for step in wrong)


def test_names_of_the_sheet_never_reach_a_program_raw(tmp_path: Path) -> None:
    sheet = tmp_path / "hostile.md"
    sheet.write_text(
        r"Let $import \in \mathbb{R}^n$, $x_{print} \in \mathbb{R}^n$, $\hat{x} \in \mathbb{R}^n$ "
        r"and $x_{a'); exit(} \in \mathbb{R}^n$." + "\n\n" + r"$$x_{print} + \hat{x} = x_{print}$$" + "\n"
    )
    programs = [s.counterexample.python for x in checked(sheet).statements for s in x.steps if s.counterexample]
    assert programs
    for program in programs:
        assert "exit" not in program
        exec(compile(program, "counterexample", "exec"), {})


def test_a_proved_line_lists_rules_and_conditions(tmp_path: Path) -> None:
    sheet = tmp_path / "one.md"
    sheet.write_text("Let $x \\in \\mathbb{R}^n$.\n\n$$\\frac{x}{x} + \\tanh(x) = 1 + 2\\sigma(2x) - 1$$\n")
    text = explained(checked(sheet), 3)
    assert "proved" in text
    assert "1. " in text
    assert "x ≠ 0" in text


def test_a_line_without_a_formula_names_the_nearest(tmp_path: Path) -> None:
    sheet = tmp_path / "one.md"
    sheet.write_text("Let $x \\in \\mathbb{R}^n$.\n\n$$x = x$$\n")
    with pytest.raises(UsageError, match="lines 1, 3"):
        explained(checked(sheet), 2)
    outcome = CliRunner().invoke(cli, ["check", str(sheet), "--explain", "2", "--no-torch"])
    assert outcome.exit_code == 2


def test_every_proved_step_of_the_example_has_a_log() -> None:
    for statement in checked(EXAMPLE).statements:
        for step in statement.steps:
            if step.verdict.value == "proved":
                assert step.to_json()["proof"]["rules"]
