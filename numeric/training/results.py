"""The folder that a study leaves: results.json, history.jsonl, table.csv and figures (docs/experiments.md)."""

from __future__ import annotations

import csv
import io
import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from derivations.errors import UsageError
from numeric.training.checkpoints import as_line, plain
from numeric.training.config import telling
from numeric.training.loop import Finished, chosen_device
from numeric.training.study import Clock, Findings, Study

PACKAGES = ("gradproof", "torch", "numpy", "matplotlib")


def record(study: Study, done: Sequence[Finished], findings: Findings, clock: Clock) -> dict[str, Any]:
    """Everything about a study that a sheet or a script may want to read."""
    found = study.configs()
    return {
        "version": 1,
        "task": study.task.name,
        "mode": study.mode,
        "varied": telling(found),
        "versions": versions(),
        "revision": revision(),
        "device": device_name(found[0].device) if found else "cpu",
        "threads": torch.get_num_threads(),
        "seconds": clock.seconds(),
        "seeds": sorted({config.seed for config in found}),
        "data": study.about_data(),
        "runs": [
            {"label": one.label, "folder": f"runs/{one.label}", "config": asdict(one.config), "metrics": one.metrics}
            for one in done
        ],
        "table": {"columns": findings.columns, "rows": findings.rows},
        "figures": [
            {"file": f"{picture.name}.{form}", "caption": picture.caption}
            for picture in findings.pictures
            for form in ("png", "pdf")
        ],
        **findings.more,
    }


def write(folder: Path, results: dict[str, Any], done: Sequence[Finished]) -> None:
    """The three files. Raises UsageError where they cannot be written."""
    lines = "".join(as_line(line) for one in done for line in one.history)
    table = results["table"]
    texts = {
        "results.json": json.dumps(plain(results), indent=1, ensure_ascii=False) + "\n",
        "history.jsonl": lines,
        "table.csv": as_csv(table["columns"], table["rows"]),
    }
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: the results cannot be written: {error.strerror}") from error


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as comma-separated values, numbers with all their digits."""
    found = io.StringIO()
    writer = csv.writer(found, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return found.getvalue()


def versions() -> dict[str, str]:
    """Of Python and of the packages that have a say in the numbers."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@cache
def revision() -> str | None:
    """The git revision of the program, with a + where files differ from it; None outside a checkout.

    Kept from the first call on: files may change while a run goes on, what has been imported does not.
    """
    root = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*", "--abbrev=12"]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def device_name(setting: str) -> str:
    """``cpu`` or the name of the GPU."""
    device = chosen_device(setting)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
