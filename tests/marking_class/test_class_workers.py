"""Sheets that hang, crash or eat memory cost themselves alone: put aside with the reason, never a zero."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

from gradproof.classroom.assignment import Assignment
from gradproof.classroom.outcome import Outcome, Task, mark_one
from gradproof.classroom.pool import Limits, on_this_machine
from gradproof.classroom.store import Store, file_names
from gradproof.classroom.submissions import File

MIB = 2**20
SLOPE = b"$$\\tanh'(x) = 1 - \\tanh^2(x)$$\n"
PLAIN = Assignment(html=False)


class Hanging(File):
    @property
    def is_sheet(self) -> bool:
        time.sleep(600)
        return True


class Crashing(File):
    @property
    def is_sheet(self) -> bool:
        ctypes.string_at(0)
        return True


class Eating(File):
    @property
    def is_sheet(self) -> bool:
        return len(bytearray(2048 * MIB)) > 0


class Failing(File):
    @property
    def is_sheet(self) -> bool:
        raise KeyError("a planted fault")


def task(student: str, kind: type[File] = File, text: bytes = SLOPE) -> Task:
    return Task(student, (kind("sheet.md", text),), PLAIN)


def test_bad_sheets_cost_themselves_alone() -> None:
    kinds = {"crashes": Crashing, "eats": Eating, "fails": Failing, "hangs": Hanging}
    tasks = [task(name, kind) for name, kind in kinds.items()] + [task(f"good{k}") for k in range(4)]
    found = {x.student: x.record for x in on_this_machine(iter(tasks), 2, Limits(12.0, 256 * MIB))}
    assert {name: found[name]["kind"] for name in kinds} == {
        "crashes": "crash",
        "eats": "memory",
        "fails": "fault",
        "hangs": "time",
    }
    assert "SIGSEGV" in found["crashes"]["reason"]
    assert "a planted fault" in found["fails"]["reason"]
    assert all("marks" not in found[name] for name in kinds)
    assert all(found[f"good{k}"]["summary"]["proved"] == 1 for k in range(4))


def test_a_process_that_has_marked_gives_the_same_bytes_as_a_fresh_one() -> None:
    other = b"$$a = \\sigma(z)$$ and $$\\frac{\\partial a}{\\partial z} = a (1 - a)$$\n"
    fresh = mark_one(task("x")).data()
    mark_one(task("y", text=other))
    assert mark_one(task("x")).data() == fresh


def test_what_ran_out_of_time_is_kept_unless_asked_for_again(tmp_path: Path) -> None:
    one = task("x")
    store = Store(tmp_path, ["x"], pages=False)
    store.put(Outcome({"version": 1, "key": one.key, "student": "x", "status": "aside", "kind": "time", "reason": ""}))
    assert store.has(one)
    assert not store.has(one, retry=True)
    assert not store.has(task("x", text=SLOPE + b"\n"))


def test_a_record_that_is_torn_is_no_record(tmp_path: Path) -> None:
    store = Store(tmp_path, ["x"], pages=False)
    store.put(mark_one(task("x")))
    assert store.has(task("x"))
    path = tmp_path / "records" / "x.json"
    path.write_bytes(path.read_bytes()[:100])
    assert not store.has(task("x"))
    assert list(store.records()) == []


def test_names_of_files_are_safe_and_never_the_same() -> None:
    students = ["Anna", "anna", "../../etc/passwd", ".hidden", "a/b", "a_b", "é" * 300, "con taining spaces"]
    names = file_names(students)
    assert len({name.casefold() for name in names.values()}) == len(students)
    assert not any("/" in name or name.startswith(".") for name in names.values())
    assert file_names(["anna"]) == {"anna": "anna"}
