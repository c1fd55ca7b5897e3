"""gradproof train and gradproof data, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from derivations.errors import UsageError
from gradproof.cli import cli
from numeric.training.config import label, telling
from numeric.training.study import Study
from numeric.training.suites import read_suite
from numeric.training.tasks.table import TASKS

TINY = "--size 4 --epochs 1 --epoch-steps 2 --batch 8 --test-size 20 --threads 1".split()


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["train", *arguments], catch_exceptions=False)
    return done.exit_code, done.stdout


def _refused(told: str, *arguments: str) -> None:
    with pytest.raises(UsageError, match=told):
        _run(*arguments)


def test_without_a_task_all_are_listed() -> None:
    code, text = _run()
    assert code == 0
    for name in "palindromes rows pixels next-pixel inpaint words chars phased optimisers lengths".split():
        assert f"\n{name} " in f"\n{text}"


def test_a_task_leaves_its_folder_and_prints_its_table(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text = _run("palindromes", "--cell", "rnn,gru", "--length", "4", *TINY, "--out", str(out), "--quick")
    assert code == 0
    assert "rnn" in text
    assert "gru" in text
    assert max(map(len, text.splitlines())) <= 80
    results = json.loads((out / "results.json").read_text())
    assert {run["config"]["cell"] for run in results["runs"]} == {"rnn", "gru"}
    assert results["mode"] == "quick"
    assert all(run["config"]["threads"] == 1 for run in results["runs"])


def test_a_wide_table_has_its_words_whole(tmp_path: Path) -> None:
    code, text = _run("pixels", "--quick", *TINY, "--train-size", "60", "--out", str(tmp_path / "out"))
    assert code == 0
    assert max(map(len, text.splitlines())) <= 80
    words = set(text.split())
    assert {"lstm", "gru", "binary", "grey", "permuted", "pixels", "order", "params", "train", "acc."} <= words


def test_nothing_is_overwritten_unasked_and_resume_goes_on(tmp_path: Path) -> None:
    call = ["palindromes", "--cell", "rnn", "--length", "4", *TINY, "--out", str(tmp_path / "out"), "--format", "json"]
    first = json.loads(_run(*call)[1])
    _refused("holds results already", *call)
    again = json.loads(_run(*call, "--resume")[1])
    assert again["table"] == first["table"]
    _refused("rate = 0.001", *call, "--resume", "--rate", "0.1")


@pytest.mark.parametrize(
    ("told", "call"),
    [
        ("there is no task palindrome", ["palindrome"]),
        ("there is no lsmt", ["palindromes", "--cell", "lsmt"]),
        ("not a number", ["palindromes", "--epochs", "ten"]),
        ("less than 0", ["palindromes", "--rate", "-1"]),
        ("not a finite number", ["palindromes", "--rate", "nan"]),
        ("at least 2 digits", ["palindromes", "--length", "1", "--out", "@"]),
        ("sees the whole image at once", ["palindromes", "--cell", "mlp", "--out", "@"]),
        ("no folder, nor the name", ["rows", "--data", "nowhere"]),
        ("has not been downloaded", ["rows", "--data", "mnist"]),
        ("this task needs text", ["words", "--data", "mnist"]),
        ("leave out TASK", ["rows", "--suite", "x.toml"]),
    ],
)
def test_calls_that_cannot_be_used_say_why(
    told: str, call: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADPROOF_CACHE", str(tmp_path / "cache"))
    _refused(told, *[str(tmp_path / "out") if part == "@" else part for part in call])


def test_cells_go_to_the_plans_that_are_about_them() -> None:
    def cells(changed: dict[str, Any]) -> list[tuple[str, str, float]]:
        found = Study(TASKS["palindromes"], Path(), "default", {"length": 30, **changed}).configs()
        return [(config.cell, config.init, config.keep_bias) for config in found]

    rnn, gated = [("rnn", "default", 0.0), ("rnn", "orthogonal", 0.0)], [("gru", "default", 3.0)]
    assert cells({"cell": ("rnn", "gru")}) == [*rnn, *gated]
    assert cells({"cell": "gru"}) == gated
    assert cells({"cell": "bn-lstm"}) == [("bn-lstm", "default", 0.0)]
    assert cells({"cell": "rnn", "init": "identity"})[0] == ("rnn", "identity", 0.0)


SUITE = """
[[study]]
task = "palindromes"
name = "short"
mode = "quick"
settings = { cell = ["rnn"], length = [4, 5] }

[[study]]
task = "lengths"
mode = "quick"
"""


def test_a_suite_runs_all_its_studies(tmp_path: Path) -> None:
    path = tmp_path / "both.toml"
    path.write_text(SUITE)
    code, _ = _run("--suite", str(path), "--out", str(tmp_path / "out"), *TINY[:-2])
    assert code == 0
    found = json.loads((tmp_path / "out" / "short" / "results.json").read_text())
    assert [run["config"]["length"] for run in found["runs"]] == [4, 5]
    assert (tmp_path / "out" / "lengths" / "table.csv").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("study = 3", "a suite is a list"),
        ("[[study]]\nname = 'a'", "which task"),
        ("[[study]]\ntask = 'rows'\nmodus = 'quick'", "study 1: there is no key modus"),
        ("[[study]]\ntask = 'rows'\nmode = 'fast'", "there is no mode fast"),
        ("[[study]]\ntask = 'rows'\n[[study]]\ntask = 'rows'", "two studies are called rows"),
        ("[[study]]\ntask = 'rows'\nname = '../x'", "is to be of letters"),
        ("[[study]]\ntask = 'rows'\nsettings = { cells = 'gru' }", "there is no setting cells"),
        ("[[study", "no TOML"),
    ],
)
def test_a_suite_that_cannot_be_read_says_where(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(text)
    _refused(told, "--suite", str(path))


def test_settings_come_from_a_file_and_flags_win(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('cell = "rnn"\nlength = [4, 6]\nrate = 1\nkeep-bias = 2.0\n')
    out = tmp_path / "out"
    assert _run("palindromes", "--config", str(path), "--rate", "0.01", *TINY, "--out", str(out))[0] == 0
    runs = json.loads((out / "results.json").read_text())["runs"]
    assert {(run["config"]["rate"], run["config"]["keep_bias"]) for run in runs} == {(0.01, 2.0)}
    assert {run["config"]["length"] for run in runs} == {4, 6}


def test_a_run_that_diverges_is_something_wrong(tmp_path: Path) -> None:
    call = ["--cell", "rnn", "--length", "5", *TINY, "--optimiser", "sgd", "--rate", "1e38", "--head", "relu"]
    code, text = _run("palindromes", *call, "--init", "default", "--out", str(tmp_path / "out"))
    assert code == 1
    assert "diverged" in text


def test_data_lists_sources_with_licence_size_and_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADPROOF_CACHE", str(tmp_path))
    done = CliRunner().invoke(cli, ["data"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "mnist" in done.stdout
    assert "11.6 MB; not downloaded" in done.stdout
    records = json.loads(CliRunner().invoke(cli, ["data", "--format", "json"]).stdout)
    assert all(record["licence"] and record["state"] for record in records)
    with pytest.raises(UsageError, match="there is no data set nist"):
        CliRunner().invoke(cli, ["data", "fetch", "nist"], catch_exceptions=False)


def test_the_suite_of_the_examples_has_every_task_and_every_plan_makes_runs() -> None:
    orders = read_suite(Path(__file__).parents[2] / "examples" / "coursework.toml")
    assert [order.task for order in orders] == list(TASKS)
    assert {order.mode for order in orders} == {"paper"}
    for task in TASKS.values():
        for mode in ("default", "quick", "paper"):
            found = Study(task, Path(), mode).configs()
            assert found
            names = [label(config, telling(found)) for config in found]
            assert len(set(names)) == len(names)
