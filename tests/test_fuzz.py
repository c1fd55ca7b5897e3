"""A slice of the fuzz benchmark, and its oracles tested with planted errors."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Callable
from random import Random

import pytest
import sympy
from fuzz.inputs import Inputs, hostile
from fuzz.invariants import FOREIGN, checked, complaints, half_read, plant, planted

from derivations.check import Options, check_sheet
from derivations.reading.places import Source
from derivations.report import Report, Step, Verdict

OPTIONS = Options(time_limit=2.0)
SHEET = "$$h_t = \\tanh(W x_t)$$\n\n$$h_2 = \\tanh(W x_2)$$\n"


@pytest.mark.parametrize("part", range(8))
def test_drawn_inputs(part: int) -> None:
    inputs = Inputs()
    for seed in range(part, 1_600, 8):
        item = inputs.draw(seed)
        report = checked(item, OPTIONS)
        if report is not None:
            assert not complaints(report) + plant(item, report, OPTIONS, Random(seed)), (seed, item)


@pytest.mark.parametrize(
    "item", hostile(2_000)[::4] + hostile(3_000)[3::4], ids=lambda item: f"{item.kind} {item.name}"
)
def test_hostile_inputs(item: object) -> None:
    report = checked(item, OPTIONS)  # type: ignore[arg-type]
    assert report is None or not complaints(report)


def test_ten_megabytes_of_dollars() -> None:
    report = check_sheet(Source("sheet.md", "$" * 10_000_000), OPTIONS)
    assert all(s.verdict is Verdict.UNCLEAR for s in report.statements)


CODE = [
    *[item for item in hostile(100) if item.kind in ("code", "templates", "latex shell")],
    *[Inputs().draw(seed) for seed in range(40)],
]


class Trap:
    """An evaluator that notes every text that it is given. SymPy hands its own numbers to sympify: these may pass."""

    def __init__(self, function: Callable[..., object], seen: list[str]) -> None:
        self.function = function
        self.seen = seen

    def __call__(self, source: object, *args: object, **options: object) -> object:
        if isinstance(source, str | bytes):
            self.seen.append(str(source))
        return self.function(source, *args, **options)


EVALUATORS = [
    *[(builtins, name) for name in ("eval", "exec", "compile")],
    *[(sympy, name) for name in ("sympify", "parse_expr", "lambdify")],
    (sympy.parsing.sympy_parser, "parse_expr"),
    (importlib.import_module("sympy.core.sympify"), "sympify"),
]


def evaluated(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> list[str]:
    """The texts that an action hands to any of the evaluators."""
    seen: list[str] = []
    with monkeypatch.context() as patch:
        for holder, name in EVALUATORS:
            patch.setattr(holder, name, Trap(getattr(holder, name), seen))
        action()
    return seen


def test_nothing_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    checked(CODE[0], OPTIONS)  # what is loaded late may compile its own source
    assert not evaluated(monkeypatch, lambda: [checked(item, OPTIONS) for item in CODE])
    assert evaluated(monkeypatch, lambda: sympy.sympify("1 + 1"))
    assert evaluated(monkeypatch, lambda: builtins.eval("1 + 1"))


def test_every_kind_is_drawn_and_the_same_seed_gives_the_same_input() -> None:
    inputs = Inputs()
    assert {inputs.draw(seed).kind for seed in range(20)} == set(inputs.kinds)
    assert inputs.draw(7) == Inputs().draw(7)


def test_a_planted_command_is_noticed() -> None:
    source = Source("sheet.md", SHEET)
    statement = check_sheet(source).statements[1]
    text = planted(source, statement, Random(0))
    assert text is not None
    assert FOREIGN in text
    assert not half_read(check_sheet(Source("sheet.md", text)))


def test_a_reader_that_skips_what_it_does_not_know_is_found_out() -> None:
    source = Source("sheet.md", SHEET)
    report = check_sheet(source)
    report.statements[1].latex = report.statements[1].latex.replace("=", "=" + FOREIGN)
    assert half_read(report)


def test_a_wrong_without_a_certificate_is_found_out() -> None:
    report = Report("sheet.md", "x = 1\n", 0)
    report.statements = check_sheet(Source("sheet.md", SHEET)).statements
    report.statements[0].steps = [Step(1, 1, 1, 2, "=", "x", "1", Verdict.WRONG)]
    report.statements[1].line = report.statements[1].end_line = 99
    assert len(complaints(report)) == 2
