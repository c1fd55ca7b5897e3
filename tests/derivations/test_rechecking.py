"""Checking again after an edit finds what checking from the start finds: over edits of every kind, of many sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from derivations import rechecking
from derivations.check import Checker, Options, check_sheet
from derivations.reading.places import Source
from derivations.rechecking import Memory
from derivations.report import Report

ROOT = Path(__file__).parent.parent.parent
SHEETS = (
    "examples/rnn.md",
    "tests/sheets/dl-values.ipynb",
    "tests/sheets/dl-activations.md",
    "tests/sheets/scalars-said.md",
    "tests/sheets/layers-last.md",
    "tests/sheets/scalars-lower.md",
    "tests/sheets/unread-definitions.md",
    "tests/sheets/worked-rnn.md",
)
EDITS = (
    (r"\+", "-"),
    (r"1 - ", "1 + "),
    (r"\^\{?(\\top|T)\}?", ""),
    (r"_t\b", "_{t-1}"),
    (r"[A-Z]\b", "Q"),
    (r"\}", ""),
    (r"\b2\b", "3"),
    (r"\\tanh|\\sigma", r"\\exp"),
    (r"=", r"\\approx"),
    (r"\$\$\n", "$$\n\n$$q = 1$$\n"),
    (r"\n\n", "\n\nLet $U = 1$ for all t. "),
    (r"\b(the|The|with|where)\b", "suppose"),
)


def source(name: str, text: str | None = None) -> Source:
    from gradproof.sheets import decode

    found = decode(name, (ROOT / name).read_bytes())
    return found if text is None else Source(found.name, text)


def edited(text: str, random: Random) -> str:
    """The text with one edit in one place; the same text where the edit drawn does not fit."""
    pattern, new = random.choice(EDITS)
    places = list(re.finditer(pattern, text))
    if not places:
        return text
    place = random.choice(places)
    return text[: place.start()] + place.expand(new) + text[place.end() :]


def typed(text: str, random: Random) -> Iterator[str]:
    """A person at work: edits one after the other, some taken back at once."""
    before = text
    for _ in range(4):
        text = edited(before, random)
        yield text
        if random.random() < 0.5:
            yield before
        else:
            before = text


def verdicts(report: Report) -> list[object]:
    """What is said of every step, but for how wrong ones are mended, which hangs on what else a sheet holds."""
    return [
        (s.line, s.column, s.kind, s.verdict, [(x.verdict, x.line, x.column, x.reading, x.lhs, x.rhs) for x in s.steps])
        for s in report.statements
    ]


def compared(name: str, seed: int) -> Iterator[tuple[str, list[object], list[object]]]:
    """Texts of one session, with what checking from the start and checking again say of them."""
    memory, options = Memory(), Options(seed=0, time_limit=60)
    first = source(name)
    check_sheet(first, options, memory=memory)
    for text in typed(first.text, Random(f"{name}|{seed}")):
        again = check_sheet(source(name, text), options, memory=memory)
        yield text, verdicts(check_sheet(source(name, text), options)), verdicts(again)


@pytest.mark.parametrize("name", SHEETS)
def test_checking_again_finds_what_checking_from_the_start_finds(name: str) -> None:
    for text, expected, found in compared(name, 0):
        assert found == expected, text


def test_the_oracle_sees_what_is_kept_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """With definitions left out of what a judgement hangs on, old verdicts come back for new sheets."""
    monkeypatch.setattr(rechecking, "_setting", lambda sheet, source: iter(()))
    assert any(found != expected for seed in range(6) for _, expected, found in compared("examples/rnn.md", seed))


def judged_entries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines of the statements that are judged from now on, but for those of repairs."""
    lines: list[int] = []
    judge = Checker.judge_entry

    def counted(self: Checker, entry: object) -> object:
        if self.memory is not None:
            lines.append(self.source.place(entry.sentence.span.start).line)  # type: ignore[attr-defined]
        return judge(self, entry)  # type: ignore[arg-type]

    monkeypatch.setattr(Checker, "judge_entry", counted)
    return lines


def test_only_a_changed_claim_is_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    text, memory = source("examples/rnn.md").text, Memory()
    check_sheet(source("examples/rnn.md"), memory=memory)
    lines = judged_entries(monkeypatch)
    changed = text.replace(r"(o_t - y_t) h_t^\top", r"(o_t + y_t) h_t^\top")
    report = check_sheet(source("examples/rnn.md", changed), memory=memory)
    assert lines.count(21) == 1
    assert set(lines) <= {3, 21}  # what is no equation is judged each time
    assert [x.verdict.value for x in report.statements if x.line == 21] == ["wrong"]
    check_sheet(source("examples/rnn.md"), memory=memory)
    assert lines.count(21) == 1


def test_a_changed_definition_has_all_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    text, memory = source("examples/rnn.md").text, Memory()
    check_sheet(source("examples/rnn.md"), memory=memory)
    lines = judged_entries(monkeypatch)
    report = check_sheet(source("examples/rnn.md", text.replace(r"\tanh", r"\sigma")), memory=memory)
    assert {15, 17, 19, 21, 23, 25} <= set(lines)
    assert [x.verdict.value for x in report.statements if x.line == 25] == ["wrong"]


def test_a_quick_check_has_the_verdicts_and_leaves_reasons_open() -> None:
    memory = Memory()
    memory.quick = True
    quick = check_sheet(source("examples/rnn.md"), memory=memory)
    assert memory.left_open
    assert verdicts(quick) == verdicts(check_sheet(source("examples/rnn.md")))
    assert all(step.repair is None for statement in quick.statements for step in statement.steps)
    memory.quick = memory.left_open = False
    whole = check_sheet(source("examples/rnn.md"), memory=memory)
    assert not memory.left_open
    assert whole.to_json() == check_sheet(source("examples/rnn.md")).to_json()
    memory.quick = True
    assert check_sheet(source("examples/rnn.md"), memory=memory).to_json() == whole.to_json()
    assert not memory.left_open
