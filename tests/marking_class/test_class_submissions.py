"""What a class handed in: folders, zip files, several files a student, and everything that must be refused."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest

from derivations.check import check_sheet
from derivations.errors import UsageError
from gradproof.classroom import submissions
from gradproof.classroom.sheets import sheet_of
from gradproof.classroom.submissions import File, Submissions
from gradproof.rendering.writers import Form, render
from gradproof.reporting import report_document
from gradproof.sheets import MOST_BYTES

NAMES = ("1.md", "2.tex", "3.md")
RIGHT = "$$\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))$$\n"
WRONG = "$$\\tanh'(x) = 1 - \\tanh(x)$$\n"


def zipped(path: Path | io.BytesIO, files: dict[str, str]) -> Path | io.BytesIO:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


CLASS = {
    "bert/2-second.md": WRONG,
    "bert/1-first.md": RIGHT,
    "bert/figure.png": "no picture",
    "anna.md": RIGHT,
    "cleo.tex": RIGHT,
    ".DS_Store": "x",
    "grades.csv": "anna",
    "dora.pdf": "%PDF",
    "anna.png": "belongs to anna",
}


def test_a_folder_has_a_student_for_every_file_and_folder(tmp_path: Path) -> None:
    found = Submissions(written(tmp_path, CLASS))
    assert [x.student for x in found.students] == ["anna", "bert", "cleo", "dora"]
    bert = found.files(found.students[1])
    assert [x.name for x in bert] == ["1-first.md", "2-second.md", "figure.png"]


@pytest.mark.parametrize("wrapper", ["", "class/"])
def test_a_zip_file_is_read_as_the_folder_is(tmp_path: Path, wrapper: str) -> None:
    path = tmp_path / "class.zip"
    zipped(path, {wrapper + name: text for name, text in CLASS.items()} | {"__MACOSX/._anna.md": "x"})
    found = Submissions(path)
    assert [x.student for x in found.students] == ["anna", "bert", "cleo", "dora"]
    assert [x.name for x in found.files(found.students[1])] == ["1-first.md", "2-second.md", "figure.png"]


def test_two_files_with_one_stem_keep_their_endings(tmp_path: Path) -> None:
    found = Submissions(written(tmp_path, {"anna.md": RIGHT, "anna.tex": RIGHT, "bert.md": RIGHT}))
    assert [x.student for x in found.students] == ["anna.md", "anna.tex", "bert"]


def test_a_student_may_hand_in_a_zip_file(tmp_path: Path) -> None:
    inner = zipped(io.BytesIO(), {"b.md": WRONG, "a.md": RIGHT})
    assert isinstance(inner, io.BytesIO)
    (tmp_path / "anna.zip").write_bytes(inner.getvalue())
    found = Submissions(tmp_path)
    assert [x.student for x in found.students] == ["anna"]
    assert [x.name for x in found.files(found.students[0])] == ["a.md", "b.md"]


@pytest.mark.parametrize("name", ["../anna.md", "/anna.md", "a/../../anna.md", "..\\anna.md", "C:/anna.md"])
def test_names_that_lead_out_of_a_zip_file_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "class.zip"
    zipped(path, {name: RIGHT, "bert.md": RIGHT})
    with pytest.raises(UsageError, match="leads out of the zip file"):
        Submissions(path)


def test_a_zip_file_that_is_broken_or_encrypted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UsageError, match=r"class\.zip: the zip file cannot be read"):
        Submissions(path)
    zipped(path, {"anna.md": RIGHT})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    found = Submissions(path)
    with pytest.raises(UsageError, match="encrypted"):
        sheet_of("anna", found.files(found.students[0]))


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = written(tmp_path / "elsewhere", {"secret.md": RIGHT, "more/x.md": RIGHT})
    folder = written(tmp_path / "class", {"bert.md": RIGHT})
    (folder / "anna.md").symlink_to(secret / "secret.md")
    (folder / "cleo").mkdir()
    (folder / "cleo" / "deep").symlink_to(secret / "more")
    found = Submissions(folder)
    for student in (found.students[0], found.students[2]):
        with pytest.raises(UsageError, match="this is a link"):
            sheet_of(student.student, found.files(student))


def test_links_in_zip_files_are_not_followed(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("anna.md")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    found = Submissions(tmp_path / "class.zip")
    with pytest.raises(UsageError, match="this is a link"):
        sheet_of("anna", found.files(found.students[0]))


def test_a_bomb_costs_its_own_sheet(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    zipped(path, {"anna.md": " " * (20 * MOST_BYTES), "bert.md": RIGHT})
    found = Submissions(path)
    anna, bert = found.students
    files = found.files(anna)
    assert len(files[0].data) == MOST_BYTES + 1
    with pytest.raises(UsageError, match="larger than 5 MB"):
        sheet_of("anna", files)
    assert sheet_of("bert", found.files(bert)).source.text == RIGHT


def test_a_zip_file_within_a_zip_file_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(io.BytesIO(), {"a.md": RIGHT})
    assert isinstance(inner, io.BytesIO)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    (tmp_path / "anna.zip").write_bytes(outer.getvalue())
    found = Submissions(tmp_path)
    with pytest.raises(UsageError, match="within a zip file"):
        sheet_of("anna", found.files(found.students[0]))


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path, {f"anna/{k}.md": RIGHT for k in range(4)} | {"bert.md": RIGHT})
    monkeypatch.setattr(submissions, "MOST_OF_A_STUDENT", 3)
    found = Submissions(folder)
    with pytest.raises(UsageError, match="4 files; at most 3 are read"):
        found.files(found.students[0])
    assert [x.name for x in found.files(found.students[1])] == ["bert.md"]
    monkeypatch.setattr(submissions, "MOST_FILES", 4)
    with pytest.raises(UsageError, match="more than 4 files; split the class"):
        Submissions(folder)


def test_a_single_sheet_is_a_class_of_one(tmp_path: Path) -> None:
    written(tmp_path, {"anna.md": RIGHT, "bert.md": RIGHT})
    found = Submissions(tmp_path / "anna.md")
    assert [x.student for x in found.students] == ["anna"]
    assert [x.data for x in found.files(found.students[0])] == [RIGHT.encode()]


def test_an_empty_class_says_what_a_sheet_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no sheet in it; sheets end in \.ipynb, \.markdown, \.md"):
        Submissions(written(tmp_path, {"grades.csv": "x"}))
    with pytest.raises(UsageError, match="no such folder"):
        Submissions(tmp_path / "nowhere")


def test_what_is_no_sheet_is_told() -> None:
    with pytest.raises(UsageError, match=r"no sheet among what was handed in: answer\.pdf"):
        sheet_of("dora", [File("answer.pdf", b"%PDF")])
    found = sheet_of("dora", [File("answer.md", RIGHT.encode()), File("figure.png", b"x")])
    assert found.notes == ("figure.png is no sheet and was not read",)


def test_findings_of_several_files_say_which_file() -> None:
    found = sheet_of("bert", [File("1.md", b"# One\n\n" + RIGHT.encode()), File("2.md", WRONG.encode())])
    report = check_sheet(found.source)
    assert [x.verdict.value for x in report.statements] == ["proved", "wrong"]
    assert [report.label(x.line) for x in report.statements] == ["1.md:3", "2.md:1"]
    assert [(x["file"], x["file_line"]) for x in report.to_json()["statements"]] == [("1.md", 3), ("2.md", 1)]
    assert found.source.where(found.source.text.index("tanh")) == "line 1 of 2.md"


def test_definitions_of_one_file_hold_in_the_next() -> None:
    first = "$$a = \\sigma(z), \\qquad L = \\frac{1}{2}(a - y)^2$$ with scalars $a, z, y$.\n"
    second = "$$\\frac{\\partial L}{\\partial z} = (a - y) a (1 - a)$$\n"
    report = check_sheet(sheet_of("x", [File("1.md", first.encode()), File("2.md", second.encode())]).source)
    assert [x.verdict.value for x in report.statements][-1] == "proved"


def test_notebooks_keep_their_cells() -> None:
    cells = [{"cell_type": "markdown", "source": [text]} for text in ("# Title", RIGHT)]
    book = json.dumps({"cells": cells}).encode()
    report = check_sheet(sheet_of("x", [File("a.ipynb", book), File("b.md", WRONG.encode())]).source)
    assert [report.label(x.line) for x in report.statements] == ["a.ipynb cell 2:1", "b.md:1"]
    assert report.to_json()["statements"][0]["cell"] == 2
    assert "cell" not in report.to_json()["statements"][1]


def test_latex_files_with_frames_of_their_own_are_read_to_the_end() -> None:
    frame = "\\documentclass{article}\n\\begin{document}\n%s\\end{document}\n$$1 = 2$$\n"
    files = [File("a.tex", (frame % RIGHT).encode()), File("b.tex", (frame % WRONG).encode())]
    report = check_sheet(sheet_of("x", files).source)
    assert [(report.label(x.line), x.verdict.value) for x in report.statements] == [
        ("a.tex:3", "proved"),
        ("b.tex:3", "wrong"),
    ]


def test_files_of_several_kinds_are_one_sheet_each_read_as_its_kind() -> None:
    first = (
        "# One\n\n<!-- gradproof: z: scalar -->\n\n"
        "$$a = \\sigma(z), \\qquad L = \\frac{1}{2}(a - y)^2$$ with a scalar $y$.\n"
    )
    second = (
        "\\documentclass{article}\n\\newcommand{\\slope}{\\frac{\\partial L}{\\partial z}}\n% costs $5\n"
        "\\begin{document}\n\\[\\slope = (a - y) a (1 - a)\\]\n\\end{document}\n$$1 = 2$$\n"
    )
    third = "# Three\n\n$$\\frac{\\partial L}{\\partial a} = a + y$$\n"
    found = sheet_of("x", [File(name, text.encode()) for name, text in zip(NAMES, (first, second, third), strict=True)])
    report = check_sheet(found.source)
    assert [(report.label(x.line), x.verdict.value) for x in report.statements] == [
        ("1.md:3", "given"),
        ("1.md:5", "given"),
        ("1.md:5", "given"),
        ("2.tex:5", "proved"),
        ("3.md:3", "wrong"),
    ]
    assert found.notes == ()
    page = render(report_document(report), Form.HTML).text
    sheet = page[page.index(">The sheet<") :]
    assert sheet.index(">One<") < sheet.index("2.tex:5") < sheet.index(">Three<") < sheet.index("3.md:3")
    assert "documentclass" not in page
    assert "costs" not in page


def test_a_readme_beside_a_sheet_is_told() -> None:
    found = sheet_of("x", [File("a.md", RIGHT.encode()), File("readme.txt", b"my answers are in a.md")])
    assert found.notes == ("readme.txt has no formula in it and was not read",)
