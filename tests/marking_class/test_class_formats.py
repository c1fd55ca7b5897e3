"""A class as SARIF and JUnit XML: every sheet in it, those of several files by file, those put aside as errors."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest
from click.testing import CliRunner

from derivations.check import check_sheet
from gradproof.cli import cli
from gradproof.formats import sarif
from gradproof.sheets import read_sheet

RIGHT = "$$\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))$$\n"
WRONG = "$$\\tanh'(x) = 1 - \\tanh(x)$$\n"
SHEETS = {"anna.md": RIGHT, "bert.md": RIGHT + "\n" + WRONG, "cleo/1.md": RIGHT, "cleo/2.md": WRONG, "dora.pdf": "%PDF"}


def run(folder: Path, *more: str) -> Path:
    for name, text in SHEETS.items():
        (folder / "class" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "class" / name).write_text(text, encoding="utf-8")
    given = ["mark", str(folder / "class"), "-o", str(folder / "out"), "--no-pages", "--processes", "1", *more]
    assert CliRunner().invoke(cli, given).exit_code == 3
    return folder / "out"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("formats"), "--format", "sarif", "--format", "junit")


def test_sarif_names_files_and_lines(out: Path) -> None:
    (found,) = json.loads((out / "results.sarif").read_text(encoding="utf-8"))["runs"]
    places = [x["locations"][0]["physicalLocation"] for x in found["results"]]
    assert [(x["artifactLocation"]["uri"], x["region"]["startLine"]) for x in places] == [
        ("bert.md", 3),
        ("cleo/2.md", 1),
    ]
    (invocation,) = found["invocations"]
    assert not invocation["executionSuccessful"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "dora.pdf"
    assert "no sheet among" in note["message"]["text"]


def test_sarif_of_a_class_is_that_of_its_sheets(out: Path, tmp_path: Path) -> None:
    (tmp_path / "bert.md").write_text(SHEETS["bert.md"], encoding="utf-8")
    alone = sarif.document([("bert.md", check_sheet(read_sheet(tmp_path / "bert.md")))])
    together = json.loads((out / "results.sarif").read_text(encoding="utf-8"))
    assert together["runs"][0]["results"][:1] == alone["runs"][0]["results"]
    assert together["runs"][0]["tool"] == alone["runs"][0]["tool"]
    assert together.keys() == alone.keys()


def test_junit_counts_and_names_files(out: Path) -> None:
    root = parse(out / "results.xml").getroot()
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "2",
        "errors": "1",
        "skipped": "0",
    }
    assert [x.get("name") for x in root] == ["anna.md", "bert.md", "cleo/cleo.md", "dora.pdf"]
    assert [(x.get("file"), x.get("line")) for x in root[2]] == [("cleo/1.md", "1"), ("cleo/2.md", "1")]


def test_a_format_asked_for_later_marks_again_what_lacks_it(tmp_path: Path) -> None:
    path = run(tmp_path)
    assert not (path / "results.sarif").exists()
    before = json.loads((path / "records" / "bert.json").read_bytes())
    run(tmp_path, "--format", "sarif")
    after = json.loads((path / "records" / "bert.json").read_bytes())
    assert before["formats"] == {}
    assert after["formats"]["sarif"]
    assert {**after, "formats": {}} == before
    assert len(json.loads((path / "results.sarif").read_bytes())["runs"][0]["results"]) == 2
