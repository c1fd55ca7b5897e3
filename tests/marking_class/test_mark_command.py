"""``gradproof mark`` from end to end: results, resuming, what is put aside, the same bytes however it is run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradproof.classroom.assignment import Assignment, with_questions
from gradproof.cli import cli
from gradproof.commands.solve import notation_of
from gradproof.sheets import read_sheet

HEAD = r"""$$z = W x + b, \qquad a = \sigma(z), \qquad L = \frac{1}{2} \|a - y\|^2$$
with $W \in \mathbb{R}^{n \times d}$, $x \in \mathbb{R}^d$ and $b, y \in \mathbb{R}^n$.

"""
RIGHT = r"$$\frac{\partial L}{\partial b} = (a - y) \odot a \odot (1 - a)$$" + "\n"
WRONG = r"$$\frac{\partial L}{\partial b} = (a - y) \odot a \odot (1 + a)$$" + "\n"
SLOPE = "$$\\tanh'(x) = 1 - \\tanh^2(x)$$\n"
UNREAD = r"$$\frac{\partial L}{\partial b} = (a - y) \odot a \odot (1 - a$$" + "\n"
SCHEME = """
title = "One layer"
[[question]]
name = "bias"
[[question.statement]]
left = '\\partial L/\\partial b'
points = 2
[[question]]
name = "slope"
[[question.statement]]
left = "tanh'(x)"
points = 1
"""
SHEETS = {
    "anna.md": HEAD + RIGHT + SLOPE,
    "bert.md": HEAD + WRONG + SLOPE,
    "cleo/1.md": HEAD + RIGHT,
    "cleo/2.md": SLOPE,
    "dora.pdf": "%PDF",
    "emil.md": HEAD + UNREAD + SLOPE,
    "fay.md": HEAD + WRONG.replace(" ", "  ").replace("\\ ", " ") + SLOPE,
    "gus.md": "no formula at all\n",
}


def a_class(folder: Path, sheets: dict[str, str] = SHEETS) -> Path:
    for name, text in sheets.items():
        path = folder / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "scheme.toml").write_text(SCHEME, encoding="utf-8")
    (folder / "reference.md").write_text(HEAD + RIGHT + SLOPE, encoding="utf-8")
    return folder


def marked(folder: Path, *more: str, out: str = "out") -> Result:
    given = ["mark", str(folder / "class"), "--marks", str(folder / "scheme.toml"), "-o", str(folder / out)]
    reference = ["--with", str(folder / "reference.md")]
    return CliRunner().invoke(cli, [*given, *reference, "--no-pages", "--processes", "1", *more])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(x.relative_to(folder)): x.read_bytes() for x in sorted(folder.rglob("*")) if x.is_file()}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = a_class(tmp_path_factory.mktemp("class"))
    return folder, marked(folder)


def test_every_student_has_marks_or_a_reason(done: tuple[Path, Result]) -> None:
    folder, result = done
    assert result.exit_code == 3, result.output
    rows = json.loads((folder / "out" / "marks.json").read_text(encoding="utf-8"))["students"]
    found = {x["student"]: x["marks"]["marks"] if x["status"] == "marked" else x["kind"] for x in rows}
    expected = {"anna": 3, "bert": 1, "cleo": 3, "dora": "unusable", "emil": None, "fay": 1, "gus": "unusable"}
    assert found == expected
    assert "5 marked, 1 with marks to settle; 2 put aside for a person" in result.output
    assert "gus: no formula was found" in result.output


def test_the_table_has_no_zero_for_a_sheet_put_aside(done: tuple[Path, Result]) -> None:
    lines = (done[0] / "out" / "marks.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "sheet,question,marks,least,most,of,reasons"
    assert next(x for x in lines if x.startswith("dora")).startswith('dora,total,,,,,"put aside: there is no sheet')
    assert "emil,bias,,0,2,2," in "\n".join(lines)


def test_results_of_the_reference_are_looked_for(done: tuple[Path, Result]) -> None:
    rows = json.loads((done[0] / "out" / "marks.json").read_text(encoding="utf-8"))["students"]
    bert = next(x for x in rows if x["student"] == "bert")
    assert bert["against"]["summary"] == {"present": 4, "wrong": 1, "missing": 0, "open": 0}
    cleo = next(x for x in rows if x["student"] == "cleo")
    assert cleo["against"]["summary"]["present"] == 5
    assert cleo["files"] == ["1.md", "2.md"]


def test_the_page_tells_of_the_class(done: tuple[Path, Result]) -> None:
    page = (done[0] / "out" / "class.html").read_text(encoding="utf-8")
    assert "7 sheets: 5 marked, 2 put aside for a person" in page
    for part in ("aside", "marks", "asked", "written", "slips", "alike"):
        assert f'<section class="part {part}"' in page
    assert page.index("alike") < page.rindex("bert") < page.rindex("fay")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page


def test_a_second_run_marks_only_what_changed(tmp_path: Path) -> None:
    folder = a_class(tmp_path, {"anna.md": HEAD + RIGHT, "bert.md": HEAD + WRONG})
    marked(folder)
    before = contents(folder / "out")
    stamps = {x.name: x.stat().st_mtime_ns for x in (folder / "out" / "records").iterdir()}
    marked(folder)
    assert contents(folder / "out") == before
    assert stamps == {x.name: x.stat().st_mtime_ns for x in (folder / "out" / "records").iterdir()}
    (folder / "class" / "bert.md").write_text(HEAD + RIGHT, encoding="utf-8")
    marked(folder)
    after = {x.name: x.stat().st_mtime_ns for x in (folder / "out" / "records").iterdir()}
    assert [name for name in stamps if stamps[name] != after[name]] == ["bert.json"]
    (folder / "scheme.toml").write_text(SCHEME.replace("points = 2", "points = 4"), encoding="utf-8")
    marked(folder)
    assert all(x.stat().st_mtime_ns != after[x.name] for x in (folder / "out" / "records").iterdir())
    assert json.loads((folder / "out" / "records" / "anna.json").read_bytes())["marks"]["of"] == 5


def test_several_processes_give_the_same_bytes(done: tuple[Path, Result]) -> None:
    folder = done[0]
    marked(folder, "--processes", "2", out="other")
    assert contents(folder / "other") == contents(folder / "out")


def test_a_zip_file_gives_the_same_bytes(done: tuple[Path, Result], tmp_path: Path) -> None:
    import shutil

    shutil.make_archive(str(tmp_path / "class"), "zip", done[0] / "class")
    a_class(tmp_path, {})
    given = ["mark", str(tmp_path / "class.zip"), "--marks", str(tmp_path / "scheme.toml"), "-o", str(tmp_path / "out")]
    given += ["--with", str(tmp_path / "reference.md"), "--no-pages", "--processes", "1"]
    assert CliRunner().invoke(cli, given).exit_code == 3
    ours, theirs = contents(tmp_path / "out"), contents(done[0] / "out")
    assert ours.pop("class.html") == theirs["class.html"].replace(b"Class: class", b"Class: class.zip")
    assert ours == {name: data for name, data in theirs.items() if name != "class.html"}


def test_interrupted_and_gone_on_with_it_is_the_same(done: tuple[Path, Result], tmp_path: Path) -> None:
    sheets = {f"s{k:02d}.md": HEAD + (RIGHT, WRONG)[k % 2] + SLOPE + f"\nSheet {k}.\n" for k in range(24)}
    folder = a_class(tmp_path, sheets)
    command = [sys.executable, "-m", "gradproof", "mark", str(folder / "class"), "--no-pages", "--processes", "1"]
    command += ["--marks", str(folder / "scheme.toml"), "-o", str(folder / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while process.poll() is None and len(list((folder / "out" / "records").glob("s*.json"))) < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    kept = {x.name: x.read_bytes() for x in (folder / "out" / "records").glob("*.json")}
    assert process.returncode == 130, errors
    assert "the same command goes on from there" in errors
    assert 3 <= len(kept) < 24
    assert not list((folder / "out" / "records").glob(".*"))
    assert all(json.loads(data)["status"] == "marked" for data in kept.values())
    again = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert f"{len(kept)} kept from an earlier run" in again.stderr
    once = subprocess.run([*command[:-1], str(folder / "once")], capture_output=True, timeout=300, check=False)
    assert (again.returncode, once.returncode) == (0, 0)
    assert contents(folder / "out") == contents(folder / "once")


def test_gradescope_has_the_certain_score_and_none_for_a_sheet_put_aside(tmp_path: Path) -> None:
    folder = a_class(tmp_path, {"answer.md": HEAD + UNREAD + SLOPE})
    assert marked(folder, "--gradescope").exit_code == 3
    found = json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))
    assert found["score"] == 1
    assert [(x["name"], x["score"], x["max_score"]) for x in found["tests"]] == [("bias", 0, 2), ("slope", 1, 1)]
    assert "For a person to settle: from 0 to 2 of 2" in found["tests"][0]["output"]
    (folder / "class" / "answer.md").write_text("nothing\n", encoding="utf-8")
    marked(folder, "--gradescope")
    found = json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))
    assert "score" not in found
    assert "put aside for a person" in found["output"]


def test_declarations_come_with_every_sheet_and_their_folder_does_not_count(tmp_path: Path) -> None:
    folder = a_class(tmp_path, {"anna.md": "$$\\frac{\\partial}{\\partial q} q^2 = 2 q$$\n"})
    records = []
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "class.txt").write_text("q: scalar\n", encoding="utf-8")
        marked(folder, "--declarations", str(folder / name / "class.txt"), out=f"out-{name}")
        records.append((folder / f"out-{name}" / "records" / "anna.json").read_bytes())
    assert records[0] == records[1]
    assert json.loads(records[0])["summary"]["proved"] == 1
    assert {"name": "q", "shape": [], "declared": True} in json.loads(records[0])["symbols"]


def test_a_scheme_that_cannot_be_used_is_told_once(tmp_path: Path) -> None:
    folder = a_class(tmp_path, {"anna.md": HEAD + RIGHT})
    (folder / "scheme.toml").write_text("[[question]]\nname='a'\n[[question.statement]]\nresult = 99\npoints = 1\n")
    result = marked(folder)
    assert result.exit_code != 0
    assert "the reference has no right result at line 99" in str(result.exception)
    assert not list((folder / "out" / "records").iterdir())


def test_results_within_the_class_are_refused(tmp_path: Path) -> None:
    folder = a_class(tmp_path, {"anna.md": HEAD + RIGHT})
    (folder / "class" / "out").mkdir()
    result = marked(folder, out="class/out")
    assert "the results would be taken for sheets" in str(result.exception)


QUESTIONS = r"""# Homework

```gradproof
identity: \tanh'(x) = 1 - \tanh^2(x)
declare: x: scalar
```

```gradproof
count: lstm(n=32, d=16)
```

```gradproof
plot: activation
```

```gradproof
answer: Some words.
```
"""


def test_questions_are_solved_and_their_results_looked_for(tmp_path: Path) -> None:
    folder = a_class(tmp_path, {"anna.md": SLOPE + "\nThe LSTM with 32 units and 16 inputs has 6,272 parameters.\n"})
    (folder / "class" / "bert.md").write_text("$$\\tanh'(x) = 1 - \\tanh(x)$$\n", encoding="utf-8")
    (folder / "reference.md").write_text(QUESTIONS, encoding="utf-8")
    marked(folder)
    rows = json.loads((folder / "out" / "marks.json").read_text(encoding="utf-8"))["students"]
    found = {x["student"]: [y["status"] for y in x["against"]["results"]] for x in rows}
    assert found == {"anna": ["present", "present"], "bert": ["wrong", "missing"]}
    assert "plot: activation" in (folder / "out" / "class.html").read_text(encoding="utf-8")
    assert "6,272" in (folder / "out" / "reference.md").read_text(encoding="utf-8")


def test_the_digest_sees_all_that_results_depend_on(tmp_path: Path) -> None:
    folder = a_class(tmp_path, {})
    plain = Assignment()
    other = with_questions(plain, read_sheet(folder / "reference.md"), notation_of("standard"))
    assert len({plain.digest, other.digest, Assignment(torch=True).digest}) == 3
    assert Assignment(html=False, formats=True).digest == plain.digest
    assert Assignment().digest == plain.digest
