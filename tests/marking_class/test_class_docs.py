"""docs/classes.md names every option of ``gradproof mark``, and no other; what it says of numbers is what holds."""

from __future__ import annotations

import re
from pathlib import Path

from gradproof.classroom import pool, submissions, tally
from gradproof.classroom.assignment import ASKED
from gradproof.commands.mark import mark
from gradproof.sheets import MOST_BYTES

TEXT = (Path(__file__).parents[2] / "docs" / "classes.md").read_text(encoding="utf-8")


def test_every_option_is_told() -> None:
    options = {name for parameter in mark.params for name in parameter.opts if name.startswith("--")}
    rows = "\n".join(line for line in TEXT.split("\n") if line.startswith("| `--"))
    told = set(re.findall(r"--[a-z][a-z-]*", rows.replace("`check --against`", "")))
    assert told <= options
    assert options - told <= {"--output"}


def test_numbers_are_those_of_the_program() -> None:
    limits = pool.Limits()
    assert f"seconds and MiB that one sheet may take: {limits.seconds:.0f}, {limits.memory // 2**20}" in TEXT
    assert f"a file above {MOST_BYTES // 1_000_000} MB" in TEXT
    assert (tally.LEAST_ALIKE, tally.SHARE_ALIKE) == (3, 1 / 20)
    assert "at most three sheets, or a twentieth of the class" in TEXT
    assert submissions.MOST_OF_A_STUDENT == 100


def test_kinds_of_questions_that_are_looked_for_are_told() -> None:
    assert all(f"`{kind}`" in TEXT for kind in (*ASKED, "count"))
