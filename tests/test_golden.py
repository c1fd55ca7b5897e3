"""Golden sheets: every statement has the verdict written beside it (see tests/sheets/README.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.report import Report, StatementReport

SHEETS = sorted(path for path in (Path(__file__).parent / "sheets").glob("*.md") if path.name != "README.md")
EXPECT = re.compile(r"<!-- expect: (.*) -->")
WORD = re.compile(r"(\w+)(?:\[(.*?)\])?(?=\s|$)")


def checked(path: Path) -> Report:
    return check_sheet(Source(path.name, path.read_text(encoding="utf-8")), Options())


def expectations(text: str) -> list[tuple[int, int, list[tuple[str, str]]]]:
    """(first line, last line, words) for every comment; the rest of the sheet must be right."""
    found, start = [], 1
    for number, line in enumerate(text.splitlines(), start=1):
        comment = EXPECT.search(line)
        if comment:
            found.append((start, number, WORD.findall(comment.group(1))))
            start = number + 1
    return [*found, (start, len(text.splitlines()) + 1, [])]


def fits(statement: StatementReport, word: str, detail: str) -> str:
    """Empty where the statement is as expected, else what is different."""
    if statement.verdict.value != word:
        reasons = "; ".join(f"{step.headline} {step.why}" for step in statement.steps)
        return f"line {statement.line}: {statement.verdict.value}, expected {word} ({statement.latex}: {reasons})"
    repairs = [f"{s.repair.old.strip()} => {s.repair.new.strip()}" for s in statement.steps if s.repair]
    follows = [f"follows {s.follows_from}" for s in statement.steps if s.follows_from]
    if detail and detail not in repairs + follows:
        return f"line {statement.line}: {repairs + follows}, expected {detail}"
    return ""


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_verdicts(path: Path) -> None:
    report = checked(path)
    problems = []
    for first, last, words in expectations(path.read_text(encoding="utf-8")):
        statements = [s for s in report.statements if first <= s.line <= last]
        if not words:
            problems += [
                f"line {s.line}: {s.verdict.value}" for s in statements if s.verdict.value not in ("given", "proved")
            ]
            continue
        wanted = words * len(statements) if len(words) == 1 else words
        assert len(wanted) == len(statements), f"lines {first}–{last}: {[s.latex for s in statements]}"
        problems += [fits(s, *w) for s, w in zip(statements, wanted, strict=True)]
    assert not [p for p in problems if p]


def test_a_planted_wrong_expectation_is_noticed() -> None:
    statement = checked(SHEETS[0]).statements[0]
    assert fits(statement, "unclear", "")
    assert not fits(statement, statement.verdict.value, "")


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_same_seed_same_report(path: Path) -> None:
    assert checked(path).to_json() == checked(path).to_json()
