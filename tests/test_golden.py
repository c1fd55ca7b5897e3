"""Golden sheets: every statement has the verdict written beside it (see tests/sheets/README.md)."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_reports import FOLDER, SHEETS, checked, sheets
from truth.expectations import Word, expectations, words_of

from derivations.check import Options, check_sheet
from derivations.report import StatementReport
from gradproof.sheets import read_sheet

UNSAID = frozenset({"given", "proved"})
"""What a statement must be that no comment speaks of."""


def fits(statement: StatementReport, word: Word) -> str:
    """Empty where the statement is as expected, else what is different."""
    if not word.admits(statement.verdict.value):
        reasons = "; ".join(f"{step.headline} {step.why}" for step in statement.steps)
        return f"line {statement.line}: {statement.verdict.value}, expected {word} ({statement.latex}: {reasons})"
    repairs = [f"{s.repair.old.strip()} => {s.repair.new.strip()}" for s in statement.steps if s.repair]
    follows = [f"follows {s.follows_from}" for s in statement.steps if s.follows_from]
    if word.detail and word.detail not in repairs + follows:
        return f"line {statement.line}: {repairs + follows}, expected {word.detail}"
    return ""


@pytest.mark.parametrize("path", sheets(SHEETS))
def test_verdicts(path: Path) -> None:
    report = checked(path)
    problems = []
    for expected in expectations(read_sheet(path).text):
        statements = [s for s in report.statements if expected.first <= s.line <= expected.last]
        if not expected.words:
            problems += [f"line {s.line}: {s.verdict.value}" for s in statements if s.verdict.value not in UNSAID]
            continue
        try:
            words = expected.of(len(statements))
        except ValueError as error:
            problems.append(f"{error}: {[(s.line, s.verdict.value, s.latex) for s in statements]}")
            continue
        problems += [fits(s, word) for s, word in zip(statements, words, strict=True)]
    problems = [problem for problem in problems if problem]
    assert not problems, "\n".join(problems)


def test_a_planted_wrong_expectation_is_noticed() -> None:
    statement = checked(FOLDER / "bptt-lstm.md").statements[0]
    assert fits(statement, Word("unclear"))
    assert not fits(statement, Word(statement.verdict.value))


def test_a_pending_word_admits_no_opposite() -> None:
    right, wrong, given = words_of("proved? wrong? given?")
    assert right.pending
    assert all(right.admits(verdict) for verdict in ("proved", "holds", "given", "undecided", "unclear"))
    assert not right.admits("wrong")
    assert all(wrong.admits(verdict) for verdict in ("wrong", "undecided", "unclear"))
    assert not any(wrong.admits(verdict) for verdict in ("proved", "holds", "given"))
    assert not given.admits("proved")
    assert not Word("proved").admits("holds")


def test_the_comment_of_every_format_is_found() -> None:
    for comment in ("<!-- expect: proved? wrong[U => U^T] -->", "% expect: proved? wrong[U => U^T]"):
        (found, rest) = expectations(f"a = b\n{comment}\nc = d\n")
        assert (found.first, found.last, rest.first) == (1, 2, 3)
        assert found.words == (Word("proved", True), Word("wrong", False, "U => U^T"))
    assert expectations("# expect: given given")[0].words == (Word("given"), Word("given"))


@pytest.mark.parametrize("path", sheets(SHEETS)[::6])
def test_same_seed_same_report(path: Path) -> None:
    assert check_sheet(read_sheet(path), Options()).to_json() == checked(path).to_json()
