"""JUnit XML: suites and cases, their counts, what no XML may hold, files that cannot be used."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from click.testing import CliRunner
from machine_sheets import FOLLOWED, RIGHT, SLOPE, UNREAD, report_on

from derivations.errors import UsageError
from gradproof.cli import cli
from gradproof.formats.junit import document


def suites(*texts: str) -> list[Element]:
    return list(fromstring(document([(f"sheet{k}.md", report_on(text)) for k, text in enumerate(texts)]).encode()))


def counts(element: Element) -> tuple[int, ...]:
    return tuple(int(element.attrib[name]) for name in ("tests", "failures", "errors", "skipped"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [(RIGHT, (2, 0, 0, 0)), (SLOPE, (1, 1, 0, 0)), (UNREAD, (1, 0, 0, 1)), (FOLLOWED, (3, 2, 0, 0))],
)
def test_outcomes_are_counted(text: str, expected: tuple[int, ...]) -> None:
    (suite,) = suites(text)
    assert counts(suite) == expected
    assert len(suite.findall("testcase")) == expected[0]
    assert len(suite.findall(".//failure")) == expected[1]
    assert len(suite.findall(".//skipped")) == expected[3]


def test_totals_over_several_sheets() -> None:
    root = fromstring(document([("a.md", report_on(FOLLOWED)), ("b.md", report_on(UNREAD))]).encode())
    assert counts(root) == (4, 2, 0, 1)


def test_a_failure_says_where_and_why() -> None:
    (suite,) = suites(SLOPE)
    case = suite.find("testcase")
    failure = suite.find(".//failure")
    assert case is not None
    assert failure is not None
    assert case.attrib["name"].startswith("line 1: \\frac")
    assert (case.attrib["classname"], case.attrib["line"]) == ("sheet0.md", "1")
    assert failure.attrib["type"] == "sigma-derivative"
    assert failure.attrib["message"] == "wrong: this is not the derivative of \\sigma"
    assert failure.text is not None
    assert failure.text.startswith("line 1, column 54: wrong")
    assert "counterexample, exact" in failure.text
    assert "write \\sigma(x) in place of \\sigma^2(x)" in failure.text


def test_what_is_not_read_is_neither_passed_nor_failed() -> None:
    (suite,) = suites(UNREAD)
    skipped = suite.find(".//skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("unclear: ")


def test_files_that_cannot_be_used_are_errors() -> None:
    root = fromstring(document([("a.md", report_on(RIGHT))], [("b.md", UsageError("b.md: empty"))]).encode())
    assert counts(root) == (3, 0, 1, 0)
    error = root.find(".//error")
    assert error is not None
    assert error.attrib["message"] == "b.md: empty"


@pytest.mark.parametrize("text", ["$$h_t = \x1b[31m \\foo & < > ]]> \"'$$\n", "$$h_t = \ufffe\uffff \\foo$$\n"])
def test_what_xml_forbids_does_not_reach_it(text: str) -> None:
    name = 'a\x1b&<".md'
    root = fromstring(document([(name, report_on(text))]).encode())
    assert "\\u{1b}" in root[0].attrib["name"]


def test_half_a_character_is_made_visible() -> None:
    assert "a\\u{dce9}.md" in document([], [("a\udce9.md", UsageError("no such file"))])


def test_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "wrong.md").write_text(SLOPE, encoding="utf-8")
    done = CliRunner().invoke(cli, ["check", "--no-torch", "--format", "junit", str(tmp_path / "wrong.md")])
    assert done.exit_code == 1
    assert counts(fromstring(done.stdout.encode())) == (1, 1, 0, 0)
    assert done.stdout.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="gradproof"')
