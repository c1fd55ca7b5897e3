"""The command line: exit codes, machine output, bad files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import gradproof.cli as front
import gradproof.commands.check as checking
from derivations.errors import InternalError
from derivations.report import Report
from gradproof.cli import cli

RIGHT = "$$h_t = \\tanh(W x_t)$$\n\n$$h_t = \\tanh(W x_t)$$\n"
WRONG = "$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma^2(x))$$\n"
UNCLEAR = "$$h_t = \\foo(x)$$\n"


def run(*arguments: str, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["check", "--no-torch", *arguments], input=text)


def sheet(folder: Path, text: str, name: str = "sheet.md") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_help_names_every_command_with_what_it_does() -> None:
    folder = Path(checking.__file__).parent
    modules = sorted(x.stem for x in folder.glob("*.py") if f"\ndef {x.stem}(" in x.read_text(encoding="utf-8"))
    assert sorted(front.COMMANDS) == modules
    text = CliRunner().invoke(cli, ["--help"]).stdout
    told = dict(line.split(maxsplit=1) for line in text.partition("Commands:\n")[2].splitlines())
    assert list(told) == list(front.COMMANDS)
    assert told["check"] == "Check sheets; - reads standard input."


def test_a_command_that_does_not_exist_is_named_with_the_nearest() -> None:
    result = CliRunner().invoke(cli, ["chekc"])
    assert result.exit_code == 2
    assert "No such command 'chekc'. Did you mean 'check'?" in result.stderr


@pytest.mark.parametrize(("text", "code"), [(RIGHT, 0), (WRONG, 1), (UNCLEAR, 3), (UNCLEAR + WRONG, 1)])
def test_exit_codes(tmp_path: Path, text: str, code: int) -> None:
    assert run(sheet(tmp_path, text)).exit_code == code


def test_machine_output_has_the_promised_keys(tmp_path: Path) -> None:
    result = run("--format", "json", sheet(tmp_path, WRONG))
    report = json.loads(result.stdout)
    assert report["version"] == 1
    assert set(report) >= {"version", "sheet", "conventions", "symbols", "statements", "summary"}
    statement = report["statements"][0]
    assert set(statement) >= {"line", "column", "end_line", "latex", "kind", "verdict", "steps"}
    step = statement["steps"][0]
    keys = "line column relation lhs rhs verdict reading why counterexample repair expected follows_from witnesses"
    assert set(step) >= set(keys.split())
    assert (step["verdict"], step["line"], step["column"]) == ("wrong", 1, 40)
    assert step["repair"]["from"] == r"\sigma^2(x)"
    assert step["repair"]["to"] == r"\sigma(x)"
    assert {step["counterexample"]["left"], step["counterexample"]["right"]} == {"1/4", "3/8"}
    assert set(report["summary"]) == {"given", "proved", "holds", "wrong", "undecided", "unclear"}


def test_several_sheets_give_an_array(tmp_path: Path) -> None:
    names = [sheet(tmp_path, RIGHT, "a.md"), sheet(tmp_path, WRONG, "b.md")]
    result = run("--format", "json", *names)
    assert [report["sheet"] for report in json.loads(result.stdout)] == names
    assert result.exit_code == 1


def test_one_bad_file_loses_nothing_else(tmp_path: Path) -> None:
    result = run("--format", "json", str(tmp_path / "none.md"), sheet(tmp_path, RIGHT))
    assert result.exit_code == 2
    assert "no such file" in result.stderr
    assert len(json.loads(result.stdout)) == 1


def test_standard_input() -> None:
    result = run("-", text=WRONG)
    assert result.exit_code == 1
    assert "<stdin>:1" in result.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"\x89PNG\x00\x00", "binary"),
        ("$$x\0 = y$$".encode("utf-16"), "binary"),
        ("$$x = é$$".encode("latin-1"), "0xe9 at offset 6); save the file as UTF-8"),
        (b"\xff\xfe$", "not UTF-16 text"),
        (b"prose alone, costs $5", "no formula was found"),
        (b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_bad_files_are_named_with_the_remedy(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.md"
    path.write_bytes(content)
    result = run(str(path))
    assert result.exit_code == 2
    assert message in result.stderr
    assert str(path) in result.stderr


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.md"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert run(str(path)).exit_code == 2


def test_a_folder_is_refused(tmp_path: Path) -> None:
    result = run(str(tmp_path))
    assert result.exit_code == 2
    assert "folder" in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_marked_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "sheet.md"
    path.write_bytes(WRONG.encode(encoding))
    assert run(str(path)).exit_code == 1


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    result = run("a" * 300 + ".md")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_control_characters_of_a_name_do_not_reach_the_terminal() -> None:
    result = run("a\x1b[31m.md")
    assert "a\\u{1b}[31m.md" in result.stderr
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_half_a_character_in_a_name(tmp_path: Path, form: str) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.md"
    Path(os.fsdecode(path)).write_text(WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "gradproof", "check", "--no-torch", "--format", form, path]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode("utf-8")


def test_half_a_character_in_a_notebook(tmp_path: Path) -> None:
    path = tmp_path / "half.ipynb"
    path.write_text(r'{"cells": [{"cell_type": "markdown", "source": "$x = \ud800$"}]}', encoding="utf-8")
    result = run(str(path))
    assert result.exit_code == 2
    assert "cell 1 holds half a character, '\\ud800'" in result.stderr


def test_a_closed_standard_input_is_named() -> None:
    command = ["sh", "-c", '"$0" -m gradproof check --no-torch - <&-', sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "standard input is closed" in done.stderr


@pytest.mark.parametrize("fault", [InternalError("two engines disagree"), KeyError("x"), AssertionError("no")])
def test_our_own_fault_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """A crash must not end with 1: that would say that the sheet is wrong."""
    real = checking._checked

    def broken(name: str, *rest: Any) -> Report:
        if name.endswith("bad.md"):
            raise fault
        return real(name, *rest)

    monkeypatch.setattr(checking, "_checked", broken)
    names = [sheet(tmp_path, RIGHT, "bad.md"), sheet(tmp_path, WRONG)]
    result = run("--format", "json", *names)
    assert result.exit_code == 2
    assert "fault of gradproof itself" in result.stderr
    assert "Traceback" not in result.stderr
    assert [report["sheet"] for report in json.loads(result.stdout)] == names[1:]
    assert "Traceback" in run("--debug", *names).stderr


def test_an_interruption_ends_with_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(checking, "_checked", interrupted)
    monkeypatch.setattr(front.gc, "disable", lambda: None)
    monkeypatch.setattr(sys, "argv", ["gradproof", "check", sheet(tmp_path, RIGHT)])
    with pytest.raises(SystemExit) as ended:
        front.main()
    assert ended.value.code == 130


def test_strict_turns_departing_readings_into_wrong(tmp_path: Path) -> None:
    text = "$$y = W x, \\quad L = \\frac{1}{2}(y - t)^2$$\n\n$$\\frac{\\partial L}{\\partial W} = (y - t) x$$\n"
    name = sheet(tmp_path, text.replace("t)", "v)"))
    assert run(name).exit_code == 0
    assert run("--strict", name).exit_code == 1


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    name = sheet(tmp_path, WRONG)
    assert run("--seed", "7", name).stdout == run("--seed", "7", name).stdout


def test_no_colour_where_there_is_no_terminal(tmp_path: Path) -> None:
    assert "\x1b[" not in run(sheet(tmp_path, WRONG)).stdout


def on_a_terminal(path: str, **environment: str) -> str:
    """What a terminal receives."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gradproof", "check", "--no-torch", path]
    inherited = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = subprocess.Popen(command, stdout=theirs, env={**inherited, "TERM": "xterm", **environment})
    os.close(theirs)
    received = b""
    with suppress(OSError):  # Linux reports the end of a terminal as an error
        while part := os.read(ours, 4096):
            received += part
    os.close(ours)
    assert process.wait() == 1
    return received.decode()


def test_colour_on_a_terminal_unless_it_is_not_wanted(tmp_path: Path) -> None:
    name = sheet(tmp_path, WRONG)
    assert "\x1b[1;31m" in on_a_terminal(name)
    assert "\x1b" not in on_a_terminal(name, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(name, TERM="dumb")


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "soon"])
def test_a_time_limit_is_a_positive_number(limit: str) -> None:
    assert run("--time-limit", limit, "-", text=RIGHT).exit_code == 2


def test_usage_errors_exit_with_2() -> None:
    assert run("--format", "xml", "-", text=RIGHT).exit_code == 2
    assert CliRunner().invoke(cli, ["check"]).exit_code == 2


def test_torch_confirms_every_derivative(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", "--format", "json", sheet(tmp_path, WRONG)])
    step = json.loads(result.stdout)["statements"][0]["steps"][0]
    assert step["witnesses"]["autograd"] < 1e-10
    assert step["witnesses"]["finite_differences"] < 1e-6
    assert "torch" in sys.modules
