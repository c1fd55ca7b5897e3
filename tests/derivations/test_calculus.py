"""Every rule of differentiation against torch autograd and finite differences, and both against wrong rules."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest
from sample_cells import CELLS, D, N
from term_samples import random_formula, random_term

from derivations.calculus import gradient, identity, jacobian, vjp
from derivations.errors import InternalError
from derivations.evaluate import Floats, evaluate
from derivations.functions import FUNCTIONS, Derivative
from derivations.tensors import concatenate, diagonal, hadamard, matmul, outer, spread, total, transpose
from derivations.terms import (
    Term,
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
from derivations.traverse import free_variables
from numeric.witness import Claim, witness, witness_all

M = dimension("m")
x, y, s = var("x", N), var("y", N), var("s")
A, B, C = var("A", N, N), var("B", N, D), var("C", N, N, D)


def check(output: Term, by: list[Term], jacobians: list[Term]) -> None:
    claims = [Claim(output, v, j) for v, j in zip(by, jacobians, strict=True)]
    for found in witness_all(claims, seed=1):
        assert found is not None
        assert found.autograd < 1e-9
        assert found.finite_differences < 1e-7


def shared() -> Term:
    a = apply("sigma", matmul(A, x))
    return add(hadamard(a, a), apply("tanh", add(a, x)), matmul(A, a))


OUTPUTS: dict[str, tuple[Term, list[Term]]] = {
    "variable": (x, [x, y]),
    "constant": (ones((N,)), [x]),
    "zero": (zeros((N,)), [x]),
    "sum": (linear([(Fraction(2, 3), x), (Fraction(-1), y), (Fraction(1), x)], x.shape), [x, y]),
    "scaled": (scale(Fraction(-5, 7), hadamard(x, y)), [x, y]),
    "matrix-vector": (matmul(A, x), [A, x]),
    "matrix-matrix": (matmul(A, B), [A, B]),
    "square of a matrix": (matmul(A, A), [A]),
    "cube of a matrix": (matmul(matmul(A, A), A), [A]),
    "transpose": (transpose(B), [B]),
    "outer": (outer(x, x), [x]),
    "quadratic form": (matmul(x, matmul(A, x)), [A, x]),
    "trace": (product([(A, "ii")], ""), [A]),
    "diagonal of a matrix": (product([(A, "ii")], "i"), [A]),
    "diagonal times factor": (product([(A, "ii"), (x, "i"), (B, "ij")], "j"), [A, x, B]),
    "twins in a tensor": (product([(C, "iij"), (x, "i")], "j"), [C, x]),
    "diagonal matrix": (diagonal(hadamard(x, x)), [x]),
    "broadcast scalar": (product([(s, "")], "i", {"i": N}), [s]),
    "broadcast vector": (product([(x, "i")], "ij", {"i": N, "j": D}), [x]),
    "sum over a broadcast": (total(spread(hadamard(s, s), (N, D))), [s]),
    "row sums": (product([(B, "ij")], "i"), [B]),
    "sizes": (product([(x, "i"), (size(N + D), ())], "i"), [x]),
    "blocks": (concatenate([x, var("u", D), hadamard(x, y)]), [x, y, var("u", D)]),
    "blocks of matrices": (concatenate([A, var("V", D, N)]), [A, var("V", D, N)]),
    "concatenated gate": (matmul(var("K", M, N + D), concatenate([x, var("u", D)])), [x, var("K", M, N + D)]),
    "square": (power(matmul(A, x), 2), [A, x]),
    "inverse": (power(add(power(x, 2), number(1, (N,))), -1), [x]),
    "root": (power(add(hadamard(x, x), number(1, (N,))), Fraction(1, 2)), [x]),
    "norm": (power(total(power(x, 2)), Fraction(1, 2)), [x]),
    "softmax": (hadamard(apply("exp", x), power(total(apply("exp", x)), -1)), [x]),
    "log softmax": (subtract(x, spread(apply("log", total(apply("exp", x))), (N,))), [x]),
    "generic": (apply("f", matmul(A, x)), [A, x]),
    "generic derivatives": (hadamard(apply("f'", x), apply("f''", y)), [x, y]),
    "two generic functions": (apply("g", apply("f", x)), [x]),
    "shared nodes": (shared(), [A, x]),
    "nested": (apply("tanh", apply("sigma", apply("tanh", matmul(A, apply("sigma", x))))), [A, x]),
    "singletons": (matmul(var("P", N, 1), var("q", 1)), [var("P", N, 1), var("q", 1)]),
    "numbers as sizes": (matmul(var("P", 3, 2), var("q", 2)), [var("P", 3, 2), var("q", 2)]),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_rules(name: str) -> None:
    output, by = OUTPUTS[name]
    check(output, by, jacobian(output, by))


@pytest.mark.parametrize("name", OUTPUTS)
def test_pulling_back_a_cotangent(name: str) -> None:
    output, by = OUTPUTS[name]
    cotangent = var("cotangent", *output.shape)
    axes = range(output.rank)
    weighted = product([(cotangent, axes), (output, axes)], ())
    pulled = vjp(output, by, cotangent)
    check(weighted, by, pulled)
    check(weighted, by, gradient(weighted, by))


@pytest.mark.parametrize("name", OUTPUTS)
def test_leading_axes(name: str) -> None:
    output, by = OUTPUTS[name]
    lead = var("lead", D, *output.shape)
    axes = range(1, output.rank + 1)
    check(product([(lead, (0, *axes)), (output, axes)], (0,)), by, vjp(output, by, lead, (D,)))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions(function: str) -> None:
    output = apply(function, add(matmul(A, x), y))
    check(output, [A, x, y], jacobian(output, [A, x, y]))


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_cells(cell: str, steps: int) -> None:
    output, named = CELLS[cell](steps)
    by = [*named.values(), var("h0", N), var("x1", D)]
    check(output, by, jacobian(output, by))


@pytest.mark.parametrize("cell", CELLS)
def test_gradient_of_a_loss(cell: str) -> None:
    output, named = CELLS[cell](2)
    loss = scale(Fraction(1, 2), total(power(subtract(output, y), 2)))
    by = list(named.values())
    check(loss, by, gradient(loss, by))


def test_nothing_flows_through_what_is_held() -> None:
    inner = apply("tanh", x)
    (by_inner, by_x) = jacobian(matmul(A, inner), [inner, x])
    assert by_inner is A
    assert by_x is zeros((N, N))


def test_identity_of_a_tensor() -> None:
    sizes = {N: 2, D: 3}
    (value,) = evaluate([identity((N, D))], {}, sizes, Floats())
    assert (value.reshape(6, 6) == evaluate([identity((dimension(6),))], {}, {}, Floats())[0]).all()


def _slope(change: Callable[[Term], Term], function: str) -> Derivative:
    return lambda a: change(FUNCTIONS[function].derivative(a))


def _wrong_sigma(a: Term) -> Term:
    value = apply("sigma", a)
    return hadamard(value, subtract(ones(a.shape), power(value, 2)))


def _wrong_tanh(a: Term) -> Term:
    return subtract(ones(a.shape), apply("tanh", a))


WRONG_RULES: dict[str, tuple[str, Derivative]] = {
    "square in sigma": ("sigma", _wrong_sigma),
    "no square in tanh": ("tanh", _wrong_tanh),
    "sign of cos": ("cos", _slope(lambda d: scale(-1, d), "cos")),
    "factor": ("exp", _slope(lambda d: scale(Fraction(100_001, 100_000), d), "exp")),
    "function for its slope": ("sigma", lambda a: apply("sigma", a)),
    "no slope": ("tanh", lambda a: zeros(a.shape)),
}


@pytest.mark.parametrize("name", WRONG_RULES)
def test_wrong_rules_are_caught(name: str) -> None:
    function, rule = WRONG_RULES[name]
    output = matmul(A, apply(function, matmul(A, x)))
    for v in (A, x):
        with pytest.raises(InternalError):
            check(output, [v], jacobian(output, [v], {function: rule}))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("function", ["sigma", "tanh"])
def test_wrong_rules_are_caught_in_every_parameter(cell: str, function: str) -> None:
    output, named = CELLS[cell](2)
    rule = _wrong_sigma if function == "sigma" else _wrong_tanh
    for v in named.values():
        (right,) = jacobian(output, [v])
        (wrong,) = jacobian(output, [v], {function: rule})
        if wrong is not right:
            with pytest.raises(InternalError):
                check(output, [v], [wrong])


@pytest.mark.parametrize("seed", range(150))
def test_random_terms(seed: int) -> None:
    """No witness contradicts a derivative; one that floating point cannot decide is None."""
    random = Random(seed)
    term = random.choice([random_term, random_formula])(random, (N,), random.choice([2, 3]))
    for v in free_variables([term]):
        found = witness(term, v, jacobian(term, [v])[0], seed)
        assert found is None or found.finite_differences < 1e-7
