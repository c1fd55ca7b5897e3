"""``gradproof check --marks … --against …``: the example of the manual, the table, exit codes, bad files."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradproof.cli import cli
from gradproof.marking import scheme as grammar

MANUAL = Path("docs/marks.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```(toml|markdown|text)\n(.*?)```", MANUAL, re.DOTALL))
RIGHT = "$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma(x))$$\n"
POINTS = "[[question]]\npoints = 1\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", "--no-torch", *arguments])


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_example_of_the_manual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "scheme.toml", BLOCKS["toml"])
    write(tmp_path, "answers.md", BLOCKS["markdown"])
    monkeypatch.chdir(tmp_path)
    result = run("--marks", "scheme.toml", "answers.md")
    assert result.exit_code == 1
    assert result.stdout.endswith("\n" + BLOCKS["text"])


def test_every_key_is_in_the_manual() -> None:
    for table in (grammar.SCHEME, grammar.QUESTION, grammar.ITEM, grammar.AGAINST):
        for key in table.keys() - {"question", "statement", "against", "names"}:
            assert f"`{key}`" in MANUAL, key


def test_the_example_scheme() -> None:
    result = run("--marks", "examples/scheme.toml", "examples/gru.md")
    assert result.exit_code == 1
    assert "for a person" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_marks_do_not_change_the_report() -> None:
    plain, marked = run("examples/gru.md"), run("--marks", "examples/scheme.toml", "examples/gru.md")
    assert marked.stdout.startswith(plain.stdout)
    keys = json.loads(run("--format", "json", "examples/gru.md").stdout).keys()
    record = json.loads(run("--format", "json", "--marks", "examples/scheme.toml", "examples/gru.md").stdout)
    assert record.keys() == keys | {"marks", "against"}


def test_the_table_has_every_sheet_even_one_that_cannot_be_used(tmp_path: Path) -> None:
    names = [write(tmp_path, "=a.md", RIGHT), str(tmp_path / "none.md"), write(tmp_path, "b.md", RIGHT)]
    scheme = write(tmp_path, "scheme.toml", POINTS.replace("points", 'name = "@q"\npoints'))
    result = run("--marks", scheme, "--marks-csv", str(tmp_path / "marks.csv"), *names)
    assert result.exit_code == 2
    with (tmp_path / "marks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["question"], row["marks"]) for row in rows] == [
        ("'@q", "1"), ("total", "1"), ("'@q", "1"), ("total", "1"), ("total", ""),
    ]  # fmt: skip
    assert "no such file" in rows[-1]["reasons"]


def test_an_open_mark_has_no_number_in_the_table(tmp_path: Path) -> None:
    sheet = write(tmp_path, "a.md", "$$h_t = \\foo(x)$$\n")
    scheme, table = write(tmp_path, "scheme.toml", POINTS), str(tmp_path / "marks.csv")
    assert run("--marks", scheme, "--marks-csv", table, sheet).exit_code == 3
    assert ",1,,0,1,1," in Path(table).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        (RIGHT, 0, "1 present"),
        ("$$a = b$$\n", 1, "1 missing"),
        (RIGHT.replace("1 -", "1 +"), 1, "1 wrong"),
        ("$$\\frac{\\partial \\sigma}{\\partial x} = \\frac{\\partial \\sigma}{\\partial x}$$\n", 3, "1 open"),
    ],
)
def test_exit_codes_against_a_reference(tmp_path: Path, text: str, code: int, status: str) -> None:
    result = run("--against", write(tmp_path, "r.md", RIGHT), write(tmp_path, "s.md", text))
    assert (result.exit_code, status in result.stdout) == (code, True)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    sheet, scheme = write(tmp_path, "s.md", RIGHT), write(tmp_path, "scheme.toml", POINTS)
    bad = write(tmp_path, "bad.toml", "points = ")
    calls = (
        (("--marks", bad), "TOML"),
        (("--marks", str(tmp_path / "none.toml")), "no such file"),
        (("--against", str(tmp_path / "none.md")), "no such file"),
        (("--against", write(tmp_path, "words.md", "only words\n")), "nothing on this reference"),
        (("--marks-csv", "x.csv"), "--marks SCHEME"),
        (("--marks", scheme, "--marks-csv", str(tmp_path / "no" / "x.csv")), "cannot be written"),
    )
    for arguments, words in calls:
        result = run(*arguments, sheet)
        message = str(result.exception) + result.stderr
        assert result.exit_code != 0
        assert words in message, message


def test_two_sheets_and_a_reference_in_json(tmp_path: Path) -> None:
    sheets = [write(tmp_path, "a.md", RIGHT), write(tmp_path, "b.md", "$$a = b$$\n")]
    result = run("--format", "json", "--against", sheets[0], *sheets)
    found = [record["against"]["summary"] for record in json.loads(result.stdout)]
    assert found == [
        {"present": 1, "wrong": 0, "missing": 0, "open": 0}, {"present": 0, "wrong": 0, "missing": 1, "open": 0},
    ]  # fmt: skip
