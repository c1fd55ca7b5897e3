"""The decision procedure: the order of its evidence, and what it says when evidence is missing or contradictory."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from sample_cells import CELLS, D, N
from term_samples import mutated, random_formula, random_term, rewritten

from derivations import decide as module
from derivations.budget import Budget
from derivations.calculus import jacobian
from derivations.decide import Decision, decide
from derivations.errors import BudgetError, InternalError
from derivations.fingerprint import agree
from derivations.normal_form import Proof
from derivations.report import Verdict
from derivations.tensors import hadamard, matmul, total, transpose
from derivations.terms import Term, add, apply, number, ones, power, scale, size, subtract, var, zeros

x, y, A, B, s = var("x", N), var("y", N), var("A", N, N), var("B", N, D), var("s")
one = ones((N,))
SQUARES = (power(add(x, y), 2), add(power(x, 2), scale(2, hadamard(x, y)), power(y, 2)))
SLOPES = (
    hadamard(apply("sigma", x), subtract(one, apply("sigma", x))),
    hadamard(apply("sigma", x), subtract(one, power(apply("sigma", x), 2))),
)


def decided(left: Term, right: Term, seed: int = 0, budget: Budget | None = None) -> Decision:
    return decide(left, right, seed, budget or Budget())


def never(left: Term, right: Term, budget: Budget) -> Proof | None:
    return None


def out_of_budget(left: Term, right: Term, budget: Budget) -> Proof | None:
    raise BudgetError("the work needed grew past its limit")


def always(left: Term, right: Term, budget: Budget) -> Proof | None:
    return Proof(("by decree",))


def always_if(left: Term, right: Term, budget: Budget) -> Proof | None:
    return Proof(("by decree",), ("x ≠ 0", "y > 0"))


PROVED: dict[str, tuple[Term, Term]] = {
    "identity": (x, x),
    "squares": SQUARES,
    "transposes": (transpose(matmul(A, B)), matmul(transpose(B), transpose(A))),
    "tanh by sigma": (apply("tanh", x), subtract(scale(2, apply("sigma", scale(2, x))), one)),
    "double sigma": (
        apply("sigma", scale(2, s)),
        hadamard(
            power(apply("sigma", s), 2),
            power(add(power(apply("sigma", s), 2), power(apply("sigma", scale(-1, s)), 2)), -1),
        ),
    ),
    "exp of a sum": (apply("exp", add(x, y)), hadamard(apply("exp", x), apply("exp", y))),
    "count": (size(3 * N * (N + D + 1)), add(scale(3, size(N**2)), scale(3, size(N * D)), scale(3, size(N)))),
}

WRONG: dict[str, tuple[Term, Term]] = {
    "slope": SLOPES,
    "transpose": (A, transpose(A)),
    "exp": (apply("exp", add(x, y)), add(apply("exp", x), apply("exp", y))),
    "count": (size(3 * N * (N + D + 1)), size(3 * N * (N + D))),
    "tiny": (apply("exp", x), scale(1 + Fraction(1, 10**30), apply("exp", x))),
    "absolute value": (power(power(x, 2), Fraction(1, 2)), x),
}


@pytest.mark.parametrize("name", PROVED)
def test_proved(name: str) -> None:
    decision = decided(*PROVED[name])
    assert decision.verdict is Verdict.PROVED
    assert decision.log
    assert decision.counterexample is None


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    decision = decided(*WRONG[name])
    assert decision.verdict is Verdict.WRONG
    assert decision.counterexample is not None


@pytest.mark.parametrize("cell", CELLS)
def test_cells(cell: str) -> None:
    output, named = CELLS[cell](1)
    for v in named.values():
        (right,) = jacobian(output, [v])
        (wrong,) = jacobian(output, [v], {"sigma": lambda z: apply("sigma", z), "tanh": lambda z: ones(z.shape)})
        assert decided(right, wrong).verdict is Verdict.WRONG
        assert decided(right, scale(Fraction(1, 2), add(right, right))).verdict is Verdict.PROVED


def test_conditions_of_a_proof_are_said() -> None:
    decision = decided(hadamard(hadamard(x, y), power(y, -1)), x)
    assert decision.verdict is Verdict.PROVED
    assert "y" in decision.why
    assert "≠ 0" in decision.why


def test_a_wrong_proof_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prove_equal", always)
    monkeypatch.setattr(module, "agree", lambda *_: None)
    with pytest.raises(InternalError):
        decided(*SLOPES)
    assert decided(*SQUARES) == Decision(Verdict.PROVED, "", ("by decree",))


def test_a_proof_under_conditions_says_nothing_where_they_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prove_equal", always_if)
    monkeypatch.setattr(module, "agree", lambda *_: None)
    assert decided(*SLOPES).verdict is Verdict.WRONG
    needed = ("x ≠ 0", "y > 0")
    assert decided(*SQUARES) == Decision(Verdict.PROVED, "provided that x ≠ 0, y > 0", ("by decree",), needed)


@pytest.mark.parametrize("prover", [never, out_of_budget])
def test_without_a_proof_equal_terms_hold(monkeypatch: pytest.MonkeyPatch, prover: object) -> None:
    monkeypatch.setattr(module, "prove_equal", prover)
    decision = decided(*SQUARES)
    assert decision.verdict is Verdict.HOLDS
    assert "no proof" in decision.why
    assert "choices of sizes" in decision.why


@pytest.mark.parametrize("prover", [never, out_of_budget])
@pytest.mark.parametrize("name", WRONG)
def test_without_a_proof_wrong_terms_are_wrong(monkeypatch: pytest.MonkeyPatch, prover: object, name: str) -> None:
    monkeypatch.setattr(module, "prove_equal", prover)
    assert decided(*WRONG[name]).verdict is Verdict.WRONG


@pytest.mark.parametrize("fingerprint", [True, False, None])
def test_a_wrong_fingerprint_changes_no_certain_verdict(
    monkeypatch: pytest.MonkeyPatch, fingerprint: bool | None
) -> None:
    monkeypatch.setattr(module, "agree", lambda *_: fingerprint)
    assert decided(*SQUARES).verdict is Verdict.PROVED
    assert decided(*SLOPES).verdict is Verdict.WRONG


def test_different_over_a_field_but_at_no_point_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prove_equal", never)
    tiny = number(Fraction(1, 2**700), (N,))
    assert decided(x, add(x, tiny)).verdict in (Verdict.WRONG, Verdict.UNDECIDED)
    monkeypatch.setattr(module, "agree", lambda *_: False)
    decision = decided(*SQUARES)
    assert decision.verdict is Verdict.UNDECIDED
    assert "finite field" in decision.why


@pytest.mark.parametrize("budget", [Budget(units=0), Budget(seconds=0.0)])
def test_an_exhausted_budget_still_finds_counterexamples(budget: Budget) -> None:
    assert decided(*SLOPES, budget=budget).verdict is Verdict.WRONG


@pytest.mark.parametrize("budget", [Budget(units=0), Budget(seconds=0.0)])
def test_an_exhausted_budget_is_the_reason(budget: Budget) -> None:
    decision = decided(*SQUARES, budget=budget)
    assert decision.verdict is Verdict.HOLDS
    assert "limit" in decision.why


def test_terms_without_values_are_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    decision = decided(power(zeros((N,)), -1), power(zeros((N,)), -2))
    assert decision.verdict is Verdict.UNDECIDED
    assert "value" in decision.why


def test_one_point_is_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prove_equal", never)
    logs = [apply("log", number(k)) for k in (6, 2, 3)]
    decision = decided(logs[0], add(logs[1], logs[2]))
    assert decision.verdict is Verdict.UNDECIDED
    assert "too few" in decision.why


def test_terms_without_dimensions_need_no_two_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prove_equal", never)
    decision = decided(power(add(s, number(1)), 2), add(power(s, 2), scale(2, s), number(1)))
    assert decision.verdict is Verdict.HOLDS
    assert "sizes" not in decision.why


def test_restricted_domains_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prove_equal", never)
    decision = decided(apply("log", hadamard(x, y)), add(apply("log", x), apply("log", y)))
    assert decision.verdict is Verdict.HOLDS
    assert "wherever both sides have a value" in decision.why


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shapes"):
        decided(x, A)


def test_same_seed_same_decision() -> None:
    for pair in (*PROVED.values(), *WRONG.values()):
        assert decided(*pair, seed=3) == decided(*pair, seed=3)
    assert decided(total(x), s).counterexample == decided(total(x), s).counterexample


@pytest.mark.parametrize("seed", range(150))
def test_random_terms(seed: int) -> None:
    """The engines never contradict each other: neither on a rewritten term nor on a mutated one."""
    random = Random(seed)
    term = random.choice([random_term, random_formula])(random, (N,), random.choice([2, 3]))
    assert decided(term, rewritten(random, term)).verdict is not Verdict.WRONG
    mutant = mutated(random, term)
    if mutant.shape == term.shape and decided(term, mutant).verdict is Verdict.PROVED:
        assert agree(term, mutant, seed) is not False
