"""Layers without memory beside the recurrent cells, and a layer in both directions, as SymPy matrix equations.

A layer has no time: it is applied by itself, or at every step to what a cell gives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy

from derivations.cell import Cell, Equation
from derivations.cell_forms import composed
from derivations.lowering import column, elementwise, matrix
from derivations.terms import dimension


def _softmax(a: Any) -> Any:
    """exp a / (1ᵀ exp a)."""
    exponentials = elementwise("exp", a)
    total = sympy.OneMatrix(1, a.shape[0]) * exponentials
    return sympy.HadamardProduct(exponentials, sympy.OneMatrix(a.shape[0], 1) * sympy.HadamardPower(total, -1))


def _affine(weight: str, rows: str, value: str, columns: str, bias: str) -> Any:
    return sympy.MatAdd(matrix(weight, rows, columns) * column(value, columns), column(bias, rows))


def _directions() -> tuple[Equation, ...]:
    """A forward and a backward Elman network, their states one above the other."""
    equations = []
    for arrow, other in (("right", "{t-1}"), ("left", "{t+1}")):
        state = rf"\over{arrow}arrow{{h}}"
        received = matrix(f"W_{{x{arrow[0]}}}", "n", "d") * column("x_t", "d")
        carried = matrix(f"W_{{h{arrow[0]}}}", "n", "n") * column(f"{state}_{other}", "n")
        bias = column(f"b_{arrow[0]}", "n")
        equations.append((f"{state}_t", elementwise("tanh", sympy.MatAdd(received, carried, bias))))
    both = [[column(name, "n")] for name, _ in equations]
    return (*equations, ("y_t", sympy.BlockMatrix(both)))


def _layer(name: str, title: str, source: str, equations: tuple[Equation, ...], given: str, *notes: str) -> Cell:
    return composed(name, title, source, equations, (), (given,), notes)


BIDIRECTIONAL = replace(
    composed(
        "bidirectional-rnn",
        "Elman network in both directions",
        "Schuster and Paliwal 1997; Graves, Mohamed and Hinton 2013, eqs. 8–10",
        _directions(),
        (
            (r"\overrightarrow{h}_{t-1}", r"\overrightarrow{h}_t"),
            (r"\overleftarrow{h}_{t+1}", r"\overleftarrow{h}_t"),
        ),
        notes=("the second state runs from the last step to the first", "any cell of the table fits in place of tanh"),
    ),
    apart="one of its states runs from the last step to the first: derive rnn for either direction, and compare both "
    "with gradproof crosscheck rnn --bidirectional",
)
LAYERS: dict[str, Cell] = {
    layer.name: layer
    for layer in (
        _layer(
            "dense",
            "dense layer",
            "Goodfellow, Bengio and Courville 2016, eq. 6.3 before g; torch.nn.Linear",
            (("y", _affine("W", "n", "x", "d", "b")),),
            "x",
        ),
        _layer(
            "embedding",
            "embedding: the row of E that a one-hot word picks",
            "Bengio et al. 2003, the matrix C of section 2; torch.nn.Embedding",
            (("e", sympy.MatMul(sympy.MatrixSymbol("E", dimension("V"), dimension("D")).T, column("x", "V"))),),
            "x",
            "x is one-hot with V entries; a row is looked up, nothing is multiplied",
        ),
        _layer(
            "softmax-output",
            "softmax output of a state",
            "Goodfellow, Bengio and Courville 2016, eqs. 10.10–10.11",
            (("p", _affine("W_{hp}", "m", "h", "n", "b_p")), (r"\hat{y}", _softmax(column("p", "m")))),
            "h",
            "for L = −yᵀ log ŷ with 1ᵀy = 1, ∂L/∂p = ŷ − y",
        ),
        BIDIRECTIONAL,
    )
}
