"""``gradproof check --watch``: what is checked again, what is said to have changed, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from machine_sheets import RIGHT, SLOPE, UNREAD, report_on

from derivations.errors import UsageError
from derivations.report import Report
from gradproof import watching
from gradproof.cli import cli
from gradproof.sheets import read_sheet
from gradproof.watching import Watch, changes

MENDED = SLOPE.replace("\\sigma^2(x)", "\\sigma(x)")


def checked(name: str) -> Report:
    source = read_sheet(name)
    return report_on(source.text, name)


def rendered(report: Report) -> str:
    return f"{report.sheet}: {report.summary['wrong']} wrong\n"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Callable[[], object]]], None]:
    """Acts that happen between looks at the files, one a look; after the last one Ctrl-C."""

    def play(acts: list[Callable[[], object]]) -> None:
        left: Iterator[Callable[[], object]] = iter(acts)

        def pause(_: float) -> None:
            act = next(left, None)
            if act is None:
                raise KeyboardInterrupt
            act()

        monkeypatch.setattr(watching.time, "sleep", pause)

    return play


def nothing() -> None:
    """A look at which nothing happens."""


def test_a_save_is_checked_and_told(
    tmp_path: Path, script: Callable[[list[Callable[[], object]]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.md"
    sheet.write_text(SLOPE, encoding="utf-8")
    script([nothing, lambda: sheet.write_text(MENDED, encoding="utf-8"), nothing, nothing])
    assert Watch([str(sheet)], [], checked, rendered).run() == 0
    out = capsys.readouterr().out
    assert [line.split(": ")[1] for line in out.splitlines() if line.startswith(str(sheet))] == ["1 wrong", "0 wrong"]
    assert "since the last check:\n  line 1: wrong → proved: \\frac" in out


def test_only_what_changed_is_checked_and_the_worst_code_counts(
    tmp_path: Path, script: Callable[[list[Callable[[], object]]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, other = tmp_path / "a.md", tmp_path / "b.md"
    wrong.write_text(SLOPE, encoding="utf-8")
    other.write_text(RIGHT, encoding="utf-8")
    script([lambda: other.write_text(UNREAD, encoding="utf-8"), nothing])
    assert Watch([str(wrong), str(other)], [], checked, rendered).run() == 1
    out = capsys.readouterr().out
    assert out.count(f"{wrong}: ") == 1
    assert out.count(f"{other}: ") == 2


def test_a_file_beside_them_checks_all_again(
    tmp_path: Path, script: Callable[[list[Callable[[], object]]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    names = [tmp_path / "a.md", tmp_path / "b.md"]
    beside = tmp_path / "class.txt"
    for name in names:
        name.write_text(RIGHT, encoding="utf-8")
    beside.write_text("W: n x d", encoding="utf-8")
    script([lambda: beside.write_text("W: m x d", encoding="utf-8"), nothing])
    assert Watch([str(name) for name in names], [str(beside)], checked, rendered).run() == 0
    out = capsys.readouterr().out
    assert [out.count(f"{name}: ") for name in names] == [2, 2]
    assert "no verdict has changed" in out


def test_a_file_that_is_replaced_is_waited_for(
    tmp_path: Path, script: Callable[[list[Callable[[], object]]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """An editor takes the file away, or empties it, before it writes the new one."""
    sheet, new = tmp_path / "sheet.md", tmp_path / "new"
    sheet.write_text(SLOPE, encoding="utf-8")
    new.write_text(MENDED, encoding="utf-8")
    script(
        [
            lambda: sheet.write_text("", encoding="utf-8"),
            nothing,
            sheet.unlink,
            nothing,
            lambda: new.replace(sheet),
            nothing,
        ]
    )
    assert Watch([str(sheet)], [], checked, rendered).run() == 0
    assert capsys.readouterr().err.count("watching") == 2


def test_a_file_that_stays_away_is_told(
    tmp_path: Path, script: Callable[[list[Callable[[], object]]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.md"
    sheet.write_text(RIGHT, encoding="utf-8")
    script([sheet.unlink, *[nothing] * 20])
    assert Watch([str(sheet)], [], checked, rendered).run() == 2
    assert "no such file" in capsys.readouterr().err


def test_changes() -> None:
    before = report_on(RIGHT + "\n" + SLOPE)
    after = report_on(SLOPE + "\n" + UNREAD)
    told = list(changes(before, after))
    assert [line.split(":")[0] for line in told] == ["gone, was given", "gone, was proved", "line 5"]
    assert told[2].startswith("line 5: new, unclear: h_t = \\foo")
    assert list(changes(before, before)) == []


@pytest.mark.parametrize("more", [["--format", "json"], ["--format", "sarif"], ["--marks", "s.toml"]])
def test_what_it_does_not_go_with(tmp_path: Path, more: list[str]) -> None:
    done = CliRunner().invoke(cli, ["check", "--watch", *more, str(tmp_path / "a.md")])
    assert isinstance(done.exception, UsageError)


def test_standard_input_cannot_be_watched() -> None:
    done = CliRunner().invoke(cli, ["check", "--watch", "-"], input=RIGHT)
    assert "cannot be watched" in str(done.exception)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_whole_process(tmp_path: Path) -> None:
    sheet, declared = tmp_path / "sheet.md", tmp_path / "class.txt"
    sheet.write_text(RIGHT, encoding="utf-8")
    declared.write_text("x: d", encoding="utf-8")
    command = [sys.executable, "-m", "gradproof", "check", "--no-torch", "--watch", "--with", str(declared), str(sheet)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            _until(process.stdout, "watching")
            sheet.write_text(SLOPE, encoding="utf-8")
            _until(process.stdout, "line 1: new, wrong")
            _until(process.stdout, "watching")
            declared.write_text("nonsense of words", encoding="utf-8")
            _until(process.stdout, "class.txt:1")
            _until(process.stdout, "watching")
            declared.write_text("x: n", encoding="utf-8")
            _until(process.stdout, "no verdict has changed")
            _until(process.stdout, "watching")
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 1
        finally:
            process.kill()


def _until(lines: Iterator[str], words: str) -> None:
    assert any(words in line for line in lines), words


def test_a_name_without_a_sheet_ends_with_its_code(
    tmp_path: Path, script: Callable[[list[Callable[[], object]]], None]
) -> None:
    script([])
    assert Watch([str(tmp_path / "none.md")], [], checked, rendered).run() == 2
