"""``gradproof train``: the experiments of the coursework, from one command each."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from derivations.errors import UsageError
from gradproof.outcome import terminal_width
from numeric.training.config import FIELDS, flag, read_value

if TYPE_CHECKING:
    from rich.console import JustifyMethod as Justify

    from numeric.training.study import Mode, Study

F = TypeVar("F", bound=Callable[..., Any])
INTERRUPTED = 130
SHORT = {"parameters": "params", "accuracy": "acc.", "perplexity": "ppl.", "likelihood": "lik.", "seconds": "s"}


def with_settings(command: F) -> F:
    """A flag for every setting of a run; several values, parted by commas, are a run each."""
    for name, one in reversed(FIELDS.items()):
        among = one.metadata["among"]
        text = f"{one.metadata['help']} {'One of ' + ', '.join(among) + '. ' if among else ''}[{one.default}]"
        command = click.option(f"--{flag(name)}", name, metavar="VALUE[,VALUE…]", help=text)(command)
    return command


@click.command()
@click.argument("task", required=False)
@click.option("--quick", "mode", flag_value="quick", help="A smoke run on real data, under a minute.")
@click.option("--paper", "mode", flag_value="paper", help="The settings of the coursework.")
@click.option("--data", "where", default="", metavar="FOLDER|FILE|NAME", help="The data; see gradproof data.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the results. [train-TASK]")
@click.option("--resume", is_flag=True, help="Go on with the runs in the folder.")
@click.option("--config", "settings", type=click.Path(path_type=Path), help="Settings from a TOML file.")
@click.option("--suite", type=click.Path(path_type=Path), help="Run all studies of a TOML file.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the table.")
@with_settings
def train(
    task: str | None,
    mode: Mode | None,
    where: str,
    out: Path | None,
    resume: bool,
    settings: Path | None,
    suite: Path | None,
    form: str,
    **flags: str | None,
) -> None:
    """Run an experiment of the coursework; without a TASK, list them.

    The folder takes results.json, history.jsonl, table.csv, figures and checkpoints. Ctrl-C writes a checkpoint;
    --resume goes on from it with the same numbers. Exit codes: 0 done; 1 a run diverged; 2 the call or the data
    cannot be used; 130 stopped by Ctrl-C.
    """
    given = {name: _values(name, text) for name, text in flags.items() if text is not None}
    if suite is not None:
        if task is not None or settings is not None:
            raise UsageError("--suite names its tasks and settings itself; leave out TASK and --config")
        studies = _suite(suite, mode, where, out, given)
    elif task is None:
        click.echo(_listed(), nl=False)
        return
    else:
        from numeric.training.suites import read_settings

        changed = {**(read_settings(settings) if settings else {}), **given}
        studies = [_study(task, out or Path(f"train-{task}"), mode or "default", changed, where)]
    sys.exit(max(_run(study, resume, form) for study in studies))


def _values(name: str, text: str) -> Any:
    if FIELDS[name].metadata["one"]:
        return text
    found = tuple(read_value(name, part.strip()) for part in text.split(","))
    return found if len(found) > 1 else found[0]


def _study(task: str, folder: Path, mode: Mode, changed: Mapping[str, Any], where: str) -> Study:
    from numeric.training.study import Study
    from numeric.training.tasks.table import task as task_named

    study = Study(task_named(task), folder, mode, changed, where)
    study.configs()
    return study


def _suite(suite: Path, mode: Mode | None, where: str, out: Path | None, given: Mapping[str, Any]) -> list[Study]:
    """What is said on the command line is in force for all studies."""
    from numeric.training.suites import read_suite

    folder = out or Path(suite.stem)
    return [
        _study(order.task, folder / order.name, mode or order.mode, {**order.settings, **given}, where or order.data)
        for order in read_suite(suite)
    ]


def _run(study: Study, resume: bool, form: str) -> int:
    from gradproof.commands.progress import Progress
    from numeric.training.checkpoints import plain
    from numeric.training.loop import Interrupted
    from numeric.training.results import record, revision, write
    from numeric.training.study import Clock

    revision()
    study.data()
    _make_room(study.folder, resume)
    clock = Clock()
    try:
        with Progress() as progress:
            done = study.run(progress, resume)
    except Interrupted:
        click.echo(f"stopped; the same command with --resume goes on from {study.folder}", err=True)
        sys.exit(INTERRUPTED)
    results = record(study, done, study.findings(done), clock)
    write(study.folder, results, done)
    text = json.dumps(plain(results), indent=1, ensure_ascii=False) + "\n" if form == "json" else _text(study, results)
    click.echo(text, nl=False)
    return 1 if any(one.metrics["ended"] == "diverged" for one in done) else 0


def _make_room(folder: Path, resume: bool) -> None:
    """Nothing that is there is overwritten unasked."""
    if not resume and ((folder / "results.json").exists() or (folder / "runs").exists()):
        raise UsageError(f"{folder} holds results already; go on with --resume, or choose another folder with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from error


def _listed() -> str:
    from numeric.training.tasks.table import TASKS

    width = max(map(len, TASKS))
    rows = [f"{name.ljust(width)}  {task.about}" for name, task in TASKS.items()]
    return "\n".join([*rows, "", "gradproof train TASK --quick; --help lists the settings."]) + "\n"


def _text(study: Study, results: Mapping[str, Any]) -> str:
    """The table, where the files lie, and the data that were used."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=None)
    columns, rows = results["table"]["columns"], results["table"]["rows"]
    shown = [k for k, name in enumerate(columns) if name != "ended" or {row[k] for row in rows} != {"all epochs"}]
    for k in shown:
        text = isinstance(rows[0][k] if rows else "", str)
        whole = columns[k] in FIELDS or not text
        side: Justify = "left" if text else "right"
        table.add_column(_heading(columns[k]), justify=side, vertical="bottom", overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(_cell(row[k]) for k in shown))
    out = io.StringIO()
    console = Console(file=out, width=terminal_width(), no_color=True, highlight=False)
    console.print(table)
    figures = ", ".join(one["file"] for one in results["figures"] if one["file"].endswith(".png"))
    data = results["data"].get("said", results["data"]["name"])
    console.print(f"\ndata: {data}\n{study.folder}: results.json, history.jsonl, table.csv, {figures}", markup=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _heading(column: str) -> str:
    """A word a line: numbers are narrower than the names of what they measure."""
    return "\n".join(SHORT.get(word, word) for word in column.split("_"))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return (
        "–" if value is None else f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    )
