"""Terms printed in matrix notation."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivations.latex import Printer
from derivations.tensors import concatenate, diagonal, hadamard, matmul, outer, total, transpose
from derivations.terms import Term, add, apply, linear, number, power, product, subtract, var

W, U = var("W", "n", "d"), var("U", "n", "n")
x, h, g = var("x", "d"), var("h", "n"), var("g", "n")


@pytest.mark.parametrize(
    ("term", "latex"),
    [
        (matmul(W, x), "W x"),
        (matmul(transpose(W), h), "W^T h"),
        (outer(h, x), "h x^T"),
        (hadamard(h, g), r"h \odot g"),
        (outer(hadamard(h, g), x), r"(h \odot g) x^T"),
        (hadamard(h, matmul(U, g)), r"h \odot (U g)"),
        (subtract(number(1, h.shape), h), "1 - h"),
        (subtract(h, number(1, h.shape)), "h - 1"),
        (linear([(Fraction(1, 2), h), (Fraction(-2), g)], h.shape), r"\frac{1}{2} h - 2 g"),
        (total(hadamard(h, g)), r"h^T g"),
        (matmul(U, matmul(U, h)), "U U h"),
        (diagonal(h), r"\mathrm{diag}(h)"),
        (matmul(diagonal(h), U), r"\mathrm{diag}(h) U"),
        (power(apply("tanh", h), 2), r"\tanh^2(h)"),
        (apply("sigma", add(matmul(W, x), h)), r"\sigma(W x + h)"),
        (
            product([(U, "ij"), (U, "ik"), (U, "il")], "jkl"),
            r"\sum_{l} \left[U\right]_{li} \left[U\right]_{lj} \left[U\right]_{lk}",
        ),
    ],
)
def test_printing(term: Term, latex: str) -> None:
    assert Printer({v: v.name for v in (W, U, x, h, g)}).latex(term) == latex


def test_known_terms_are_printed_by_name() -> None:
    z = apply("sigma", h)
    assert Printer({z: "z_2"}).latex(hadamard(z, subtract(number(1, h.shape), z))) == r"z_2 \odot (1 - z_2)"


def test_concatenations_are_printed_as_such() -> None:
    assert Printer({v: v.name for v in (h, x)}).latex(concatenate([h, x])) == "[h, x]"
    assert Printer({v: v.name for v in (h, x, g)}).latex(outer(g, concatenate([h, x]))) == "g [h, x]^T"
