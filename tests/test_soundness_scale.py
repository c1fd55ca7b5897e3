"""A slice of the soundness benchmark, and the two judges of truth themselves, tested with planted errors."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest
from oracle import exact, floats
from oracle.corpus import Statement, grad, matrix, sigma, slope, statements, tanh, vector
from oracle.lowering import lower
from oracle.rewrites import RULES
from oracle.slips import SLIPS
from oracle.trees import MisfitError, Tree, fun, node, num, ones, op, power, scale, var
from oracle.trials import Case, Judges, cases
from oracle.verdicts import settle

from derivations.budget import Budget
from derivations.decide import Decision
from derivations.report import Verdict
from derivations.terms import Term

SLICE = 250
RIGHT = (Verdict.PROVED, Verdict.HOLDS)


def judged(seed: int, slips: bool, count: int) -> Iterator[tuple[Case, bool]]:
    """Cases on whose truth both judges agree."""
    judges: dict[int, Judges] = {}
    for case in islice(cases(seed, slips), count):
        truth = judges.setdefault(case.statement, Judges(case.statement)).truth(case.left, case.right)
        if truth is not None:
            yield case, truth


def engine(left: Term, right: Term) -> Decision:
    return settle(left, right, 0, Budget())


def says_proved(left: Term, right: Term) -> Decision:
    """A checker that finds everything right."""
    return Decision(Verdict.PROVED)


def says_wrong(left: Term, right: Term) -> Decision:
    return Decision(Verdict.WRONG)


def mistakes(found: list[tuple[Case, bool]], verdict_of: object = engine) -> list[str]:
    """Wrong cases called right and right ones called wrong."""
    result = []
    for case, truth in found:
        verdict = verdict_of(lower(case.left), lower(case.right)).verdict  # type: ignore[operator]
        if verdict is Verdict.WRONG if truth else verdict in RIGHT:
            result.append(f"{verdict.value}: {case.left!r} = {case.right!r}")
    return result


@pytest.fixture(scope="module")
def slipped() -> list[tuple[Case, bool]]:
    return list(judged(7, True, SLICE))


@pytest.fixture(scope="module")
def rewritten() -> list[tuple[Case, bool]]:
    return list(judged(7, False, SLICE))


def test_no_mutant_is_accepted_and_no_true_one_rejected(slipped: list[tuple[Case, bool]]) -> None:
    assert sum(not truth for _, truth in slipped) > 0.8 * SLICE
    assert mistakes(slipped) == []


def test_no_rewrite_is_rejected_and_nearly_all_are_proved(rewritten: list[tuple[Case, bool]]) -> None:
    assert sum(truth for _, truth in rewritten) > 0.9 * SLICE
    verdicts = [engine(lower(case.left), lower(case.right)).verdict for case, truth in rewritten if truth]
    assert Verdict.WRONG not in verdicts
    assert verdicts.count(Verdict.PROVED) >= 0.95 * len(verdicts)
    assert mistakes([pair for pair in rewritten if not pair[1]]) == []


def test_an_engine_that_proves_everything_is_caught(slipped: list[tuple[Case, bool]]) -> None:
    assert len(mistakes(slipped, says_proved)) == sum(not truth for _, truth in slipped)


def test_an_engine_that_rejects_everything_is_caught(rewritten: list[tuple[Case, bool]]) -> None:
    assert len(mistakes(rewritten, says_wrong)) == sum(truth for _, truth in rewritten)


def test_the_slices_cover_the_families(slipped: list[tuple[Case, bool]], rewritten: list[tuple[Case, bool]]) -> None:
    assert len({case.family for case, _ in slipped}) > 0.7 * len(SLIPS)
    assert len({rule for case, _ in rewritten for rule in case.rules}) > 0.7 * len(RULES)


@pytest.mark.parametrize(("number", "pair"), [(k, pair) for k, (_, pair) in enumerate(statements())])
def test_every_statement_is_true_and_proved(number: int, pair: Statement) -> None:
    assert Judges(number).truth(*pair) is True
    assert engine(lower(pair[0]), lower(pair[1])).verdict is Verdict.PROVED


def test_the_same_seed_gives_the_same_cases() -> None:
    one, other = ([(repr(c.left), repr(c.right)) for c in islice(cases(3, True), 20)] for _ in range(2))
    assert one == other


X, A = vector("x"), matrix("A")


def claims() -> Iterator[tuple[Tree, Tree, bool]]:
    """Pairs whose truth anybody can see, one for every operation that a judge may get wrong."""
    one = ones("n")
    yield A @ X, X @ A.T, True
    yield A @ X, X @ A, False
    yield op("outer", X, one), node("cols", (X,), "n"), True
    yield op("outer", X, one), node("rows", (X,), "n"), False
    yield op("rowsum", A), A @ one, True
    yield op("rowsum", A), one @ A, False
    yield op("diagonal", A), op("diagonal", A.T), True
    yield op("inv", A) @ A, node("eye", (), "n"), True
    yield op("inv", A) @ A.T, node("eye", (), "n"), False
    yield op("det", A.T), op("det", A), True
    yield op("det", scale(2, A)), op("det", A), False
    yield op("trace", node("eye", (), "n")), node("size", (), "n"), True
    yield fun("exp", X) * fun("exp", -X), one, True
    yield fun("exp", X) * fun("exp", X), one, False
    yield power(X**2 + one, Fraction(1, 2)) ** 2, X**2 + one, True
    yield power(X**2 + one, Fraction(1, 2)), X + one, False
    yield grad(op("total", sigma(X)), X), slope(sigma(X)), True
    yield grad(op("total", tanh(X)), X), one - tanh(X), False
    yield grad(op("total", fun("f", X)), X), fun("f'", X), True
    yield grad(op("total", fun("softplus", X)), X), sigma(X), True
    yield node("ein", (A, A), "ij,jk->ik"), A @ A, True
    yield node("ein", (A, A), "ij,kj->ik"), A @ A, False
    yield num(Fraction(1, 3)), scale(Fraction(1, 3), num(1)), True


@pytest.mark.parametrize(("left", "right", "truth"), list(claims()))
def test_the_judges_know_what_anybody_can_see(left: Tree, right: Tree, truth: bool) -> None:
    assert Judges(0).votes(left, right) == (truth, truth)


@pytest.mark.parametrize("operation", ["T", "dot", "outer", "rowsum", "rows"])
def test_a_bug_in_one_judge_makes_them_disagree(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transposition left out, or one factor for a product."""
    found = [pair for _, pair in statements() if operation in repr(pair)]
    true = exact.OPERATIONS[operation]
    monkeypatch.setitem(exact.OPERATIONS, operation, lambda p, t, c: true(p, t, c) * 2)
    assert any(Judges(k).votes(*pair) == (True, False) for k, pair in enumerate(found))


def test_a_wrong_slope_in_one_judge_makes_them_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(exact.SLOPES, "tanh", lambda p, x: 1 - p.function("tanh", x))
    pair = grad(op("total", tanh(X)), X), ones("n") - tanh(X) ** 2
    assert Judges(0).votes(*pair) == (True, False)


def test_a_wrong_function_in_the_other_judge_makes_them_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(floats.FUNCTIONS, "sigma", floats.FUNCTIONS["tanh"])
    assert Judges(0).votes(sigma(X) + sigma(-X), ones("n")) == (False, True)


def test_the_exact_judge_abstains_where_it_has_no_value() -> None:
    point = exact.ExactPoint(0, {"n": 2})
    assert exact.same(point, power(X - X, -1), X) is None
    assert exact.same(point, fun("log", -(X**2)), X) is None


def test_a_tree_that_does_not_fit_is_refused() -> None:
    with pytest.raises(MisfitError):
        A @ var("v", "d")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark with small chunks."""
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "soundness.py"
    spec = importlib.util.spec_from_file_location("soundness_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CHUNK", 5)
    return module


def run(benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["soundness.py", "--seed", "4", *arguments])
    benchmark.main()


def test_the_benchmark_goes_on_where_it_was_stopped(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, parts = tmp_path / "whole.jsonl", tmp_path / "parts.jsonl"
    run(benchmark, monkeypatch, "--mutants", "10", "--rewrites", "5", "--out", str(whole))
    run(benchmark, monkeypatch, "--mutants", "5", "--rewrites", "0", "--out", str(parts))
    parts.write_text(parts.read_text(encoding="utf-8") + '{"kind": "mutants", "chu', encoding="utf-8")
    run(benchmark, monkeypatch, "--mutants", "10", "--rewrites", "5", "--out", str(parts), "--resume")
    one, other = ({(x["kind"], x["chunk"]): x["prints"] for x in benchmark.read(path)} for path in (whole, parts))
    assert one == other
    assert len(one) == 3
    assert "10 mutants, 10 of them distinct" in capsys.readouterr().out


def test_the_benchmark_overwrites_nothing(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text("kept", encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        run(benchmark, monkeypatch, "--out", str(path))
    assert path.read_text(encoding="utf-8") == "kept"


def test_the_benchmark_reports_a_false_accept(benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "settle", lambda *arguments: Decision(Verdict.PROVED))
    tally = benchmark.run_chunk("mutants", 0, 4)
    assert sum(entry["what"] == "false accept" for entry in tally.odd) == 5
    assert "false accepts: 5" in benchmark.summary([json.loads(tally.line())])
