"""One evaluator over several domains: they must agree, and do so for every kind of node."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.errors import InternalError, UsageError
from derivations.evaluate import (
    UNKNOWN,
    Array,
    Balls,
    Floats,
    Generic,
    Rationals,
    as_array,
    eliminate,
    evaluate,
    exact_array,
    extent,
    generic,
    precision,
    work,
)
from derivations.fingerprint import PRIME, Residues
from derivations.functions import FUNCTIONS
from derivations.tensors import concatenate, diagonal, hadamard, matmul, outer, spread, total, transpose
from derivations.terms import (
    Term,
    add,
    apply,
    block,
    delta,
    dimension,
    linear,
    number,
    ones,
    power,
    product,
    scale,
    size,
    var,
    zeros,
)

N, D = dimension("n"), dimension("d")
SIZES: dict[Any, int] = {N: 2, D: 3}
A, B, x, y, u, s = var("A", N, N), var("B", N, D), var("x", N), var("y", N), var("u", D), var("s")
VARIABLES = [A, B, x, y, u, s]

RATIONAL: dict[str, Term] = {
    "variable": x,
    "zeros": zeros((N, D)),
    "ones": ones((N, D)),
    "one": ones(),
    "number": number(Fraction(3, 7), (N,)),
    "identity": delta(N),
    "block": block((N, D, N), 1),
    "size": size(N * (N + D)),
    "linear": linear([(Fraction(2, 3), x), (Fraction(-5), y)], (N,)),
    "product": matmul(A, B),
    "transpose": transpose(B),
    "trace": product([(A, "ii")], ""),
    "diagonal": product([(A, "ii")], "i"),
    "twins": product([(A, "ii"), (x, "i"), (B, "ij")], "j"),
    "diagonal matrix": diagonal(x),
    "broadcast": product([(x, "i")], "ij", {"i": N, "j": D}),
    "broadcast in front": product([(x, "i")], "ji", {"i": N, "j": D}),
    "spread": spread(s, (N, D)),
    "sum of a spread": total(spread(s, (N, D))),
    "sum of ones": total(ones((N, D))),
    "scalars": hadamard(s, s),
    "outer": outer(x, u),
    "unrelated factors": product([(x, "i"), (u, "j"), (s, "")], "j"),
    "concatenation": concatenate([x, u, y]),
    "power": power(add(power(x, 2), number(1, (N,))), -3),
    "generic": apply("f", matmul(A, x)),
    "generic derivative": apply("f''", x),
}


def at(domain: Any, seed: int = 0) -> dict[Term, Any]:
    """The same small rationals in any domain."""
    values: dict[Term, Any] = {}
    for place, variable in enumerate(VARIABLES):
        shape = tuple(SIZES[dim] for dim in variable.shape)
        count = int(np.prod(shape))
        values[variable] = domain.array(
            exact_array([Fraction(3 * k + 2 * place + seed + 1, 8) * (-1) ** k for k in range(count)], shape)
        )
    return values


def value_in(domain: Any, term: Term) -> Any:
    return evaluate([term], at(domain), SIZES, domain)[0]


@pytest.mark.parametrize("name", RATIONAL)
def test_domains_agree(name: str) -> None:
    term = RATIONAL[name]
    exact = value_in(Rationals(), term)
    floats = value_in(Floats(), term)
    assert exact.shape == floats.shape == tuple(extent(dim, SIZES) for dim in term.shape)
    with precision(128):
        balls = value_in(Balls(), term)
        assert balls.shape == exact.shape
        assert all(ball.overlaps(arb(q)) for ball, q in zip(balls.flat, exact.flat, strict=True))
    expected = [int(q.p) / int(q.q) for q in exact.flat]
    assert np.allclose(floats.ravel(), expected, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in RATIONAL if "generic" not in name])
def test_residues_agree(name: str) -> None:
    term = RATIONAL[name]
    exact = value_in(Rationals(), term)
    residues = value_in(Residues("0"), term)
    assert residues.shape == exact.shape
    assert all(int(q.p) * pow(int(q.q), -1, PRIME) % PRIME == r for q, r in zip(exact.flat, residues.flat, strict=True))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("argument", [Fraction(1, 3), Fraction(2), Fraction(0), Fraction(-5, 4), Fraction(40)])
def test_functions_agree(function: str, argument: Fraction) -> None:
    term = apply(function, number(argument))
    value = float(evaluate([term], {}, {}, Floats())[0])
    with precision(64):
        ball = evaluate([term], {}, {}, Balls())[0].item()
        if function == "log" and argument <= 0:
            assert not ball.is_finite()
            assert not np.isfinite(value)
            return
        assert abs(float(ball.mid()) - value) <= 1e-14 * max(1, abs(value))
    exact = evaluate([term], {}, {}, Rationals())[0].item()
    assert exact is UNKNOWN or abs(float(Fraction(int(exact.p), int(exact.q))) - value) < 1e-15


def test_every_value_at_zero_is_true() -> None:
    for row in FUNCTIONS.values():
        if row.at_zero is not None:
            assert float(row.real(np.float64(0))) == float(row.at_zero)
            assert row.ball(arb(0)).contains(arb(fmpq(row.at_zero.numerator, row.at_zero.denominator)))


labels = st.lists(st.integers(0, 4), min_size=0, max_size=3).map(tuple)


@settings(deadline=None, max_examples=150)
@given(st.lists(labels, min_size=1, max_size=4), st.integers(0, 2**32), st.data())
def test_elimination_is_the_einstein_sum(names: Sequence[tuple[int, ...]], seed: int, data: st.DataObject) -> None:
    used = sorted({label for own in names for label in own})
    out = tuple(data.draw(st.lists(st.sampled_from(used), unique=True))) if used else ()
    random = np.random.default_rng(seed)
    operands = [random.integers(-9, 9, size=tuple(2 + label % 3 for label in own)) for own in names]
    expected = np.einsum(*[part for pair in zip(operands, names, strict=True) for part in pair], out)
    found = eliminate(operands, names, out, lambda z: z)
    assert np.array_equal(found, expected)
    objects = eliminate([as_array(z.astype(object)) for z in operands], names, out, lambda z: z)
    assert np.array_equal(objects.astype(int), expected)


def test_shared_nodes_are_evaluated_once() -> None:
    class Counting(Floats):
        calls = 0

        def apply(self, function: str, z: Array) -> Array:
            self.calls += 1
            return super().apply(function, z)

    domain = Counting()
    node = apply("tanh", x)
    evaluate([hadamard(node, node), add(node, y), node], at(domain), SIZES, domain)
    assert domain.calls == 1


def test_deep_terms_need_no_recursion() -> None:
    term = s
    for _ in range(5_000):
        term = apply("sigma", term)
    assert np.isfinite(evaluate([term], at(Floats()), SIZES, Floats())[0])


def test_a_given_value_stands_for_any_term() -> None:
    inner = apply("exp", x)
    value = np.array([5.0, 7.0])
    assert np.array_equal(evaluate([scale(2, inner)], {inner: value, x: value}, SIZES, Floats())[0], 2 * value)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(UsageError, match="x"):
        evaluate([x], {}, SIZES, Floats())


@pytest.mark.parametrize("dim", [N - 2, N - 5, N / 3, dimension("k")])
def test_dimensions_that_are_no_size(dim: Any) -> None:
    with pytest.raises(UsageError):
        extent(dim, SIZES)


def test_work_counts_the_index_ranges() -> None:
    assert work([matmul(A, B)], SIZES) == 4 + 6 + 2 * 2 * 3


@pytest.mark.parametrize(
    ("value", "exponent", "wanted"), [("4/9", "1/2", "2/3"), ("8/27", "-2/3", "9/4"), ("0", "1/2", "0")]
)
def test_exact_roots(value: str, exponent: str, wanted: str) -> None:
    found = evaluate(
        [power(s, Fraction(exponent))], {s: Rationals().array(exact_array([Fraction(value)], ()))}, {}, Rationals()
    )
    assert str(found[0].item()) == wanted


@pytest.mark.parametrize(("value", "exponent"), [("2", "1/2"), ("-4", "1/2"), ("-8", "1/3"), ("0", "-1")])
def test_no_exact_root(value: str, exponent: str) -> None:
    values = {s: Rationals().array(exact_array([Fraction(value)], ()))}
    assert evaluate([power(s, Fraction(exponent))], values, {}, Rationals())[0].item() is UNKNOWN


def test_an_unknown_number_times_zero_is_zero() -> None:
    zero, three = fmpq(0), fmpq(3)
    assert UNKNOWN * zero == 0
    assert zero * UNKNOWN == 0
    for found in (
        UNKNOWN + three,
        three + UNKNOWN,
        three - UNKNOWN,
        three * UNKNOWN,
        UNKNOWN / three,
        UNKNOWN**2,
        -UNKNOWN,
    ):
        assert found is UNKNOWN
    assert UNKNOWN * UNKNOWN is UNKNOWN


def test_unknown_entries_leave_the_others_exact() -> None:
    values: dict[Term, Any] = {x: Rationals().array(exact_array([Fraction(0), Fraction(1)], (2,)))}
    first, second = evaluate([apply("sigma", x)], values, SIZES, Rationals())[0]
    assert first == fmpq(1, 2)
    assert second is UNKNOWN


@pytest.mark.parametrize("value", ["0", "-1"])
def test_balls_of_undefined_values_are_not_finite(value: str) -> None:
    with precision(64):
        values: dict[Term, Any] = {s: Balls().array(exact_array([Fraction(value)], ()))}
        for term in (apply("log", s), power(s, Fraction(-1, 2))):
            assert not evaluate([term], values, {}, Balls())[0].item().is_finite()


def test_precision_is_put_back() -> None:
    before = ctx.prec
    with precision(300):
        assert ctx.prec == 300
    assert ctx.prec == before
    with pytest.raises(ZeroDivisionError), precision(300):
        raise ZeroDivisionError
    assert ctx.prec == before


def test_generic_functions_have_true_derivatives() -> None:
    z = sympy.Symbol("z")
    stand_in = Generic(Fraction(3, 2), Fraction(-1, 2), Fraction(2))
    formula = sympy.Rational(3, 2) * z - sympy.Rational(1, 2) / (1 + (z - 2) ** 2)
    for order in range(6):
        exact = formula.diff(z, order).subs(z, sympy.Rational(1, 3)) if order else formula.subs(z, sympy.Rational(1, 3))
        assert str(stand_in.value(fmpq(1, 3), order, lambda q: fmpq(int(q.numerator), int(q.denominator)))) == str(
            exact
        )


def test_generic_functions_hang_on_name_and_seed() -> None:
    assert generic("f", 0)[0] == generic("f''", 0)[0]
    assert generic("f''", 0)[1] == 2
    assert len({generic(name, seed)[0] for name in "fgh" for seed in range(3)}) > 6


def test_a_primed_table_function_is_our_own_bug() -> None:
    with pytest.raises(InternalError):
        evaluate([apply("sigma'", s)], at(Floats()), SIZES, Floats())
