"""Counterexamples: found where they hide, certified, small, exact where they can be, and never of equal terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from sample_cells import CELLS, D, N, gru, rnn

from derivations import functions
from derivations.budget import Budget
from derivations.calculus import jacobian
from derivations.errors import InternalError
from derivations.refute import Search, contradicted, refute
from derivations.report import Counterexample
from derivations.tensors import hadamard, matmul, outer, total, transpose
from derivations.terms import (
    Term,
    Var,
    add,
    apply,
    dimension,
    linear,
    number,
    ones,
    power,
    product,
    scale,
    size,
    subtract,
    var,
    zeros,
)
from derivations.traverse import substitute

x, y, A, W, b, u = var("x", N), var("y", N), var("A", N, N), var("W", N, D), var("b", N), var("u", D)
one = ones((N,))


def sigma(z: Term) -> Term:
    return apply("sigma", z)


def wrong_slope(z: Term) -> Term:
    """σ(1 − σ²) for σ(1 − σ)."""
    return hadamard(sigma(z), subtract(ones(z.shape), power(sigma(z), 2)))


def search(left: Term, right: Term, seed: int = 0, **more: Any) -> Search:
    return refute(left, right, seed, Budget(), **more)


def found(left: Term, right: Term, seed: int = 0, **more: Any) -> Counterexample:
    counterexample = search(left, right, seed, **more).counterexample
    assert counterexample is not None
    return counterexample


def entries(value: Any) -> list[Fraction]:
    return [q for part in value for q in entries(part)] if isinstance(value, list) else [Fraction(value)]


def test_the_classic_slip_is_shown_by_the_smallest_exact_point() -> None:
    gate = sigma(add(matmul(W, u), b))
    (right,) = jacobian(gate, [W])
    (wrong,) = jacobian(gate, [W], {"sigma": wrong_slope})
    counterexample = found(right, wrong)
    assert counterexample.sizes == {"d": 1, "n": 1}
    assert counterexample.values == {"W": [["0"]], "b": ["0"], "u": ["1"]}
    assert (counterexample.left, counterexample.right) == ("1/4", "3/8")
    assert counterexample.entry == (0, 0, 0)
    assert counterexample.replayed == (0.25, 0.375)


SLIPS: dict[str, tuple[Term, Term]] = {
    "transpose": (A, transpose(A)),
    "order of factors": (matmul(A, matmul(A, x)), matmul(transpose(A), matmul(A, x))),
    "outer product the wrong way": (outer(x, y), outer(y, x)),
    "Hadamard for matrix product": (matmul(A, A), hadamard(A, A)),
    "diagonal only": (outer(x, x), product([(x, "i"), (x, "i"), (ones((N, N)), "ij")], "ij")),
    "no square": (subtract(one, power(apply("tanh", x), 2)), subtract(one, apply("tanh", x))),
    "twice tanh": (apply("tanh", x), apply("tanh", apply("tanh", x))),
    "factor two": (total(power(x, 2)), scale(Fraction(1, 2), total(power(x, 2)))),
    "sign": (subtract(x, y), subtract(y, x)),
    "constant": (apply("exp", x), add(apply("exp", x), number(Fraction(1, 10**9), (N,)))),
    "softmax without sum": (hadamard(apply("exp", x), power(total(apply("exp", x)), -1)), apply("exp", x)),
    "scalar formula": (matmul(x, y), product([(x, "i"), (y, "j")], "")),
    "function and slope": (apply("f", x), apply("f'", x)),
    "additive f": (apply("f", add(x, y)), add(apply("f", x), apply("f", y))),
    "count": (size(3 * N * (N + D + 1)), size(3 * N * (N + D))),
    "count equal at small sizes": (zeros(), size((N - 1) * (N - 2) * (N - 3))),
    "root": (power(power(x, 2), Fraction(1, 2)), x),
    "logarithm": (apply("log", add(x, y)), add(apply("log", x), apply("log", y))),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SLIPS)
def test_slips_are_refuted(name: str, seed: int) -> None:
    counterexample = found(*SLIPS[name], seed)
    assert counterexample.left != counterexample.right
    left, right = counterexample.replayed or (0.0, 1.0)
    assert left != right


@pytest.mark.parametrize("name", [name for name in SLIPS if "count" not in name])
def test_counterexamples_are_small(name: str) -> None:
    counterexample = found(*SLIPS[name])
    assert max(counterexample.sizes.values(), default=1) <= 2
    numbers = [q for key, value in counterexample.values.items() if key not in "fg" for q in entries(value)]
    assert all(abs(q) <= 2 and q.denominator <= 4 for q in numbers)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("steps", [1, 2])
def test_wrong_slopes_in_cells(cell: str, steps: int) -> None:
    output, named = CELLS[cell](steps)
    rules = {"sigma": wrong_slope, "tanh": lambda z: subtract(ones(z.shape), apply("tanh", z))}
    for name, v in named.items():
        (right,), (wrong,) = jacobian(output, [v]), jacobian(output, [v], rules)
        counterexample = search(right, wrong).counterexample
        assert counterexample is not None, name
        assert set(counterexample.sizes.values()) == {1}


def test_a_wrong_slope_hidden_by_saturation() -> None:
    """At weights of 30, σ(1 − σ) and σ(1 − σ²) are the same float64 numbers at most points."""
    argument = scale(30, matmul(W, u))
    slope = hadamard(sigma(argument), subtract(one, sigma(argument)))
    found(slope, wrong_slope(argument))
    shifted = add(argument, number(60, (N,)))
    found(hadamard(sigma(shifted), subtract(one, sigma(shifted))), wrong_slope(shifted))


def test_a_difference_below_float64_is_certified() -> None:
    shifted = add(hadamard(x, x), number(100, (N,)))
    counterexample = found(sigma(shifted), one)
    assert counterexample.replayed == (1.0, 1.0)
    assert counterexample.left.startswith("0.99999")
    assert counterexample.right == "1"


def test_a_dropped_term_hidden_by_small_weights() -> None:
    small = Fraction(1, 1000)
    h = var("h0", N)
    first = apply("tanh", scale(small, matmul(A, h)))
    second = apply("tanh", scale(small, matmul(A, first)))
    (full,) = jacobian(second, [A])
    (immediate,) = jacobian(apply("tanh", scale(small, matmul(A, h))), [h])
    held = var("h1", N)
    (dropped,) = jacobian(apply("tanh", scale(small, matmul(A, held))), [A])
    assert immediate.rank == 2
    found(full, substitute([dropped], {held: first})[0])


def test_a_dropped_path_through_time() -> None:
    output, named = rnn(2)
    (full,) = jacobian(output, [named["Uh"]])
    inner, _ = rnn(1)
    held = var("held", N)
    (cut,) = substitute([output], {inner: held})
    (immediate,) = jacobian(cut, [named["Uh"]])
    found(full, substitute([immediate], {held: inner})[0])


EQUAL: dict[str, tuple[Term, Term]] = {
    "polynomials": (power(add(x, y), 2), add(power(x, 2), scale(2, hadamard(x, y)), power(y, 2))),
    "transposes": (transpose(matmul(A, W)), matmul(transpose(W), transpose(A))),
    "tanh by sigma": (apply("tanh", x), subtract(scale(2, sigma(scale(2, x))), one)),
    "exp of a sum": (apply("exp", add(x, y)), hadamard(apply("exp", x), apply("exp", y))),
    "logarithms": (apply("log", hadamard(x, y)), add(apply("log", x), apply("log", y))),
    "square of a root": (power(power(x, Fraction(1, 2)), 2), x),
    "quotient": (hadamard(x, power(x, -1)), one),
    "count": (size(N * (N + D)), add(size(N**2), size(N * D))),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", EQUAL)
def test_equal_terms_are_not_refuted(name: str, seed: int) -> None:
    result = search(*EQUAL[name], seed)
    assert result.counterexample is None
    assert not result.stopped
    assert result.open_points == 0
    assert result.points >= 5
    assert result.sizes >= 2


def test_points_without_values_never_count() -> None:
    result = search(power(zeros((N,)), -1), power(zeros((N,)), -2))
    assert result.counterexample is None
    assert result.points == 0
    assert result.undefined_points > 0
    result = search(apply("log", scale(-1, hadamard(x, x))), x)
    assert result.counterexample is None
    assert result.points == 0


def test_a_pole_is_no_counterexample() -> None:
    """x/x = 1 and x = x at 0 meet a ball without a value."""
    result = search(hadamard(hadamard(x, y), power(y, -1)), x)
    assert result.counterexample is None


def test_terms_without_variables_are_one_point_for_each_size() -> None:
    result = search(apply("log", number(6)), add(apply("log", number(2)), apply("log", number(3))))
    assert result.points == 1


def test_positive_variables_stay_positive() -> None:
    assert isinstance(x, Var)
    absolute = power(power(x, 2), Fraction(1, 2))
    assert search(absolute, x, positive=frozenset({x})).counterexample is None
    counterexample = found(apply("exp", x), add(x, one), positive=frozenset({x}))
    assert all(q > 0 for q in entries(counterexample.values["x"]))


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shapes"):
        search(x, A)


def test_decimals_tell_the_sides_apart() -> None:
    counterexample = found(apply("exp", x), scale(1 + Fraction(1, 10**20), apply("exp", x)))
    assert counterexample.left == "1"
    assert counterexample.right == str(1 + Fraction(1, 10**20))
    shifted = apply("exp", add(x, one))
    counterexample = found(shifted, scale(1 + Fraction(1, 10**20), shifted))
    assert counterexample.left != counterexample.right
    assert counterexample.left.startswith("2.718281828459045235")


def test_generic_functions_are_named_in_the_counterexample() -> None:
    counterexample = found(apply("f", x), apply("g", x))
    assert counterexample.values["f"].startswith("x ↦ ")
    assert counterexample.values["g"] != counterexample.values["f"]


def test_same_seed_same_counterexample() -> None:
    for pair in SLIPS.values():
        assert found(*pair, 5) == found(*pair, 5)


def test_the_exact_values_are_true() -> None:
    """A reader who computes the shown point by hand finds the shown numbers."""
    counterexample = found(matmul(x, y), total(add(x, y)))
    first, second = (entries(counterexample.values[name]) for name in "xy")
    assert Fraction(counterexample.left) == sum(p * q for p, q in zip(first, second, strict=True))
    assert Fraction(counterexample.right) == sum(first) + sum(second)


def test_precision_is_put_back() -> None:
    before = ctx.prec
    found(*SLIPS["no square"])
    search(*EQUAL["tanh by sigma"])
    assert ctx.prec == before


def test_an_exhausted_budget_is_said() -> None:
    result = refute(*EQUAL["polynomials"], 0, Budget(units=3))
    assert result.counterexample is None
    assert result.stopped
    assert result.points < 5


def test_a_counterexample_is_kept_when_the_budget_ends_its_shrinking() -> None:
    output, named = gru(1)
    (right,), (wrong,) = jacobian(output, [named["Wz"]]), jacobian(output, [named["Wz"]], {"sigma": wrong_slope})
    assert refute(right, wrong, 0, Budget(units=60)).counterexample is not None


def test_huge_dimensions_are_refused_not_tried() -> None:
    p, q = var("p", 1000, 1000), var("q", 1000, 1000)
    result = search(outer(p, q), outer(q, p))
    assert result == Search()


def plant(monkeypatch: pytest.MonkeyPatch, **wrong: Callable[[Any], Any]) -> None:
    monkeypatch.setitem(functions.FUNCTIONS, "sigma", replace(functions.FUNCTIONS["sigma"], **wrong))


def test_a_wrong_float_function_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, real=lambda z: 0.5 * (1.0 + np.tanh(0.5 * z)) + 1e-6)
    with pytest.raises(InternalError, match="float64"):
        search(sigma(x), x)


def test_a_wrong_ball_function_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, ball=lambda z: 1 / (1 + (-z).exp()) + arb("0.001"))
    with pytest.raises(InternalError):
        search(sigma(x), x)


def test_a_wrong_value_at_zero_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, at_zero=Fraction(1, 3))
    with pytest.raises(InternalError, match="exact"):
        search(sigma(x), scale(2, sigma(x)))


def test_contradiction_is_noticed_and_only_where_there_is_one() -> None:
    assert contradicted(*SLIPS["transpose"], 0)
    assert contradicted(*SLIPS["no square"], 0)
    for pair in EQUAL.values():
        assert not contradicted(*pair, 0)


def test_linear_combinations() -> None:
    counterexample = found(linear([(Fraction(1, 3), x)], (N,)), linear([(Fraction(1, 4), x)], (N,)))
    assert (counterexample.left, counterexample.right) == ("1/3", "1/4")
    assert counterexample.sizes == {"n": 1}
    assert dimension("n") is N


def test_precision_is_doubled_until_the_sides_part() -> None:
    """1 and 1 + 10⁻³⁰⁰ behind a cancellation of 10⁴⁰⁰: 512 bits leave them together."""
    x = var("x")
    large, tiny = Fraction(10**400), Fraction(1, 10**300)
    wave = apply("sin", scale(large, x))
    search = refute(add(x, wave), add(scale(1 + tiny, x), wave), 0, Budget())
    assert search.counterexample is not None
