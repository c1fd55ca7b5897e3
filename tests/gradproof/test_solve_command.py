"""``gradproof solve`` on the command line: questions with their places, exit codes, the same bytes twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gradproof
from derivations.errors import UsageError
from derivations.solutions import writing
from gradproof.cli import cli

SHEET = """# Gradients

What comes back to the update gate?

```gradproof
derive: gru-before
# the six matrices come later
by: W_{xz},
  W_{hz}
over: step 2
loss: any
```

The end.
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "questions.md"
    path.write_text(SHEET, encoding="utf-8")
    return path


def solve(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["solve", *map(str, arguments)])


def test_the_answer_stands_between_the_prose_and_the_same_bytes_come_twice(sheet: Path) -> None:
    one, other = solve(sheet), solve(sheet)
    assert one.exit_code == 0, one.output
    assert one.output == other.output
    assert one.output.index("update gate?") < one.output.index("**Solution.**") < one.output.index("The end.")
    assert "6 steps" in one.output


def test_what_is_written_is_checked_again(sheet: Path, tmp_path: Path) -> None:
    output = tmp_path / "solution.md"
    assert solve(sheet, "-o", output, "--notation", "goodfellow", "--layout", "numerator").exit_code == 0
    report = gradproof.check(output)
    assert report.exit_code == 0
    assert report.summary["proved"] == 2


def test_a_wrong_equation_stops_the_build(sheet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = writing.tall
    monkeypatch.setattr(writing, "tall", lambda latex: honest(latex).replace("(1 - z_2)", "(1 + z_2)"))
    result = solve(sheet)
    assert result.exit_code == 1
    assert f"{sheet}:6: derive: " in result.output
    assert "is wrong, not proved" in result.output
    assert "**Solution.**" not in result.output


def test_json_has_the_evidence(sheet: Path) -> None:
    found = json.loads(solve(sheet, "--format", "json").output)
    assert found["answers"][0]["kind"] == "derive"
    assert found["evidence"]["proved"] == 6
    assert 0 < found["evidence"]["autograd"] < 1e-12


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("derive:", "deriv:", ":6: deriv is no kind of question; did you mean derive?"),
        ("over:", "ovr:", ":10: ovr is no key of derive; did you mean over?"),
        ("step 2", "step two", ":10: over: step two is no range; write step, step 2"),
        ("loss: any", "loss: all", ":11: loss: all is none of squared, any"),
        ("loss: any", "loss: any\nloss: any", ":12: loss stands here a second time"),
        ("loss: any", "loss any", ":11: “loss any” is no line key: value"),
        ("gru-before", "gru-bevore", ":6: derive: there is no cell gru-bevore"),
        ("W_{hz}", "W_{hq}", ":6: derive: gru-before has no W_{hq} to derive by"),
        ("```gradproof", "```python", "no question was found"),
    ],
)
def test_what_is_wrong_with_a_block_is_told_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        gradproof.solve(SHEET.replace(old, new))
    assert message in str(caught.value)


def test_all_faults_of_a_sheet_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        gradproof.solve(SHEET.replace("over:", "ovr:") + "\n```gradproof\ncuont: lstm\n```\n")
    assert [line.split(":")[1] for line in str(caught.value).split("\n")] == ["10", "17"]


def test_only_one_question(sheet: Path) -> None:
    assert "update gate?" not in solve(sheet, "--line", 6).output
    assert solve(sheet, "--line", 7).exit_code != 0
