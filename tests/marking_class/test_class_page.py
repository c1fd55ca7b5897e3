"""The page on a class and its tables: counted right, hostile names harmless, nobody accused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from gradproof.classroom.bars import Bar, bar_chart
from gradproof.classroom.exports import write_marks
from gradproof.classroom.outcome import Outcome, plainly
from gradproof.classroom.page import class_page
from gradproof.classroom.store import Store
from gradproof.classroom.tally import Tally
from gradproof.rendering.writers import Form, render


def slip(code: str = "sign", rhs: str = "a + b", same: str = "1") -> dict[str, Any]:
    sides = {"lhs": r"\frac{\partial L}{\partial a}", "relation": "=", "rhs": rhs, "expected": "a - b"}
    return {"code": code, "where": "7", **sides, "same": same}


def record(student: str, *slips: dict[str, Any], verdict: str = "wrong", marks: float | None = 1) -> dict[str, Any]:
    step = {"lhs": r"\frac{\partial L}{\partial a}", "rhs": "a"}
    points = {"marks": marks, "least": marks or 0, "most": 2 if marks is None else marks, "of": 2}
    question = {"question": "one", **points, "reasons": []}
    return {
        "version": 1,
        "key": "",
        "student": student,
        "status": "marked",
        "files": [],
        "folder": "",
        "formats": {},
        "notes": [],
        "slips": list(slips),
        "statements": [{"kind": "claim", "verdict": verdict, "steps": [step]}],
        "summary": {verdict: 1},
        "roots": len(slips),
        "marks": {"scheme": "s", "title": "t", **points, "questions": [question]},
        "against": {"results": [{"line": 3, "latex": "a = b", "status": "wrong"}]},
    }


def aside(student: str, reason: str = "stopped after 120 seconds") -> dict[str, Any]:
    return {"version": 1, "key": "", "student": student, "status": "aside", "kind": "time", "reason": reason}


def html(records: list[dict[str, Any]], folder: Path, students: list[str] | None = None) -> str:
    store = Store(folder, students or [x["student"] for x in records], pages=False)
    return render(class_page(Tally.of(records), store, "Class"), Form.HTML).text


def test_counts_are_of_sheets_and_of_slips() -> None:
    records = [record("a", slip(), slip()), record("b", slip()), record("c", verdict="proved", marks=None), aside("d")]
    tally = Tally.of(records)
    assert (tally.marked, tally.aside) == (3, [("d", "stopped after 120 seconds")])
    assert (tally.slips["sign"].sheets, tally.slips["sign"].times, tally.slips["sign"].example) == (2, 3, ("a", "7"))
    (row,) = tally.statements.values()
    assert dict(row.counts) == {"wrong": 2, "right": 1}
    assert dict(tally.results[3, "a = b"].counts) == {"wrong": 3}
    points = tally.questions["one"]
    assert (points.sheets, points.least, points.most, points.open, points.full, points.none) == (3, 2, 4, 1, 0, 0)
    assert tally.open == [("c", "0–2 of 2")]
    assert dict(tally.totals) == {5: 2}


def test_a_quantity_that_is_right_on_one_line_and_wrong_on_another_counts_once() -> None:
    one = record("a")
    one["statements"].append({**one["statements"][0], "verdict": "proved"})
    (row,) = Tally.of([one]).statements.values()
    assert dict(row.counts) == {"wrong": 1}


def test_only_slips_that_few_sheets_share_are_shown_beside_each_other() -> None:
    common = [record(f"s{k}", slip(same="common")) for k in range(20)]
    rare = [record("x", slip(same="rare")), record("y", slip(same="rare")), record("z", slip(same="own"))]
    twice = [record("w", slip(same="twice"), slip(same="twice"))]
    (found,) = Tally.of([*common, *rare, *twice]).unusual
    assert found.students == ["x", "y"]


def test_the_page_says_no_verdict_on_why(tmp_path: Path) -> None:
    text = html([record("xenia", slip()), record("yves", slip())], tmp_path)
    part = text[text.index('class="part alike"') :]
    assert "xenia" in part
    assert "yves" in part
    assert "Why that is, this page does not say." in part
    assert not any(word in part.lower() for word in ("copied", "plagiar", "cheat", "collu", "suspicious"))


def test_hostile_names_are_text(tmp_path: Path) -> None:
    name = '<script>alert("x")</script>'
    text = html([record(name, slip(rhs="<img src=x onerror=alert(1)>"), slip()), aside("<b>", "<i>why</i>")], tmp_path)
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "<i>why" not in text


def test_a_spreadsheet_sees_no_formula(tmp_path: Path) -> None:
    students = ["=cmd|x", "-anna", "bert"]
    store = Store(tmp_path, students, pages=False)
    for student in students[:2]:
        store.put(Outcome(record(student)))
    store.put(Outcome(aside("bert", "=evil()")))
    write_marks(store)
    rows = list(csv.reader(io.StringIO((tmp_path / "marks.csv").read_text(encoding="utf-8"))))
    assert {row[0] for row in rows[1:]} == {"'=cmd|x", "'-anna", "bert"}
    assert rows[-1] == ["bert", "total", "", "", "", "", "put aside: =evil()"]
    every = json.loads((tmp_path / "marks.json").read_text(encoding="utf-8"))["students"]
    assert [x["student"] for x in every] == students


def test_sheets_that_are_not_marked_yet_are_told(tmp_path: Path) -> None:
    assert "1 sheet: 1 marked, 0 put aside for a person; 2 sheets not marked yet" in html(
        [record("a")], tmp_path, ["a", "b", "c"]
    )


def test_bars_are_as_long_as_their_numbers() -> None:
    figure = bar_chart([Bar("1", {"right": 3, "wrong": 1}), Bar("2", {"right": 2, "wrong": 0})], "what is to be seen")
    svg = figure.images[0].data.decode()
    assert 'width="330.0"' in svg
    assert 'width="110.0"' in svg
    assert 'width="220.0"' in svg
    assert "3 right, 1 wrong" in svg


def test_formulas_that_are_written_alike_are_the_same() -> None:
    assert plainly(r"\left( a + b \right) \, c") == plainly("(a+b)c")
    assert plainly(r"\sigma^2") != plainly(r"\sigma")
